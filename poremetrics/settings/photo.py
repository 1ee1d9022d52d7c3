"""Settings of the room ``photo``."""

from __future__ import annotations

from poremetrics.settings._number import Room


class PhotoSettings(Room):
    """Tunable numbers of the room ``photo``."""
