"""From rows of single cases to the published tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.synthetic import Proportion, coverage, false_calls, power
from poremetrics.validate.cases import MEASURES

_SIZE_MEASURE, _AREA_MEASURE = "diameter_um_matched", "coverage_pct"
EFFECT_MEASURES = {"size": _SIZE_MEASURE, "coverage": _AREA_MEASURE}
"""Which measure has to find which designed effect."""

_CHANGED_MEASURES = ("count", _AREA_MEASURE, _SIZE_MEASURE)
"""Measures that the treatments change."""
_REFUSED = "not comparable"


def perturbation_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return what each nuisance does to unchanged skin, with and without corrections.

    Parameters
    ----------
    pairs : DataFrame
        Rows of :func:`poremetrics.validate.cases.run_pair`.

    Returns
    -------
    DataFrame
        One row per nuisance and strength: pairs, share refused, and per measure the mean and the
        largest change in percent, ``naive`` (each photo alone) and ``corrected``; the change of
        the count of ``blob_log`` at one threshold; precision and recall of links.
    """
    rows = []
    for (kind, strength), group in pairs.groupby(["kind", "strength"], sort=False):
        refused = group["count_verdict"].eq(_REFUSED)
        row: dict[str, object] = {
            "nuisance": kind,
            "strength": strength,
            "pairs": len(group),
            "refused": int(refused.sum()),
            "count_blob_log_pct": _mean(group, "count_blob_log_pct"),
        }
        for name in MEASURES:
            if name != "contrast_matched":
                row[f"{name}_naive_pct"] = _mean(group, f"{name}_naive_pct")
            row[f"{name}_corrected_pct"] = _mean(group[~refused], f"{name}_pct")
            row[f"{name}_worst_pct"] = _worst(group[~refused], f"{name}_pct")
        row["link_precision"] = _mean(group[~refused], "link_precision")
        row["link_recall"] = _mean(group[~refused], "link_recall")
        rows.append(row)
    return pd.DataFrame(rows)


def null_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return false calls on unchanged skin, per strength of nuisance and over all.

    Returns
    -------
    DataFrame
        ``strength, pairs, refused, false_calls, false_call_rate`` with its Wilson interval, and
        per measure the median of the absolute change of pairs that were not refused.
    """
    rows = []
    groups = [(str(name), group) for name, group in pairs.groupby("strength", sort=False)]
    for name, group in (*groups, ("all", pairs)):
        verdicts = _verdicts(group)
        rate = false_calls(verdicts)
        low, high = rate.interval()
        row: dict[str, object] = {
            "strength": name,
            "pairs": len(group),
            "refused": len(group) - rate.trials,
            "false_calls": rate.successes,
            "false_call_rate": rate.share,
            "rate_low": low,
            "rate_high": high,
        }
        judged = group[[set(pair) != {_REFUSED} for pair in verdicts]]
        for measure in MEASURES:
            row[f"{measure}_median_abs_pct"] = _median(judged, f"{measure}_pct")
        rows.append(row)
    return pd.DataFrame(rows)


def power_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return how often designed changes are found, and what is read instead of the truth.

    Returns
    -------
    DataFrame
        ``effect, level_pct, measure, pairs, refused, found, power`` with its Wilson interval,
        mean true and mean measured change in percent; of the pores that have gone, the mean share
        that is told as lost, and of those that stay, the share that is called lost.
    """
    rows = []
    for (effect, level), group in pairs.groupby(["effect", "level_pct"], sort=False):
        measure = EFFECT_MEASURES[str(effect)]
        found = power(group[f"{measure}_verdict"].astype(str))
        low, high = found.interval()
        judged = group[group[f"{measure}_verdict"] != _REFUSED]
        rows.append(
            {
                "effect": effect,
                "level_pct": level,
                "measure": measure,
                "pairs": len(group),
                "refused": len(group) - found.trials,
                "found": found.successes,
                "power": found.share,
                "power_low": low,
                "power_high": high,
                "true_pct": _mean(judged, f"{measure}_true_pct"),
                "measured_pct": _mean(judged, f"{measure}_pct"),
                "gone_told": _mean(judged, "gone_told"),
                "stay_lost": _mean(judged, "stay_lost"),
            }
        )
    return pd.DataFrame(rows)


def hopeless_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return how many pairs that cannot be compared were refused, per reason and over all."""
    rows = []
    groups = [(str(name), group) for name, group in pairs.groupby("strength", sort=False)]
    for name, group in (*groups, ("all", pairs)):
        refused = Proportion(sum(set(pair) == {_REFUSED} for pair in _verdicts(group)), len(group))
        low, high = refused.interval()
        rows.append(
            {
                "reason": name,
                "pairs": len(group),
                "refused": refused.successes,
                "refused_share": refused.share,
                "share_low": low,
                "share_high": high,
            }
        )
    return pd.DataFrame(rows)


def interval_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return how often nominal 95 % intervals hold the true change, per measure.

    Parameters
    ----------
    pairs : DataFrame
        Null pairs and treated pairs together.
    """
    rows = []
    for changed, group in pairs.groupby(pairs["effect"] != "none", sort=True):
        for measure in MEASURES:
            held = _coverage_of(group, measure)
            low, high = held.interval()
            rows.append(
                {
                    "skin": "changed" if changed else "unchanged",
                    "measure": measure,
                    "pairs": held.trials,
                    "coverage": held.share,
                    "coverage_low": low,
                    "coverage_high": high,
                    "bias_pct": _bias(group, measure),
                }
            )
    return pd.DataFrame(rows)


