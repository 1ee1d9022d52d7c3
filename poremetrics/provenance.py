"""What produced a result: versions and time, nothing about the patient or the machine."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version

from poremetrics.model import Provenance

_LIBRARIES = ("poremetrics", "numpy", "scipy", "opencv-python-headless", "scikit-image", "pillow")


def provenance() -> Provenance:
    """Return the versions of the tool and of the libraries that computed, and the time in UTC."""
    return Provenance(
        created_at=datetime.now(UTC).replace(microsecond=0),
        versions={name: version(name) for name in _LIBRARIES},
    )
