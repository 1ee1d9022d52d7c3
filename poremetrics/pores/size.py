"""Size, depth and shape of many dark dips at once, each with its standard error.

Every dip is fitted by an elliptical pit (:mod:`poremetrics.pores.dips`) by weighted least squares:
Gauss-Newton, all dips together. Its exponent is what a pore of that width shows behind that blur
(:mod:`poremetrics.pores.profile`), and may move as far as its prior allows. Errors follow from the
autocovariance of the skin between the pores, not from the scatter of single pixels: relief and
JPEG noise are correlated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from poremetrics.model import FloatImage, Mask, Points
from poremetrics.pores._patches import Floats, Patches, batches
from poremetrics.pores.dips import (
    DEPTH,
    OFFSET,
    PARAMETERS,
    POWER,
    SHEAR_CROSS,
    SHEAR_PLUS,
    SIZE,
    Dips,
    Parameters,
    X,
    Y,
    basis,
    dip_values,
    mixing,
)
from poremetrics.settings.pores import PoresSettings

_REACH = 2.1  # window sigmas that a patch holds
_LARGEST_STEP = np.array([np.inf, np.inf, 0.5, 0.5, 0.3, 0.4, 0.4, 0.2])
_DAMPING = 1e-3
_TINY = 1e-12
_LARGEST_MATRIX_HALF = 13  # beyond, the matrix of lags outgrows the cache: Fourier instead
_LARGEST_SHEAR = 3.0
# Of the columns from SIZE on: diameters of 0.8 to 100 px, exponents of 1 to 8.
_LOWEST = np.array([np.log(0.8), -_LARGEST_SHEAR, -_LARGEST_SHEAR, 0.0])
_HIGHEST = np.array([np.log(100.0), _LARGEST_SHEAR, _LARGEST_SHEAR, np.log(8.0)])


@dataclass(frozen=True, slots=True)
class Freedom:
    """What a fit may change besides depth and local skin level.

    ``power`` False means Gaussian dips throughout where the expected exponent is 2.
    """

    place: bool = True
    size: bool = True
    shape: bool = True
    power: bool = True

    @property
    def parameters(self) -> npt.NDArray[np.intp]:
        """Columns of the free parameters."""
        free = [DEPTH, OFFSET]
        free += [X, Y] if self.place else []
        free += [SIZE] if self.size else []
        free += [SHEAR_PLUS, SHEAR_CROSS] if self.shape else []
        free += [POWER] if self.power else []
        return np.array(free, dtype=np.intp)


FREE = Freedom()
"""Everything may change."""
GAUSSIAN = Freedom(power=False)
"""Everything but the profile."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """The skin as a fit sees it.

    Attributes
    ----------
    darkening : (h, w) float32
        Flattened skin, perhaps with dips taken out.
    mask : (h, w) bool
        Usable skin.
    noise : (h, w) float32
        Local noise of ``darkening``.
    covariance : (2k+1, 2k+1) float64 or None
        Autocovariance of the noise in units of its variance; None where no errors are wanted.
    """

    darkening: FloatImage
    mask: Mask
    noise: FloatImage
    covariance: npt.NDArray[np.float64] | None = None


def fit_dips(
    sight: Sight,
    start: Dips,
    settings: PoresSettings,
    *,
    freedom: Freedom = FREE,
    iterations: int,
    own: Dips | None = None,
) -> Dips:
    """Fit a pit at each of many places.

    Parameters
    ----------
    sight : Sight
    start : Dips
        Where, how wide, of what shape and exponent to start from, see :func:`start_from`.
    settings : PoresSettings
    freedom : Freedom
        What may change.
    iterations : int
        Gauss-Newton steps.
    own : Dips, optional
        Dips, in the same order, that were taken out of ``darkening``; each is put back for its
        own fit.

    Returns
    -------
    Dips
        In the order of ``start``; errors NaN without a covariance.
    """
    return fit_each(sight, [Fit(start, freedom, iterations)], settings, own)[0]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What to start from, what may change, and the number of Gauss-Newton steps."""

    start: Dips
    freedom: Freedom
    iterations: int


