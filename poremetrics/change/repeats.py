"""Repeat shots of unchanged skin: every pair of shots of a person, and what they agree on.

Terms and formulas as in Shrout and Fleiss (Psychological Bulletin 86, 1979, 420) and Bland and
Altman (Statistical Methods in Medical Research 8, 1999, 135), all on natural logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from poremetrics.change.measures import HEADLINE, SECONDARY
from poremetrics.change.repeatability import Agreement, Repeatability
from poremetrics.columns import REPEATS, table

_WHOLE = "all"


@dataclass(frozen=True, slots=True)
class Repeat:
    """Two shots of one person, compared.

    Attributes
    ----------
    subject : str
        Number of the person.
    shot_before, shot_after : int
        Which of that person's shots, from 0.
    changes : DataFrame
        Columns of :data:`poremetrics.columns.CHANGES`.
    """

    subject: str
    shot_before: int
    shot_after: int
    changes: pd.DataFrame


def repeats_table(repeats: Sequence[Repeat]) -> pd.DataFrame:
    """Return what the pairs of shots measured, one row per pair, region and measure.

    Parameters
    ----------
    repeats : sequence of Repeat
        All pairs of all persons.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.REPEATS`; measures are named as with a scale. Pairs
        that cannot be compared are left out.
    """
    known = {one.name_px: one.name for one in (*HEADLINE, *SECONDARY)}
    frames = [
        one.changes.assign(
            subject=one.subject, shot_before=one.shot_before, shot_after=one.shot_after
        )
        for one in repeats
    ]
    joined = pd.concat(frames, ignore_index=True)
    # Nothing left of a measure has no logarithm, and no place in a spread of logarithms.
    joined = joined[joined["change_pct"].gt(-100.0)]
    log_ratio = np.log1p(joined["change_pct"] / 100.0)
    return table(
        joined.assign(measure=joined["metric"].replace(known), log_ratio=log_ratio), REPEATS
    )


def repeatability_of(repeats: pd.DataFrame, source: str) -> Repeatability:
    """Return the repeatability seen in repeat shots of unchanged skin.

    Parameters
    ----------
    repeats : DataFrame
        Columns of :data:`poremetrics.columns.REPEATS`.
    source : str
        Text that names the origin of the shots.

    Returns
    -------
    Repeatability
        ``wSD = sqrt(mean(log_ratio^2) / 2)`` per measure over the single regions: the two shots of
        a pair differ by sqrt(2) wSD, and unchanged skin has no mean difference to take away. With
        several persons also the agreement of :func:`agreement_of`.
    """
    single = repeats[repeats["region"].ne(_WHOLE)]
    wsd = {
        str(measure): float(np.sqrt(np.mean(np.square(group["log_ratio"])) / 2.0))
        for measure, group in single.groupby("measure", sort=True)
    }
    found = {
        str(measure): agreement_of(group)
        for measure, group in repeats[repeats["region"].eq(_WHOLE)].groupby("measure", sort=True)
    }
    return Repeatability(
        source=source,
        pairs=int(single.groupby("measure").size().max()) if len(single) else 0,
        wsd_log=wsd,
        subjects=max(int(repeats["subject"].nunique()), 1),
        icc={name: one for name, one in found.items() if one is not None},
    )


def agreement_of(repeats: pd.DataFrame, confidence: float = 0.95) -> Agreement | None:
    """Return the intraclass correlation ICC(1,1) of one measure.

    The share of the spread of single shots that lies between persons. One-way random effects: the
    shots of different persons have nothing in common, so no effect of a shot can be told.

    Parameters
    ----------
    repeats : DataFrame
        Rows of one measure and region. A shot's value is the mean log over the pairs it is in,
        each of which measures it over the skin common to that pair.
    confidence : float, optional
        Of the interval, from the F distribution; exact for equal numbers of shots.

    Returns
    -------
    Agreement or None
        None unless two persons have two shots each, and where all shots are alike.
    """
    ends = [
        repeats[["subject", f"shot_{end}", end]].set_axis(["subject", "shot", "value"], axis=1)
        for end in ("before", "after")
    ]
    values = pd.concat(ends, ignore_index=True)
    values = values[values["value"] > 0]
    logs = np.log(values["value"]).groupby([values["subject"], values["shot"]]).mean()
    groups = [group.to_numpy(np.float64) for _, group in logs.groupby("subject")]
    groups = [group for group in groups if group.size > 1]
    if len(groups) < 2:
        return None
    sizes = np.array([group.size for group in groups], dtype=np.float64)
    number, total = len(groups), float(sizes.sum())
    means = np.array([group.mean() for group in groups])
    between = float(sizes @ (means - np.concatenate(groups).mean()) ** 2) / (number - 1)
    within = sum(float(((group - group.mean()) ** 2).sum()) for group in groups) / (total - number)
    if within <= 0.0:  # what repeats to the last digit, as a count may, agrees wholly
        whole = Agreement(icc=1.0, low=1.0, high=1.0, subjects=number, shots=int(total))
        return whole if between > 0.0 else None
    # Shots per person; of unequal numbers the one that makes the estimate unbiased.
    shots = (total - float(np.sum(sizes**2)) / total) / (number - 1)
    ratio = between / within
    tail = (1.0 - confidence) / 2.0
    degrees = number - 1, total - number
    low = ratio / special.fdtri(*degrees, 1.0 - tail)
    high = ratio * special.fdtri(*degrees[::-1], 1.0 - tail)
    icc, icc_low, icc_high = ((f - 1.0) / (f + shots - 1.0) for f in (ratio, low, high))
    return Agreement(icc=icc, low=icc_low, high=icc_high, subjects=number, shots=int(total))
