"""Size, depth and shape of many dark dips at once, each with its standard error.

Every dip is fitted by an elliptical pit ``exp(-ln2 q^(p/2))``, ``q = (2 r / d)²``, by weighted
least squares (Gauss-Newton, all dips together); the exponent p is what a pore of that width shows
behind that blur (:mod:`poremetrics.pores.profile`), and may move as far as its prior allows.
The ellipse is parametrised by the logarithm
of its equivalent-circle diameter and by two shear components, so that diameter and elongation
do not get in each other's way. Errors follow from the autocovariance of the skin between the
pores, not from the scatter of single pixels: relief and JPEG noise are correlated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Mask, Points
from poremetrics.pores._patches import Floats, Patches, batches
from poremetrics.settings.pores import PoresSettings

_LN2 = float(np.log(2.0))
_REACH = 2.2  # window sigmas that a patch holds
_DIP_REACH = 1.2  # seen diameters: a Gaussian dip is down to 2 % there
_LARGEST_STEP = (np.inf, np.inf, 0.5, 0.5, 0.3, 0.4, 0.4, 0.2)
_DAMPING = 1e-3
_LARGEST_MATRIX_HALF = 13  # beyond, the matrix of lags outgrows the cache: Fourier instead

_A, _OFFSET, _X, _Y, _SIZE, _SHEAR_PLUS, _SHEAR_CROSS, _POWER = range(8)
_PARAMETERS = 8
_RANGE_POWER = (1.0, 8.0)  # of exponents


@dataclass(frozen=True, slots=True, eq=False)
class Dips:
    """Fitted dips, as seen: blur not yet taken out.

    Attributes
    ----------
    xy : (N, 2) float64
        Centres.
    depth : (N,) float64
        Darkening at the centre, in ln; may be negative in a forced fit.
    offset : (N,) float64
        Darkening of the skin around.
    seen_px : (N,) float64
        Equivalent-circle diameter of the half-depth contour.
    shear : (N, 2) float64
        Log axis ratio times cosine and sine of twice the angle of the major axis.
    power : (N,) float64
        Exponent of the pit.
    depth_err, size_err : (N,) float64
        Standard errors of ``depth`` and of ln ``seen_px``.
    misfit : (N,) float64
        Root mean square of what the fit leaves over, in noise sigmas.
    coverage : (N,) float64
        Share of the weight of the fit that fell on usable skin.
    """

    xy: Points
    depth: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]
    seen_px: npt.NDArray[np.float64]
    shear: Points
    power: npt.NDArray[np.float64]
    depth_err: npt.NDArray[np.float64]
    size_err: npt.NDArray[np.float64]
    misfit: npt.NDArray[np.float64]
    coverage: npt.NDArray[np.float64]

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Dips:
        """Return the chosen dips."""
        return Dips(**{name: getattr(self, name)[rows] for name in self.__slots__})


@dataclass(frozen=True, slots=True)
class Freedom:
    """What a fit may change besides depth and local skin level."""

    place: bool = True
    size: bool = True
    shape: bool = True
    power: bool = True

    @property
    def parameters(self) -> list[int]:
        """Indices of the free parameters."""
        free = [_A, _OFFSET]
        free += [_X, _Y] if self.place else []
        free += [_SIZE] if self.size else []
        free += [_SHEAR_PLUS, _SHEAR_CROSS] if self.shape else []
        free += [_POWER] if self.power else []
        return free


def fit_dips(
    darkening: FloatImage,
    mask: Mask,
    noise: FloatImage,
    xy: Points,
    seen_px: npt.NDArray[np.float64],
    power: npt.NDArray[np.float64],
    covariance: npt.NDArray[np.float64],
    settings: PoresSettings,
    *,
    freedom: Freedom = Freedom(),
    shear: Points | None = None,
    own: Dips | None = None,
) -> Dips:
    """Fit an elliptical Gaussian dip at each of many places.

    Parameters
    ----------
    darkening : (h, w) float32
        Flattened skin.
    mask : (h, w) bool
        Usable skin.
    noise : (h, w) float32
        Local noise of ``darkening``.
    xy : (N, 2) float64
        Where to start, or stay.
    seen_px : (N,) float64
        Diameter as seen to start from; it also sets the window, which stays.
    power : (N,) float64
        Exponents to be expected.
    covariance : (2k+1, 2k+1) float64
        Autocovariance of the noise, 1 at its centre, see
        :func:`poremetrics.pores.noise.autocovariance`.
    settings : PoresSettings
    freedom : Freedom
        What may change.
    shear : (N, 2) float64, optional
        Ellipses to start from, or keep; round by default.
    own : Dips, optional
        Dips, in the same order, that were taken out of ``darkening`` before and are put back,
        each for its own fit only.

    Returns
    -------
    Dips
        In the order of ``xy``.
    """
    n = len(xy)
    out = {
        name: np.full(n, np.nan)
        for name in (
            "depth",
            "offset",
            "size",
            "power",
            "depth_err",
            "size_err",
            "misfit",
            "coverage",
        )
    }
    centres, shears = np.array(xy, dtype=np.float64), np.zeros((n, 2))
    window_px = settings.window_sigma * seen_px
    for members, half in batches(_REACH * window_px):
        patches = Patches(centres[members], half, (darkening.shape[0], darkening.shape[1]))
        values = patches.read(darkening)
        if own is not None:
            values = values + dip_values(patches, own.take(members), relative_to=xy[members])
        radius2 = patches.dx**2 + patches.dy**2
        width = window_px[members, None].astype(np.float32)
        window = np.exp(-0.5 * radius2 / width**2)
        weight = window * patches.read_mask(mask)
        local = noise[
            np.clip(np.rint(xy[members, 1]).astype(int), 0, noise.shape[0] - 1),
            np.clip(np.rint(xy[members, 0]).astype(int), 0, noise.shape[1] - 1),
        ].astype(np.float64)
        theta = np.zeros((len(members), _PARAMETERS))
        theta[:, _POWER] = np.log(power[members])
        theta[:, _SIZE] = np.log(seen_px[members])
        if shear is not None:
            theta[:, _SHEAR_PLUS:_POWER] = shear[members]
        theta, errors, misfit = _solve(
            patches, values, weight, local, theta, covariance, half, settings, freedom
        )
        centres[members] += theta[:, _X : _Y + 1]
        shears[members] = theta[:, _SHEAR_PLUS:_POWER]
        for name, found in (
            ("depth", theta[:, _A]),
            ("offset", theta[:, _OFFSET]),
            ("size", theta[:, _SIZE]),
            ("power", theta[:, _POWER]),
            ("depth_err", errors[:, 0]),
            ("size_err", errors[:, 1]),
            ("misfit", misfit),
            ("coverage", weight.sum(axis=1) / window.sum(axis=1)),
        ):
            out[name][members] = found
    return Dips(
        xy=centres,
        depth=out["depth"],
        offset=out["offset"],
        seen_px=np.exp(out["size"]),
        shear=shears,
        power=np.exp(out["power"]),
        depth_err=out["depth_err"],
        size_err=out["size_err"],
        misfit=out["misfit"],
        coverage=out["coverage"],
    )


def dip_values(patches: Patches, dips: Dips, *, relative_to: Points) -> Floats:
    """Return (N, n) values of dips on ``patches`` cut around the places ``relative_to``."""
    theta = np.zeros((len(dips.depth), _PARAMETERS))
    theta[:, _X : _Y + 1] = dips.xy - relative_to
    theta[:, _SIZE] = np.log(dips.seen_px)
    theta[:, _SHEAR_PLUS:_POWER] = dips.shear
    theta[:, _POWER] = np.log(dips.power)
    profile, _ = _profile(patches, theta, derivatives=False)
    return profile * dips.depth[:, None].astype(np.float32)


def take_out(darkening: FloatImage, dips: Dips) -> FloatImage:
    """Return ``darkening`` without the dips; those of no depth cost nothing."""
    rest = darkening.copy()
    deep = dips.take(np.flatnonzero(dips.depth != 0))
    longest = deep.seen_px * np.exp(0.5 * np.hypot(*deep.shear.T))
    for members, half in batches(_DIP_REACH * longest):
        part = deep.take(members)
        patches = Patches(part.xy, half, (rest.shape[0], rest.shape[1]))
        patches.add(rest, -dip_values(patches, part, relative_to=part.xy))
    return rest


def _profile(
    patches: Patches, theta: npt.NDArray[np.float64], *, derivatives: bool
) -> tuple[Floats, list[Floats]]:
    """Return exp(-ln2 q^(p/2)) and its derivatives by x, y, size, the shears and ln exponent."""
    t = theta.astype(np.float32)[:, :, None]
    u = patches.dx - t[:, _X]
    v = patches.dy - t[:, _Y]
    p, c = t[:, _SHEAR_PLUS], t[:, _SHEAR_CROSS]
    e = np.sqrt(p * p + c * c + np.float32(1e-12))
    ch, sc = np.cosh(e), np.sinh(e) / e
    scale = np.float32(4.0 * _LN2) * np.exp(-2.0 * t[:, _SIZE])
    # metric M = exp(-shear): area kept, long axis along the angle of the shear
    mxx, myy, mxy = scale * (ch - sc * p), scale * (ch + sc * p), -scale * sc * c
    uu, vv, uv = u * u, v * v, 2.0 * u * v
    q = mxx * uu + myy * vv + mxy * uv
    half_power = np.float32(0.5) * np.exp(t[:, _POWER])
    log_q = np.log(np.maximum(q / np.float32(_LN2), np.float32(1e-6)))
    fall = np.float32(_LN2) * np.exp(half_power * log_q)
    profile = np.exp(-fall)
    if not derivatives:
        return profile, []
    steep = profile * half_power * fall / np.maximum(q, np.float32(1e-6 * _LN2))
    # d(sinh e / e)/de / e, finite at 0
    ds = np.where(e > 1e-2, (ch - sc) / (e * e), np.float32(1.0 / 3.0))
    trace, plus, cross = scale * (uu + vv), scale * (uu - vv), scale * uv
    d_plus = sc * p * trace - (sc + ds * p * p) * plus - ds * p * c * cross
    d_cross = sc * c * trace - ds * p * c * plus - (sc + ds * c * c) * cross
    slopes = [
        2.0 * steep * (mxx * u + mxy * v),
        2.0 * steep * (myy * v + mxy * u),
        2.0 * steep * q,
        -steep * d_plus,
        -steep * d_cross,
        -profile * fall * half_power * log_q,
    ]
    return profile, slopes


def _solve(
    patches: Patches,
    values: Floats,
    weight: Floats,
    noise: npt.NDArray[np.float64],
    theta: npt.NDArray[np.float64],
    covariance: npt.NDArray[np.float64],
    half: int,
    settings: PoresSettings,
    freedom: Freedom,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Gauss-Newton on all dips of a batch; also errors of depth and ln size, and the misfit."""
    free = freedom.parameters
    index = np.array(free)
    limit = np.array(_LARGEST_STEP)[index]
    quiet = np.maximum(noise, 1e-6)
    prior = np.zeros((len(theta), _PARAMETERS))
    expected = np.zeros((len(theta), _PARAMETERS))
    expected[:, _POWER] = theta[:, _POWER]
    prior[:, _POWER] = 1.0 / settings.power_prior**2
    prior[:, _OFFSET] = 1.0 / settings.offset_prior**2
    for k in (_SHEAR_PLUS, _SHEAR_CROSS):
        prior[:, k] = 1.0 / settings.ellipse_prior**2
    prior[:, _OFFSET] /= quiet**2
    precision = (weight / (quiet[:, None] ** 2)).astype(np.float32)

    def linearised() -> tuple[Floats, Floats, npt.NDArray[np.float64]]:
        profile, slopes = _profile(patches, theta, derivatives=True)
        depth = theta[:, _A, None].astype(np.float32)
        columns = [profile, np.ones_like(profile), *(depth * slope for slope in slopes)]
        jacobian = np.stack([columns[k] for k in free], axis=1)
        residual = values - depth * profile - theta[:, _OFFSET, None].astype(np.float32)
        weighted = jacobian * precision[:, None, :]
        hessian = (weighted @ jacobian.transpose(0, 2, 1)).astype(np.float64)
        return weighted, residual, hessian

    # depth and level first: linear, so one step is exact
    first = [k for k, name in enumerate(free) if name in (_A, _OFFSET)]
    for step in range(settings.fit_iterations + 1):
        weighted, residual, hessian = linearised()
        gradient = np.einsum("nkp,np->nk", weighted, residual).astype(np.float64)
        gradient -= prior[:, index] * (theta - expected)[:, index]
        normal = hessian + prior[:, index, None] * np.eye(len(free))
        diagonal = np.einsum("nkk->nk", normal)
        diagonal += _DAMPING * diagonal + 1e-12
        if step == 0:
            sub = np.ix_(range(len(theta)), first, first)
            move = np.zeros((len(theta), len(free)))
            move[:, first] = np.linalg.solve(normal[sub], gradient[:, first, None])[..., 0]
        else:
            move = np.linalg.solve(normal, gradient[..., None])[..., 0]
        theta[:, index] += np.clip(move, -limit, limit)
        theta[:, _SIZE] = np.clip(theta[:, _SIZE], np.log(0.8), np.log(100.0))
        theta[:, _SHEAR_PLUS:_POWER] = np.clip(theta[:, _SHEAR_PLUS:_POWER], -3.0, 3.0)
        theta[:, _POWER] = np.clip(theta[:, _POWER], *np.log(_RANGE_POWER))
    weighted, residual, hessian = linearised()
    normal = hessian + prior[:, index, None] * np.eye(len(free)) + 1e-12 * np.eye(len(free))
    inverse = np.linalg.inv(normal)
    wanted = [free.index(_A)] + ([free.index(_SIZE)] if freedom.size else [])
    gain = inverse[:, wanted] @ weighted  # (N, 1 or 2, n): how each pixel moves depth and size
    variance = noise[:, None] ** 2 * _quadratic(gain, covariance, half)
    errors = np.full((len(theta), 2), np.nan)
    errors[:, : len(wanted)] = np.sqrt(variance)
    total = np.maximum(weight.sum(axis=1), 1e-6)
    misfit = np.sqrt((weight * residual**2).sum(axis=1) / total) / quiet
    return theta, errors, misfit.astype(np.float64)


