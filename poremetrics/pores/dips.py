"""Dark dips as elliptical pits: the record of a fit, and what a dip looks like in pixels.

A pit is ``depth · exp(-ln2 q^(p/2))`` with ``q = (2 r / d)²``: half its depth exactly where the
diameter says. The ellipse is the logarithm of its equivalent-circle diameter and two shear
components, so that diameter and elongation do not get in each other's way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Points
from poremetrics.pores._patches import Floats, Patches, batches

LN2 = float(np.log(2.0))
_REACH = 1.2  # seen diameters: a Gaussian dip is down to 2 % there
_SMALLEST_Q = 1e-6

DEPTH, OFFSET, X, Y, SIZE, SHEAR_PLUS, SHEAR_CROSS, POWER = range(8)
"""Columns of the parameters of a pit: place relative to its patch, ln diameter, ln exponent."""
PARAMETERS = 8

Parameters = npt.NDArray[np.float64]
"""(N, 8) by the columns above."""


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
    coverage: npt.NDArray[np.float64]

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Dips:
        """Return the chosen dips."""
        return Dips(**{name: getattr(self, name)[rows] for name in self.__slots__})


def basis(
    patches: Patches, theta: Parameters, root: Floats, out: Floats, *, gaussian: bool
) -> None:
    """Work out the functions that a pit and all its derivatives are made of, times ``root``.

    Parameters
    ----------
    patches : Patches
        N patches of n pixels.
    theta : (N, 8) float64
        Parameters of the pits.
    root : (N, n) float32
        Roots of the weights of the pixels.
    out : (N, 2, 7 or 8, n) float32
        Filled with profile, 1 (times ``root``, which is to be there already), and the steepness s
        times u, v, u², v², u v; last the derivative of the profile by the logarithm of the
        exponent. Of two only the first two, whose shares are depth and skin level.
    gaussian : bool
        All exponents are 2: there is no last function, for the exponent.
    """
    t = theta.astype(np.float32)
    u = patches.dx - t[:, X, None]
    v = patches.dy - t[:, Y, None]
    mxx, myy, mxy = _metric(t)
    # The quadratic form (mxx u + 2 mxy v) u + myy v v, in place.
    q = mxx * u
    along = v * (2.0 * mxy)
    q += along
    q *= u
    np.multiply(v, v, out=along)
    along *= myy
    q += along
    profile, linear = out[:, 0], out.shape[1] == 2
    if gaussian:
        q *= np.float32(-LN2)
        np.exp(q, out=profile)
        profile *= root
        if linear:
            return
        steep = profile * np.float32(LN2)
    else:
        np.maximum(q, np.float32(_SMALLEST_Q), out=q)
        half_power = np.float32(0.5) * np.exp(t[:, POWER, None])
        log_q = np.log(q, out=along)
        fall = half_power * log_q
        np.exp(fall, out=fall)
        fall *= np.float32(-LN2)
        np.exp(fall, out=profile)
        profile *= root
        if linear:
            return
        fall *= half_power
        fall *= profile
        np.multiply(fall, log_q, out=out[:, 7])
        np.negative(fall, out=fall)
        steep = np.divide(fall, q, out=fall)
    np.multiply(steep, u, out=out[:, 2])
    np.multiply(steep, v, out=out[:, 3])
    np.multiply(out[:, 2], u, out=out[:, 4])
    np.multiply(out[:, 3], v, out=out[:, 5])
    np.multiply(out[:, 2], v, out=out[:, 6])


def mixing(theta: Parameters, *, gaussian: bool) -> npt.NDArray[np.float64]:
    """Return how the derivatives of a dip are made of :func:`basis`.

    Parameters
    ----------
    theta : (N, 8) float64
        Parameters of the dips.
    gaussian : bool
        As in :func:`basis`.

    Returns
    -------
    (N, 8, 7 or 8) float64
        Row k tells the derivative by parameter k.
    """
    mxx, myy, mxy = (m[:, 0] for m in _metric(theta))
    p, c = theta[:, SHEAR_PLUS], theta[:, SHEAR_CROSS]
    e = np.sqrt(p * p + c * c + 1e-12)
    ch, sc = np.cosh(e), np.sinh(e) / e
    ds = np.where(e > 1e-2, (ch - sc) / (e * e), 1.0 / 3.0)  # d(sinh e / e)/de / e
    scale = 4.0 * np.exp(-2.0 * theta[:, SIZE])
    depth = theta[:, DEPTH]
    out = np.zeros((len(theta), PARAMETERS, 7 if gaussian else 8))
    out[:, DEPTH, 0] = 1.0
    out[:, OFFSET, 1] = 1.0
    out[:, X, 2], out[:, X, 3] = 2.0 * depth * mxx, 2.0 * depth * mxy
    out[:, Y, 2], out[:, Y, 3] = 2.0 * depth * mxy, 2.0 * depth * myy
    for k, m in ((4, mxx), (5, myy), (6, 2.0 * mxy)):
        out[:, SIZE, k] = 2.0 * depth * m
    # metric = scale · (cosh e · 1 - sinh e / e · [[p, c], [c, -p]]), by p and by c
    for row, one, trace in ((SHEAR_PLUS, p, p), (SHEAR_CROSS, c, c)):
        straight = -(ds * one * p + (sc if row == SHEAR_PLUS else 0.0))
        skew = -(ds * one * c + (sc if row == SHEAR_CROSS else 0.0))
        out[:, row, 4] = -depth * scale * (sc * trace + straight)
        out[:, row, 5] = -depth * scale * (sc * trace - straight)
        out[:, row, 6] = -depth * scale * 2.0 * skew
    if not gaussian:
        out[:, POWER, 7] = depth
    return out


def _metric(
    theta: npt.NDArray[np.floating],
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Return xx, yy and xy of the metric whose unit circle is the half-depth contour."""
    p, c = theta[:, SHEAR_PLUS, None], theta[:, SHEAR_CROSS, None]
    e = np.sqrt(p * p + c * c + 1e-12)
    ch, sc = np.cosh(e), np.sinh(e) / e
    scale = 4.0 * np.exp(-2.0 * theta[:, SIZE, None])
    kind = theta.dtype
    return (
        (scale * (ch - sc * p)).astype(kind),
        (scale * (ch + sc * p)).astype(kind),
        (-scale * sc * c).astype(kind),
    )


