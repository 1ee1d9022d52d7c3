"""Settings of the room ``pores``."""

from __future__ import annotations

from poremetrics.settings._number import Room


class PoresSettings(Room):
    """Tunable numbers of the room ``pores``."""
