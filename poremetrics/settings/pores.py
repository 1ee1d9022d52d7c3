"""Settings of the room ``pores``: flattening, detection, sizing, rejection."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_PLANTED = "planted dips of known shape, six tones, five noise levels"
_BARE = "bare synthetic skin of 8 to 24 px/mm behind 0.6 to 2 px of blur that is known"
_PORTRAITS = "overlays on real portraits of every tone, looked at at full size"


class PoresSettings(Room):
    """Tunable numbers of the room ``pores``."""

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

    # --- detection -----------------------------------------------------------------------
    network_scales: int = number(
        5,
        low=1,
        high=16,
        unit="1",
        doc="Scales that the network is shown, each smaller than the one before by the root of 2.",
        source="each holds dips of 2.7 px to 7.5 px: five reach 30 px (record 25)",
    )
    network_soft_px: float = number(
        0.5,
        low=0.1,
        high=3.0,
        unit="px",
        doc="Blur (sigma) of the darkening that the network is shown, at every scale.",
        source="rendered skin, which it learned from, has less fine grain than photos (record 25)",
    )
    network_tint_soft_px: float = number(
        1.0,
        low=0.1,
        high=5.0,
        unit="px",
        doc="Blur (sigma) of the two tints that the network is shown, at every scale.",
        source="cameras and JPEG keep one chroma sample for two by two pixels (record 25)",
    )
    candidate_probability: float = number(
        0.25,
        low=0.001,
        high=0.999,
        unit="1",
        doc="Smallest probability of a spot that is measured.",
        source="what one photo shows at 0.55 the other seldom shows below; less links relief",
    )
    pore_probability: float = number(
        0.55,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Smallest probability of a pore.",
        source="F1 is within 0.004 of its greatest (tests/score_limits.py); lower ones mark grain",
    )
    smallest_sigma_px: float = number(
        1.4,
        low=0.5,
        high=5.0,
        unit="px",
        doc="Standard deviation of the finest filter for dark marks that are no pores.",
        source="matches a mark of 3.3 px, a hair's width on portraits",
    )
    largest_sigma_px: float = number(
        5.6,
        low=1.0,
        high=40.0,
        unit="px",
        doc="Standard deviation of the coarsest of them.",
        source="matches a mark of 13 px, a freckle of 1 mm on portraits",
    )
    scales_per_octave: int = number(
        1,
        low=1,
        high=10,
        unit="1",
        doc="Filters per doubling of the scale.",
        source="a mark twice as wide still answers at two thirds",
    )
    clear_snr: float = number(
        5.0,
        low=1.0,
        high=1000.0,
        unit="sigma",
        doc="A mark whose filter answers this far above its noise is measured whatever it is.",
        source="hairs, freckles and moles of the rendered faces: what is left out gets its reason",
    )
    pore_snr: float = number(
        2.5,
        low=1.0,
        high=30.0,
        unit="sigma",
        doc="Smallest fitted depth of a pore, in its standard errors.",
        source="below it the network is wrong of the sample faces more often than right",
    )
    pore_contrast: float = number(
        0.02,
        low=0.0,
        high=0.5,
        unit="1",
        doc="Smallest contrast of a pore.",
        source="the eye's threshold for a small spot, about 2 % (Weber)",
    )
    joined_apart: float = number(
        1.6,
        low=1.0,
        high=3.0,
        unit="seen diameters",
        doc="Two pores this near to each other may be seen as one at a coarse scale.",
        source="the dip between two touching pits is lost to a blur of their width",
    )
    joined_middle: float = number(
        0.25,
        low=0.0,
        high=0.5,
        unit="seen diameters",
        doc="What lies this near to the middle of two touching pores may be the two.",
        source="one of two unequal pits may weigh three times as much as the other",
    )
    joined_narrower: float = number(
        0.75,
        low=0.1,
        high=1.0,
        unit="1",
        doc="Two touching pores are narrower than what is seen of both by this factor.",
        source="two touching circles are twice as long as either: 1.4 times as wide in the mean",
    )
    separation: float = number(
        0.55,
        low=0.1,
        high=2.0,
        unit="diameters",
        doc="Candidates closer than this share of their mean diameter are one.",
        source="two equal Gaussian dips show two minima from 0.85 diameters on",
    )

    # --- sizing --------------------------------------------------------------------------
    window_sigma: float = number(
        0.60,
        low=0.2,
        high=3.0,
        unit="diameters",
        doc="Standard deviation of the weight of the pixels around a pore in its fit.",
        source=_PLANTED,
    )
    offset_prior: float = number(
        0.35,
        low=0.0,
        high=10.0,
        unit="sigma",
        doc="How far the local skin level may leave zero in a fit (sd of its prior).",
        source=_PLANTED,
    )
    ellipse_prior: float = number(
        0.6,
        low=0.05,
        high=5.0,
        unit="ln",
        doc="Standard deviation of the prior of the log axis ratio of a pore.",
        source="cheek pores: axis ratio 1 to 2.5",
    )
    profile_exponent: float = number(
        3.3,
        low=1.0,
        high=8.0,
        unit="1",
        doc="Exponent of the profile of a pore before blur: 2 a Gaussian, 4 a flat bottom.",
        source="synthetic pores (pits of exponent 2.2 to 4 with a bright rim): no bias in any tone",
    )
    power_prior: float = number(
        0.15,
        low=0.001,
        high=2.0,
        unit="ln",
        doc="How far the exponent of a single pore may leave the expected one (sd of its prior).",
        source=_PLANTED,
    )
    smallest_blurs: float = number(
        0.8,
        low=0.1,
        high=3.0,
        unit="blur sigmas",
        doc="Diameter given to a dip that is no wider than the blur: an upper bound.",
        source="below it the seen width changes by under 5 %",
    )
    error_factor: float = number(
        1.2,
        low=0.5,
        high=3.0,
        unit="1",
        doc="Real over linearised standard error of a diameter (curvature, unknown profile).",
        source="planted pits at five noise levels: 1.20 to 1.32; synthetic pores: 1.2 to 1.4",
    )
    least_kept: float = number(
        0.5,
        low=0.1,
        high=1.0,
        unit="1",
        doc="Of a depth that blur took away at most this share stays put when it is given back.",
        source="a pore of 2.4 blur sigmas; below it the width is too uncertain to tell",
    )
    first_iterations: int = number(
        0,
        low=0,
        high=100,
        unit="1",
        doc="Gauss-Newton steps of the first, Gaussian fit, whose dips are taken out of the skin.",
        source="the network's widths are nearer than those of a first fit among neighbours",
    )
    fit_iterations: int = number(
        3,
        low=1,
        high=100,
        unit="1",
        doc="Gauss-Newton steps of the final fit.",
        source="size moves by under 1 % of its error in the last step",
    )

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