def resolution_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return what is read of a change by scale and sharpness, and how often intervals hold it.

    Returns
    -------
    DataFrame
        One row per scale and point spread of the before photo and one over all (NaN): ``px_per_mm,
        blur_px, pairs, refused``; ``read``, the share of a true change of size that is read where
        sizes changed; and per measure ``<measure>_known`` and ``<measure>_held``, in how many pairs
        there is an interval and in how many it holds the truth.
    """
    rows = []
    groups = [(key, group) for key, group in pairs.groupby(["px_per_mm", "blur_px"], sort=True)]
    for (scale, blur), group in (*groups, ((np.nan, np.nan), pairs)):
        judged = group[group[f"{_SIZE_MEASURE}_verdict"] != _REFUSED]
        smaller = judged[judged["effect"].eq("size")]
        read, true = (_mean(smaller, f"{_SIZE_MEASURE}{of}_pct") for of in ("", "_true"))
        row: dict[str, object] = {
            "px_per_mm": scale,
            "blur_px": blur,
            "pairs": len(group),
            "refused": len(group) - len(judged),
            "read": read / true,
        }
        for measure in _CHANGED_MEASURES:
            held = _coverage_of(group, measure)
            row |= {f"{measure}_known": held.trials, f"{measure}_held": held.successes}
        rows.append(row)
    return pd.DataFrame(rows)


def headline(
    accuracy: pd.DataFrame,
    peers: pd.DataFrame,
    nulls: pd.DataFrame,
    powers: pd.DataFrame,
    intervals: pd.DataFrame,
    resolutions: pd.DataFrame,
    hopeless: pd.DataFrame,
) -> pd.DataFrame:
    """Return the few figures that a reader wants first: ``figure, value, unit``."""
    rows = [
        ("F1 of visible pores, mean over all cells", float(accuracy["f1"].mean()), "1"),
        ("F1 of visible pores, worst cell", float(accuracy["f1"].min()), "1"),
        ("size bias, median over all cells", float(accuracy["size_bias_pct"].median()), "%"),
        ("finds on freckles, moles, marks, hair", float(accuracy["on_marks_pct"].mean()), "%"),
    ]
    for detector, group in peers.groupby("detector", sort=False):
        label = f"F1 of {detector}" + (
            "" if detector == "poremetrics" else ", own best threshold per picture"
        )
        rows.append((label, float(group["f1"].mean()), "1"))
    last = nulls.iloc[-1]
    rows.append(("false calls per unchanged pair", 100.0 * float(last["false_call_rate"]), "%"))
    rows.append(("refused unchanged pairs", 100.0 * float(last["refused"] / last["pairs"]), "%"))
    for one in powers.to_dict("records"):
        name = f"power at −{one['level_pct']:g} % {one['effect']} ({one['measure']})"
        rows.append((name, 100.0 * float(one["power"]), "%"))
    for effect, group in powers.groupby("effect", sort=False):
        read = 100.0 * float((group["measured_pct"] / group["true_pct"]).mean())
        rows.append((f"share of a true change that is read, {effect}", read, "%"))
    loss = powers[powers["effect"] == "coverage"]
    for label, column in (
        ("have gone, told as lost", "gone_told"),
        ("stay, called lost", "stay_lost"),
    ):
        rows.append((f"pores that {label}", 100.0 * _mean(loss, column), "%"))
    for skin, group in intervals.groupby("skin", sort=False):
        held = 100.0 * float(group["coverage"].mean())
        rows.append((f"95 % intervals that hold the true change, {skin} skin", held, "%"))
    over_all = resolutions.iloc[-1]
    held, known = (
        sum(int(over_all[f"{measure}_{of}"]) for measure in _CHANGED_MEASURES)
        for of in ("held", "known")
    )
    name = "95 % intervals that hold the true change, other scales and sharpness"
    rows.append((name, 100.0 * held / known if known else float("nan"), "%"))
    share = float(hopeless["refused_share"].iloc[-1])
    rows.append(("refused pairs that cannot be compared", 100.0 * share, "%"))
    return pd.DataFrame(rows, columns=["figure", "value", "unit"])


def _verdicts(group: pd.DataFrame) -> list[list[str]]:
    columns = [f"{name}_verdict" for name in MEASURES]
    return [[str(verdict) for verdict in row] for row in group[columns].to_numpy()]


def _coverage_of(group: pd.DataFrame, measure: str) -> Proportion:
    judged = group[group[f"{measure}_verdict"] != _REFUSED]
    return coverage(
        _numbers(judged, f"{measure}_low_pct"),
        _numbers(judged, f"{measure}_high_pct"),
        _numbers(judged, f"{measure}_true_pct"),
    )


def _bias(group: pd.DataFrame, measure: str) -> float:
    judged = group[group[f"{measure}_verdict"] != _REFUSED]
    off = _numbers(judged, f"{measure}_pct") - _numbers(judged, f"{measure}_true_pct")
    return float(np.nanmean(off)) if np.isfinite(off).any() else float("nan")


def _numbers(table: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    """Return a column as floats; all NaN where no row brought it."""
    if column not in table.columns:
        return np.full(len(table), np.nan)
    return table[column].to_numpy(np.float64)


def _known(table: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    values = _numbers(table, column)
    return values[np.isfinite(values)]


def _mean(table: pd.DataFrame, column: str) -> float:
    values = _known(table, column)
    return float(values.mean()) if len(values) else float("nan")


def _median(table: pd.DataFrame, column: str) -> float:
    values = np.abs(_known(table, column))
    return float(np.median(values)) if len(values) else float("nan")


def _worst(table: pd.DataFrame, column: str) -> float:
    values: Sequence[float] = _known(table, column).tolist()
    return max(values, key=abs, default=float("nan"))
