"""Settings of the room ``align``."""

from __future__ import annotations

from poremetrics.settings._number import Room


class AlignSettings(Room):
    """Tunable numbers of the room ``align``."""
