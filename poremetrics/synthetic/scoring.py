"""Scores against known truth: found pores, intervals, verdicts.

Only pores that physics makes visible have to be found. A find on a pore that is there but too
faint to be visible is neither rewarded nor punished (``neutral``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import cKDTree
from scipy.stats import norm

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

SIZE_CLASSES_PX = (0.0, 3.0, 4.0, 6.0, 9.0, np.inf)
"""Edges of the classes of true diameter in which scores are also given."""

_GATE_DIAMETERS, _GATE_PX = 0.5, 1.5  # a find belongs to a pore if its centre lies within it
_MAD_TO_SD = 1.4826
_NEARLY_NOTHING = 1e-9  # SciPy's sparse matching takes an explicit zero for a missing edge


@dataclass(frozen=True, slots=True)
class Proportion:
    """``successes`` of ``trials`` with its 95 % Wilson score interval.

    Attributes
    ----------
    successes, trials : int
        How many of how many.

    References
    ----------
    E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212.
    """

    successes: int
    trials: int

    @property
    def share(self) -> float:
        """Successes over trials; NaN without trials."""
        return self.successes / self.trials if self.trials else float("nan")

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the Wilson interval of the share; NaN without trials."""
        if not self.trials:
            return float("nan"), float("nan")
        z = float(norm.ppf(0.5 + level / 2))
        n, p = self.trials, self.share
        middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * float(np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)))
        return middle - half, middle + half


@dataclass(frozen=True, slots=True)
class Score:
    """How well found pores agree with the truth.

    Attributes
    ----------
    true, false, missed, neutral : int
        Visible pores found; finds on nothing; visible pores not found; finds on faint pores.
    size_bias_pct, size_spread_pct : float
        Median and robust standard deviation of found over true diameter, minus one.
    position_error_px : float
        Median distance between found and true centre.
    """

    true: int
    false: int
    missed: int
    neutral: int
    size_bias_pct: float
    size_spread_pct: float
    position_error_px: float

    @property
    def precision(self) -> float:
        """Share of finds that are visible pores."""
        return Proportion(self.true, self.true + self.false).share

    @property
    def recall(self) -> float:
        """Share of visible pores that were found."""
        return Proportion(self.true, self.true + self.missed).share

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN where there was nothing to find."""
        return Proportion(2 * self.true, 2 * self.true + self.false + self.missed).share


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Which find is which pore.

    Attributes
    ----------
    found, truth : (K,) intp
        Row numbers of visible pores and of what found them.
    faint_found : (L,) intp
        Row numbers of finds on pores that are present but not visible, or at the border.
    """

    found: Indices
    truth: Indices
    faint_found: Indices


def match(
    first_xy: npt.ArrayLike, second_xy: npt.ArrayLike, max_distance_px: float | Floats
) -> tuple[Indices, Indices]:
    """Pair two sets of places one to one: as many pairs as possible, then the shortest.

    Parameters
    ----------
    first_xy, second_xy : (N, 2) and (M, 2) array_like
        Places.
    max_distance_px : float or (M,) array
        Largest distance of a pair, per second place.

    Returns
    -------
    (K,) intp, (K,) intp
        Row numbers in the first and in the second set.
    """
    first, second = (np.asarray(xy, np.float64).reshape(-1, 2) for xy in (first_xy, second_xy))
    gate = np.broadcast_to(np.asarray(max_distance_px, np.float64), (len(second),))
    none = np.empty(0, np.intp)
    if not len(first) or not len(second):
        return none, none
    near = cKDTree(second).sparse_distance_matrix(
        cKDTree(first), float(gate.max()), output_type="coo_matrix"
    )
    col, row, distance = near.row, near.col, near.data
    close = distance <= gate[col]
    row, col, distance = row[close], col[close], distance[close] + _NEARLY_NOTHING
    if not len(row):
        return none, none
    # Every place may stay alone at the price of the gate: a pair is then never dearer than two
    # singles. Dummies of paired places marry each other along the same edges, transposed.
    n, m = len(first), len(second)
    alone = np.full(n + m, float(gate.max()) + _NEARLY_NOTHING)
    rows = np.concatenate([row, np.arange(n), n + np.arange(m), n + col])
    cols = np.concatenate([col, m + np.arange(n), np.arange(m), m + row])
    cost = np.concatenate([distance, alone, np.full(len(row), _NEARLY_NOTHING)])
    left, right = min_weight_full_bipartite_matching(
        csr_array(coo_array((cost, (rows, cols)), shape=(n + m, n + m)))
    )
    paired = (left < n) & (right < m)
    return left[paired].astype(np.intp), right[paired].astype(np.intp)


