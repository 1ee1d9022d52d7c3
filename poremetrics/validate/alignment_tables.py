"""From aligned pairs to the tables of residuals, refusals and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from poremetrics.validate.cases import Row
from poremetrics.validate.residuals import Trial

GOAL_MEDIAN_PX, GOAL_P95_PX = 0.3, 0.8
"""What the residual shall not exceed."""
GOAL_PRECISION, GOAL_RECALL = 0.98, 0.95
"""What the links shall reach."""


def residual_table(trials: Sequence[Trial]) -> pd.DataFrame:
    """Return one row per source and nuisance, and one per source over all of them.

    Columns: ``source, nuisance, photos, regions, left_out`` (regions of the before photo without a
    common area), ``median_px, p95_px`` over all places, ``worst_median_px, worst_p95_px`` over
    regions, ``claimed_p95_px`` and ``common_share`` (means over regions), ``goal`` (the worst
    region keeps both).
    """
    rows = []
    for source in dict.fromkeys(one.source for one in trials):
        own = [one for one in trials if one.source == source]
        rows += [
            _residual_row(source, label, [one for one in own if one.change == label])
            for label in dict.fromkeys(one.change for one in own)
        ]
        rows.append(_residual_row(source, "all", own))
    return pd.DataFrame(rows)


def _residual_row(source: str, label: str, trials: Sequence[Trial]) -> Row:
    regions = [region for one in trials for region in one.regions]
    row: dict[str, object] = {
        "source": source,
        "nuisance": label,
        "photos": len({one.photo for one in trials}),
        "regions": len(regions),
        "left_out": sum(one.shown for one in trials) - len(regions),
    }
    if not regions:
        return row | {"goal": False}
    middle, far = (
        [float(np.percentile(region.miss_px, level)) for region in regions] for level in (50, 95)
    )
    every = np.concatenate([region.miss_px for region in regions])
    return row | {
        "median_px": float(np.median(every)),
        "p95_px": float(np.percentile(every, 95)),
        "worst_median_px": max(middle),
        "worst_p95_px": max(far),
        "claimed_p95_px": float(np.mean([region.claimed_p95_px for region in regions])),
        "common_share": float(np.mean([region.common_share for region in regions])),
        "goal": max(middle) <= GOAL_MEDIAN_PX and max(far) <= GOAL_P95_PX,
    }


def residual_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return the residuals as they are printed: a row per nuisance, a column per source.

    Cells hold the median, the 95th percentile and that of the worst region.
    """
    figures = table[["median_px", "p95_px", "worst_p95_px"]]
    cells = [
        "" if np.isnan(row).any() else " / ".join(f"{value:.2f}" for value in row)
        for row in figures.to_numpy(np.float64)
    ]
    cell = dict(zip(zip(table["nuisance"], table["source"], strict=True), cells, strict=True))
    order = dict.fromkeys(table["nuisance"])
    order["all"] = order.pop("all")
    sources = table["source"].unique()
    return pd.DataFrame(
        [
            {"nuisance": label, **{source: cell.get((label, source), "") for source in sources}}
            for label in order
        ]
    )


def shortfalls(made: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return a line for everything that falls short of a goal."""
    residuals, refusals, links = (made[name] for name in ("residuals", "refusals", "links"))
    missed, left_out, wrong, unlinked = (
        table[short].to_dict("records")
        for table, short in (
            (residuals, ~residuals["goal"]),
            (residuals, residuals["left_out"] > 0),
            (refusals, refusals["right"] < refusals["pairs"]),
            (links, ~links["goal"]),
        )
    )
    return [
        *(
            f"{row['source']}, {row['nuisance']}: worst region "
            f"{row['worst_median_px']:.2f} / {row['worst_p95_px']:.2f} px"
            for row in missed
        ),
        *(
            f"{row['source']}, {row['nuisance']}: no common area in {row['left_out']} regions "
            f"beside {row['regions']}"
            for row in left_out
        ),
        *(f"{row['source']}, {row['case']}: taken for {row['taken_for']}" for row in wrong),
        *(f"links at {row['density']}" for row in unlinked),
    ]


def refusal_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the pairs of different people, counted by source, and every other case by itself.

    Columns: ``source, case, pairs, right, taken_for, said``.
    """
    table = pd.DataFrame(rows)
    strangers = table["strangers"].to_numpy(bool)
    counted = [
        {
            "source": source,
            "case": "different people",
            "pairs": len(group),
            "right": int(group["right"].sum()),
            "taken_for": "; ".join(group["taken_for"].unique()),
            "said": group["said"].mode()[0],
        }
        for source, group in (
            *table[strangers].groupby("source", sort=False),
            ("all", table[strangers]),
        )
    ]
    single = table[~strangers]
    single = single.assign(pairs=1, right=single["right"].astype(int))
    columns = ["source", "case", "pairs", "right", "taken_for", "said"]
    return pd.concat([pd.DataFrame(counted), single], ignore_index=True)[columns]


def link_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Return mean and worst precision and recall of links per density of pores."""
    table = pd.DataFrame(rows).groupby("strength", sort=False)
    means = table.agg(
        pairs=("strength", "size"),
        linked=("n_pores", "sum"),
        precision=("link_precision", "mean"),
        worst_precision=("link_precision", "min"),
        recall=("link_recall", "mean"),
        worst_recall=("link_recall", "min"),
    ).reset_index(names="density")
    kept = (means["worst_precision"] >= GOAL_PRECISION) & (means["worst_recall"] >= GOAL_RECALL)
    return means.assign(goal=kept)


def markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown."""
    lines = [list(table.columns), ["---"] * len(table.columns)]
    lines += [[_cell(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.3f}"
    return str(value)
