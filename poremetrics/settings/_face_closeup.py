"""Settings of the room ``face``: close-ups."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_PORTRAITS = "15 real portraits of 1 to 24 megapixels, looked at one by one"


class CloseUp(Room):
    """How a close-up of skin is known."""

    # --- close-up ------------------------------------------------------------------------
    closeup_border: float = number(
        0.02,
        low=0.0,
        high=0.3,
        unit="1",
        doc="Border left out of a close-up, as a share of its shorter side.",
        source="lenses are softest and scans have frames there",
    )
    closeup_copy_px: int = number(
        1200,
        low=200,
        high=4000,
        unit="px",
        doc="Longer side of the reduced copy of a close-up that masks are worked on.",
        source="a 40 mm wide close-up has 30 px/mm there: hairs are 2 px wide",
    )
    closeup_width_mm: float = number(
        60.0,
        low=5.0,
        high=200.0,
        unit="mm",
        doc="Longer side that a close-up without scale is taken to show, for its masks only.",
        source="one cheek",
    )
    minimum_skin_px: int = number(
        2500,
        low=100,
        high=1_000_000,
        unit="px²",
        doc="A region with less usable skin is dropped.",
        source="50 x 50 px: no pore statistics are possible below",
    )

    # --- skin of a close-up --------------------------------------------------------------
    skin_redness_low: float = number(
        0.12,
        low=-1.0,
        high=2.0,
        unit="ln",
        doc="Least ln(red / green) of skin.",
        source=_PORTRAITS,
    )
    skin_redness_high: float = number(
        1.8,
        low=0.0,
        high=5.0,
        unit="ln",
        doc="Largest ln(red / green) of skin.",
        source=_PORTRAITS,
    )
    skin_yellowness_low: float = number(
        -0.25,
        low=-1.0,
        high=2.0,
        unit="ln",
        doc="Least ln(green / blue) of skin.",
        source=_PORTRAITS,
    )
    skin_yellowness_high: float = number(
        1.8,
        low=0.0,
        high=5.0,
        unit="ln",
        doc="Largest ln(green / blue) of skin.",
        source=_PORTRAITS,
    )
    minimum_skin_share: float = number(
        0.4,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Least share of a close-up that has the colour of skin.",
        source="judgement: skin fills the frame of a close-up",
    )

    minimum_closeup_px: int = number(
        100,
        low=16,
        high=10_000,
        unit="px",
        doc="Least shorter side of a close-up.",
        source="fewer show no pore at any useful scale",
    )
    texture_tile_px: int = number(
        1024,
        low=64,
        high=8192,
        unit="px",
        doc="Side of the middle part of a close-up whose texture is looked at.",
        source="tens of thousands of samples are left after three halvings",
    )
    texture_share: float = number(
        0.2,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Least contrast of a close-up at an eighth of its size, over that at full size.",
        source="white noise 0.13, cheeks of the 15 portraits 0.31 and more",
    )
    texture_floor: float = number(
        0.002,
        low=0.0,
        high=0.1,
        unit="ln",
        doc="Least contrast of a close-up at an eighth of its size.",
        source="a fifth of what the smoothest retouched cheek of the 15 portraits has",
    )
