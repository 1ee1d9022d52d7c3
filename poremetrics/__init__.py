"""Follow the same facial pores between two ordinary photos, with honest intervals.

The public names are imported when first used, so that ``import poremetrics`` stays quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poremetrics.compare import check, compare, measure
    from poremetrics.errors import PhotoError, PoremetricsError, SkinError, UsageError
    from poremetrics.model import Comparison, Measurement
    from poremetrics.repeats import repeatability
    from poremetrics.settings import Settings
    from poremetrics.study import study
    from poremetrics.validate import validate

__all__ = [
    "Comparison",
    "Measurement",
    "PhotoError",
    "PoremetricsError",
    "Settings",
    "SkinError",
    "UsageError",
    "__version__",
    "check",
    "compare",
    "measure",
    "repeatability",
    "study",
    "validate",
]

__version__: str

_HOME = {
    "check": "compare",
    "compare": "compare",
    "measure": "compare",
    "repeatability": "repeats",
    "study": "study",
    "validate": "validate",
    "Comparison": "model",
    "Measurement": "model",
    "PhotoError": "errors",
    "PoremetricsError": "errors",
    "SkinError": "errors",
    "UsageError": "errors",
    "Settings": "settings",
}


class _Package(ModuleType):
    """The package, whose functions keep their names.

    ``compare``, ``study`` and ``validate`` are also the names of the modules they live in.
    Importing such a module, from wherever, sets it as an attribute of the package; the function
    stands there instead.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in _HOME and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> object:
    """Import a public name from its module on first use."""
    if name == "__version__":
        value: object = import_module("importlib.metadata").version(__name__)
    elif name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
