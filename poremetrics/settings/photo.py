"""Settings of the room ``photo``."""

from __future__ import annotations

from poremetrics.settings._number import Room, number


class PhotoSettings(Room):
    """Tunable numbers of the room ``photo``."""

    # --- what is read --------------------------------------------------------------------
    maximum_megapixels: float = number(
        102.0,
        low=1.0,
        high=1000.0,
        unit="Mpx",
        doc="A photo that claims more pixels than this is refused before it is decoded.",
        source="CONTRACT: up to 100 megapixels; sensors sold as 100 Mpx give 101.9",
    )
    minimum_side_px: int = number(
        64,
        low=16,
        high=10_000,
        unit="px",
        doc="A photo with a shorter side than this is refused.",
        source="one tile of the power spectra of `quality`; below it nothing can be measured",
    )
    maximum_file_mb: float = number(
        1000.0,
        low=1.0,
        high=10_000.0,
        unit="MB",
        doc="A larger file is refused before it is read.",
        source="100 Mpx of uncompressed 16-bit RGBA take 800 MB",
    )
    srgb_tolerance_levels: int = number(
        2,
        low=0,
        high=16,
        unit="levels of 255",
        doc="A profile that moves no colour of a coarse lattice by more counts as sRGB itself.",
        source="common sRGB profiles differ by 1 level in rounding; Display P3 moves up to 40",
    )