def fit_each(
    sight: Sight,
    fits: Sequence[Fit],
    settings: PoresSettings,
    own: Dips | None = None,
) -> list[Dips]:
    """Do several fits at the same places with the same windows; see :func:`fit_dips`.

    Parameters
    ----------
    sight : Sight
    fits : sequence of Fit
        All of them start at the places of the first, whose diameters set the windows.
    settings : PoresSettings
    own : Dips, optional
    """
    xy, n = fits[0].start.xy, len(fits[0].start.depth)
    theta = np.zeros((len(fits), n, PARAMETERS))
    errors, coverage = np.full((len(fits), n, 2), np.nan), np.full(n, np.nan)
    widths_px = settings.window_sigma * fits[0].start.seen_px
    for members, half in batches(_REACH * widths_px):
        shape = (sight.darkening.shape[0], sight.darkening.shape[1])
        patches = Patches(xy[members], half, shape)
        values = patches.read(sight.darkening)
        if own is not None:
            values += dip_values(patches, own.take(members), relative_to=xy[members])
        width = widths_px[members, None].astype(np.float32)
        window = np.exp(np.float32(-0.5) * (patches.dx**2 + patches.dy**2) / width**2)
        weight = window * patches.read_mask(sight.mask)
        coverage[members] = weight.sum(axis=1) / window.sum(axis=1)
        noise = np.maximum(_at(sight.noise, xy[members]), 1e-6)
        root = np.sqrt(weight)
        for k, fit in enumerate(fits):
            start = _parameters(fit.start.take(members))
            problem = _Problem(
                patches, values, root, noise, start, settings, fit.freedom, fit.iterations
            )
            theta[k, members] = problem.solve()
            if sight.covariance is not None:
                errors[k, members] = problem.errors(theta[k, members], sight.covariance, half)
    return [
        Dips(
            xy=xy + found[:, X : Y + 1],
            depth=found[:, DEPTH],
            offset=found[:, OFFSET],
            seen_px=np.exp(found[:, SIZE]),
            shear=found[:, SHEAR_PLUS:POWER],
            power=np.exp(found[:, POWER]),
            depth_err=err[:, 0],
            size_err=err[:, 1],
            coverage=coverage,
        )
        for found, err in zip(theta, errors, strict=True)
    ]


def start_from(
    xy: Points,
    seen_px: npt.NDArray[np.float64],
    power: npt.NDArray[np.float64] | float = 2.0,
    shear: Points | None = None,
) -> Dips:
    """Return round dips of no depth to start a fit from.

    Parameters
    ----------
    xy : (N, 2) float64
        Places.
    seen_px : (N,) float64
        Diameters as seen.
    power : (N,) float64 or float
        Exponents; 2 is a Gaussian.
    shear : (N, 2) float64, optional
        Ellipses; round by default.
    """
    n = len(xy)
    zero, unknown = np.zeros(n), np.full(n, np.nan)
    return Dips(
        xy=np.asarray(xy, dtype=np.float64),
        depth=zero,
        offset=zero,
        seen_px=np.asarray(seen_px, dtype=np.float64),
        shear=np.zeros((n, 2)) if shear is None else shear,
        power=np.broadcast_to(np.asarray(power, dtype=np.float64), (n,)),
        depth_err=unknown,
        size_err=unknown,
        coverage=unknown,
    )


def _parameters(start: Dips) -> Parameters:
    theta = np.zeros((len(start.depth), PARAMETERS))
    theta[:, SIZE] = np.log(start.seen_px)
    theta[:, SHEAR_PLUS:POWER] = start.shear
    theta[:, POWER] = np.log(start.power)
    return theta


def _at(image: FloatImage, xy: Points) -> npt.NDArray[np.float64]:
    rows = np.clip(np.rint(xy[:, 1]).astype(np.int64), 0, image.shape[0] - 1)
    cols = np.clip(np.rint(xy[:, 0]).astype(np.int64), 0, image.shape[1] - 1)
    return image[rows, cols].astype(np.float64)


