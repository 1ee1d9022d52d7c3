"""The measures of the manual, each a function of bootstrap weights on blocks of skin.

A :class:`Sample` is what one region, or the whole face, contributes: its pores, its blocks, and
block sums of the secondary maps. Every measure returns its value in one photo in every bootstrap
draw, row 0 being the sample itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Paired pores and block sums of one region or of several joined.

    Attributes
    ----------
    name : str
        Region, or ``all``.
    pores : mapping of str to (N,) array
        Per pore of the union: ``block`` and, with suffix ``_before`` and ``_after``,
        ``diameter`` (µm or px, as measured) and, of a pair, its error ``diameter_err``, ``size``
        (the diameter that counts, see :mod:`poremetrics.change.sizes`), ``same`` (the diameter that
        the same pores are compared by), ``contrast``, ``snr``,
        ``elongation``, ``plug``, ``seen`` (the pore is there in this photo); ``matched``.
    area : (T,) float64
        Common area per block, mm² or px².
    sums : mapping of str to (T,) float64
        Block sums of secondary maps, e.g. ``redness_before``.
    pixels : (T,) float64
        Pixels per block, the denominator of those sums.
    has_scale : bool
        True where lengths are in µm and areas in mm².
    visible_diameter : float
        Smallest diameter of a visible pore, in the unit of ``diameter``.
    pore_px : float
        The same in pixels of the common grid; of joined regions the smallest.
    matched_snr, matched_snr_cap : float
        Smallest geometric mean of the two signals of a matched pore, and the one from where on a
        pore counts no more.
    """

    name: str
    pores: Mapping[str, npt.NDArray[Any]]
    area: FloatArray
    sums: Mapping[str, FloatArray]
    pixels: FloatArray
    has_scale: bool
    visible_diameter: float
    pore_px: float
    matched_snr: float = 0.0
    matched_snr_cap: float = 1.0

    @property
    def number(self) -> int:
        """Number of pores of the union."""
        return int(self.pores["block"].size)


Function = Callable[[Sample, FloatArray, str], FloatArray]
"""Measure of a sample in the photo ``before`` or ``after`` under (B, T) weights: (B,) values."""


def join(samples: Sequence[Sample], name: str = "all") -> Sample:
    """Join the samples of several regions into one; their blocks are kept apart."""
    offsets = np.cumsum([0, *(sample.area.size for sample in samples)])
    shifted = [
        {**sample.pores, "block": sample.pores["block"] + offset}
        for sample, offset in zip(samples, offsets, strict=False)
    ]
    pores = {name: np.concatenate([one[name] for one in shifted]) for name in shifted[0]}
    keys = set.intersection(*(set(sample.sums) for sample in samples))
    return Sample(
        name=name,
        pores=pores,
        area=np.concatenate([sample.area for sample in samples]),
        sums={key: np.concatenate([sample.sums[key] for sample in samples]) for key in keys},
        pixels=np.concatenate([sample.pixels for sample in samples]),
        has_scale=all(sample.has_scale for sample in samples),
        visible_diameter=samples[0].visible_diameter,
        pore_px=min(sample.pore_px for sample in samples),
        matched_snr=samples[0].matched_snr,
        matched_snr_cap=samples[0].matched_snr_cap,
    )


def visible(sample: Sample, side: str) -> npt.NDArray[np.bool_]:
    """Return which pores of the union are visible pores in the photo ``side``."""
    size = np.nan_to_num(sample.pores[f"size_{side}"])
    return np.asarray(sample.pores[f"seen_{side}"] & (size >= sample.visible_diameter), bool)


def matched(sample: Sample) -> npt.NDArray[np.bool_]:
    """Return which pores enter the matched measures.

    They are chosen by the geometric means of their two diameters and of their two signals:
    choosing by one photo's would make noise look like shrinkage (regression to the mean). A pore
    near the limit of what can be sized is sized only where noise made it look larger, and fixed
    relief holds its size up; clear pores tell the change of all.
    """
    pores = sample.pores
    mean = np.sqrt(np.nan_to_num(pores["diameter_before"] * pores["diameter_after"]))
    large = mean >= sample.visible_diameter
    return np.asarray(pores["matched"] & large & (_signal(sample) >= sample.matched_snr), bool)


