"""Settings of the room ``change``: intervals, repeatability, limits of comparability."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_JUDGED = "judgement; no experiment has set it yet"


class ChangeSettings(Room):
    """Tunable numbers of the room ``change``."""

    # --- what is counted -----------------------------------------------------------------
    visible_diameter_um: float = number(
        250.0,
        low=50.0,
        high=1000.0,
        unit="µm",
        doc="A pore of at least this diameter is a visible pore.",
        source="Flament et al. 2015 (2,585 women): 250 µm tied to expert grading",
    )
    visible_diameter_px: float = number(
        3.0,
        low=1.0,
        high=50.0,
        unit="px",
        doc="Stands in for visible_diameter_um where no scale is known.",
        source="smallest diameter whose size is unbiased within 10 %",
    )
    matched_snr: float = number(
        6.0,
        low=0.0,
        high=100.0,
        unit="noise sigmas",
        doc="Smallest geometric mean of a pore's two signals to enter the matched measures.",
        source="twice the signal a pore is sized from, so that none drops out on one side only",
    )
    matched_snr_cap: float = number(
        20.0,
        low=1.0,
        high=1000.0,
        unit="noise sigmas",
        doc="Pores count by the square of that mean in the matched measures, up to this one.",
        source="synthetic pairs of x 0.83 and x 0.70: from 15 to 20 on the ratio is right",
    )
    minimum_pores: int = number(
        12,
        low=3,
        high=1000,
        unit="pores",
        doc="Fewer visible pores than this in both photos: no verdict for that measure.",
        source=_JUDGED,
    )

    shine_brightening: float = number(
        0.35,
        low=0.05,
        high=3.0,
        unit="ln",
        doc="Skin this much brighter than its surroundings counts as shine.",
        source="the surface reflects about 4 % of light: a highlight stands 40 % above the skin",
    )

    # --- intervals -----------------------------------------------------------------------
    minimum_size_snr: float = number(
        3.0,
        low=0.0,
        high=20.0,
        unit="sigma",
        doc="A pore weaker than this in one photo is given no size there by the shared change.",
        source="as for a forced size: what is left of a lost pore is relief of about this strength",
    )
    bootstrap_draws: int = number(
        1000,
        low=100,
        high=100_000,
        unit="draws",
        doc="Draws of the paired spatial block bootstrap.",
        source="the standard error's own error is 2.2 % at 1000 draws",
    )
    bootstrap_seed: int = number(
        20_150_413,
        low=0,
        high=2**31 - 1,
        unit="1",
        doc="Seed of the bootstrap, fixed so that the same photos give the same bytes.",
        source="arbitrary",
    )
    block_mm: float = number(
        4.0,
        low=0.5,
        high=20.0,
        unit="mm",
        doc="Side of a bootstrap block where the scale is known.",
        source="several times the distance of neighbouring pores (about 1.2 mm at 70 per cm²)",
    )
    block_px: float = number(
        64.0,
        low=8.0,
        high=1000.0,
        unit="px",
        doc="Side of a bootstrap block where no scale is known.",
        source="4 mm at the 16 px/mm of a close-up",
    )
    confidence: float = number(
        0.95,
        low=0.5,
        high=0.999,
        unit="1",
        doc="Coverage of every interval, and one minus the family-wise error of the verdicts.",
        source="convention",
    )

    # --- limits: one photo ---------------------------------------------------------------
    minimum_pore_px: float = number(
        3.0,
        low=1.0,
        high=20.0,
        unit="px",
        doc="A pore of 250 µm that spans fewer pixels makes a change doubtful.",
        source="size bias at 3 px is 10 % (accuracy table of `poremetrics validate`)",
    )
    minimum_sampling_px: float = number(
        2.0,
        low=1.0,
        high=20.0,
        unit="px",
        doc="A pore of 250 µm that spans fewer pixels makes the region not comparable.",
        source="sampling theorem: a dip needs two samples across its width",
    )
    maximum_blur_pore_share: float = number(
        0.75,
        low=0.05,
        high=5.0,
        unit="1",
        doc="Largest point-spread sigma (its lower bound) as a share of a 250 µm pore's diameter.",
        source="there a Gaussian dip keeps a quarter of its depth",
    )
    maximum_clipped_share: float = number(
        0.05,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Largest share of a region's skin that is clipped black or white.",
        source=_JUDGED,
    )
    maximum_glare_share: float = number(
        0.25,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Largest share of a region hidden by glare.",
        source=_JUDGED,
    )
    maximum_turned_deg: float = number(
        25.0,
        low=5.0,
        high=80.0,
        unit="deg",
        doc="Head yaw past which the cheek that is turned away is not measured.",
        source="portraits with turned heads: past 25° the far cheek is useless",
    )
    minimum_skin_share: float = number(
        0.25,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Smallest usable share of a region's outline.",
        source="judgement: less does not represent the region",
    )

    # --- limits: the pair ----------------------------------------------------------------
    minimum_correlation: float = number(
        0.60,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Smallest texture correlation of the aligned and matched skins.",
        source="re-shot portraits 0.98-1.00; other people about 0",
    )
    maximum_residual_p95_px: float = number(
        1.5,
        low=0.1,
        high=10.0,
        unit="px",
        doc="Largest 95th percentile of the alignment error.",
        source="half the diameter of the smallest pore that is sized",
    )
    maximum_relative_blur_px: float = number(
        1.5,
        low=0.1,
        high=10.0,
        unit="px",
        doc="Largest difference in focus that is matched rather than refused.",
        source=_JUDGED,
    )
    maximum_gain_log: float = number(
        0.35,
        low=0.01,
        high=2.0,
        unit="ln",
        doc="Largest |ln| of the contrast gain of the skin between pores.",
        source="gains of 0.86-1.01 on re-shot portraits; other light or a filter goes beyond",
    )
    minimum_common_share: float = number(
        0.30,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Smallest share of a region's skin that both photos show.",
        source="judgement: less does not represent the region",
    )
    maximum_scale_log: float = number(
        0.45,
        low=0.05,
        high=2.0,
        unit="ln",
        doc="Largest |ln| of the scale ratio between the photos.",
        source="alignment is tested from 0.75 to 1.3; 0.45 leaves room for tilt",
    )
    minimum_days_since_treatment: float = number(
        7.0,
        low=0.0,
        high=365.0,
        unit="days",
        doc="A photo taken sooner after a treatment is flagged.",
        source="redness and swelling in the first days hide pores",
    )
    best_days_since_treatment: float = number(
        28.0,
        low=0.0,
        high=365.0,
        unit="days",
        doc="From here on a photo shows the result of a treatment.",
        source="first visible change 4 to 6 weeks after a session",
    )
    maximum_light_turn_deg: float = number(
        12.0,
        low=1.0,
        high=90.0,
        unit="deg",
        doc="Largest angle between the light directions of the photos without a warning.",
        source="re-shot portraits to 2.7, rendered faces to 7.9; the other side 20 or more",
    )
    maximum_blockiness: float = number(
        2.2,
        low=1.0,
        high=50.0,
        unit="1",
        doc="Largest step at JPEG's blocks over the steps elsewhere, without a warning.",
        source="portraits as published up to 2.17, re-shot at quality 90 to 1.6; at 30 from 2.27",
    )
    maximum_light_kind_log: float = number(
        0.35,
        low=0.01,
        high=5.0,
        unit="ln",
        doc="Largest |ln| of the change in how much the surface's light varies, without a warning.",
        source="re-shot portraits up to 0.30, rough ones 0.73; cross-polarised ones 1.1 by median",
    )
    maximum_exposure_change: float = number(
        10.0,
        low=0.5,
        high=100.0,
        unit="L*",
        doc="Largest change in the skin's lightness without a warning.",
        source="re-shot portraits up to 4.4, rough ones 8.0; 0.8 stops up 10.6 or more",
    )
    maximum_noise_log: float = number(
        0.5,
        low=0.0,
        high=5.0,
        unit="ln",
        doc="Largest ln of the softer photo's noise over the sharper one's, without a warning.",
        source="re-shot portraits to 0.01; two stops less light with grain: median 0.34, up to 1.5",
    )
    maximum_redness_rise: float = number(
        3.0,
        low=0.1,
        high=50.0,
        unit="a*",
        doc="Largest rise of the skin's CIE a* without a warning.",
        source="re-shot portraits up to 1.7, rough ones 3.3; 6 a* of redness added read 4.3-7.1",
    )
    maximum_shine_rise: float = number(
        0.10,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Largest rise of the share of a region under glare, without a warning.",
        source="re-shot portraits up to 0.04, rough ones 0.08; mirrored light doubled up to 0.27",
    )
    maximum_expression_change: float = number(
        0.15,
        low=0.01,
        high=2.0,
        unit="1",
        doc="Largest change of any expression ratio without a warning.",
        source=_JUDGED,
    )
    maximum_camera_change: float = number(
        0.0,
        low=0.0,
        high=1.0,
        unit="1",
        doc="0: a change of camera is warned of; 1: it is not.",
        source="convention",
    )
    minimum_found: float = number(
        1.0,
        low=0.0,
        high=1.0,
        unit="1",
        doc="1: a region must be found in both photos.",
        source="definition",
    )
    minimum_texture: float = number(
        0.5,
        low=0.0,
        high=10.0,
        unit="1",
        doc="Smallest fine-texture indicator without a warning; plain skin in focus has 1.",
        source="portraits by eye: retouched and soft ones below, unretouched ones above",
    )
    minimum_smoothing: float = number(
        0.3,
        low=0.0,
        high=10.0,
        unit="1",
        doc="Smallest fine-texture indicator of skin that can be measured at all.",
        source="portraits: out of focus 0.0-0.34, unretouched in focus from 0.33; they overlap",
    )
    minimum_jpeg_quality: float = number(
        75.0,
        low=1.0,
        high=100.0,
        unit="1",
        doc="Smallest JPEG quality without a warning.",
        source=_JUDGED,
    )
