"""What produced a result: versions, code and time, nothing about the patient or the machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from importlib.metadata import version
from importlib.resources.abc import Traversable

from poremetrics.model import Provenance

_LIBRARIES = ("poremetrics", "numpy", "scipy", "opencv-python-headless", "scikit-image", "pillow")
_NO_FIGURES = {
    "report",
    "synthetic",
    "validate",
    "terminal.py",
    "options.py",
    "cli.py",
    "__main__.py",
}
"""Rooms that show, test or call what others compute; they change no figure."""
_CODE = ".py"
_DATA = (".json", ".onnx")
_DIGITS = 12


def provenance() -> Provenance:
    """Return the versions of the tool and of the libraries that computed, and the time in UTC.

    ``poremetrics-code`` is the :func:`fingerprint` of the rooms that compute: a changed checkout
    keeps its version, but not its figures.
    """
    return Provenance(
        created_at=datetime.now(UTC).replace(microsecond=0),
        versions={name: version(name) for name in _LIBRARIES} | {"poremetrics-code": code()},
    )


@cache
def code() -> str:
    """Return the fingerprint of this package's code and models, read once."""
    rooms = resources.files("poremetrics").iterdir()
    return fingerprint(room for room in rooms if room.name not in _NO_FIGURES)


def fingerprint(places: Iterable[Traversable]) -> str:
    """Return a hash of all code, models and tables in files and folders.

    Parameters
    ----------
    places : iterable of Traversable
        Files and folders; their order does not matter, nor how lines of code end.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name, content in sorted(_files(places, "")):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:_DIGITS]


def _files(places: Iterable[Traversable], folder: str) -> Iterator[tuple[str, bytes]]:
    for place in places:
        name = f"{folder}{place.name}"
        if place.is_dir():
            yield from _files(place.iterdir(), f"{name}/")
        elif place.name.endswith(_CODE):
            # A checkout on Windows may end its lines otherwise.
            yield name, place.read_bytes().replace(b"\r\n", b"\n")
        elif place.name.endswith(_DATA):
            yield name, place.read_bytes()
