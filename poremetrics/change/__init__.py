"""Room ``change``: paired pores become ratios, intervals and verdicts, or a reasoned refusal.

A region's paired pores and secondary maps become a :class:`Sample`; :func:`changes` turns samples
into log ratios with intervals that add sampling (paired spatial block bootstrap) and
repeatability, and into family-wise verdicts. :func:`judge_pair` and its siblings hold the
figures of the photos against their limits; a region that fails a refusing check is
``not comparable``.
"""

from __future__ import annotations

from poremetrics.change.checks import CHECKS, Check, judge, light_turn_deg, refused_regions
from poremetrics.change.contrasts import against_control, contrasts, control_region
from poremetrics.change.figures import judge_faces, judge_pair, judge_photo
from poremetrics.change.looks import judge_looks
from poremetrics.change.measures import HEADLINE, SECONDARY, Measure, Sample
from poremetrics.change.repeatability import (
    Repeatability,
    default_repeatability,
    parse_repeatability,
)
from poremetrics.change.repeats import Repeat, repeatability_of, repeats_table
from poremetrics.change.response import (
    Kind,
    Reading,
    Response,
    Share,
    default_response,
    share_shape,
)
from poremetrics.change.sample import (
    pair_scale,
    paired_sample,
    region_sample,
    secondary_sums,
    single_sample,
)
from poremetrics.change.shown import Shown, shown, shown_by
from poremetrics.change.tables import join_quality, region_names, regions_table
from poremetrics.change.verdicts import changes, holm

__all__ = [
    "CHECKS",
    "HEADLINE",
    "SECONDARY",
    "Check",
    "Kind",
    "Measure",
    "Reading",
    "Repeat",
    "Repeatability",
    "Response",
    "Sample",
    "Share",
    "Shown",
    "against_control",
    "changes",
    "contrasts",
    "control_region",
    "default_repeatability",
    "default_response",
    "holm",
    "join_quality",
    "judge",
    "judge_faces",
    "judge_looks",
    "judge_pair",
    "judge_photo",
    "light_turn_deg",
    "pair_scale",
    "paired_sample",
    "parse_repeatability",
    "refused_regions",
    "region_names",
    "region_sample",
    "regions_table",
    "repeatability_of",
    "repeats_table",
    "secondary_sums",
    "share_shape",
    "shown",
    "shown_by",
    "single_sample",
]
