"""What two photos of unchanged skin differ by.

Repeatability coefficient ``RC = 1.96 * sqrt(2) * wSD`` on natural-log ratios, with wSD the
within-subject standard deviation (wording of the Quantitative Imaging Biomarkers Alliance).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from importlib import resources

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from poremetrics.errors import UsageError
from poremetrics.model import Conditions

FORMAT = 2
"""2: agreement between persons, ``subjects`` and ``icc``; files of format 1 are still read."""
_LARGEST_WSD = 5.0
"""A standard deviation of e^5 is no repeatability; far larger ones overflow."""
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
        Added wSD per pixel of relative blur that had to be matched.
    per_decorrelation : float
        Added wSD per unit of ``1 - correlation`` of the matched skins.
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
    subjects: int = Field(1, ge=1)
    icc: Mapping[str, Agreement] = Field(default_factory=dict)

    def wsd(self, measure: str, conditions: Sequence[Conditions] = ()) -> float:
        """Return the wSD of a measure under the conditions this pair shows.

        The three parts are independent, so their squares add.

        Parameters
        ----------
        measure : str
            Name of the measure, in µm or px alike.
        conditions : sequence of Conditions
            Of the regions the measure is taken over; the mean counts.

        Returns
        -------
        float
            wSD of the natural log; NaN for a measure the calibration does not hold.
        """
        base = self.wsd_log.get(_with_scale(measure), math.nan)
        if not conditions:
            return base
        blur = float(np.mean([abs(one.relative_blur_px) for one in conditions]))
        lost = float(np.mean([1.0 - one.correlation for one in conditions]))
        return math.hypot(base, self.per_blur_px * blur, self.per_decorrelation * lost)


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
    bad = [key for key, value in found.wsd_log.items() if not 0.0 <= value <= _LARGEST_WSD]
    if bad:
        raise UsageError(
            name, f"wsd_log.{bad[0]}: must lie from 0 to {_LARGEST_WSD:g}", "correct that value"
        )
    return found


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that JSON knows")
