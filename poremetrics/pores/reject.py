"""Say of every candidate what speaks against its being a pore, or against its figures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from poremetrics.model import FLAGS, Skin
from poremetrics.pores.profile import FWHM_PER_SIGMA
from poremetrics.pores.size import Dips
from poremetrics.settings.pores import PoresSettings

_EDGE_COVERAGE = 0.97  # of the weight of the fit on usable skin


def flags_of(
    skin: Skin, pores: pd.DataFrame, dips: Dips, settings: PoresSettings
) -> tuple[list[str], npt.NDArray[np.bool_]]:
    """Flag candidates.

    Parameters
    ----------
    skin : Skin
    pores : DataFrame
        Measured candidates.
    dips : Dips
        Their fits, in the same order.
    settings : PoresSettings

    Returns
    -------
    flags : list of str
        Names from :data:`poremetrics.model.FLAGS`, joined by ``;``.
    is_pore : (N,) bool
        No flag that excludes it.
    """
    diameter = pores["diameter_px"].to_numpy()
    contrast = pores["contrast"].to_numpy()
    marks = {
        "hair": pores["elongation"].to_numpy() > settings.hair_elongation,
        "mole": diameter > settings.largest_diameter_px,
        "noise": (pores["snr"].to_numpy() < settings.pore_snr)
        | (contrast < settings.pore_contrast),
        "unresolved": dips.seen_px < settings.resolved_blurs * FWHM_PER_SIGMA * skin.blur_px,
        "edge": dips.coverage < _EDGE_COVERAGE,
        "crowded": _crowded(pores, settings),
        "plug": contrast > settings.plug_contrast,
    }
    flags = np.full(len(pores), "", dtype=object)
    for name, marked in marks.items():
        flags[marked] += name + ";"
    excluded = np.zeros(len(pores), dtype=bool)
    for name, marked in marks.items():
        if FLAGS[name].excludes:
            excluded |= marked
    return [str(text).rstrip(";") for text in flags], ~excluded


def _crowded(pores: pd.DataFrame, settings: PoresSettings) -> npt.NDArray[np.bool_]:
    if len(pores) < 2:
        return np.zeros(len(pores), dtype=bool)
    xy = pores[["x_px", "y_px"]].to_numpy()
    distance = np.asarray(cKDTree(xy).query(xy, k=2)[0])[:, 1]
    crowded = distance < settings.crowded_diameters * pores["diameter_px"].to_numpy()
    return np.asarray(crowded, dtype=np.bool_)
