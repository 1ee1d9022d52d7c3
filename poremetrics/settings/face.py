"""Settings of the room ``face``."""

from __future__ import annotations

from poremetrics.settings._number import Room


class FaceSettings(Room):
    """Tunable numbers of the room ``face``."""
