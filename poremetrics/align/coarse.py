"""Rough affine alignment: by the mesh of a face, or by features of the skin itself."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.align.dense import Affine, affine_scale
from poremetrics.align.texture import Patch, cut, normalise
from poremetrics.model import Box, Photo, Points, Region
from poremetrics.settings.align import AlignSettings

_HUBER_ROUNDS = 8
_TURNS = 12  # of a mirrored mesh to start from
_LAYING_ROUNDS = 8


def from_landmarks(
    before: Points, after: Points, region: Region, settings: AlignSettings
) -> Affine:
    """Fit an affine map by the mesh points in and around a region.

    Parameters
    ----------
    before, after : (N, 2) float64
        The same mesh points in both photos, pixels.
    region : Region
        Region of the before photo.
    settings : AlignSettings
        Uses ``landmark_*``.

    Returns
    -------
    (2, 3) float64
        Before pixels to after pixels.
    """
    low, high = region.polygon.min(axis=0), region.polygon.max(axis=0)
    size = np.maximum(high - low, 1.0)
    outside = np.maximum(np.maximum(low - before, before - high), 0.0) / (
        settings.landmark_reach * float(np.sqrt(size.prod()))
    )
    near = np.exp(-0.5 * np.sum(outside**2, axis=1))
    design = np.column_stack((before, np.ones(len(before))))
    weight = near
    for _ in range(_HUBER_ROUNDS):
        root = np.sqrt(weight)[:, None]
        solution, *_ = np.linalg.lstsq(design * root, after * root, rcond=None)
        miss = np.hypot(*(after - design @ solution).T)
        spread = max(float(np.sum(near * miss) / np.sum(near)), 1e-6)
        weight = near / np.maximum(miss / (settings.landmark_outlier_px * spread), 1.0)
    return np.asarray(solution.T, dtype=np.float64)


def mirror_partners(landmarks: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return for every mesh point the index of its mirror image on the other half of the face.

    Parameters
    ----------
    landmarks : (N, 3) float64
        Mesh points x, y, z.

    Returns
    -------
    (N,) int
        Found by laying the mirrored mesh on the mesh (rigidly, with scale, from several turns: a
        face that lies on its side is upside down once it is mirrored) and pairing points one to
        one by least distance.
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - slow to load, rarely used
    from scipy.spatial import KDTree  # noqa: PLC0415

    points = landmarks - landmarks.mean(axis=0)
    points = points / np.sqrt(np.mean(np.sum(points**2, axis=1)))
    tree = KDTree(points)
    laid = []
    for turn in np.linspace(0.0, 2.0 * np.pi, _TURNS, endpoint=False):
        mirrored = points * (-1.0, 1.0, 1.0)
        mirrored[:, :2] @= np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        for _ in range(_LAYING_ROUNDS):
            mirrored = mirrored @ _turn_onto(mirrored, points[tree.query(mirrored)[1]])
        laid.append(mirrored)
    mirrored = min(laid, key=lambda one: float(np.sum(tree.query(one)[0] ** 2)))
    for _ in range(_LAYING_ROUNDS):
        distance = np.sum((points[:, None] - mirrored[None]) ** 2, axis=2)
        partner = linear_sum_assignment(distance)[1]
        mirrored = mirrored @ _turn_onto(mirrored[partner], points)
    return np.asarray(partner, dtype=np.intp)


def _turn_onto(points: Points, others: Points) -> Points:
    """Return the turn, by which to multiply, that lays points (N, 3) on others (Kabsch 1976)."""
    left, _, right = np.linalg.svd(points.T @ others)
    sign = np.diag((1.0, 1.0, float(np.sign(np.linalg.det(left @ right)))))
    return np.asarray(left @ sign @ right, dtype=np.float64)


def from_features(
    before: Photo, before_box: Box, after: Photo, after_box: Box, settings: AlignSettings
) -> Affine | None:
    """Find the affine map between two pictures of the same skin without landmarks.

    Looked for on reduced pictures first, then once more on larger ones.

    Scale-invariant features (Lowe 2004) of the normalised skin vote for a similarity, any turn
    and scale within ``scale_ratio_max``; an affine map is then fitted to those that agree.

    Parameters
    ----------
    before, after : Photo
        The photos.
    before_box, after_box : Box
        Where to look.
    settings : AlignSettings
        Uses ``feature_*`` and ``scale_ratio_max``.

    Returns
    -------
    (2, 3) float64 or None
        Before pixels to after pixels; None where too few features agree.
    """
    patches = cut(before.pixels, before_box), cut(after.pixels, after_box)
    for side_px in (settings.feature_side_px, 2 * settings.feature_side_px):
        found = _agreement(*patches, side_px, settings)
        if found is not None:
            return found
    return None


def _agreement(before: Patch, after: Patch, side_px: int, settings: AlignSettings) -> Affine | None:
    """Return the affine map on which enough features agree."""
    (first, first_words), (second, second_words) = (
        _features(patch, side_px, settings) for patch in (before, after)
    )
    if min(len(first), len(second)) < settings.feature_min_inliers:
        return None
    matches = cv2.BFMatcher(cv2.NORM_L2).knnMatch(first_words, second_words, k=2)
    pairs = [
        (pair[0].queryIdx, pair[0].trainIdx)
        for pair in matches
        if len(pair) == 2 and pair[0].distance < settings.feature_ratio * pair[1].distance
    ]
    if len(pairs) < settings.feature_min_inliers:
        return None
    here, there = (
        points[list(index)]
        for points, index in zip((first, second), zip(*pairs, strict=True), strict=True)
    )
    reach = settings.feature_miss_px * max(1.0, max(after.image.shape) / side_px)
    cv2.setRNGSeed(0)
    similarity, agree = cv2.estimateAffinePartial2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=reach, maxIters=5000
    )
    if similarity is None or int(agree.sum()) < settings.feature_min_inliers:
        return None
    inside = agree.ravel().astype(bool)
    cv2.setRNGSeed(0)
    affine, _ = cv2.estimateAffine2D(here[inside], there[inside], method=cv2.LMEDS)
    found = np.asarray(similarity if affine is None else affine, dtype=np.float64)
    scale = affine_scale(found)
    if not 1.0 / settings.scale_ratio_max <= scale <= settings.scale_ratio_max:
        return None
    return found


def _features(
    patch: Patch, side_px: int, settings: AlignSettings
) -> tuple[Points, npt.NDArray[np.float32]]:
    """Return features of a patch: (N, 2) photo positions and (N, 128) descriptors."""
    small = patch.reduce(max(patch.image.shape) / side_px)
    texture = normalise(small.image, settings)
    picture = cv2.convertScaleAbs(texture, alpha=40.0, beta=128.0)
    keypoints, words = cv2.SIFT.create(
        nfeatures=settings.feature_count, contrastThreshold=0.02
    ).detectAndCompute(picture, None)
    if not keypoints:
        return np.empty((0, 2)), np.empty((0, 128), np.float32)
    xy = np.array([k.pt for k in keypoints], dtype=np.float64)
    scale = np.array((small.factor_x, small.factor_y))
    return (xy + 0.5) * scale - 0.5 + (small.x0, small.y0), np.asarray(words, dtype=np.float32)
