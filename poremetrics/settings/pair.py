"""Settings of pairing: matched conditions, links, forced measurement of both photos."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_TWICE = "synthetic skin of known treatment photographed twice under unlike conditions"


class PairSettings(Room):
    """Tunable numbers of the pairing of two aligned skins."""

    # Matched conditions.
    tile_px: int = number(
        64,
        low=16,
        high=256,
        unit="grid px",
        doc="Side of the tiles whose spectra are averaged.",
        source="holds the pores' scale three times and leaves hundreds of tiles in a cheek",
    )
    tile_skin_share: float = number(
        0.3,
        low=0.1,
        high=1,
        unit="1",
        doc="Least share of a tile that must be bare skin of the common area.",
        source="below it the edge of the mask shapes the spectrum",
    )
    whiten_px: float = number(
        1.0,
        low=0.5,
        high=5,
        unit="grid px",
        doc="Gaussian whose outcome is taken off the skin before its spectrum is measured.",
        source="leaves the spectrum of bare skin level within a factor of two over the band",
    )
    least_tiles: int = number(
        6,
        low=1,
        high=100,
        unit="tiles",
        doc="With fewer tiles nothing is matched.",
        source="a spectrum of fewer scatters by more than a usual difference in blur",
    )
    most_tiles: int = number(
        256,
        low=16,
        high=10000,
        unit="tiles",
        doc="Of more tiles this many are taken, spread evenly over the region.",
        source="the squared blur scatters by less than 0.02 px² then",
    )
    band_low: float = number(
        0.05,
        low=0.01,
        high=0.2,
        unit="cycles/px",
        doc="Lowest frequency that is compared.",
        source="below it the flattening has taken light and shade out",
    )
    band_high: float = number(
        0.30,
        low=0.1,
        high=0.5,
        unit="cycles/px",
        doc="Highest frequency that is compared; above it noise is measured.",
        source="above it cameras, resampling and JPEG leave little",
    )
    band_bins: int = number(
        16,
        low=4,
        high=64,
        unit="bins",
        doc="Rings into which the band is cut.",
        source="enough for a straight line in frequency squared",
    )
    noise_band: float = number(
        0.42,
        low=0.2,
        high=0.7,
        unit="cycles/px",
        doc="Upper end of the band that tells which photo is the noisier.",
        source="above it interpolation has cut the noise",
    )
    match_rounds: int = number(
        3,
        low=1,
        high=10,
        unit="rounds",
        doc="Rounds of measuring the difference in blur and blurring the sharper by it.",
        source="the third round moves the squared blur by less than 0.02 px²",
    )
    noise_lean: float = number(
        2.3,
        low=0.1,
        high=5,
        unit="ln",
        doc="How far the ratio of the noises may differ from the one that is supposed.",
        source="a factor of ten: JPEG takes noise of one photo and not of the other",
    )
    noise_lean_sd: float = number(
        1.0,
        low=0.1,
        high=5,
        unit="ln",
        doc="How far it usually differs (sd of its prior).",
        source=_TWICE,
    )
    noise_doubt: float = number(
        0.15,
        low=0,
        high=1,
        unit="1",
        doc="Relative doubt about the noise that is taken out, per unit of unshared log power.",
        source="claimed errors of the blur are then right for synthetic skin, and half of the real "
        "ones for portraits photographed again",
    )
    line_tolerance: float = number(
        0.01,
        low=0.001,
        high=0.1,
        unit="ln",
        doc="Misfit of the transfer function to a straight line that says nothing.",
        source="point spreads are not exactly Gaussian",
    )
    bare_sigma: float = number(
        2.0,
        low=1,
        high=10,
        unit="noise sd",
        doc="Darker or lighter than this, smoothed, is a pore, hair or glint, not bare skin.",
        source="at 3 the flanks of pores that shrink by 20 % move the gain by 4 %, at 2 by 1 %",
    )
    bare_smooth_px: float = number(
        1.2,
        low=0.3,
        high=5,
        unit="grid px",
        doc="Gaussian under which pores are looked for to leave them out.",
        source="a third of the smallest pore that is measured",
    )
    bare_margin_px: int = number(
        4,
        low=0,
        high=20,
        unit="grid px",
        doc="Margin around pores that is left out with them.",
        source="a pore's flank reaches about its radius beyond half depth",
    )
    least_coherence: float = number(
        0.1,
        low=0.01,
        high=0.9,
        unit="1",
        doc="Frequencies whose two textures share less than this are not compared.",
        source="the gain of unshared texture is noise",
    )
    gain_prior: float = number(
        0.15,
        low=0.01,
        high=1,
        unit="ln",
        doc="Spread of the contrast gain between photos of one skin before anything is measured.",
        source="first experiments: gains of 0.86 to 1.01",
    )
    gain_most: float = number(
        0.10,
        low=0,
        high=1,
        unit="ln",
        doc="Largest contrast gain that is taken out.",
        source="JPEG 80 and noise take up to 9 % of the contrast of relief and pores alike; a "
        "change of light that moves relief by more moves pores less, or the other way",
    )
    blur_prior_px2: float = number(
        1.0,
        low=0.05,
        high=20,
        unit="px²",
        doc="Spread of the difference in squared blur before anything is measured.",
        source="photos of one person at one distance differ by up to 1 px of blur",
    )
    region_blur_px2: float = number(
        0.1,
        low=0.001,
        high=20,
        unit="px²",
        doc="How far the difference in squared blur varies between the regions of a pair (sd).",
        source="a tenth of the squared blur of a sharp photo; where focus shifts by more between "
        "regions that are told to 0.05 px², nine tenths of that are kept",
    )
    noise_tile_px: int = number(
        48,
        low=16,
        high=256,
        unit="grid px",
        doc="Side of the tiles in which the noise is measured again once blur is matched.",
        source="as in the flattening",
    )

    # Links.
    gate_residuals: float = number(
        2.0,
        low=0.5,
        high=10,
        unit="95th percentiles",
        doc="A link may be this many times the alignment error long, and",
        source="twice the 95th percentile holds all but one in a thousand",
    )
    gate_diameters: float = number(
        0.35,
        low=0.05,
        high=1,
        unit="diameters",
        doc="this share of the pore's diameter longer (centres shift with light).",
        source="neighbours are at least 0.55 diameters apart",
    )
    gate_least_px: float = number(
        0.8,
        low=0.1,
        high=5,
        unit="grid px",
        doc="The shortest gate.",
        source="centres of the smallest pores scatter by a quarter pixel in each photo",
    )
    gate_flagged: float = number(
        0.5,
        low=0.05,
        high=1,
        unit="gates",
        doc="Gate of a link with a mark that is not taken for a pore.",
        source="19 of 20 pores that are flagged in one photo lie within it, of chance neighbours a "
        "quarter",
    )
    link_size_weight: float = number(
        0.15,
        low=0,
        high=2,
        unit="1",
        doc="Cost of a squared log ratio of diameters, against a squared distance of one gate.",
        source="weak evidence: a treatment may change sizes by half",
    )
    link_contrast_weight: float = number(
        0.05,
        low=0,
        high=2,
        unit="1",
        doc="Cost of a squared log ratio of contrasts, likewise.",
        source="weaker still: contrast also follows the light",
    )
    evidence_cap: float = number(
        0.3,
        low=0,
        high=2,
        unit="1",
        doc="Most that size and contrast together may add to the cost of a link.",
        source="they must never forbid a link that place allows",
    )

    # Forced pairing.
    bare_snr: float = number(
        2.0,
        low=0.5,
        high=5,
        unit="standard errors",
        doc="A forced contrast of at least this many of its errors is there.",
        source="one-sided 2.3 % of bare places lie above",
    )
    gone_snr: float = number(
        3.0,
        low=0.5,
        high=5,
        unit="standard errors",
        doc="A forced contrast below this many errors is compatible with bare skin, if it is",
        source="2 % of the places where synthetic pores have gone read more, 9 % more than two "
        "errors: dark relief is not Gaussian",
    )
    gone_share: float = number(
        0.5,
        low=0.1,
        high=1,
        unit="1",
        doc="also below this share of the contrast in the other photo.",
        source="nearer to nothing than to what was there",
    )
    around_px: float = number(
        60.0,
        low=20,
        high=500,
        unit="grid px",
        doc="Gaussian over which the scale of the skin around a pore is averaged; what an "
        "alignment draws a pore wider by than that is no size of its own.",
        source="synthetic skin whose pores shrink: 30, 60 and 120 px tell the same within 0.1 %",
    )
    same_diameters: float = number(
        0.5,
        low=0.1,
        high=1,
        unit="diameters",
        doc="A thing found in one photo only, this near to a linked pore, is part of that pore.",
        source="two pores that touch are at least 0.55 diameters apart",
    )
