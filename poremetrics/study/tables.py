"""Column schemas of a study's tables: name to pandas dtype, in the order they are written.

``subject`` and ``visit`` are the user's own codes; ``side`` is empty where a photo shows both.
``pore_id`` is one pore's number over all visits of a subject and side.
"""

from __future__ import annotations

from collections.abc import Mapping

from poremetrics.columns import CHANGES, QUALITY

VISIT: Mapping[str, str] = {
    "subject": "str",
    "side": "str",
    "visit": "str",
    "date": "str",
    "days_since_baseline": "Int64",
    "days_since_first_treatment": "Int64",
    "days_since_treatment": "float64",
    "treatment": "str",
    "sessions": "Int64",
    "too_early": "bool",
}
"""What every long table begins with; dates are written YYYY-MM-DD."""

VISITS: Mapping[str, str] = {**VISIT, "baseline": "bool", "control": "str"}
PORES: Mapping[str, str] = {
    **VISIT,
    "pore_id": "int64",
    "region": "str",
    "status": "str",
    "x_px": "float64",
    "y_px": "float64",
    "x_ref_px": "float64",
    "y_ref_px": "float64",
    "diameter_px": "float64",
    "diameter_um": "float64",
    "diameter_err_px": "float64",
    "area_px2": "float64",
    "contrast": "float64",
    "elongation": "float64",
    "snr": "float64",
    "flags": "str",
    "diameter_change_pct": "float64",
    "contrast_change_pct": "float64",
}
"""One row per pore and visit; ``status`` is baseline, matched, lost or new, against the baseline.

The two changes are against the baseline under the conditions of that very pair, both photos
brought to one blur, so they need not equal the ratio of two rows.
"""
AGAINST: Mapping[str, str] = {"against": "str", "against_visit": "str"}
STUDY_CHANGES: Mapping[str, str] = {**VISIT, **AGAINST, **CHANGES}
STUDY_QUALITY: Mapping[str, str] = {**VISIT, **AGAINST, **QUALITY}
TIMELINE: Mapping[str, str] = {
    **VISIT,
    "region": "str",
    "metric": "str",
    "unit": "str",
    "change_pct": "float64",
    "ci_low_pct": "float64",
    "ci_high_pct": "float64",
    "rc_pct": "float64",
    "verdict": "str",
    "step_pct": "float64",
    "step_low_pct": "float64",
    "step_high_pct": "float64",
    "step_verdict": "str",
}
"""Headline measures against the baseline; ``step`` is the change since the previous visit."""
LIVES: Mapping[str, str] = {
    "subject": "str",
    "side": "str",
    "pore_id": "int64",
    "region": "str",
    "x_ref_px": "float64",
    "y_ref_px": "float64",
    "first_visit": "str",
    "last_visit": "str",
    "visits_measured": "int64",
    "visits_seen": "int64",
    "fate": "str",
}
"""One row per pore; ``fate`` is stays, lost, new, comes and goes, or seen once."""
TRENDS: Mapping[str, str] = {
    "subject": "str",
    "side": "str",
    "region": "str",
    "metric": "str",
    "visits": "int64",
    "sessions": "int64",
    "change_pct": "float64",
    "ci_low_pct": "float64",
    "ci_high_pct": "float64",
    "verdict": "str",
    "rate_per_session_pct": "float64",
    "rate_low_pct": "float64",
    "rate_high_pct": "float64",
    "story": "str",
}
"""One row per region and headline measure: where it stands at the last visit, and the course."""
CONTRASTS: Mapping[str, str] = {
    **VISIT,
    "region": "str",
    "control_side": "str",
    "control": "str",
    "metric": "str",
    "change_pct": "float64",
    "control_change_pct": "float64",
    "difference_pct": "float64",
    "difference_low_pct": "float64",
    "difference_high_pct": "float64",
}
"""One row per visit, treated region and headline measure of a person with control skin."""
PAIRS: Mapping[str, str] = {
    "subject": "str",
    "side": "str",
    "visit": "str",
    "against": "str",
    "against_visit": "str",
    "status": "str",
    "reason": "str",
}
"""One row per pair: ``compared``, or why not."""
EXCLUSIONS: Mapping[str, str] = {
    "step": "str",
    "reason": "str",
    "subjects": "int64",
    "photos": "int64",
    "left_out": "bool",
}
COHORT: Mapping[str, str] = {
    "metric": "str",
    "term": "str",
    "effect_pct": "float64",
    "ci_low_pct": "float64",
    "ci_high_pct": "float64",
    "p_value": "float64",
    "detectable": "bool",
    "subjects": "int64",
    "observations": "int64",
    "df": "float64",
    "sd_subjects_pct": "float64",
    "sd_within_pct": "float64",
    "note": "str",
}