def gate_px(diameter_px: npt.ArrayLike) -> Floats:
    """Return how far off a pore's centre a find may lie: half a diameter, at least 1.5 px.

    Parameters
    ----------
    diameter_px : array_like
        True diameters.
    """
    diameter = np.nan_to_num(np.asarray(diameter_px, np.float64))
    return np.maximum(_GATE_DIAMETERS * diameter, _GATE_PX)


def assign(
    found: pd.DataFrame, truth: pd.DataFrame, *, border: tuple[int, int, float] | None = None
) -> Assignment:
    """Decide which find is which pore.

    Parameters
    ----------
    found : DataFrame
        ``x_px, y_px``.
    truth : DataFrame
        As in :class:`SyntheticSkin`.
    border : (int, int, float), optional
        Width and height of the picture and a margin in pixels: pores within the margin need not
        be found, finds there are neutral.

    Returns
    -------
    Assignment
        Row numbers of those that belong together.
    """
    xy = found[["x_px", "y_px"]].to_numpy(np.float64)
    places = truth[["x_px", "y_px"]].to_numpy(np.float64)
    visible, present = (truth[name].to_numpy(bool) for name in ("visible", "present"))
    inner, kept = np.ones(len(truth), bool), np.ones(len(found), bool)
    if border is not None:
        inner, kept = _within(places, border), _within(xy, border)
    wanted = np.flatnonzero(visible & inner)
    gate = gate_px(truth["diameter_px"])
    hit, pore = match(xy, places[wanted], gate[wanted])
    free = np.setdiff1d(np.arange(len(found)), hit)
    faint = np.flatnonzero(present & ~(visible & inner))
    spare, _ = match(xy[free], places[faint], gate[faint])
    neutral = np.union1d(free[spare], free[~kept[free]])
    return Assignment(hit, wanted[pore], neutral.astype(np.intp))


def score(
    found: pd.DataFrame, truth: pd.DataFrame, *, border: tuple[int, int, float] | None = None
) -> Score:
    """Score found pores against the truth.

    Parameters
    ----------
    found : DataFrame
        ``x_px, y_px`` and, for the size figures, ``diameter_px``.
    truth : DataFrame
        As in :class:`SyntheticSkin`.
    border : (int, int, float), optional
        See :func:`assign`.

    Returns
    -------
    Score
        Counts and errors.
    """
    pairs = assign(found, truth, border=border)
    wanted = _wanted(truth, border)
    return _score_of(found, truth, pairs, np.ones(len(found), bool), wanted)


def score_by_size(
    found: pd.DataFrame,
    truth: pd.DataFrame,
    *,
    border: tuple[int, int, float] | None = None,
    edges_px: Sequence[float] = SIZE_CLASSES_PX,
) -> pd.DataFrame:
    """Score found pores in classes of diameter.

    A find on a pore belongs to the class of the pore's true diameter, a false find to that of
    its own.

    Parameters
    ----------
    found : DataFrame
        ``x_px, y_px, diameter_px``.
    truth : DataFrame
        As in :class:`SyntheticSkin`.
    border : (int, int, float), optional
        See :func:`assign`.
    edges_px : sequence of float
        Limits of the classes of diameter.

    Returns
    -------
    DataFrame
        One row per class: ``low_px, high_px, true, false, missed, neutral, precision, recall,
        f1, size_bias_pct, size_spread_pct, position_error_px``.
    """
    pairs = assign(found, truth, border=border)
    wanted = _wanted(truth, border)
    true_size = truth["diameter_px"].to_numpy(np.float64)
    size = found["diameter_px"].to_numpy(np.float64).copy()
    size[pairs.found] = true_size[pairs.truth]
    rows = []
    for low, high in pairwise(edges_px):
        these = (size >= low) & (size < high)
        those = (true_size >= low) & (true_size < high)
        part = _score_of(found, truth, pairs, these, wanted & those)
        rows.append({"low_px": low, "high_px": high, **as_row(part)})
    return pd.DataFrame(rows)


