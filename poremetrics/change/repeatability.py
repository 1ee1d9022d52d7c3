"""What two photos of unchanged skin differ by.

Repeatability coefficient ``RC = 1.96 * sqrt(2) * wSD`` on natural-log ratios, with wSD the
within-subject standard deviation (wording of the Quantitative Imaging Biomarkers Alliance).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib import resources

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from poremetrics.change.shown import Shown
from poremetrics.errors import UsageError

FORMAT = 3
"""2: agreement between persons, ``subjects`` and ``icc``. 3: ``conditions``, ``floor`` and
``apart_from_size``. Files of both older formats are still read."""
SIZE = "diameter_um_matched"
"""The measure whose error the counts take over."""
_LARGEST_WSD = 5.0
"""A standard deviation of e^5 is no repeatability; far larger ones overflow."""
_LARGEST_SLOPE = 1000.0
"""Added wSD per unit of a condition; none reaches 1 in a pair that can be compared."""
RC_FACTOR = 1.96 * math.sqrt(2.0)


class Agreement(BaseModel):
    """Intraclass correlation ICC(1,1) of one measure over the whole face or close-up.

    Attributes
    ----------
    icc, low, high : float
        Estimate and 95 % interval; at most 1, below 0 where persons differ less than their shots.
    subjects, shots : int
        Persons with at least two shots, and their shots.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    icc: float = Field(le=1.0)
    low: float = Field(le=1.0)
    high: float = Field(le=1.0)
    subjects: int = Field(ge=2)
    shots: int = Field(ge=4)


class Condition(BaseModel):
    """What one condition of a pair adds to the wSD of every measure.

    Attributes
    ----------
    low, high : float
        Range of the condition over the pairs behind the figures. Better than ``low`` counts as
        ``low``, for nobody has seen that it helps; what is not known counts as ``high``.
    wsd_log : mapping of str to float
        Added wSD per unit of the condition, by measure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: float = Field(ge=0.0)
    high: float = Field(ge=0.0)
    wsd_log: Mapping[str, float]

    def added(self, measure: str, shown: Sequence[float]) -> float:
        """Return the mean square of what is added to a measure over some regions."""
        known = np.where(np.isfinite(shown), shown, self.high)
        seen = np.maximum(known, self.low)
        return self.wsd_log.get(measure, 0.0) ** 2 * float(np.mean(seen**2))


class Repeatability(BaseModel):
    """Within-subject standard deviations of the log of every measure.

    Attributes
    ----------
    source : str
        Where the figures come from, as printed in the report.
    pairs : int
        Number of null pairs behind them.
    wsd_log : mapping of str to float
        wSD of the natural log of each measure, under equal conditions.
    per_blur_px : float
        Added wSD of every measure per pixel of relative blur that had to be matched.
    per_decorrelation : float
        Added wSD of every measure per unit of ``1 - correlation`` of the matched skins.
    conditions : mapping of str to Condition
        What the conditions of :class:`poremetrics.change.shown.Shown` add, by their names.
    apart_from_size : bool
        True where the other measures' figures leave out what they take over from the error of
        ``diameter_um_matched``: it depends on how many pores lie near the limit of a visible
        pore, so it is worked out pair by pair. The figures of size itself are then those before
        a pair's changes are stretched.
    floor : float
        Smallest wSD, whatever the conditions.
    subjects : int
        Persons behind the pairs.
    icc : mapping of str to Agreement
        How well single shots tell persons apart, per measure; empty with one person.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int = Field(FORMAT, ge=1, le=FORMAT)
    source: str
    pairs: int = Field(ge=0)
    wsd_log: Mapping[str, float]
    per_blur_px: float = Field(0.0, ge=0.0, le=_LARGEST_WSD)
    per_decorrelation: float = Field(0.0, ge=0.0, le=_LARGEST_WSD)
    conditions: Mapping[str, Condition] = Field(default_factory=dict)
    apart_from_size: bool = False
    floor: float = Field(0.0, ge=0.0, le=_LARGEST_WSD)
    subjects: int = Field(1, ge=1)
    icc: Mapping[str, Agreement] = Field(default_factory=dict)

    def wsd(self, measure: str, shown: Sequence[Shown] = (), follows: float = 0.0) -> float:
        """Return the wSD of a measure under the conditions this pair shows.

        The parts are independent, so their squares add.

        Parameters
        ----------
        measure : str
            Name of the measure, in µm or px alike.
        shown : sequence of Shown
            Conditions of the regions the measure is taken over; the mean square counts.
        follows : float
            By how much the measure's log ratio follows that of the size of all pores.

        Returns
        -------
        float
            wSD of the natural log; NaN for a measure the calibration does not hold.
        """
        name = _with_scale(measure)
        square = self._own_square(name, shown)
        if self.apart_from_size and name != SIZE:
            square += follows**2 * self._own_square(SIZE, shown)
        return max(math.sqrt(square), self.floor) if math.isfinite(square) else math.nan

    def _own_square(self, name: str, shown: Sequence[Shown]) -> float:
        square = self.wsd_log.get(name, math.nan) ** 2
        if not shown:
            return square
        blur = float(np.mean([one.relative_blur_px for one in shown]))
        lost = float(np.mean([one.decorrelation for one in shown]))
        square += (self.per_blur_px * blur) ** 2 + (self.per_decorrelation * lost) ** 2
        figures = [one.figures() for one in shown]
        square += sum(
            one.added(name, [figure[condition] for figure in figures])
            for condition, one in self.conditions.items()
        )
        if self.apart_from_size and name == SIZE:
            square *= float(np.mean([one.stretch**2 for one in shown]))
        return square


def _with_scale(measure: str) -> str:
    return measure.replace("_px", "_um").replace("density_mpx", "density_cm2")


def default_repeatability() -> Repeatability:
    """Return the project's own figures, measured by ``poremetrics validate``."""
    text = resources.files("poremetrics.change").joinpath("repeatability.json").read_text("utf-8")
    return Repeatability.model_validate_json(text)


def parse_repeatability(text: str, name: str = "repeatability file") -> Repeatability:
    """Read a calibration written by ``poremetrics repeatability``.

    Parameters
    ----------
    text : str
        JSON.
    name : str
        How the file is called in error messages.

    Returns
    -------
    Repeatability
        What the text says.

    Raises
    ------
    UsageError
        Not JSON, an unknown or missing key, a value out of range, or a newer format.
    """
    try:
        json.loads(text, parse_constant=_refuse_constant)
        found = Repeatability.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        raise UsageError(
            name, f"{key}: {first['msg']}", "write it anew with `poremetrics repeatability`"
        ) from error
    except (ValueError, RecursionError) as error:  # RecursionError: nested thousands deep
        raise UsageError(
            name, f"not valid JSON ({error})", "write it anew with `poremetrics repeatability`"
        ) from error
    unknown = sorted(set(found.conditions) - {one.name for one in fields(Shown)})
    if unknown:
        raise UsageError(name, f"conditions.{unknown[0]}: no such condition", "leave it out")
    groups = [("wsd_log", found.wsd_log, _LARGEST_WSD)]
    for key, one in found.conditions.items():
        groups.append((f"conditions.{key}.wsd_log", one.wsd_log, _LARGEST_SLOPE))
    for group, values, largest in groups:
        for key, value in values.items():
            if not 0.0 <= value <= largest:
                raise UsageError(
                    name, f"{group}.{key}: must lie from 0 to {largest:g}", "correct that value"
                )
    return found


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that JSON knows")
