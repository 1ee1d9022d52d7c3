"""Scores of following single pores from one photo to the next: links, and pores that have gone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.synthetic.scoring import Proportion, gate_px, match


def score_links(
    linked_before_xy: npt.ArrayLike,
    linked_after_xy: npt.ArrayLike,
    before_truth: pd.DataFrame,
    after_truth: pd.DataFrame,
) -> tuple[Proportion, Proportion]:
    """Score links between two photos of one subject.

    Parameters
    ----------
    linked_before_xy, linked_after_xy : (N, 2) array_like
        Both ends of each link, each in the pixels of its own photo.
    before_truth, after_truth : DataFrame
        Truth of both photos; ``pore_id`` names the same pore in both.

    Returns
    -------
    precision : Proportion
        Links that join a pore with itself, of all links that touch a pore. A link between two
        places without any pore joins the same freckle with itself or nothing; it is left out.
    recall : Proportion
        Pores visible in both photos that carry a right link.
    """
    before_id = _pore_at(linked_before_xy, before_truth)
    after_id = _pore_at(linked_after_xy, after_truth)
    touching = (before_id >= 0) | (after_id >= 0)
    right = touching & (before_id == after_id)
    visible = np.intersect1d(
        *(t.loc[t["visible"], "pore_id"].to_numpy() for t in (before_truth, after_truth))
    )
    linked = np.isin(visible, before_id[right])
    return (
        Proportion(int(right.sum()), int(touching.sum())),
        Proportion(int(linked.sum()), len(visible)),
    )


def score_fates(
    before_xy: npt.ArrayLike,
    lost: npt.ArrayLike,
    before_truth: pd.DataFrame,
    after_truth: pd.DataFrame,
) -> tuple[Proportion, Proportion]:
    """Score what is said to have become of the pores of the before photo.

    Parameters
    ----------
    before_xy : (N, 2) array_like
        Pores found in the before photo, in its pixels.
    lost : (N,) array_like of bool
        Which of them are said to have gone.
    before_truth, after_truth : DataFrame
        Truth of both photos; ``pore_id`` names the same pore in both.

    Returns
    -------
    gone_told : Proportion
        Of the pores that have gone and had been found, those that are said to have gone.
    stay_lost : Proportion
        Of the pores that can be seen in the after photo too, those that are said to have gone.
    """
    pore = _pore_at(before_xy, before_truth)
    said = np.asarray(lost, dtype=np.bool_)
    present, visible = (
        np.isin(pore, after_truth.loc[after_truth[name], "pore_id"])
        for name in ("present", "visible")
    )
    gone = (pore >= 0) & ~present
    return (
        Proportion(int((said & gone).sum()), int(gone.sum())),
        Proportion(int((said & visible).sum()), int(visible.sum())),
    )


def _pore_at(xy: npt.ArrayLike, truth: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the ``pore_id`` at each place, -1 where there is none."""
    places = np.asarray(xy, np.float64).reshape(-1, 2)
    out = np.full(len(places), -1, np.int64)
    present = truth[truth["present"]]
    spots = present[["x_px", "y_px"]].to_numpy(np.float64)
    hit, pore = match(places, spots, gate_px(present["diameter_px"]))
    out[hit] = present["pore_id"].to_numpy()[pore]
    return out
