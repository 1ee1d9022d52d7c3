"""The columns of the tables people rely on, checked in one place, and the registry of flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

# Column schemas of the tables people rely on: name -> pandas dtype.
PORES: Mapping[str, str] = {
    "photo": "str",
    "pore_id": "int64",
    "region": "str",
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
    "in_common_area": "bool",
    "flags": "str",
}
LINKS: Mapping[str, str] = {
    "before_id": "Int64",
    "after_id": "Int64",
    "status": "str",
    "distance_px": "float64",
}
REGIONS: Mapping[str, str] = {
    "photo": "str",
    "region": "str",
    "metric": "str",
    "value": "float64",
    "unit": "str",
}
CHANGES: Mapping[str, str] = {
    "region": "str",
    "metric": "str",
    "unit": "str",
    "before": "float64",
    "after": "float64",
    "change_pct": "float64",
    "ci_low_pct": "float64",
    "ci_high_pct": "float64",
    "verdict": "str",
    "rc_pct": "float64",
    "detectable_pct": "float64",
    "n_pores": "Int64",
    "sampling_sd": "float64",
    "follows_size": "float64",
    "signal": "float64",
    "blur_sd_px2": "float64",
    "blurred": "float64",
}
REPEATS: Mapping[str, str] = {
    "subject": "str",
    "shot_before": "int64",
    "shot_after": "int64",
    "region": "str",
    "measure": "str",
    "before": "float64",
    "after": "float64",
    "log_ratio": "float64",
}
CONTRASTS: Mapping[str, str] = {
    "region": "str",
    "control": "str",
    "metric": "str",
    "change_pct": "float64",
    "control_change_pct": "float64",
    "difference_pct": "float64",
    "difference_low_pct": "float64",
    "difference_high_pct": "float64",
}
QUALITY: Mapping[str, str] = {
    "photo": "str",
    "region": "str",
    "check": "str",
    "value": "float64",
    "limit": "float64",
    "unit": "str",
    "ok": "bool",
}


def table(
    rows: pd.DataFrame | list[Mapping[str, object]], schema: Mapping[str, str]
) -> pd.DataFrame:
    """Return ``rows`` as a DataFrame with exactly the columns and types of ``schema``.

    Raises
    ------
    ValueError
        A column is missing or cannot take its type.
    """
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=list(schema))
    missing = [name for name in schema if name not in frame.columns]
    if missing:
        raise ValueError(f"table lacks columns {missing}")
    other = {name: kind for name, kind in schema.items() if frame[name].dtype != kind}
    frame = frame[list(schema)]
    return (frame.astype(other) if other else frame).reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class Flag:
    """One declared reason carried in the ``flags`` column.

    Attributes
    ----------
    name : str
        As written in the column, several joined by ``;``.
    meaning : str
        Plain explanation.
    excludes : bool
        True where the thing is not counted as a pore.
    """

    name: str
    meaning: str
    excludes: bool


FLAGS: Mapping[str, Flag] = {
    flag.name: flag
    for flag in (
        Flag("hair", "long and thin: a hair, lash or stubble", True),
        Flag("wrinkle", "part of a longer dark line", True),
        Flag("freckle", "wide, shallow and brown: pigment, not a depression", True),
        Flag("mole", "too large and too dark for a pore", True),
        Flag("blemish", "red around the centre: a pimple or acne mark", True),
        Flag("shadow", "on the edge of a shadow or fold, where the light changes too fast", True),
        Flag("noise", "not distinguishable from sensor noise or JPEG blocks", True),
        Flag("unlike", "its form in filters of several widths is unlike that of pores", True),
        Flag("unresolved", "smaller than the photo resolves; size not trusted", False),
        Flag("edge", "touches the border of the usable skin; size less certain", False),
        Flag("crowded", "closer to a neighbour than its own diameter", False),
        Flag("plug", "core darker than an open pore's shading: a dark plug", False),
        Flag("forced", "found in the other photo only; measured here at the same place", False),
    )
}
"""Registry of every flag; a room may only write flags declared here."""


def is_pore(pores: pd.DataFrame) -> pd.Series:
    """Return which rows of a table of pores count as pores: no flag of theirs excludes them."""
    excluding = {flag.name for flag in FLAGS.values() if flag.excludes}
    flags = pores["flags"]
    known = {text: excluding.isdisjoint(str(text).split(";")) for text in flags.unique()}
    return flags.map(known).astype(bool)