def _quadratic(
    gain: npt.NDArray[np.floating], covariance: npt.NDArray[np.float64], half: int
) -> npt.NDArray[np.float64]:
    """Return g C g for every (N, m, n) row of weights: variance per unit noise variance."""
    side = 2 * half + 1
    reach = covariance.shape[0] // 2
    if half > _LARGEST_MATRIX_HALF:
        padded = (side + reach, side + reach)
        power = np.zeros(padded)
        lags = np.arange(-reach, reach + 1)
        power[np.ix_(lags, lags)] = covariance
        spectrum = np.fft.fft2(power).real
        square = gain.reshape(*gain.shape[:2], side, side)
        found = (np.abs(np.fft.fft2(square, padded)) ** 2 * spectrum).mean(axis=(2, 3))
        return np.maximum(np.asarray(found, dtype=np.float64), 0.0)
    axis = np.arange(side)
    lag = axis[:, None] - axis[None, :]
    near = np.abs(lag) <= reach
    shifted = np.clip(lag + reach, 0, 2 * reach)
    # the covariance of two pixels is that of their difference in rows and in columns
    table = covariance[shifted[:, None, :, None], shifted[None, :, None, :]]
    table = table * (near[:, None, :, None] & near[None, :, None, :])
    matrix = table.reshape(side * side, side * side).astype(np.float32)
    flat = np.ascontiguousarray(gain.reshape(-1, side * side), dtype=np.float32)
    found = np.einsum("ij,ij->i", flat @ matrix, flat).reshape(gain.shape[:2])
    return np.asarray(np.maximum(found.astype(np.float64), 0.0))