def _signal(sample: Sample) -> FloatArray:
    """Return the geometric mean of each pore's two signals; 0 where it is no dip in one photo."""
    pores = sample.pores
    positive = (pores["contrast_before"] > 0) & (pores["contrast_after"] > 0)
    power = np.where(positive, pores["snr_before"] * pores["snr_after"], 0.0)
    return np.asarray(np.sqrt(np.nan_to_num(power)), np.float64)


def typical_signal(sample: Sample) -> float:
    """Return the median signal of the pores of the matched measures; NaN without any."""
    chosen = matched(sample)
    return float(np.median(_signal(sample)[chosen])) if chosen.any() else float("nan")


def matched_weight(sample: Sample) -> FloatArray:
    """Return how much each pore counts in the matched measures: its two signals multiplied.

    A clear pore tells its size better, and relief that lies in both photos holds the size of a
    weak one up. The weight is the same whichever photo comes first.
    """
    return np.minimum(_signal(sample), sample.matched_snr_cap) ** 2


def _block_sums(sample: Sample, chosen: npt.NDArray[np.bool_], values: FloatArray) -> FloatArray:
    blocks = sample.pores["block"][chosen]
    total = np.bincount(blocks, weights=values[chosen], minlength=sample.area.size)
    return total.astype(np.float64)


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    ratio: FloatArray = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=ratio, where=bottom > 0)
    return ratio


def count(sample: Sample, weights: FloatArray, side: str) -> FloatArray:
    """Return the number of visible pores."""
    return weights @ _block_sums(sample, visible(sample, side), np.ones(sample.number))


def density(sample: Sample, weights: FloatArray, side: str) -> FloatArray:
    """Return visible pores per cm², or per megapixel where no scale is known."""
    per = 100.0 if sample.has_scale else 1e6
    return per * _ratio(count(sample, weights, side), weights @ sample.area)


def coverage(sample: Sample, weights: FloatArray, side: str) -> FloatArray:
    """Return the area of visible pores in percent of the common area."""
    length = sample.pores[f"size_{side}"]
    disc = np.pi / 4.0 * (length / 1000.0 if sample.has_scale else length) ** 2
    covered = weights @ _block_sums(sample, visible(sample, side), disc)
    return 100.0 * _ratio(covered, weights @ sample.area)


def _mean_of_visible(column: str) -> Function:
    def measure(sample: Sample, weights: FloatArray, side: str) -> FloatArray:
        values = sample.pores[f"{column}_{side}"]
        chosen = visible(sample, side) & np.isfinite(values)
        top = weights @ _block_sums(sample, chosen, values)
        return _ratio(top, weights @ _block_sums(sample, chosen, np.ones(len(values))))

    return measure


