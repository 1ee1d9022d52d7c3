"""Settings of the room ``pores``: detection and sizing."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_PLANTED = "planted dips of known shape, six tones, five noise levels"


class SizedPores(Room):
    """How pores are found and sized."""

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
