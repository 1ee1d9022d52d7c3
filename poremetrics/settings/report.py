"""Settings of the room ``report``."""

from __future__ import annotations

from poremetrics.settings._number import Room


class ReportSettings(Room):
    """Tunable numbers of the room ``report``."""