def weighted_median(
    values: FloatArray, blocks: npt.NDArray[np.int64], weights: FloatArray
) -> FloatArray:
    """Return the median of some values under every draw of their blocks.

    Parameters
    ----------
    values : (N,) float64
        One per pore.
    blocks : (N,) int64
        Block of each.
    weights : (B, T) float64
        How often each draw takes each block: whole numbers.

    Returns
    -------
    (B,) float64
        NaN in draws that take none of them.
    """
    if values.size == 0:
        return np.full(weights.shape[0], np.nan)
    order = np.argsort(values, kind="stable")
    ordered, block = values[order], blocks[order]
    # Counted in runs of values first: only the run with the median is then gone through.
    length = math.isqrt(values.size - 1) + 1
    run = np.arange(values.size) // length
    kinds = np.zeros((weights.shape[1], int(run[-1]) + 1))
    np.add.at(kinds, (block, run), 1.0)
    taken = weights @ kinds
    passed = np.cumsum(taken, axis=1)
    total, draw = passed[:, -1], np.arange(len(weights))

    def at_rank(rank: FloatArray) -> FloatArray:
        """Return the value by which that many have been passed."""
        found = np.minimum((passed < rank[:, None]).sum(axis=1), run[-1])
        member = np.minimum(found[:, None] * length + np.arange(length), values.size - 1)
        left = rank - (passed - taken)[draw, found]
        inside = np.cumsum(weights[draw[:, None], block[member]], axis=1)
        step = np.minimum((inside < left[:, None]).sum(axis=1), length - 1)
        return np.asarray(ordered[member[draw, step]], dtype=np.float64)

    # Mean of the lower and the upper median, as for an unweighted sample of even size.
    middle = (at_rank((total + 1.0) // 2.0) + at_rank(total // 2.0 + 1.0)) / 2.0
    return np.where(total > 0, middle, np.nan)


def _median_of_visible(column: str) -> Function:
    def measure(sample: Sample, weights: FloatArray, side: str) -> FloatArray:
        values = sample.pores[f"{column}_{side}"]
        chosen = visible(sample, side) & np.isfinite(values)
        return weighted_median(values[chosen], sample.pores["block"][chosen], weights)

    return measure


def _geometric_mean_of_matched(column: str) -> Function:
    def measure(sample: Sample, weights: FloatArray, side: str) -> FloatArray:
        chosen = matched(sample)
        values = sample.pores[f"{column}_{side}"]
        logs = np.log(np.where(chosen, values, 1.0))
        trust = matched_weight(sample)
        total = weights @ _block_sums(sample, chosen, trust)
        return np.exp(_ratio(weights @ _block_sums(sample, chosen, trust * logs), total))

    return measure


def _mean_of_map(name: str) -> Function:
    def measure(sample: Sample, weights: FloatArray, side: str) -> FloatArray:
        return _ratio(weights @ sample.sums[f"{name}_{side}"], weights @ sample.pixels)

    return measure


def _spread_of_map(name: str) -> Function:
    def measure(sample: Sample, weights: FloatArray, side: str) -> FloatArray:
        pixels = weights @ sample.pixels
        mean = _ratio(weights @ sample.sums[f"{name}_{side}"], pixels)
        square = _ratio(weights @ sample.sums[f"{name}_square_{side}"], pixels)
        return np.sqrt(np.maximum(square - mean**2, 0.0))

    return measure


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: how it is named with and without a scale, its units, and its function.

    Attributes
    ----------
    name, unit : str
        Where the scale is known.
    name_px, unit_px : str
        Where it is not.
    values : callable
        From sample, weights and photo to the value in every draw.
    needs : str
        Name of the secondary map it needs, if any.
    """

    name: str
    unit: str
    name_px: str
    unit_px: str
    values: Function
    needs: str = ""

    def label(self, has_scale: bool) -> tuple[str, str]:
        """Return name and unit."""
        return (self.name, self.unit) if has_scale else (self.name_px, self.unit_px)


HEADLINE: tuple[Measure, ...] = (
    Measure("count", "pores", "count", "pores", count),
    Measure("density_cm2", "1/cm²", "density_mpx", "1/Mpx", density),
    Measure("coverage_pct", "%", "coverage_pct", "%", coverage),
    Measure("diameter_um_median", "µm", "diameter_px_median", "px", _median_of_visible("size")),
    Measure("contrast_mean", "1", "contrast_mean", "1", _mean_of_visible("contrast")),
    Measure(
        "diameter_um_matched",
        "µm",
        "diameter_px_matched",
        "px",
        _geometric_mean_of_matched("same"),
    ),
    Measure(
        "contrast_matched", "1", "contrast_matched", "1", _geometric_mean_of_matched("contrast")
    ),
)
"""Measures that get a verdict."""

SECONDARY: tuple[Measure, ...] = (
    Measure("elongation_median", "1", "elongation_median", "1", _median_of_visible("elongation")),
    Measure("plug_fraction", "1", "plug_fraction", "1", _mean_of_visible("plug")),
    Measure("roughness", "1", "roughness", "1", _spread_of_map("relief"), "relief"),
    Measure("redness", "a*", "redness", "a*", _mean_of_map("redness"), "redness"),
    Measure("tone_sd", "L*", "tone_sd", "L*", _spread_of_map("lightness"), "lightness"),
    Measure("shine", "1", "shine", "1", _mean_of_map("shine"), "shine"),
)
"""Measures that get an interval but no verdict."""
