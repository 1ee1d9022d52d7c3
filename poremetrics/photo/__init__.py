"""Room ``photo``: a file becomes upright sRGB pixels, with the facts of its capture.

:func:`load` reads any photo or says in one line why it cannot.
"""

from __future__ import annotations

from poremetrics.photo.color import to_linear, to_srgb8
from poremetrics.photo.load import Source, load

__all__ = ["Source", "load", "to_linear", "to_srgb8"]
