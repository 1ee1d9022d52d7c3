"""Link the pores of two aligned photos, globally one to one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import KDTree

from poremetrics.settings.pair import PairSettings

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Linked rows of two tables.

    Attributes
    ----------
    before, after : (K,) int
        Row numbers; each row at most once.
    distance_px : (K,) float64
        Distance on the grid.
    """

    before: Integers
    after: Integers
    distance_px: Floats


def link(
    before: pd.DataFrame, after: pd.DataFrame, residual_px: float, settings: PairSettings
) -> Links:
    """Link two tables of pores on one grid.

    Of all one-to-one assignments the one of least total cost: squared distance in units of the
    gate, plus weak evidence from size and contrast, against a cost of 1 for each two pores left
    alone. Distances beyond the gate are never linked. Marks that are not taken for pores lie
    anywhere, by chance also where a pore has gone, so they must lie nearer than pores.

    Parameters
    ----------
    before, after : DataFrame
        ``x_px, y_px, diameter_px, contrast, is_pore`` on one grid.
    residual_px : float
        95th percentile of the alignment error.
    settings : PairSettings
        Uses ``gate_*`` and ``link_*``.

    Returns
    -------
    Links
        In the order of ``before``.

    References
    ----------
    The square assignment with a place for every pore to stay alone is that of Jaqaman et al.
    (2008), Nature Methods 5.
    """
    first, second = (frame[["x_px", "y_px"]].to_numpy(np.float64) for frame in (before, after))
    if len(first) == 0 or len(second) == 0:
        none = np.zeros(0, dtype=np.intp)
        return Links(none, none, np.zeros(0))
    d_first, d_second = (frame["diameter_px"].to_numpy(np.float64) for frame in (before, after))
    error = residual_px if np.isfinite(residual_px) else 0.0
    base = max(settings.gate_residuals * error, settings.gate_least_px)
    reach = base + settings.gate_diameters * max(float(d_first.max()), float(d_second.max()))
    near = KDTree(first).sparse_distance_matrix(KDTree(second), reach, output_type="coo_matrix")
    i, j = near.row.astype(np.intp), near.col.astype(np.intp)
    distance = near.data.astype(np.float64)
    # Geometric mean: the same gate whichever photo comes first.
    gate = base + settings.gate_diameters * np.sqrt(d_first[i] * d_second[j])
    pores = before["is_pore"].to_numpy(bool)[i] & after["is_pore"].to_numpy(bool)[j]
    gate *= np.where(pores, 1.0, settings.gate_flagged)
    evidence = settings.link_size_weight * _squared_log(d_first[i], d_second[j])
    evidence = evidence + settings.link_contrast_weight * _squared_log(
        before["contrast"].to_numpy(np.float64)[i], after["contrast"].to_numpy(np.float64)[j]
    )
    cost = (distance / gate) ** 2 * (1.0 - settings.evidence_cap) + np.minimum(
        evidence, settings.evidence_cap
    )
    keep = distance <= gate
    i, j, distance, cost = i[keep], j[keep], distance[keep], cost[keep]
    chosen = _assign(i, j, cost, len(first), len(second))
    order = chosen[np.argsort(i[chosen], kind="stable")]
    return Links(i[order], j[order], distance[order])


def _squared_log(one: Floats, two: Floats) -> Floats:
    """Return squared log ratios; 0 where one of the two is unknown or not positive."""
    known = (one > 0) & (two > 0)
    ratio = np.where(known, one, 1.0) / np.where(known, two, 1.0)
    return np.asarray(np.log(ratio) ** 2)


def _assign(i: Integers, j: Integers, cost: Floats, n: int, m: int) -> Integers:
    """Return which candidate links the cheapest one-to-one assignment uses."""
    # Every pore may stay alone at cost 1/2. The lower right block lets the spare columns and
    # rows of linked pores find each other; adding 1 keeps all weights above 0, which the sparse
    # solver needs, and adds the same to every full assignment.
    alone = 0.5
    rows = np.concatenate((i, np.arange(n), n + np.arange(m), n + j))
    cols = np.concatenate((j, m + np.arange(n), np.arange(m), m + i))
    weights = 1.0 + np.concatenate((cost, np.full(n, alone), np.full(m, alone), np.zeros(len(i))))
    graph = coo_array((weights, (rows, cols)), shape=(n + m, n + m)).tocsr()
    row, col = min_weight_full_bipartite_matching(graph)
    linked = (row < n) & (col < m)
    key = np.sort(row[linked].astype(np.int64) * m + col[linked])
    own = i.astype(np.int64) * m + j
    if len(key) == 0:
        return np.zeros(0, dtype=np.intp)
    at = np.minimum(np.searchsorted(key, own), len(key) - 1)
    return np.flatnonzero(key[at] == own)
