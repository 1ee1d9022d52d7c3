"""Settings of the room ``face``: what hides the skin."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_PORTRAITS = "15 real portraits of 1 to 24 megapixels, looked at one by one"


class HiddenSkin(Room):
    """How what hides the skin is known."""

    # --- skin mask -----------------------------------------------------------------------
    coarsest_px_per_mm: float = number(
        1.25,
        low=0.1,
        high=10.0,
        unit="px/mm",
        doc="The masks take a copy for at least this fine.",
        source="the smallest face that is measured has 1.7 px/mm",
    )
    finest_px_per_mm: float = number(
        60.0,
        low=10.0,
        high=1000.0,
        unit="px/mm",
        doc="The masks take a copy for at most this fine.",
        source="1200 px across 20 mm, closer than a macro lens gets on a face",
    )
    glare_level: int = number(
        250,
        low=200,
        high=255,
        unit="level",
        doc="Pixels with two channels from this sRGB level on are clipped.",
        source="JPEG rings a few levels below 255",
    )
    dark_floor: float = number(
        0.001,
        low=0.0,
        high=0.1,
        unit="1",
        doc="Added to linear light so that black stays finite.",
        source="under one sRGB level of 8 bits at black",
    )
    shadow_floor: float = number(
        0.1,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Light, relative to the skin, below which contrast is taken for noise.",
        source="a tenth of the skin's light: sensor noise rules there in side-lit portraits",
    )
    colour_mm: float = number(
        0.3,
        low=0.05,
        high=5.0,
        unit="mm",
        doc="Blur (sigma) before colours are compared.",
        source="chroma of JPEG and sensors is coarse",
    )
    fine_mm: float = number(
        0.12,
        low=0.02,
        high=1.0,
        unit="mm",
        doc="Inner blur (sigma) of the band that shows hairs.",
        source="hairs are 0.05 to 0.12 mm thick",
    )
    texture_mm: float = number(
        0.3,
        low=0.1,
        high=3.0,
        unit="mm",
        doc="Outer blur (sigma) of the band that shows hairs.",
        source="stubble stands 0.5 to 1 mm apart",
    )
    glare_whiteness: float = number(
        0.45,
        low=0.05,
        high=1.0,
        unit="1",
        doc="Share of mirrored light from which skin is glare.",
        source=_PORTRAITS,
    )
    glare_step: float = number(
        0.2,
        low=0.0,
        high=2.0,
        unit="ln",
        doc="Glare is brighter than the skin around it by more.",
        source=_PORTRAITS,
    )
    glare_margin_mm: float = number(
        0.3,
        low=0.0,
        high=5.0,
        unit="mm",
        doc="Margin around glare.",
        source=_PORTRAITS,
    )
    mask_px_per_mm: float = number(
        2.5,
        low=0.5,
        high=20.0,
        unit="px/mm",
        doc="Resolution at which wide things are looked for.",
        source="a nostril is 4 mm wide: 10 px",
    )
    dark_width_mm: float = number(
        9.0,
        low=2.0,
        high=30.0,
        unit="mm",
        doc="Dark patches narrower than this are found by closing.",
        source=_PORTRAITS,
    )
    dark_step: float = number(
        0.6,
        low=0.05,
        high=3.0,
        unit="ln",
        doc="Patches darker than both sides by more are nostrils, brows, eyes, hair.",
        source=_PORTRAITS,
    )
    black_step: float = number(
        1.2,
        low=0.1,
        high=5.0,
        unit="ln",
        doc="What is darker than the skin by more and not of its colour is hair.",
        source=_PORTRAITS,
    )
    black_whiteness: float = number(
        0.35,
        low=0.0,
        high=1.0,
        unit="1",
        doc="How far from the skin's colour that has to be.",
        source=_PORTRAITS,
    )
    dark_margin_mm: float = number(
        0.5,
        low=0.0,
        high=5.0,
        unit="mm",
        doc="Margin around dark and foreign patches.",
        source=_PORTRAITS,
    )
    beard_mm: float = number(
        1.5,
        low=0.2,
        high=10.0,
        unit="mm",
        doc="Blur (sigma) over which fine contrast is averaged.",
        source=_PORTRAITS,
    )
    beard_contrast: float = number(
        0.1,
        low=0.01,
        high=1.0,
        unit="ln",
        doc="Fine contrast (root mean square) from which skin is beard.",
        source=_PORTRAITS,
    )
    strand_mm: float = number(
        4.0,
        low=1.0,
        high=30.0,
        unit="mm",
        doc="Least length of a strand.",
        source=_PORTRAITS,
    )
    strand_margin_mm: float = number(
        0.3,
        low=0.0,
        high=5.0,
        unit="mm",
        doc="Margin around strands.",
        source=_PORTRAITS,
    )
    foreign_redness: float = number(
        0.8,
        low=0.1,
        high=3.0,
        unit="ln",
        doc="Largest difference of ln(red / green) from the skin's.",
        source=_PORTRAITS,
    )
    foreign_whiteness: float = number(
        0.8,
        low=0.1,
        high=3.0,
        unit="1",
        doc="Largest whiteness of skin.",
        source=_PORTRAITS,
    )
    mask_margin_mm: float = number(
        6.0,
        low=0.0,
        high=50.0,
        unit="mm",
        doc="Surroundings of the regions that the masks are worked out on.",
        source="half a dark patch's width, so that no patch is cut by the border",
    )
    beard_cap: float = number(
        0.15,
        low=0.01,
        high=1.0,
        unit="ln",
        doc="Largest fine contrast one place adds; single pores do not count as beard.",
        source=_PORTRAITS,
    )
    beard_ratio: float = number(
        2.0,
        low=1.0,
        high=10.0,
        unit="1",
        doc="Beard has at least this many times the fine contrast of the photo's own skin.",
        source=_PORTRAITS,
    )
    paint_step: float = number(
        0.2,
        low=0.0,
        high=2.0,
        unit="ln",
        doc="Red paint sends at most this much less red light than the skin.",
        source=_PORTRAITS,
    )
    strand_blur_mm: float = number(
        0.7,
        low=0.1,
        high=5.0,
        unit="mm",
        doc="Blur (sigma) over which the alignment of fine structure is judged.",
        source=_PORTRAITS,
    )
    strand_alignment: float = number(
        0.55,
        low=0.1,
        high=1.0,
        unit="1",
        doc="Least alignment of a single hair.",
        source=_PORTRAITS,
    )
    beard_alignment: float = number(
        0.45,
        low=0.1,
        high=1.0,
        unit="1",
        doc="Least mean alignment of beard, brows and locks.",
        source="beards and brows 0.5 to 0.8, skin 0.15 to 0.35 on the 15 portraits",
    )
    hair_strength: float = number(
        1.6,
        low=0.5,
        high=10.0,
        unit="1",
        doc="Least strength of hair, relative to the photo's own skin.",
        source=_PORTRAITS,
    )
    hair_gap_mm: float = number(
        1.5,
        low=0.0,
        high=10.0,
        unit="mm",
        doc="Gaps in hair narrower than twice this are closed.",
        source=_PORTRAITS,
    )
    fragment_mm2: float = number(
        20.0,
        low=0.0,
        high=500.0,
        unit="mm²",
        doc="Islands of skin smaller than this are left out.",
        source=_PORTRAITS,
    )
    unlit_step: float = number(
        2.0,
        low=0.5,
        high=5.0,
        unit="ln",
        doc="Darker than the skin by more there is only noise.",
        source="with shadow_floor: 3.5 % of the skin's light, almost 5 stops down",
    )
    glare_width_mm: float = number(
        20.0,
        low=2.0,
        high=100.0,
        unit="mm",
        doc="Bright places wider than this are lit skin, not glare.",
        source=_PORTRAITS,
    )
