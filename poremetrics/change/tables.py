"""Samples and changes as the tables people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from poremetrics.change.measures import HEADLINE, SECONDARY, Sample, join
from poremetrics.columns import QUALITY, REGIONS, table
from poremetrics.model import Face


def region_names(before: Face, after: Face) -> list[str]:
    """Return the names of the regions of either photo, in the order of the before photo.

    Parameters
    ----------
    before, after : Face
        What was found in the photos.
    """
    names = [region.name for face in (before, after) for region in face.regions]
    return list(dict.fromkeys(names))


def regions_table(samples: Sequence[Sample], sides: Sequence[str]) -> pd.DataFrame:
    """Return every measure of every region, and of all regions together, in each photo.

    Parameters
    ----------
    samples : sequence of Sample
        One per region.
    sides : sequence of str
        ``before`` and, for a pair, ``after``.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.REGIONS`; ``area_cm2`` (or ``area_mpx``) is the skin
        counted on.
    """
    whole = [join(samples)] if len(samples) > 1 else []
    rows: list[Mapping[str, object]] = [
        {"photo": side, "region": sample.name, "metric": metric, "value": value, "unit": unit}
        for side in sides
        for sample in (*samples, *whole)
        for metric, unit, value in _values(sample, side, paired=len(sides) > 1)
    ]
    return table(rows, REGIONS)


def _values(sample: Sample, side: str, *, paired: bool) -> list[tuple[str, str, float]]:
    ones = np.ones((1, sample.area.size))
    area = float(sample.area.sum())
    values = [
        ("area_cm2", "cm²", area / 100.0) if sample.has_scale else ("area_mpx", "Mpx", area / 1e6)
    ]
    for measure in (*HEADLINE, *SECONDARY):
        if measure.name.endswith("_matched") and not paired:
            continue
        if measure.needs and f"{measure.needs}_{side}" not in sample.sums:
            continue
        values.append(
            (*measure.label(sample.has_scale), float(measure.values(sample, ones, side)[0]))
        )
    return [(metric, unit, value) for metric, unit, value in values]


def join_quality(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return several quality tables as one.

    Parameters
    ----------
    tables : sequence of DataFrame
        Rows of :func:`judge`.
    """
    return table(pd.concat(tables, ignore_index=True), QUALITY)
