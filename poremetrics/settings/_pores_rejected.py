"""Settings of the room ``pores``: what is not a pore."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_PLANTED = "planted dips of known shape, six tones, five noise levels"
_PORTRAITS = "overlays on real portraits of every tone, looked at at full size"


class RejectedMarks(Room):
    """What is rejected, and why."""

    # --- rejection -----------------------------------------------------------------------
    largest_diameter_px: float = number(
        26.0,
        low=4.0,
        high=200.0,
        unit="px",
        doc="Anything wider is a mole, a freckle or a fold.",
        source="1 mm at 26 px/mm",
    )
    hair_elongation: float = number(
        2.7,
        low=1.2,
        high=20.0,
        unit="1",
        doc="From this axis ratio on, as seen, a dark mark is a piece of hair or line.",
        source=_PORTRAITS,
    )
    line_share: float = number(
        0.42,
        low=0.0,
        high=2.0,
        unit="1",
        doc="A mark that goes on beyond its ends at this share of its depth is a piece of a line.",
        source="synthetic skin: 1 % of pores, half of the pieces of hair",
    )
    line_share_long: float = number(
        0.25,
        low=0.0,
        high=2.0,
        unit="1",
        doc="The same for a mark that is long itself.",
        source=_PORTRAITS,
    )
    long_elongation: float = number(
        1.9,
        low=1.0,
        high=20.0,
        unit="1",
        doc="From this axis ratio on, as seen, a mark is long.",
        source="synthetic skin: 1 % of pores",
    )
    line_share_among: float = number(
        0.12,
        low=-1.0,
        high=2.0,
        unit="1",
        doc="The same for a mark with three pieces of lines near it.",
        source=_PORTRAITS,
    )
    line_reach: float = number(
        2.5,
        low=0.5,
        high=20.0,
        unit="seen diameters",
        doc="How near those three are.",
        source=_PORTRAITS,
    )
    wide_ratio: float = number(
        2.2,
        low=1.0,
        high=10.0,
        unit="1",
        doc="A mark this many times as wide as the usual mark of the photo may be pigment.",
        source="freckles 0.6 mm to 2.5 mm against pores of 0.3 mm",
    )
    shallow_share: float = number(
        0.6,
        low=0.0,
        high=2.0,
        unit="1",
        doc="A wide mark of less than this share of the usual depth is unevenness of pigment.",
        source="mottling of rendered and synthetic skin; wide pores are deep",
    )
    freckle_brown: float = number(
        0.22,
        low=0.0,
        high=2.0,
        unit="1",
        doc="From this share of ln(green/blue) in the darkening on a wide mark is a freckle.",
        source="melanin; synthetic freckles 0.32, pores 0.13",
    )
    freckle_brown_most: float = number(
        0.60,
        low=0.0,
        high=3.0,
        unit="1",
        doc="The limit of brown never rises above this, however brown the photo.",
        source=_PORTRAITS,
    )
    freckle_excess: float = number(
        0.15,
        low=0.0,
        high=2.0,
        unit="1",
        doc="By this much a freckle is browner than the usual dark mark of the photo.",
        source="synthetic freckles 0.16 browner than pores",
    )
    blemish_red: float = number(
        0.55,
        low=0.0,
        high=3.0,
        unit="1",
        doc="From this share of ln(red/green) in the darkening on a wide mark is a blemish.",
        source="haemoglobin; synthetic acne 0.83, pores 0.29",
    )
    slope_sigma_px: float = number(
        4.0,
        low=1.0,
        high=30.0,
        unit="px",
        doc="Smoothing of the skin before its remaining shading is looked at.",
        source="wider than most pores, narrower than the edge of a cast shadow",
    )
    slope_share: float = number(
        0.30,
        low=0.0,
        high=5.0,
        unit="1",
        doc="Where shading changes across a mark by this share of its depth, it is no pore.",
        source=_PORTRAITS,
    )
    stain_reach: float = number(
        0.75,
        low=0.0,
        high=3.0,
        unit="seen diameters",
        doc="Dips this near to the centre of a larger freckle, mole or blemish belong to it.",
        source=_PORTRAITS,
    )
    patch_px: float = number(
        9.0,
        low=3.0,
        high=100.0,
        unit="px",
        doc="A stained mark wider than this, as seen, is no pore even where the network is sure.",
        source="0.65 mm at the 14 px/mm of a portrait; freckles are 0.6 mm to 2.5 mm",
    )
    stain_red: float = number(
        0.65,
        low=0.0,
        high=3.0,
        unit="1",
        doc="From this share of ln(red/green) on a mark of any size is pigment or blood.",
        source="red light falls by under half of the darkening: no shadow does that",
    )
    cold_red: float = number(
        -0.10,
        low=-3.0,
        high=1.0,
        unit="1",
        doc="Below this share of ln(red/green) a dip is coloured noise: shadows in skin are warm.",
        source=_PORTRAITS,
    )
    cold_brown: float = number(
        -0.35,
        low=-3.0,
        high=1.0,
        unit="1",
        doc="Below this share of ln(green/blue) a dip is coloured noise.",
        source=_PORTRAITS,
    )
    tint_errors: float = number(
        1.0,
        low=0.0,
        high=5.0,
        unit="sigma",
        doc="Standard errors by which a colour must pass its limit.",
        source="convention",
    )
    narrowest_blurs: float = number(
        0.95,
        low=0.0,
        high=2.0,
        unit="blur widths",
        doc="A dip narrower than this (plus one standard error) was not seen through the lens.",
        source="no lens shows anything narrower than its point spread; noise and JPEG do",
    )
    resolved_blurs: float = number(
        1.15,
        low=1.0,
        high=3.0,
        unit="blur widths",
        doc="A dip seen narrower than this many widths of the blur has no size of its own.",
        source=_PLANTED,
    )
    crowded_diameters: float = number(
        1.0,
        low=0.2,
        high=5.0,
        unit="diameters",
        doc="A neighbour within this many diameters makes a pore crowded.",
        source="definition of the flag",
    )
    plug_contrast: float = number(
        0.45,
        low=0.05,
        high=1.0,
        unit="1",
        doc="From this contrast on a pore is a dark plug.",
        source=_PORTRAITS,
    )
    size_snr: float = number(
        3.0,
        low=0.0,
        high=20.0,
        unit="sigma",
        doc="A forced measurement weaker than this has a contrast but no diameter.",
        source="the error of ln diameter is about 1 / signal: beyond a third it is not normal",
    )