class _Problem:
    """Weighted least squares of one batch of dips in patches of one size."""

    def __init__(
        self,
        patches: Patches,
        values: Floats,
        root: Floats,
        noise: npt.NDArray[np.float64],
        start: Parameters,
        settings: PoresSettings,
        freedom: Freedom,
        iterations: int,
    ) -> None:
        self._patches, self._noise = patches, noise
        self._start = _limited(start)
        # where nothing but the shares moves, no derivatives are needed
        self._free = freedom.parameters if iterations else freedom.parameters[:2]
        self._iterations = iterations
        self._gaussian = not freedom.power and bool(np.all(start[:, POWER] == np.log(2.0)))
        # everything in units of the noise: the weights do not need it then, the priors do
        prior = np.zeros((len(start), PARAMETERS))
        prior[:, OFFSET] = settings.offset_prior**-2.0
        for k in (SHEAR_PLUS, SHEAR_CROSS):
            prior[:, k] = noise**2 * settings.ellipse_prior**-2.0
        prior[:, POWER] = noise**2 * settings.power_prior**-2.0
        self._prior = prior[:, self._free]
        self._root = root  # of the weight: on both sides of every product
        functions = 2 if len(self._free) == 2 else 7 if self._gaussian else 8
        self._rows = np.empty((len(start), 1 + functions, values.shape[1]), dtype=np.float32)
        np.multiply(values, root, out=self._rows[:, 0])
        self._rows[:, 2] = root
        self._shapes: Parameters | None = None
        self._products = np.zeros((len(start), 1 + functions, functions))

    def solve(self) -> Parameters:
        """Depth and level first (linear, so one step is exact), then everything that is free."""
        theta = self._start.copy()
        expected = np.where(np.arange(PARAMETERS) == POWER, theta, 0.0)[:, self._free]
        for step in range(self._iterations + 1):
            chosen = self._free[:2] if step == 0 else self._free
            many = len(chosen)
            _, gradient, normal = self._linearised(theta, chosen)
            gradient -= self._prior[:, :many] * (theta[:, chosen] - expected[:, :many])
            move = np.linalg.solve(normal, gradient[..., None])[..., 0]
            limit = _LARGEST_STEP[chosen]
            theta[:, chosen] += np.clip(move, -limit, limit)
            theta = _limited(theta)
        return theta

    def _linearised(
        self, theta: Parameters, free: npt.NDArray[np.intp]
    ) -> tuple[Parameters, Parameters, Parameters]:
        """Return mixing of the free ones, gradient and normal matrix."""
        self._look(theta)
        pull, square = self._products[:, 0], self._products[:, 1:]
        # the misfit: depth and skin level are the shares of the first two functions themselves
        pull = pull - theta[:, DEPTH, None] * square[:, 0] - theta[:, OFFSET, None] * square[:, 1]
        if len(free) == 2:
            mix = np.eye(2, square.shape[1])[None]
        else:
            mix = mixing(theta, gaussian=self._gaussian)[:, free]
        normal = mix @ square @ mix.transpose(0, 2, 1)
        gradient = (mix @ pull[..., None])[..., 0]
        diagonal = np.einsum("nkk->nk", normal)
        diagonal += self._prior[:, : len(free)] + _DAMPING * diagonal + _TINY
        return mix, gradient, normal

    def _look(self, theta: Parameters) -> None:
        """Work out the functions and their products anew, where the shapes have changed."""
        if self._shapes is not None and np.array_equal(theta[:, X:], self._shapes):
            return
        self._shapes = theta[:, X:].copy()
        functions = self._rows[:, 1:]
        basis(self._patches, theta, self._root, functions, gaussian=self._gaussian)
        # one product for both, also since that of a matrix with itself takes three times as long
        self._products = (self._rows @ functions.transpose(0, 2, 1)).astype(np.float64)

    def errors(
        self, theta: Parameters, covariance: npt.NDArray[np.float64], half: int
    ) -> npt.NDArray[np.float64]:
        """Return (N, 2) standard errors of depth and ln diameter (NaN where it is held)."""
        mix, _, normal = self._linearised(theta, self._free)
        wanted = np.flatnonzero(np.isin(self._free, (DEPTH, SIZE)))
        # how each pixel moves depth and size
        gain = (np.linalg.inv(normal)[:, wanted] @ mix).astype(np.float32) @ self._rows[:, 1:]
        gain *= self._root[:, None, :]
        out = np.full((len(theta), 2), np.nan)
        variance = _quadratic(gain, covariance, half)
        out[:, : len(wanted)] = self._noise[:, None] * np.sqrt(variance)
        return out


def _limited(theta: Parameters) -> Parameters:
    """Return parameters within what a pit may be."""
    limited = theta.copy()
    np.clip(theta[:, SIZE:], _LOWEST, _HIGHEST, out=limited[:, SIZE:])
    return limited


def _quadratic(
    gain: Floats, covariance: npt.NDArray[np.float64], half: int
) -> npt.NDArray[np.float64]:
    """Return g C g for every (N, m, n) row of weights: variance per unit noise variance."""
    side = 2 * half + 1
    reach = covariance.shape[0] // 2
    if half > _LARGEST_MATRIX_HALF:
        padded = (side + reach, side + reach)
        lagged = np.zeros(padded)
        lags = np.arange(-reach, reach + 1)
        lagged[np.ix_(lags, lags)] = covariance
        spectrum = fft.rfft2(lagged).real / lagged.size
        # of a real picture, the columns but the first (and the middle one) stand for two
        spectrum[:, 1 : (padded[1] + 1) // 2] *= 2.0
        transform = fft.rfft2(gain.reshape(*gain.shape[:2], side, side), padded)
        power = transform.real**2 + transform.imag**2
        found = np.einsum("imkl,kl->im", power, spectrum.astype(np.float32))
        return np.maximum(np.asarray(found, dtype=np.float64), 0.0)
    wide = np.zeros((4 * half + 1, 4 * half + 1), dtype=np.float32)
    inner = min(reach, 2 * half)
    middle = slice(2 * half - inner, 2 * half + inner + 1)
    wide[middle, middle] = covariance[
        reach - inner : reach + inner + 1, reach - inner : reach + inner + 1
    ]
    # the covariance of two pixels is that of their difference in rows and in columns: a window on
    # the lags for each pixel, read backwards
    windows = np.lib.stride_tricks.sliding_window_view(wide, (side, side))[::-1, ::-1]
    matrix = windows.reshape(side * side, side * side)
    flat = np.ascontiguousarray(gain.reshape(-1, side * side), dtype=np.float32)
    found = np.einsum("ij,ij->i", flat @ matrix, flat).reshape(gain.shape[:2])
    return np.asarray(np.maximum(found.astype(np.float64), 0.0))
