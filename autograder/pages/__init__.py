"""Parts of pages: prose with formulas, code, outputs and colours, for whoever writes HTML.

Nothing in them runs a script or asks for anything, and whatever a notebook says is made harmless,
because some notebooks are students'.
"""

from pathlib import Path

__all__ = ["PAGE_STYLE"]

PAGE_STYLE = (Path(__file__).parent / "page.css").read_text("utf-8")
"""Style sheet of a notebook as a page, light and dark."""
