"""Settings of the room ``pores``: flattening, and the resolution that is worked at."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_PLANTED = "planted dips of known shape, six tones, five noise levels"
_BARE = "bare synthetic skin of 8 to 24 px/mm behind 0.6 to 2 px of blur that is known"


class FlatSkin(Room):
    """How skin is made flat, and its noise and blur are told."""

    # --- flattening ----------------------------------------------------------------------
    floor_linear: float = number(
        0.0015,
        low=1e-5,
        high=0.05,
        unit="1",
        doc="Linear light below this is not skin but noise or black; it is masked, not lifted.",
        source="five steps of 8-bit sRGB",
    )
    ceiling_linear: float = number(
        0.97,
        low=0.5,
        high=1.0,
        unit="1",
        doc="Linear light above this in green is a clipped highlight; it is masked.",
        source="sRGB 251 of 255",
    )
    usual_blur_px: float = number(
        0.85,
        low=0.2,
        high=5.0,
        unit="px",
        doc="Point spread of a focused photo at its own pixels.",
        source="demosaicked camera pictures 0.6 px to 1.1 px",
    )
    usual_blur_spread: float = number(
        0.40,
        low=0.01,
        high=5.0,
        unit="ln",
        doc="How far photos scatter about the usual point spread (sd).",
        source="the same range",
    )
    least_blur_error: float = number(
        0.12,
        low=0.0,
        high=2.0,
        unit="ln",
        doc="Error of a measured point spread that no amount of skin takes away.",
        source="synthetic skin of 9 to 24 px/mm: the skin's own roll-off varies",
    )
    bare_sigma: float = number(
        2.0,
        low=1.0,
        high=10.0,
        unit="noise sd",
        doc="Darker or lighter than this, smoothed, is no bare skin: it does not tell the blur.",
        source="pores 4 px wide left in the spectrum pass for 1 px of blur",
    )
    bare_smooth_px: float = number(
        1.2,
        low=0.3,
        high=5.0,
        unit="px",
        doc="Gaussian under which marks are looked for to leave them out.",
        source="a third of the smallest pore that is measured",
    )
    bare_fade_px: float = number(
        2.0,
        low=0.0,
        high=20.0,
        unit="px",
        doc="Over this distance bare skin fades in at the edges of what is left out.",
        source="hard holes look like fine texture: with 1 px a blur of 2 px is told as 1.7 px",
    )
    skin_rolloff_px2: float = number(
        0.2,
        low=0.0,
        high=10.0,
        unit="px²",
        doc="What the smoothness of bare skin adds to the squared point spread, at unknown scale.",
        source="synthetic skin of 8 to 28 px/mm, 0.7 to 1.2 px of blur: mean 0.1, sd 0.3",
    )
    bare_from_per_mm: float = number(
        0.3,
        low=0.0,
        high=5.0,
        unit="cycles/mm",
        doc="Coarser texture of bare skin tells nothing of blur.",
        source="below it pigment and blood outweigh relief",
    )
    bare_bend_per_mm: float = number(
        1.7,
        low=0.1,
        high=20.0,
        unit="cycles/mm",
        doc="Frequency about which the relief of bare skin falls off, as a Gaussian.",
        source=_BARE,
    )
    bare_fine_share: float = number(
        0.17,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Share of texture without such an end in the power at 1 cycle/mm.",
        source=_BARE,
    )
    bare_fine_slope: float = number(
        0.5,
        low=0.0,
        high=4.0,
        unit="1",
        doc="Exponent by which the power of that finer texture falls.",
        source=_BARE,
    )
    bare_tilt_sd: float = number(
        0.25,
        low=0.01,
        high=5.0,
        unit="1",
        doc="How far the spectrum of a skin may be tilted against that of bare skin, an exponent.",
        source="bare synthetic skin 0.1, sharp portraits 0.2",
    )
    bare_lens_sd_px: float = number(
        1.0,
        low=0.2,
        high=50.0,
        unit="px",
        doc="Expected size of the lens blur; holds it down where grain hides the texture.",
        source="demosaicked camera pictures 0.6 px to 1.1 px",
    )
    processing_px2: float = number(
        0.25,
        low=0.0,
        high=10.0,
        unit="px²",
        doc="What demosaicking adds to the variance of the point spread, and shapes noise by.",
        source="bilinear interpolation of a colour filter array",
    )
    processing_softer_sd_px2: float = number(
        0.2,
        low=0.01,
        high=10.0,
        unit="px²",
        doc="How much more the processing of a camera may add.",
        source=_BARE,
    )
    processing_sharper_sd_px2: float = number(
        0.5,
        low=0.01,
        high=10.0,
        unit="px²",
        doc="How much less it may add, when it sharpens.",
        source="sharpened grain of three portraits: -0.5 px²",
    )
    usual_noise: float = number(
        0.02,
        low=0.001,
        high=0.5,
        unit="ln luminance",
        doc="Noise of a pixel on skin before the processing of a camera shapes it (sd).",
        source="shot noise of skin at a third of 20 000 electrons: 1 % at ISO 100, 5 % at 1600",
    )
    usual_noise_spread: float = number(
        1.0,
        low=0.1,
        high=10.0,
        unit="ln",
        doc="How far photos scatter about the usual noise (sd).",
        source="sensors of 1/3 inch to full frame, ISO 50 to 6400: 0.3 to 15 %, twice the sd",
    )
    smallest_blur_px: float = number(
        0.6,
        low=0.1,
        high=3.0,
        unit="px",
        doc="Smallest point spread of any camera with demosaicking.",
        source="sharpest portraits: 0.55 to 0.8 px",
    )
    background_sigma_px: float = number(
        14.0,
        low=4.0,
        high=100.0,
        unit="px",
        doc="Standard deviation of the window whose level is the local skin.",
        source="two pore diameters at 24 px/mm",
    )
    background_clip: float = number(
        1.5,
        low=0.5,
        high=10.0,
        unit="sigma",
        doc="Darkening beyond ± this many noise sigmas does not count into the local skin.",
        source=_PLANTED,
    )
    background_tile_px: int = number(
        48,
        low=16,
        high=256,
        unit="px",
        doc="Side of the tiles in which the noise for that limit is measured.",
        source="wider than the edge of a shadow, so that a fast change of light still counts",
    )
    background_passes: int = number(
        3,
        low=1,
        high=10,
        unit="passes",
        doc="Passes of clipping and averaging; the first takes everything.",
        source=_PLANTED,
    )
    noise_tile_px: int = number(
        24,
        low=16,
        high=256,
        unit="px",
        doc="Side of the tiles in which the noise is measured before it is smoothed.",
        source="noise changes at the edge of a shadow, and wider tiles make pores of it",
    )

    # --- resolution of photos without scale ----------------------------------------------
    look_side_px: float = number(
        600.0,
        low=200,
        high=10000,
        unit="px",
        doc="Longer side of the picture on which the width of pores is looked up.",
        source="costs 0.2 s, and a macro shot still shows a hundred pores on it",
    )
    look_most_step: float = number(
        4.0,
        low=1,
        high=16,
        unit="1",
        doc="The photo is made smaller at most this many times for the look.",
        source="pores that are wider than look_widest_px are 3.5 px wide then: just seen",
    )
    look_widest_px: float = number(
        14.0,
        low=5,
        high=60,
        unit="px",
        doc="A photo whose typical pore is wider is worked on at half, a quarter, ... its size.",
        source="from here on more pores are told at half the size (skin at 8 to 220 px/mm)",
    )
    look_wanted_px: float = number(
        8.0,
        low=4,
        high=20,
        unit="px",
        doc="Width of the typical pore at the size that is chosen, as near as halving brings it.",
        source="most pores are told where they are 6 to 11 px wide (the same)",
    )
    look_fewest: int = number(
        20,
        low=5,
        high=1000,
        unit="pores",
        doc="With fewer pores seen at the look the photo is worked on as it is.",
        source="the median of 20 is known to a tenth",
    )
