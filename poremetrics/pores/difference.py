"""What sets two aligned skins apart: blur, contrast and noise, told between the pores.

Two photos of the same skin tell their difference directly. Between the pores, where a treatment
changes least, the spectra of both (``S_bb``, ``S_aa``) and what they share (``S_ab``) give the
transfer function after / before. A Gaussian blur makes its logarithm a straight line in squared
frequency; its value at zero is the contrast gain. Noise is not shared: it is taken out of both
spectra so that the rest is wholly shared (Deming's regression, per ring of frequency). What is not
shared may be noise of the one photo or texture that the other lost, so frequencies that share
little hardly count, and regions that share little are told by the others of their pair. Every
formula is symmetric: exchanging the photos turns the signs and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
import scipy.fft

from poremetrics.model import FloatImage, Mask, Skin
from poremetrics.pores.soften import soft
from poremetrics.settings.pair import PairSettings

Floats = npt.NDArray[np.float64]

_LEANS = 41
_LEAST_RINGS = 3
_HANN_SPREAD = 2.25  # neighbouring frequencies of a Hann window that count as one, both axes


@dataclass(frozen=True, slots=True)
class Difference:
    """What sets two aligned skins apart between the pores.

    Attributes
    ----------
    blur_px2 : float
        Squared blur, after less before, in squared grid pixels.
    blur_sd_px2 : float
        Its standard error; infinite where there is too little bare skin to tell.
    log_gain : float
        Logarithm of the contrast, after / before; NaN where there is too little bare skin.
    gain_per_px2 : float
        By how much ``log_gain`` would be larger if the difference in blur were 1 px² larger.
    noise_ratio : float
        Noise, after / before; NaN where there is too little bare skin.
    """

    blur_px2: float
    blur_sd_px2: float
    log_gain: float
    gain_per_px2: float
    noise_ratio: float


UNKNOWN = Difference(0.0, math.inf, math.nan, 0.0, math.nan)
"""Too little bare skin to tell."""
ALIKE = Difference(0.0, 0.0, 0.0, 0.0, 1.0)
"""One photo given twice."""


def difference(before: Skin, after: Skin, common: Mask, settings: PairSettings) -> Difference:
    """Return what sets two aligned skins of one region apart.

    Parameters
    ----------
    before, after : Skin
        Flattened skins on one grid.
    common : (h, w) bool
        Common area.
    settings : PairSettings
        Bands of frequency, and what is bare skin.
    """
    same_mask = np.array_equal(before.mask, after.mask)
    if same_mask and np.array_equal(before.darkening, after.darkening):
        return ALIKE
    return _transfer(before, after, common & before.mask & after.mask, settings)


def shared_blur(
    regions: Sequence[Difference], step_px: Sequence[float], settings: PairSettings
) -> list[Difference]:
    """Draw the differences in blur of a pair's regions towards their mean.

    A lens that is out of focus, a hand that shook, a filter blur the whole face; the depth of
    field adds little. So a region whose own texture tells little is told by the others, as far as
    its error says (a random-effects mean).

    Parameters
    ----------
    regions : sequence of Difference
        Of all regions of a pair.
    step_px : sequence of float
        Step of each region's grid, in pixels of the before photo.
    settings : PairSettings
        How far regions of one pair differ.

    Returns
    -------
    list of Difference
        In the same order; one region alone stays as it is.
    """
    area = np.square(np.array(step_px, np.float64))
    blur = np.array([one.blur_px2 for one in regions]) * area
    sd = np.array([one.blur_sd_px2 for one in regions]) * area
    told = np.isfinite(sd)
    if not told.any():
        return list(regions)
    between = settings.region_blur_px2**2
    shares = 1.0 / (sd**2 + between)
    shares /= shares.sum()
    own = between / (between + sd**2)
    mean = np.sum(shares * blur)
    drawn = (mean + own * (blur - mean)) / area
    # What compression and noise do wrong they do to all regions: errors add up, they do not average
    # out.
    sd = np.where(told, sd, 0.0)
    error = own * sd + (1.0 - own) * np.sum(shares * sd)
    elsewhere = (1.0 - own) * np.sqrt(between * (1.0 - shares))
    drawn_sd = np.hypot(error, elsewhere) / area
    return [
        replace(
            one,
            blur_px2=float(to),
            blur_sd_px2=float(spread),
            log_gain=one.log_gain + one.gain_per_px2 * float(to - one.blur_px2),
        )
        for one, to, spread in zip(regions, drawn, drawn_sd, strict=True)
    ]


def _transfer(before: Skin, after: Skin, both: Mask, settings: PairSettings) -> Difference:
    bare = _bare(before, after, both, settings)
    first = _spectra(before.darkening, after.darkening, bare, settings)
    if first is None:
        return UNKNOWN
    high = (first.frequency >= settings.band_high) & (first.frequency <= settings.noise_band)
    noise_ratio = float(np.sum(first.after[high]) / max(float(np.sum(first.before[high])), 1e-30))
    told = replace(UNKNOWN, noise_ratio=float(np.sqrt(noise_ratio)))
    spectra: _Spectra | None = first
    for _ in range(settings.match_rounds):
        # The holes of the mask smear spectra over neighbouring frequencies. Once the sharper
        # photo is blurred by what is known so far, both are smeared alike and it cancels.
        if told.blur_px2 != 0.0:
            one = soft(before.darkening, before.mask, max(told.blur_px2, 0.0))
            two = soft(after.darkening, after.mask, max(-told.blur_px2, 0.0))
            spectra = _spectra(one, two, bare, settings)
        if spectra is None:
            break
        told = _told_better(told, spectra, settings)
    return told


def _told_better(told: Difference, spectra: _Spectra, settings: PairSettings) -> Difference:
    """Return the difference from the spectra of both skins once what is told so far is matched."""
    known_px2 = told.blur_px2
    rings = spectra.rings(settings)
    used = rings.coherence >= settings.least_coherence
    prior = np.diag((settings.gain_prior**-2.0, settings.blur_prior_px2**-2.0))
    if int(used.sum()) < _LEAST_RINGS:
        return replace(told, blur_px2=0.0, blur_sd_px2=settings.blur_prior_px2, log_gain=0.0)
    omega2, variance = rings.omega2[used], rings.variance[used]
    design = np.column_stack((np.ones(len(omega2)), -0.5 * omega2))
    costs, lines, spreads = [], [], []
    before, after, cross = rings.before[used], rings.after[used], rings.cross[used]
    # What is not shared is sensor noise, alike at all frequencies in the ratio read above the band
    # (what was blurred lost noise with it), or texture that JPEG and denoising took, alike in
    # proportion to what there was. Neither is known, so the ratio lies about halfway; each ratio
    # counts as far as it makes the transfer a straight line, and what they tell unlike is error.
    above_band = 2.0 * math.log(max(told.noise_ratio, 1e-15)) + known_px2 * omega2
    halfway = 0.5 * (above_band + np.log(after / before))
    for lean in np.linspace(-1.0, 1.0, _LEANS) * settings.noise_lean:
        ratio = np.exp(lean + halfway)
        y, doubt = shared_log_ratio(before, after, cross, ratio)
        total = variance + (settings.noise_doubt * doubt) ** 2
        weighted = design / total[:, None]
        right = weighted.T @ y - prior @ np.array((0.0, known_px2))
        spread: Floats = np.linalg.inv(design.T @ weighted + prior).astype(np.float64)
        line: Floats = spread @ right
        misfit = (y - design @ line) ** 2 / (total + settings.line_tolerance**2)
        cost = float(np.sum(misfit)) + (lean / settings.noise_lean_sd) ** 2
        costs.append(cost)
        lines.append(line)
        spreads.append(spread)
    weights = np.exp(0.5 * (np.min(costs) - np.array(costs)))
    mean = np.average(lines, axis=0, weights=weights)
    apart = np.array(lines) - mean
    spread = np.average(spreads + apart[:, :, None] * apart[:, None, :], axis=0, weights=weights)
    return replace(
        told,
        blur_px2=known_px2 + float(mean[1]),
        blur_sd_px2=float(np.sqrt(spread[1, 1])),
        log_gain=float(mean[0]),
        gain_per_px2=float(spread[0, 1] / spread[1, 1]),
    )


def shared_log_ratio(
    before: Floats, after: Floats, cross: Floats, noise_ratio: Floats
) -> tuple[Floats, Floats]:
    """Return half the log ratio of two power spectra once their own noises are taken out.

    Parameters
    ----------
    before, after : (K,) float64
        Power spectra.
    cross : (K,) float64
        Real part of their cross spectrum, positive.
    noise_ratio : (K,) float64
        Power of the noise, after / before.

    Returns
    -------
    half_log_ratio : (K,) float64
        Of what the two share: noise ``v`` and ``noise_ratio * v`` are taken off so that the rest
        is wholly shared, ``(after - noise_ratio v) (before - v) = cross²``.
    doubt : (K,) float64
        Logarithm of the unshared power: how much hangs on that split.
    """
    middle = 0.5 * (after + noise_ratio * before)
    unshared = np.maximum(before * after - cross**2, 0.0)
    root = np.sqrt(np.maximum(middle**2 - noise_ratio * unshared, 0.0))
    noise = (middle - root) / noise_ratio
    tiny = 1e-9
    top = np.maximum(after - noise_ratio * noise, tiny * after)
    bottom = np.maximum(before - noise, tiny * before)
    doubt = np.log(np.maximum(before * after / np.maximum(cross**2, 1e-300), 1.0))
    return 0.5 * np.log(top / bottom), doubt


@dataclass(frozen=True, slots=True, eq=False)
class _Rings:
    """Spectra averaged over rings of frequency, with the variance of half their log ratio."""

    omega2: Floats
    before: Floats
    after: Floats
    cross: Floats
    coherence: Floats
    variance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Spectra:
    """Mean spectra over ``count`` tiles, one value per frequency of the transform."""

    frequency: Floats
    before: Floats
    after: Floats
    cross: Floats
    count: int

    def rings(self, settings: PairSettings) -> _Rings:
        band = (self.frequency >= settings.band_low) & (self.frequency < settings.band_high)
        edges = np.linspace(settings.band_low, settings.band_high, settings.band_bins + 1)
        ring = np.digitize(self.frequency[band], edges) - 1
        members = np.bincount(ring, minlength=settings.band_bins).astype(np.float64)
        filled = members > 0

        def mean(values: Floats) -> Floats:
            sums = np.bincount(ring, values[band], settings.band_bins)
            return np.asarray(sums[filled] / members[filled], dtype=np.float64)

        power = np.sqrt(self.before * self.after)
        omega2 = mean((2.0 * np.pi * self.frequency) ** 2 * power) / mean(power)
        before, after = mean(self.before), mean(self.after)
        cross = np.maximum(mean(self.cross), 0.0)
        coherence = np.clip(cross**2 / np.maximum(before * after, 1e-300), 0.0, 1.0)
        # Half log ratio of two spectra that share ``coherence`` of their power, each a mean over
        # tiles (half overlapping: worth half) and over the ring's frequencies (a real picture:
        # worth half, and neighbours under a Hann window hang together).
        samples = 0.25 * self.count * members[filled] / _HANN_SPREAD
        variance = (1.0 - coherence + 1e-3) / (2.0 * np.maximum(coherence, 1e-3) * samples)
        return _Rings(omega2, before, after, cross, coherence, variance)


def _bare(before: Skin, after: Skin, both: Mask, settings: PairSettings) -> FloatImage:
    """Return 1 on bare skin of the common area, 0 on pores and other marks of either photo."""
    marked = np.zeros(both.shape, dtype=np.uint8)
    for skin in (before, after):
        smooth = cv2.GaussianBlur(skin.darkening, (0, 0), settings.bare_smooth_px)
        marked |= (np.abs(smooth) > settings.bare_sigma * skin.noise).astype(np.uint8)
    side = 2 * settings.bare_margin_px + 1
    around = cv2.dilate(marked, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    bare = (both & (around == 0)).astype(np.float32)
    # A soft edge keeps the mask from throwing sharp spectra over the skin's own.
    return np.asarray(bare * cv2.GaussianBlur(bare, (0, 0), settings.bare_smooth_px), np.float32)


def _spectra(
    before: FloatImage, after: FloatImage, bare: FloatImage, settings: PairSettings
) -> _Spectra | None:
    """Return the mean spectra of both skins where it is bare; None with too little of it."""
    side = settings.tile_px
    if min(bare.shape) < side:
        return None
    views = np.lib.stride_tricks.sliding_window_view
    step = side // 2
    weights = views(bare, (side, side))[::step, ::step].reshape(-1, side, side)
    enough = np.flatnonzero(weights.mean(axis=(1, 2)) >= settings.tile_skin_share)
    if len(enough) < settings.least_tiles:
        return None
    if len(enough) > settings.most_tiles:
        spread = np.linspace(0, len(enough) - 1, settings.most_tiles)
        enough = enough[np.rint(spread).astype(np.intp)]
    window = np.outer(np.hanning(side), np.hanning(side)).astype(np.float32)
    taper = weights[enough] * window
    norm = np.maximum(taper.sum(axis=(1, 2), keepdims=True), 1e-6)
    transforms = []
    for image in (before, after):
        # Skin's spectrum falls steeply: whitened first, the mask's edges cannot spill the low
        # frequencies over the high ones. The filter is the same in both and cancels.
        # Light, not its logarithm, is what blur and veil act on.
        light = np.expm1(-image)
        white = light - cv2.GaussianBlur(light, (0, 0), settings.whiten_px)
        tiles = views(white, (side, side))[::step, ::step].reshape(-1, side, side)[enough]
        level = (tiles * taper).sum(axis=(1, 2), keepdims=True) / norm
        transforms.append(scipy.fft.rfft2((tiles - level) * taper))
    one, two = transforms
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    return _Spectra(
        frequency.ravel(),
        np.mean(np.abs(one) ** 2, axis=0, dtype=np.float64).ravel(),
        np.mean(np.abs(two) ** 2, axis=0, dtype=np.float64).ravel(),
        np.mean((one * np.conj(two)).real, axis=0, dtype=np.float64).ravel(),
        len(enough),
    )
