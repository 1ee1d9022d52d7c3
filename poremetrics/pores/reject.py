"""Say of every candidate what speaks against its being a pore, or against its figures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from poremetrics.columns import FLAGS
from poremetrics.model import FloatImage, Skin
from poremetrics.pores._local import blur
from poremetrics.pores._patches import Patches, batches
from poremetrics.pores.dips import Dips, dip_values
from poremetrics.pores.lines import line_share
from poremetrics.pores.profile import FWHM_PER_SIGMA
from poremetrics.settings.pores import PoresSettings

_EDGE_COVERAGE = 0.97  # of the weight of the fit on usable skin
_MOST_SLACK = 0.3  # ln: a width that is not known at all excuses nothing
_REASONS = ("hair", "wrinkle", "freckle", "blemish", "shadow")
_CHROMA_CORRELATION = 2.0  # JPEG keeps one chroma sample for two by two pixels

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tint:
    """Change of colour inside dips, as shares of their depth, with standard errors.

    Attributes
    ----------
    red, brown : (N,) float64
        Change of ln(red/green) and of ln(green/blue) over the depth.
    red_err, brown_err : (N,) float64
        Their standard errors.
    """

    red: Floats
    red_err: Floats
    brown: Floats
    brown_err: Floats


def tint_of(skin: Skin, dips: Dips) -> Tint:
    """Measure how the colour changes inside dips.

    Parameters
    ----------
    skin : Skin
    dips : Dips

    Returns
    -------
    Tint
    """
    out = np.full((4, len(dips.depth)), np.nan)
    for members, half in batches(1.2 * dips.seen_px):
        part = dips.take(members)
        patches = Patches(part.xy, half, (skin.mask.shape[0], skin.mask.shape[1]))
        weight = patches.read_mask(skin.mask).astype(np.float32)
        total = np.maximum(weight.sum(axis=1, keepdims=True), 1.0)
        profile = dip_values(patches, part, relative_to=part.xy)
        profile = profile - (weight * profile).sum(axis=1, keepdims=True) / total
        for row, image in ((0, skin.redness), (2, skin.brownness)):
            slope, error = _share(patches.read(image), profile, weight, total)
            out[row, members], out[row + 1, members] = slope, error
    return Tint(*out)


def _share(
    values: FloatImage, profile: FloatImage, weight: FloatImage, total: FloatImage
) -> tuple[FloatImage, FloatImage]:
    """Return the slope of (N, n) ``values`` on the dips' own profiles, and its standard error."""
    pull = weight * profile
    power = np.maximum((pull * profile).sum(axis=1), 1e-9)
    slope = (pull * values).sum(axis=1) / power
    rest = values - (weight * values).sum(axis=1, keepdims=True) / total
    rest = rest - slope[:, None] * profile
    spread = (weight * rest**2).sum(axis=1) / total[:, 0]
    return slope, _CHROMA_CORRELATION * np.sqrt(spread / power)


def flags_of(
    skin: Skin, pores: pd.DataFrame, dips: Dips, probability: Floats, settings: PoresSettings
) -> tuple[list[str], npt.NDArray[np.bool_]]:
    """Flag candidates.

    Parameters
    ----------
    skin : Skin
    pores : DataFrame
        Measured candidates.
    dips : Dips
        Their fits, in the same order.
    probability : (N,) float64
        Of being a pore, by the network.
    settings : PoresSettings

    Returns
    -------
    flags : list of str
        Names from :data:`poremetrics.columns.FLAGS`, joined by ``;``.
    is_pore : (N,) bool
        No flag that excludes it.
    """
    if len(pores) == 0:
        return [], np.zeros(0, dtype=bool)
    likely = probability >= settings.pore_probability
    diameter = pores["diameter_px"].to_numpy()
    contrast = pores["contrast"].to_numpy()
    tint = tint_of(skin, dips)
    point_spread_px = FWHM_PER_SIGMA * skin.blur_px
    slack = np.minimum(dips.size_err, _MOST_SLACK)
    narrow = dips.seen_px * np.exp(slack - 0.5 * np.hypot(*dips.shear.T))
    weak = (pores["snr"].to_numpy() < settings.pore_snr) | (contrast < settings.pore_contrast)
    strong = ~weak if (~weak).any() else np.ones(len(pores), dtype=bool)
    wide = dips.seen_px > settings.wide_ratio * np.median(dips.seen_px[strong])
    line = _on_lines(skin, dips, settings) & ~weak
    long = np.exp(np.hypot(*dips.shear.T)) > settings.hair_elongation
    dark = dips.depth >= np.median(dips.depth[strong])
    shallow = dips.depth < settings.shallow_share * np.median(dips.depth[strong])
    tinted = _tinted(tint, wide, strong, settings)
    marks = {
        "hair": line & dark,
        "wrinkle": line & ~dark,
        "freckle": tinted["brown"] | (wide & shallow),
        "mole": diameter > settings.largest_diameter_px,
        "blemish": tinted["red"] & ~tinted["brown"],
        "shadow": _slope_share(skin, dips, settings) > settings.slope_share,
        "noise": weak | tinted["cold"] | (narrow < settings.narrowest_blurs * point_spread_px),
        "unresolved": dips.seen_px < settings.resolved_blurs * point_spread_px,
        "edge": dips.coverage < _EDGE_COVERAGE,
        "crowded": _crowded(pores, settings),
        "plug": contrast > settings.plug_contrast,
    }
    stains = marks["freckle"] | marks["mole"] | marks["blemish"]
    within = _within(dips, stains, settings) & ~stains
    marks["freckle"] = marks["freckle"] | within
    # By definition no pore, whatever the network says: what is long, and what is wide and stained.
    # Else these say why it took a mark for none; where it is sure of a pore they err more often.
    patch = wide | (dips.seen_px > settings.patch_px)
    plain = {"hair": long, "wrinkle": long, "freckle": patch, "blemish": patch}
    for name in _REASONS:
        marks[name] = marks[name] & (~likely | plain.get(name, False))
    excluded = np.zeros(len(pores), dtype=bool)
    for name, marked in marks.items():
        if FLAGS[name].excludes:
            excluded |= marked
    # what has no better reason
    marks["unlike"] = ~likely & ~excluded
    excluded |= marks["unlike"]
    flags = np.full(len(pores), "", dtype=object)
    for name, marked in marks.items():
        flags[marked] += name + ";"
    return [str(text).rstrip(";") for text in flags], ~excluded


