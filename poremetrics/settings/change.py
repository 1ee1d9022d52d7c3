"""Settings of the room ``change``."""

from __future__ import annotations

from poremetrics.settings._number import Room


class ChangeSettings(Room):
    """Tunable numbers of the room ``change``."""
