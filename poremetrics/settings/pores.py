"""Settings of the room ``pores``: flattening, detection, sizing, rejection."""

from __future__ import annotations

from poremetrics.settings._pores_flat import FlatSkin
from poremetrics.settings._pores_rejected import RejectedMarks
from poremetrics.settings._pores_sized import SizedPores


class PoresSettings(RejectedMarks, SizedPores, FlatSkin):
    """Tunable numbers of the room ``pores``; the fields of the last base come first."""