def as_row(result: Score) -> dict[str, float]:
    """Return a score as the cells of a table.

    Parameters
    ----------
    result : Score
        The score.
    """
    return {
        "true": result.true,
        "false": result.false,
        "missed": result.missed,
        "neutral": result.neutral,
        "precision": result.precision,
        "recall": result.recall,
        "f1": result.f1,
        "size_bias_pct": result.size_bias_pct,
        "size_spread_pct": result.size_spread_pct,
        "position_error_px": result.position_error_px,
    }


def coverage(low: npt.ArrayLike, high: npt.ArrayLike, truth: npt.ArrayLike) -> Proportion:
    """Return how often intervals hold the truth; rows with a NaN are left out.

    Parameters
    ----------
    low, high : (N,) array_like
        Ends of the intervals.
    truth : (N,) array_like
        True values.
    """
    bounds = np.broadcast_arrays(*(np.asarray(v, np.float64) for v in (low, high, truth)))
    known = np.isfinite(np.stack(bounds)).all(axis=0)
    inside = known & (bounds[0] <= bounds[2]) & (bounds[2] <= bounds[1])
    return Proportion(int(inside.sum()), int(known.sum()))


def false_calls(verdicts: Iterable[Iterable[str]]) -> Proportion:
    """Return how many unchanged pairs got any ``decreased`` or ``increased``.

    Parameters
    ----------
    verdicts : iterable of iterable of str
        All verdicts of each pair; pairs that are wholly ``not comparable`` are no trials.
    """
    kinds = [set(pair) for pair in verdicts]
    judged = [pair for pair in kinds if pair - {"not comparable"}]
    return Proportion(sum(bool(pair & {"decreased", "increased"}) for pair in judged), len(judged))


def power(verdicts: Iterable[str], expected: str = "decreased") -> Proportion:
    """Return how often a true change was called; ``not comparable`` is no trial.

    Parameters
    ----------
    verdicts : iterable of str
        One per truly changed pair.
    expected : str
        The right verdict.
    """
    judged = [verdict for verdict in verdicts if verdict != "not comparable"]
    return Proportion(sum(verdict == expected for verdict in judged), len(judged))


def _within(xy: Floats, border: tuple[int, int, float]) -> npt.NDArray[np.bool_]:
    width, height, margin = border
    high = (width - 1 - margin, height - 1 - margin)
    return np.asarray(((xy >= margin) & (xy <= high)).all(axis=1))


def _wanted(truth: pd.DataFrame, border: tuple[int, int, float] | None) -> npt.NDArray[np.bool_]:
    """Return which pores have to be found."""
    visible = truth["visible"].to_numpy(bool)
    if border is None:
        return visible
    return visible & _within(truth[["x_px", "y_px"]].to_numpy(np.float64), border)


def _score_of(
    found: pd.DataFrame,
    truth: pd.DataFrame,
    pairs: Assignment,
    of_found: npt.NDArray[np.bool_],
    of_truth: npt.NDArray[np.bool_],
) -> Score:
    """Return the score of a part of the finds and of the wanted pores."""
    chosen = of_truth[pairs.truth]
    hit, pore = pairs.found[chosen], pairs.truth[chosen]
    false = of_found.copy()
    false[pairs.found] = False
    neutral = np.zeros(len(found), bool)
    neutral[pairs.faint_found] = True
    ends = (found.iloc[hit], truth.iloc[pore])
    gap = np.hypot(
        *(ends[0][axis].to_numpy() - ends[1][axis].to_numpy() for axis in ("x_px", "y_px"))
    )
    ratio = np.full(len(hit), np.nan)
    if "diameter_px" in found.columns:
        sizes = [end["diameter_px"].to_numpy(np.float64) for end in ends]
        ratio = np.log(sizes[0] / sizes[1])
    middle = _median(ratio)
    return Score(
        true=len(hit),
        false=int((false & ~neutral).sum()),
        missed=int(of_truth.sum()) - len(hit),
        neutral=int((neutral & of_found).sum()),
        size_bias_pct=100.0 * float(np.expm1(middle)),
        size_spread_pct=100.0 * _MAD_TO_SD * _median(np.abs(ratio - middle)),
        position_error_px=_median(gap),
    )


def _median(values: Floats) -> float:
    """Return the median of the known values; NaN without any."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
