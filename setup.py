"""What ``pyproject.toml`` cannot say: a wheel carries the released notebooks.

They are built at the root, where authors and readers look, and belong inside the package, where
an installed ``autograder init`` and a student without a checkout find them. An editable install
needs no copy: it is the checkout.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class BuildWithNotebooks(build_py):
    """Puts ``notebooks/`` into ``course/notebooks``."""

    def run(self) -> None:
        """Build, and copy the released notebooks; nothing else of the checkout."""
        super().run()
        if self.editable_mode:
            return
        for notebook in sorted((ROOT / "notebooks").glob("*/*.ipynb")):
            target = Path(self.build_lib, "course", "notebooks", notebook.parent.name)
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(notebook, target)


setup(cmdclass={"build_py": BuildWithNotebooks})
