"""Dense alignment of one region: a smooth field that follows pose and expression.

State is an affine map of grid pixels to after pixels and a displacement ``u`` in grid pixels
that is applied before it: ``after(x) = affine(x + u(x))``. The displacement lives on nodes some
pixels apart. Each level of a pyramid adds dense inverse-search flow, run there and back
(Kroeger et al. 2016, ECCV: "Fast optical flow using dense inverse search"); at the finest level
a weighted least-squares fit of the shift in a Gaussian window (Lucas & Kanade 1981) takes out
what is left and tells its own error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.align.texture import Patch, blur, fine, normalise
from poremetrics.model import FloatImage, Mask
from poremetrics.settings.align import AlignSettings

_SIGMAS = 3.0
"""Of a Gaussian, beyond which it no longer matters."""

Affine = npt.NDArray[np.float64]
"""(2, 3): maps (x, y, 1) of the grid to x, y of the after photo."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Outcome of the dense alignment; every array has the grid's shape.

    Attributes
    ----------
    after_map : (h, w, 2) float32
        x, y in the after photo.
    error_px : (h, w) float32
        Standard deviation of the alignment error per place (both axes together), grid pixels.
    round_trip_px : (h, w) float32
        Miss of the flow there and back at the finest level, in pixels of that level.
    texture_before, texture_after : (h', w') float32
        Normalised textures at the finest level.
    fine_before, fine_after : (h', w') float32
        Their finest parts.
    correlation : (h, w) float32
        Local correlation of fine texture.
    area : (h, w) float32
        Area of every grid pixel in after pixels; negative where mirrored.
    factor : int
        Grid pixels per pixel of the finest level.
    """

    after_map: FloatImage
    error_px: FloatImage
    round_trip_px: FloatImage
    texture_before: FloatImage
    texture_after: FloatImage
    fine_before: FloatImage
    fine_after: FloatImage
    correlation: FloatImage
    area: FloatImage
    factor: int


def affine_scale(affine: Affine) -> float:
    """Return the length ratio (after / grid) of an affine map."""
    return float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))


def align_dense(
    before: FloatImage, mask: Mask, after: Patch, affine: Affine, settings: AlignSettings
) -> Field:
    """Align a region densely, coarse to fine.

    Parameters
    ----------
    before : (h, w) float32
        Log luminance of the before photo on the grid.
    mask : (h, w) bool
        Skin of the before photo on the grid.
    after : Patch
        Log luminance of the part of the after photo that may hold the region.
    affine : (2, 3) float64
        Start: grid to after photo.
    settings : AlignSettings
        Sizes of pyramid, windows and nodes.

    Returns
    -------
    Field
    """
    levels = _levels(before.shape, settings)
    unit = levels[0] * settings.node_px
    rows, cols = (-(-side // unit) * unit for side in before.shape)
    pad = ((0, rows - before.shape[0]), (0, cols - before.shape[1]))
    full = np.pad(before, pad, mode="edge")
    weight = np.pad(mask, pad).astype(np.float32)
    u: FloatImage | None = None
    for factor in levels:
        if u is not None:
            after = _about(after, affine, u, factor, settings)
        level = _Level.of(full, weight, after, affine, factor, settings)
        nodes = level.nodes_shape
        u = np.zeros((*nodes, 2), np.float32) if u is None else _resize(u, nodes, cv2.INTER_CUBIC)
        if factor == levels[0]:
            u = u + level.jump(u)
        # From the second finest level the fit alone takes over.
        if factor != levels[-1] or len(levels) == 1:
            flow, round_trip = level.search(u)
            u = u + flow
        if factor != levels[-1]:
            u, _, _ = level.fit(u, 1)
        else:
            # A round as on every level and the rounds of refinement, in two fits: the texture is
            # warped once more where the first has brought it.
            first = (settings.refine_rounds + 1) // 2
            u, _, _ = level.fit(u, first)
            u, shift, variance = level.fit(u, 1 + settings.refine_rounds - first)
    assert u is not None
    warped = level.warp(u)
    # What the last of n rounds still moved, W (1 - W)^(n-1) of the field, is at most 1 / (n - 1)
    # of what the field has not followed yet, (1 - W)^n, where it moved most (W = 1 / n).
    lag = np.sum(shift * shift, axis=-1) * np.float32(max(settings.refine_rounds - 1, 1) ** 2)
    noise = np.maximum(variance, 0.0) * np.float32(
        factor * factor * noise_gain(settings.refine_rounds)
    )
    error = np.sqrt(noise + lag + np.float32(settings.error_floor_px**2))
    whole = rows, cols
    inside = slice(before.shape[0]), slice(before.shape[1])
    node_px = float(factor * settings.node_px)
    fines = fine(level.texture, settings), fine(warped, settings)
    return Field(
        after_map=_displaced(_placed(affine, whole, 1.0), affine, u)[inside],
        error_px=_resize(error, whole, cv2.INTER_LINEAR)[inside],
        round_trip_px=_resize(round_trip, whole, cv2.INTER_LINEAR)[inside],
        texture_before=level.texture,
        texture_after=warped,
        fine_before=fines[0],
        fine_after=fines[1],
        correlation=_resize(level.local_correlation(*fines), whole, cv2.INTER_LINEAR)[inside],
        area=_resize(_area(affine, u, node_px), whole, cv2.INTER_LINEAR)[inside],
        factor=factor,
    )


def noise_gain(rounds: int) -> float:
    """Return how much more noise a field carries that was fitted ``rounds`` times, as variance.

    A window with transfer W passes ``1 - (1 - W)^n`` of the field after n rounds, so each round
    follows finer structure and more noise. For a Gaussian window in two dimensions the integral
    of the square over that of W² is ``2 (2 H_n - H_2n)`` with the harmonic numbers H.
    """
    harmonic = np.cumsum(1.0 / np.arange(1, 2 * rounds + 1))
    return float(2.0 * (2.0 * harmonic[rounds - 1] - harmonic[2 * rounds - 1]))


def _levels(shape: tuple[int, ...], settings: AlignSettings) -> list[int]:
    """Return reductions of the grid, coarse to fine, each half of the one before."""
    side = min(shape)
    finest = 1
    while side / finest > settings.finest_side_px:
        finest *= 2
    levels = [finest]
    while side / (2 * levels[0]) >= settings.coarsest_side_px:
        levels.insert(0, 2 * levels[0])
    return levels


def _resize(image: FloatImage, shape: tuple[int, int], how: int) -> FloatImage:
    """Return ``image`` resampled to ``shape`` (rows, columns)."""
    if image.shape[:2] == shape:
        return image
    return np.asarray(cv2.resize(image, (shape[1], shape[0]), interpolation=how), dtype=np.float32)


def _stack(planes: Sequence[npt.NDArray[np.floating]]) -> FloatImage:
    """Return planes stacked along a third axis (np.dstack, several times faster)."""
    return np.asarray(cv2.merge([np.ascontiguousarray(p, np.float32) for p in planes]), np.float32)


def _placed(affine: Affine, shape: tuple[int, int], factor: float) -> FloatImage:
    """Return the after position of every pixel of a level reduced by ``factor``, undisplaced."""
    centre = 0.5 * (factor - 1.0)
    x = factor * np.arange(shape[1]) + centre
    y = (factor * np.arange(shape[0]) + centre)[:, None]
    return _stack([(a * x + a_t) + b * y for a, b, a_t in affine])


def _displaced(placed: FloatImage, affine: Affine, u: FloatImage) -> FloatImage:
    """Return the after positions ``placed`` under a displacement ``u`` (nodes, grid pixels).

    The affine map turns the displacement on the nodes: it and the interpolation are both linear.
    """
    turned = np.asarray(cv2.transform(u, affine[:, :2].astype(np.float32)), dtype=np.float32)
    rows, cols = placed.shape[:2]
    return placed + _resize(turned, (rows, cols), cv2.INTER_CUBIC)


def _about(
    after: Patch, affine: Affine, u: FloatImage, factor: int, settings: AlignSettings
) -> Patch:
    """Return the part of the after photo that a level reduced by ``factor`` looks at.

    ``u`` is the displacement that the level before, twice as coarse, has found.
    """
    spacing = 2.0 * factor * settings.node_px
    at = _displaced(_placed(affine, u.shape[:2], spacing), affine, u).reshape(-1, 2)
    # From the outermost node to the region's edge, and as far as the normalisation looks.
    margin = 0.5 * spacing + factor * _SIGMAS * settings.texture_sigma_px
    margin *= affine_scale(affine)
    return after.around(at.min(axis=0) - margin, at.max(axis=0) + margin)


def _area(affine: Affine, u: FloatImage, node_px: float) -> FloatImage:
    """Return the area of a grid pixel in after pixels, on the nodes of ``u``."""
    x_row, x_col = np.gradient(u[..., 0], node_px)
    y_row, y_col = np.gradient(u[..., 1], node_px)
    stretch = (1.0 + x_col) * (1.0 + y_row) - x_row * y_col
    return np.asarray(np.linalg.det(affine[:, :2]) * stretch, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """One level of the pyramid: both textures, and the weight of each pixel of the first.

    ``affine`` maps the grid to the after texture; ``placed`` is where it puts each pixel.
    """

    texture: FloatImage
    weight: FloatImage
    after: FloatImage
    placed: FloatImage
    affine: Affine
    factor: int
    settings: AlignSettings

    @classmethod
    def of(
        cls,
        before: FloatImage,
        weight: FloatImage,
        after: Patch,
        affine: Affine,
        factor: int,
        settings: AlignSettings,
    ) -> _Level:
        shape = before.shape[0] // factor, before.shape[1] // factor
        patch = after.reduce(factor * affine_scale(affine))
        in_patch = patch.locating() @ np.vstack((affine, (0.0, 0.0, 1.0)))
        return cls(
            normalise(_resize(before, shape, cv2.INTER_AREA), settings),
            _resize(weight, shape, cv2.INTER_AREA),
            normalise(patch.image, settings),
            _placed(in_patch, shape, factor),
            in_patch,
            factor,
            settings,
        )

    @property
    def nodes_shape(self) -> tuple[int, int]:
        node = self.settings.node_px
        return self.texture.shape[0] // node, self.texture.shape[1] // node

    def warp(self, u: FloatImage) -> FloatImage:
        """Return the after texture under displacement ``u`` (nodes, grid pixels)."""
        at = _displaced(self.placed, self.affine, u)
        return np.asarray(
            cv2.remap(
                self.after,
                at,
                np.empty(0, np.float32),
                cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_CONSTANT,
            ),
            dtype=np.float32,
        )

    def jump(self, u: FloatImage) -> FloatImage:
        """Return the one shift of the whole region (2,) that phase correlation finds, grid px.

        Zero where it does not raise the texture correlation.
        """
        warped = self.warp(u)
        rows, cols = warped.shape
        taper = cv2.createHanningWindow((cols, rows), cv2.CV_32F)
        (dx, dy), _ = cv2.phaseCorrelate(self.texture * self.weight, warped, taper)
        shift = np.array((dx, dy), dtype=np.float32) * np.float32(self.factor)
        better = self.agreement(self.warp(u + shift)) > self.agreement(warped)
        return shift if better else np.zeros(2, np.float32)

    def agreement(self, warped: FloatImage) -> float:
        """Return the texture correlation over all skin of the region."""
        w = self.weight
        both = float(np.sum(w * self.texture * warped))
        alone = float(np.sum(w * self.texture**2) * np.sum(w * warped**2))
        return both / float(np.sqrt(alone) + 1e-6)

    def search(self, u: FloatImage) -> tuple[FloatImage, FloatImage]:
        """Return what the inverse search adds to ``u``, and its round-trip miss, on the nodes."""
        warped = self.warp(u)
        # Textures lie within ±3: spread them over the 8 bits that the search takes.
        first, second = (
            cv2.convertScaleAbs(t, alpha=40.0, beta=128.0) for t in (self.texture, warped)
        )
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        still = np.zeros((*first.shape, 2), np.float32)
        there = search.calc(first, second, still.copy())
        back = search.calc(second, first, still.copy())
        rows, cols = first.shape
        x = np.arange(cols, dtype=np.float32) + there[..., 0]
        y = np.arange(rows, dtype=np.float32)[:, None] + there[..., 1]
        back = cv2.remap(back, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        miss = np.hypot(there[..., 0] + back[..., 0], there[..., 1] + back[..., 1])
        # Half of there and half of back: neither photo is the one that is searched in.
        flow = 0.5 * (there - back)
        trust = self.weight / (1.0 + miss * miss)
        nodes = self.nodes_shape
        smooth = self._average(_stack((trust * flow[..., 0], trust * flow[..., 1], trust)), nodes)
        added = smooth[..., :2] / (smooth[..., 2:] + np.float32(1e-6))
        trip = self._average(_stack((self.weight * miss, self.weight)), nodes, wide=False)
        trip_px = trip[..., 0] / (trip[..., 1] + np.float32(1e-6))
        return (added * np.float32(self.factor)).astype(np.float32), trip_px

    def _average(
        self, values: FloatImage, nodes: tuple[int, int], *, wide: bool = True
    ) -> FloatImage:
        """Return Gaussian window sums on the nodes, with a faint wide window that bridges gaps."""
        node = self.settings.node_px
        sums = _resize(values, nodes, cv2.INTER_AREA)
        sigma = self.settings.flow_sigma_px / node
        near = blur(sums, sigma)
        if not wide:
            return near
        return near + np.float32(1e-3) * blur(sums, 4.0 * sigma)

    def fit(self, u: FloatImage, rounds: int) -> tuple[FloatImage, FloatImage, FloatImage]:
        """Return ``u`` corrected by rounds of windowed least squares, the last shift, its variance.

        Gradients are those of the mean of both textures as they lie at the start. What a round
        leaves of the misfit follows from them too, node by node: shifts are small here, and the
        texture is warped once for all rounds. The variance (both axes, level pixels squared) is
        the one that holds for misfit that is correlated from pixel to pixel: products of gradient
        and misfit are summed per node first (White 1980; Liang & Zeger 1986).
        """
        sigma = self.settings.window_px / self.settings.node_px
        warped = self.warp(u)
        middle = 0.5 * (self.texture + warped)
        gx = cv2.Scharr(middle, cv2.CV_32F, 1, 0, scale=1 / 32)
        gy = cv2.Scharr(middle, cv2.CV_32F, 0, 1, scale=1 / 32)
        wx, wy, misfit = self.weight * gx, self.weight * gy, self.texture - warped
        nodes = self.nodes_shape
        own_xx, own_xy, own_yy, x, y = (
            _resize(product, nodes, cv2.INTER_AREA)
            for product in (wx * gx, wx * gy, wy * gy, wx * misfit, wy * misfit)
        )
        # A window with next to no skin holds still.
        ridge = np.float32(1e-3)
        xx, xy, yy = blur(own_xx, sigma) + ridge, blur(own_xy, sigma), blur(own_yy, sigma) + ridge
        det = xx * yy - xy * xy
        for left in range(rounds, 0, -1):
            bx, by = blur(x, sigma), blur(y, sigma)
            dx, dy = (yy * bx - xy * by) / det, (xx * by - xy * bx) / det
            share = 1.0 / np.maximum(cv2.magnitude(dx, dy), 1.0)
            dx, dy = dx * share, dy * share
            shift = _stack((dx, dy)) * np.float32(self.factor)
            u = u + shift
            if left > 1:
                x, y = x - own_xx * dx - own_xy * dy, y - own_xy * dx - own_yy * dy
        # Variance of a mean under a Gaussian window of sigma over independent nodes: the squared
        # window is a Gaussian of sigma / sqrt 2 with total weight 1 / (4 pi sigma²).
        part = np.float32(1.0 / (4.0 * np.pi * sigma * sigma))
        narrow = sigma / float(np.sqrt(2.0))
        s_xx, s_xy, s_yy = (part * blur(s, narrow) for s in (x * x, x * y, y * y))
        variance = (
            (yy * yy + xy * xy) * s_xx - 2.0 * xy * (xx + yy) * s_xy + (xx * xx + xy * xy) * s_yy
        ) / (det * det)
        return u, shift, variance

    def local_correlation(self, first: FloatImage, second: FloatImage) -> FloatImage:
        """Return the correlation of two textures in a Gaussian window, on the nodes."""
        nodes, sigma = self.nodes_shape, self.settings.trust_window_px / self.settings.node_px
        weighted = self.weight * first
        both, one, two = (
            blur(_resize(product, nodes, cv2.INTER_AREA), sigma)
            for product in (weighted * second, weighted * first, self.weight * second * second)
        )
        return np.asarray(both / (np.sqrt(one * two) + np.float32(1e-6)), dtype=np.float32)
