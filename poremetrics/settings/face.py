"""Settings of the room ``face``: finding the face, its skin, its pose and its scale."""

from __future__ import annotations

from poremetrics.settings._face_closeup import CloseUp
from poremetrics.settings._face_found import FoundFace
from poremetrics.settings._face_scale import FaceScale
from poremetrics.settings._face_skin import HiddenSkin


class FaceSettings(HiddenSkin, CloseUp, FaceScale, FoundFace):
    """Tunable numbers of the room ``face``; the fields of the last base come first."""