def dip_values(patches: Patches, dips: Dips, *, relative_to: Points) -> Floats:
    """Return (N, n) values of dips on ``patches`` cut around the places ``relative_to``."""
    shift = dips.xy - relative_to
    u = patches.dx - shift[:, :1].astype(np.float32)
    v = patches.dy - shift[:, 1:].astype(np.float32)
    theta = np.zeros((len(dips.depth), PARAMETERS), dtype=np.float32)
    theta[:, SIZE] = np.log(dips.seen_px)
    theta[:, SHEAR_PLUS:POWER] = dips.shear
    mxx, myy, mxy = _metric(theta)
    q = mxx * (u * u) + myy * (v * v) + (2.0 * mxy) * (u * v)
    if not np.all(dips.power == 2.0):
        np.maximum(q, np.float32(_SMALLEST_Q), out=q)
        q = np.exp((0.5 * dips.power[:, None]).astype(np.float32) * np.log(q))
    values = np.exp(np.float32(-LN2) * q) * dips.depth[:, None].astype(np.float32)
    return np.asarray(values, dtype=np.float32)


def take_out(darkening: FloatImage, dips: Dips) -> FloatImage:
    """Return ``darkening`` without the dips; those of no depth cost nothing."""
    deep = dips.take(np.flatnonzero(dips.depth != 0))
    longest = deep.seen_px * np.exp(0.5 * np.hypot(*deep.shear.T))
    places, values = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for members, half in batches(_REACH * longest):
        part = deep.take(members)
        patches = Patches(part.xy, half, (darkening.shape[0], darkening.shape[1]))
        where, what = patches.scattered(dip_values(patches, part, relative_to=part.xy))
        places.append(where)
        values.append(what)
    total = np.bincount(np.concatenate(places), np.concatenate(values), darkening.size)
    return darkening - total.reshape(darkening.shape).astype(np.float32)