def _slope_share(skin: Skin, dips: Dips, settings: PoresSettings) -> Floats:
    """Return how much the shading changes across each dip, as a share of its depth."""
    smooth = blur(skin.darkening, settings.slope_sigma_px)
    rows, cols = (
        np.clip(np.rint(dips.xy[:, k]).astype(np.int64), 0, skin.mask.shape[1 - k] - 1)
        for k in (1, 0)
    )
    along_x = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)[rows, cols]
    along_y = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)[rows, cols]
    change = np.hypot(along_x, along_y) * dips.seen_px
    return np.asarray(change / np.maximum(dips.depth, 1e-6), dtype=np.float64)


def _within(
    dips: Dips, stains: npt.NDArray[np.bool_], settings: PoresSettings
) -> npt.NDArray[np.bool_]:
    """Dips inside a larger stain: pieces of its outline or of its texture."""
    if not stains.any():
        return np.zeros(len(stains), dtype=bool)
    count = min(3, int(stains.sum()))
    distance, index = cKDTree(dips.xy[stains]).query(dips.xy, k=[*range(1, count + 1)])
    seen = dips.seen_px[stains][np.asarray(index)]
    inside = (np.asarray(distance) < settings.stain_reach * seen) & (seen > dips.seen_px[:, None])
    return np.asarray(inside.any(axis=1), dtype=np.bool_)


def _on_lines(skin: Skin, dips: Dips, settings: PoresSettings) -> npt.NDArray[np.bool_]:
    """Dips that are pieces of a line: long, continued, or in the middle of such pieces."""
    share = line_share(skin.darkening, dips)
    ratio = np.exp(np.hypot(*dips.shear.T))
    line = (
        (ratio > settings.hair_elongation)
        | (share > settings.line_share)
        | ((share > settings.line_share_long) & (ratio > settings.long_elongation))
    )
    if line.sum() < 2:
        return np.asarray(line, dtype=np.bool_)
    count = min(3, int(line.sum()))
    distance = np.asarray(cKDTree(dips.xy[line]).query(dips.xy, k=count)[0])
    among = distance[:, -1] < settings.line_reach * dips.seen_px
    return np.asarray(line | (among & (share > settings.line_share_among)), dtype=np.bool_)


def _tinted(
    tint: Tint,
    wide: npt.NDArray[np.bool_],
    strong: npt.NDArray[np.bool_],
    settings: PoresSettings,
) -> dict[str, npt.NDArray[np.bool_]]:
    """Colours that no depression has: pigment and blood leave red light almost as it was."""
    red = tint.red - settings.tint_errors * tint.red_err
    brown = tint.brown - settings.tint_errors * tint.brown_err
    stained = red > settings.stain_red
    cold = (tint.red + settings.tint_errors * tint.red_err < settings.cold_red) | (
        tint.brown + settings.tint_errors * tint.brown_err < settings.cold_brown
    )
    # how brown a shadow looks depends on the camera: what is usual in this photo is no pigment
    usual = float(np.median(tint.brown[strong]))
    limit = np.clip(
        usual + settings.freckle_excess, settings.freckle_brown, settings.freckle_brown_most
    )
    pigment = brown > limit
    return {
        "brown": (wide | stained) & pigment,
        "red": (wide & (red > settings.blemish_red)) | stained,
        "cold": np.asarray(cold, dtype=np.bool_),
    }


def _crowded(pores: pd.DataFrame, settings: PoresSettings) -> npt.NDArray[np.bool_]:
    if len(pores) < 2:
        return np.zeros(len(pores), dtype=bool)
    xy = pores[["x_px", "y_px"]].to_numpy()
    distance = np.asarray(cKDTree(xy).query(xy, k=2)[0])[:, 1]
    crowded = distance < settings.crowded_diameters * pores["diameter_px"].to_numpy()
    return np.asarray(crowded, dtype=np.bool_)
