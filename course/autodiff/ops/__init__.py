"""The ops, one file per family. A file dropped in here is found; there is no list to edit."""

from importlib import import_module
from pkgutil import iter_modules

from ..fast import shorten

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

shorten()
