"""What is drawn on a picture for every pore: where, how large, in which colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from poremetrics.columns import is_pore
from poremetrics.model import Comparison, Measurement
from poremetrics.settings.change import ChangeSettings
from poremetrics.settings.report import ReportSettings

STATUSES = ("matched", "lost", "new")
SIZE_CLASSES = ("much_smaller", "smaller", "same", "larger", "much_larger")


@dataclass(frozen=True, slots=True)
class Style:
    """How one class of pores is drawn; never by colour alone."""

    colour: str
    dash: tuple[float, ...] = ()
    shape: Literal["ring", "square", "cross"] = "ring"


# Okabe & Ito (2008), colours told apart in every kind of colour blindness; over a dark halo they
# also stand out on all skin tones.
STYLES: Mapping[str, Style] = {
    "matched": Style("#ffffff"),
    "seen": Style("#ffffff"),
    "lost": Style("#f0e442", dash=(3.0, 2.0)),
    "new": Style("#56c8ff", shape="square"),
    "left_out": Style("#ffffff", shape="cross"),
    "much_smaller": Style("#1f8fff"),
    "smaller": Style("#9fd4ff"),
    "same": Style("#ffffff"),
    "larger": Style("#ffc46b"),
    "much_larger": Style("#f07c00"),
}


def marks(result: Comparison | Measurement) -> pd.DataFrame:
    """Return one row per pore to be drawn.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.

    Returns
    -------
    DataFrame
        ``region``; ``x_px``, ``y_px``, ``diameter_px`` in the (before) photo's pixels;
        ``x_after_px``, ``y_after_px`` (NaN where lost or a single photo); ``status`` (``matched``,
        ``lost``, ``new``, ``seen`` in a single photo, ``left_out`` for what is not a pore);
        ``clear`` (no flag in any photo); ``change_pct`` of the diameter and ``size_class``
        (matched visible pores only); ``snr`` and ``diameter_um``, means of both photos.
    """
    settings = result.settings.report
    if isinstance(result, Measurement):
        frame = _plain(result.pores)
        frame["status"] = np.where(is_pore(result.pores), "seen", "left_out")
        return frame
    joined = _joined(result)
    drawn = set(joined["before_id"].dropna())
    outside = (result.pores["photo"] == "before") & ~is_pore(result.pores)
    rejected = _plain(result.pores[outside & ~result.pores["pore_id"].isin(drawn)])
    rejected["status"] = "left_out"
    frame = pd.concat([_paired(joined, result), rejected], ignore_index=True)
    visible = _is_visible(frame, result.settings.change)
    frame["size_class"] = _size_class(frame["change_pct"].where(visible), settings)
    return frame


def _plain(pores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one photo, drawn where they lie in it."""
    frame = pores[["region", "x_px", "y_px", "diameter_px", "diameter_um", "snr"]].copy()
    for name in ("x_after_px", "y_after_px", "change_pct"):
        frame[name] = np.nan
    frame["size_class"] = ""
    frame["clear"] = pores["flags"].eq("").to_numpy(dtype=bool)
    return frame.reset_index(drop=True)


def _joined(result: Comparison) -> pd.DataFrame:
    """Return the links of pores with the rows of both photos beside them."""
    counted = is_pore(result.pores)
    sides = {}
    for side in ("before", "after"):
        here = result.pores["photo"] == side
        sides[side] = (
            result.pores[here]
            .assign(counted=counted[here])
            .drop_duplicates("pore_id")
            .set_index("pore_id")
        )
    joined = (
        result.links.join(sides["before"].add_suffix("_before"), on="before_id")
        .join(sides["after"].add_suffix("_after"), on="after_id")
        .reset_index(drop=True)
    )
    either = joined["counted_before"].eq(True) | joined["counted_after"].eq(True)
    return joined[either].reset_index(drop=True)


def _paired(joined: pd.DataFrame, result: Comparison) -> pd.DataFrame:
    region = joined["region_before"].where(joined["region_before"].notna(), joined["region_after"])
    ratio = region.map({one.name: one.scale_ratio for one in result.alignment.regions})
    after_px = joined["diameter_px_after"] / ratio.astype("float64")
    change = _change_pct(joined, after_px)
    return pd.DataFrame(
        {
            "region": region,
            "x_px": joined["x_px_before"].fillna(joined["x_ref_px_after"]),
            "y_px": joined["y_px_before"].fillna(joined["y_ref_px_after"]),
            "x_after_px": joined["x_px_after"],
            "y_after_px": joined["y_px_after"],
            "diameter_px": joined["diameter_px_before"].fillna(after_px),
            "diameter_um": joined[["diameter_um_before", "diameter_um_after"]].mean(axis=1),
            "snr": joined[["snr_before", "snr_after"]].mean(axis=1),
            "status": joined["status"],
            "clear": joined["flags_before"].eq("") & joined["flags_after"].eq(""),
            "change_pct": change.where(joined["status"] == "matched"),
        }
    ).reset_index(drop=True)


def _change_pct(joined: pd.DataFrame, after_px: pd.Series) -> pd.Series:
    """Return the size change of single pores, in mm where both photos have a scale."""
    in_um = joined["diameter_um_after"] / joined["diameter_um_before"]
    in_px = after_px / joined["diameter_px_before"]
    ratio = in_px.where(in_px.notna(), in_um)
    return 100.0 * (ratio - 1.0)


def _is_visible(frame: pd.DataFrame, limits: ChangeSettings) -> pd.Series:
    """Return which pores are large enough to enter a verdict, by the mean of both sizes."""
    mean_px = frame["diameter_px"] * np.sqrt(1.0 + frame["change_pct"].fillna(0.0) / 100.0)
    in_px = frame["diameter_um"].isna() & mean_px.ge(limits.visible_diameter_px)
    in_um = frame["diameter_um"].ge(limits.visible_diameter_um)
    return pd.Series(in_px | in_um, index=frame.index, dtype=bool)


def _size_class(change_pct: pd.Series, settings: ReportSettings) -> pd.Series:
    strong, weak = settings.size_change_strong_pct, settings.size_change_step_pct
    edges = [-np.inf, -strong, -weak, weak, strong, np.inf]
    classes = pd.cut(change_pct.astype("float64"), edges, labels=list(SIZE_CLASSES))
    return classes.astype("object").where(change_pct.notna(), "")


def clearest(frame: pd.DataFrame, number: int) -> pd.DataFrame:
    """Return the pores of the strip: the clearest in both photos, best first, never by change.

    Parameters
    ----------
    frame : DataFrame
        Rows of :func:`marks` that may be shown.
    number : int
        How many to return at most.

    Returns
    -------
    DataFrame
        Rows of ``frame``, taken from the regions in turn.
    """
    there = frame["status"].isin(["matched", "seen"]) & frame["diameter_px"].gt(0)
    frame = frame[there & frame["clear"].eq(True)]
    frame = frame.sort_values(["snr", "x_px", "y_px"], ascending=[False, True, True])
    turn = frame.groupby("region", sort=False).cumcount()
    chosen = frame.assign(turn=turn).sort_values(["turn", "snr"], ascending=[True, False])
    return chosen.head(number).drop(columns="turn")
