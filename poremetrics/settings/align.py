"""Settings of the room ``align``."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_TRIALS = "re-shot real portraits with the exact map, residual against the size of the window"


class AlignSettings(Room):
    """Tunable numbers of the room ``align``."""

    # Texture the two photos are compared on.
    texture_sigma_px: float = number(
        8.0,
        low=3,
        high=40,
        unit="level px",
        doc="Gaussian scale of the local mean and deviation that normalise the texture.",
        source=_TRIALS,
    )
    texture_smooth_px: float = number(
        0.8,
        low=0,
        high=3,
        unit="level px",
        doc="Gaussian that takes pixel noise off the texture before it is matched.",
        source=_TRIALS,
    )
    texture_floor: float = number(
        0.004,
        low=0.0001,
        high=0.1,
        unit="ln",
        doc="Deviation of log luminance below which texture is not amplified further.",
        source="half a grey level of an 8-bit photo at mid grey",
    )

    fine_sigma_px: float = number(
        2.5,
        low=1,
        high=10,
        unit="level px",
        doc="Texture finer than this Gaussian tells the same skin from another.",
        source="105 pairs of different people: the shapes of two noses agree to 0.5, finer "
        "texture to less than 0.16",
    )

    # Coarse: landmarks.
    landmark_reach: float = number(
        0.6,
        low=0.1,
        high=3,
        unit="region sizes",
        doc="Mesh points count with a Gaussian weight of this scale around the region.",
        source="a region is nearly flat over about its own size",
    )
    landmark_outlier_px: float = number(
        3.0,
        low=1,
        high=10,
        unit="robust sd",
        doc="Mesh points that miss the affine fit by more than this weigh less and less.",
        source="Huber's weight function, usual tuning range",
    )

    # Coarse: features of a close-up.
    feature_side_px: int = number(
        640,
        low=200,
        high=3000,
        unit="px",
        doc="Longer side to which a photo is reduced before features are looked for; where they "
        "do not agree, it is tried once more at twice this side.",
        source="marks and mottling stay visible; the second try sees single pores",
    )
    feature_count: int = number(
        1500,
        low=200,
        high=20000,
        unit="features",
        doc="Strongest features kept per photo.",
        source="enough that a tenth of them being shared still leaves hundreds",
    )
    feature_ratio: float = number(
        0.85,
        low=0.5,
        high=1,
        unit="1",
        doc="A match counts if it is this much nearer than the second best.",
        source="Lowe (2004), IJCV 60: 0.8, loosened since skin repeats itself",
    )
    feature_miss_px: float = number(
        5.0,
        low=1,
        high=20,
        unit="reduced px",
        doc="Largest miss of a feature that still votes for a transformation.",
        source="skin bends by some pixels across a close-up",
    )
    feature_min_inliers: int = number(
        15,
        low=6,
        high=200,
        unit="features",
        doc="Fewest agreeing features that make a transformation believable.",
        source="unrelated skins agree in fewer than 10 by chance",
    )
    scale_ratio_max: float = number(
        3.0,
        low=1.2,
        high=10,
        unit="1",
        doc="Largest ratio of the two photos' scales that is looked for.",
        source="beyond it one photo does not resolve the other's pores",
    )

    # Dense.
    reach_margin: float = number(
        0.15,
        low=0.02,
        high=1,
        unit="region sizes",
        doc="Margin of the after photo around the rough place of a region.",
        source="twice what landmarks miss by at worst",
    )
    coarsest_side_px: int = number(
        80,
        low=32,
        high=512,
        unit="px",
        doc="Levels of the pyramid halve until the region's shorter side is about this.",
        source="landmarks miss by up to 8 % of a region: 6 px here",
    )
    finest_side_px: int = number(
        900,
        low=200,
        high=4000,
        unit="px",
        doc="The finest level is reduced where the region's shorter side exceeds this.",
        source=_TRIALS,
    )
    node_px: int = number(
        4,
        low=2,
        high=16,
        unit="level px",
        doc="Spacing of the nodes that carry the displacement.",
        source="a quarter of the window's scale, so that nothing is lost between nodes",
    )
    flow_sigma_px: float = number(
        12.0,
        low=4,
        high=60,
        unit="level px",
        doc="Gaussian that smooths the inverse-search flow of a level.",
        source=_TRIALS,
    )
    window_px: float = number(
        14.0,
        low=6,
        high=60,
        unit="level px",
        doc="Gaussian window over which the last sub-pixel correction is fitted.",
        source=_TRIALS,
    )
    refine_rounds: int = number(
        6,
        low=1,
        high=20,
        unit="rounds",
        doc="Rounds of the sub-pixel correction at the finest level.",
        source="re-shot real portraits: 95 % of errors below 0.39 px by 3 rounds, 0.28 px by 8",
    )
    error_floor_px: float = number(
        0.03,
        low=0,
        high=0.5,
        unit="grid px",
        doc="Error that stays whatever the texture: rounding and interpolation.",
        source="synthetic skin without noise, exact map",
    )
    shrink_below: float = number(
        0.97,
        low=0.8,
        high=1,
        unit="1",
        doc="Below this scale ratio the grid takes the after photo's coarser sampling.",
        source="3 % of enlargement is within what the interpolation carries without loss",
    )
    finest_px_per_mm: float = number(
        24.0,
        low=8,
        high=200,
        unit="px/mm",
        doc="Finer photos of known scale are worked on at this resolution.",
        source="accuracy table of `poremetrics validate`: F1 rises up to 20 px/mm and no further; "
        "at 20 px/mm pores of 0.2 mm are still sized 6 % too small, at 24 not",
    )
    least_grid_px: float = number(
        96.0,
        low=48,
        high=1000,
        unit="px",
        doc="Shorter side that is left of a region, whatever its scale.",
        source="a region of less holds too few tiles to tell blur and noise by",
    )

    # Trust.
    trust_window_px: float = number(
        14.0,
        low=6,
        high=80,
        unit="level px",
        doc="Gaussian window of the local texture correlation.",
        source="as the window of the fit",
    )
    trust_correlation: float = number(
        0.3,
        low=0,
        high=1,
        unit="1",
        doc="A place whose local correlation of fine texture is below this leaves the common area.",
        source=_TRIALS,
    )
    trust_relative: float = number(
        0.5,
        low=0,
        high=1,
        unit="1",
        doc="So does a place whose local correlation is below this share of the region's median.",
        source="skin of one region of one pair of photos agrees alike where it is the same",
    )
    trust_error_px: float = number(
        0.8,
        low=0.1,
        high=5,
        unit="grid px",
        doc="A place whose estimated alignment error is above this leaves the common area.",
        source="issue of the room: 95 % of the common area within 0.8 px",
    )
    trust_round_trip_px: float = number(
        2.0,
        low=0.2,
        high=10,
        unit="level px",
        doc="A place that there and back misses itself by more leaves the common area.",
        source=_TRIALS,
    )
    trust_fold: float = number(
        0.4,
        low=0,
        high=1,
        unit="1",
        doc="Area of a grid pixel, relative to the region's median, below which it has folded.",
        source="expression squeezes skin by less",
    )

    # Same skin or not.
    same_correlation: float = number(
        0.3,
        low=0.05,
        high=0.95,
        unit="1",
        doc="Correlation of fine texture over all aligned skin below which it is other skin.",
        source="different people at most 0.16, rough re-shots of unsharp portraits at least 0.57",
    )
    min_common_share: float = number(
        0.1,
        low=0,
        high=1,
        unit="1",
        doc="Share of a region's skin that has to be trusted for the region to count.",
        source="less is chance agreement",
    )
