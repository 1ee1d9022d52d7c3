"""The cohort: a linear mixed model of the change, persons as random effects.

The response is the natural log of the ratio to the person's own baseline, so the first difference
of a difference in differences is taken already; the effect of treatment is the second one, treated
skin against control skin.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from poremetrics.change import holm
from poremetrics.columns import table
from poremetrics.errors import UsageError
from poremetrics.settings import Settings
from poremetrics.study import tables
from poremetrics.study.cells import SIDES
from poremetrics.study.series import SeriesResult

Floats = npt.NDArray[np.float64]

RESPONSES: Mapping[str, str] = {
    "subject": "str",
    "unit": "str",
    "visit": "str",
    "side": "str",
    "treatment": "str",
    "treated": "bool",
    "metric": "str",
    "log_ratio": "float64",
}
"""What the model is fitted to; ``unit`` is one person's side or region followed over visits."""

TREATMENT = "treatment"
_NONE = "none"
"""How skin is called for which the manifest names no treatment."""
_CONTROL_OF_SIDE = {"left": "right", "right": "left"}


def responses(results: Iterable[SeriesResult]) -> pd.DataFrame:
    """Return the log ratios of all persons that enter the cohort model.

    Visits that are not comparable or too early after a treatment are left out.

    Parameters
    ----------
    results : iterable of SeriesResult
        All series of a study.

    Returns
    -------
    DataFrame
        Columns of :data:`RESPONSES`.
    """
    found = [frame for result in results for frame in _series_responses(result)]
    return table(pd.concat(found, ignore_index=True) if found else [], RESPONSES)


def _series_responses(result: SeriesResult) -> list[pd.DataFrame]:
    timeline = result.timeline
    usable = timeline[
        ~timeline["too_early"]
        & timeline["verdict"].ne("")
        & timeline["verdict"].ne("not comparable")
        & timeline["change_pct"].gt(-100.0)
    ]
    control = dict(zip(result.visits["visit"], result.visits["control"], strict=True))
    regions = list(dict.fromkeys(usable["region"]))
    frames = []
    for visit, rows in usable.groupby("visit", sort=False):
        for region, treated in _skins(control[str(visit)], result.side, regions):
            skin = rows[rows["region"].isin(region)]
            if skin.empty:
                continue
            log_ratio = np.log1p(skin["change_pct"] / 100.0)
            mean = log_ratio.groupby(skin["metric"], sort=False).mean()
            first = rows.iloc[0]
            frames.append(
                pd.DataFrame(
                    {
                        "subject": first["subject"],
                        "unit": f"{result.side}/{'+'.join(region)}",
                        "visit": str(visit),
                        "side": result.side or _side_of(region),
                        "treatment": first["treatment"],
                        "treated": treated,
                        "metric": mean.index.to_numpy(str),
                        "log_ratio": mean.to_numpy(np.float64),
                    }
                )
            )
    return frames


def _skins(control: str, side: str, regions: Sequence[str]) -> list[tuple[tuple[str, ...], bool]]:
    """Return which regions of a visit are one skin, and whether it was treated."""
    if control in SIDES:
        own, other = f"{control}_cheek", f"{_CONTROL_OF_SIDE[control]}_cheek"
        return [((other,), True), ((own,), False)]
    if control not in ("", "yes"):
        others = tuple(name for name in regions if name not in (control, "all"))
        return [(others, True), ((control,), False)]
    cheek = f"{side}_cheek"
    return [((cheek if side and cheek in regions else "all",), control != "yes")]


def _side_of(regions: Sequence[str]) -> str:
    if len(regions) == 1 and regions[0].split("_")[0] in SIDES:
        return regions[0].split("_")[0]
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """Fixed effects: a column per term, named as in the table."""

    terms: tuple[str, ...]
    matrix: Floats
    groups: int
    """Means over persons the terms ask for: each takes one person from the degrees of freedom."""


def cohort(found: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Fit the mixed model to every headline measure.

    Parameters
    ----------
    found : DataFrame
        Columns of :data:`RESPONSES`.
    settings : Settings
        Confidence; smallest number of persons.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.study.tables.COHORT`: per measure the mean change at every
        visit of untreated skin where there are controls, of all skin otherwise; the effect of
        treatment as a difference in differences; the difference between sides.

    Raises
    ------
    UsageError
        statsmodels is not installed.
    """
    frames = [
        _fitted(str(metric), rows.reset_index(drop=True), settings)
        for metric, rows in found.groupby("metric", sort=False)
        if rows["subject"].nunique() >= settings.study.minimum_subjects
    ]
    whole = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if whole.empty:
        return table([], tables.COHORT)
    # One family per term: seven measures of one effect must not make a false one likely.
    alpha = 1.0 - settings.change.confidence
    known = whole["p_value"].notna()
    whole["detectable"] = False
    for _, rows in whole[known].groupby("term", sort=False):
        whole.loc[rows.index, "detectable"] = holm(rows["p_value"].to_numpy(np.float64), alpha)
    return table(whole, tables.COHORT)


def _design(rows: pd.DataFrame) -> _Design:
    """Return visit, treatment and side as columns, without those that tell nothing more."""
    columns: list[tuple[str, Floats]] = [
        (f"visit {visit}", _indicator(rows["visit"].eq(visit))) for visit in _ordered(rows["visit"])
    ]
    treated = rows["treated"].to_numpy(bool)
    names = _ordered(rows.loc[treated, "treatment"])
    if treated.any() and not treated.all():
        if len(names) > 1:
            columns += [
                (
                    f"{TREATMENT}: {name or _NONE} against control",
                    _indicator(rows["treated"] & rows["treatment"].eq(name)),
                )
                for name in names
            ]
        else:
            columns.append((f"{TREATMENT} against control", _indicator(rows["treated"])))
    else:
        columns += [
            (
                f"{TREATMENT}: {name or _NONE} against {names[0] or _NONE}",
                _indicator(rows["treatment"].eq(name)),
            )
            for name in names[1:]
        ]
    sides = _ordered(rows["side"])
    columns += [
        (
            f"side: {side or 'both'} against {sides[0] or 'both'}",
            _indicator(rows["side"].eq(side)),
        )
        for side in sides[1:]
    ]
    kept: list[tuple[str, Floats]] = []
    for name, column in columns:
        trial = np.stack([one for _, one in [*kept, (name, column)]], axis=1)
        if np.linalg.matrix_rank(trial) == trial.shape[1]:
            kept.append((name, column))
    persons = rows["subject"].to_numpy(str)
    between = [column for _, column in kept if _differs_between(column, persons)]
    return _Design(
        terms=tuple(name for name, _ in kept),
        matrix=np.stack([column for _, column in kept], axis=1),
        groups=int(np.linalg.matrix_rank(np.stack([np.ones(len(rows)), *between], axis=1))),
    )


def _indicator(holds: pd.Series) -> Floats:
    return np.where(holds.to_numpy(bool), 1.0, 0.0)


def _ordered(values: pd.Series) -> list[str]:
    """Return the values sorted, numbers by their size."""
    unique = [str(value) for value in values.unique()]
    return sorted(unique, key=lambda text: (0, int(text), "") if text.isdigit() else (1, 0, text))


def _differs_between(column: Floats, persons: npt.NDArray[np.str_]) -> bool:
    by_person = pd.Series(column).groupby(persons)
    return bool((by_person.max() == by_person.min()).all())


def _fitted(metric: str, rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    design = _design(rows)
    persons = rows["subject"].to_numpy(str)
    number = len(np.unique(persons))
    y = rows["log_ratio"].to_numpy(np.float64)
    spare = len(y) - len(design.terms)
    if spare < 1:
        return pd.DataFrame()
    try:
        parts, note = _variances(y, design, rows)
        effect, covariance = _weighted(y, design.matrix, rows, parts)
    except np.linalg.LinAlgError:
        # E.g. all changes equal to the last digit: there is no spread to judge an effect by.
        parts, note = (math.nan,) * 3, "the model could not be fitted"
        effect = np.full(len(design.terms), math.nan)
        covariance = np.full((len(effect),) * 2, math.nan)
    error = np.sqrt(np.diag(covariance))
    # Containment: a mean over persons has as many degrees of freedom as there are persons to
    # spare; a difference within persons has one per person.
    df = float(max(min(number - design.groups, spare), 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2.0 * special.stdtr(df, -np.abs(effect / error))
    half = special.stdtrit(df, 0.5 + settings.change.confidence / 2.0) * error
    return pd.DataFrame(
        {
            "metric": metric,
            "term": design.terms,
            "effect_pct": 100.0 * np.expm1(effect),
            "ci_low_pct": 100.0 * np.expm1(effect - half),
            "ci_high_pct": 100.0 * np.expm1(effect + half),
            "p_value": p_value,
            "subjects": number,
            "observations": len(y),
            "df": df,
            "sd_subjects_pct": 100.0 * math.expm1(math.sqrt(parts[0])),
            "sd_within_pct": 100.0 * math.expm1(math.sqrt(parts[1] + parts[2])),
            "note": note,
        }
    )


_NO_SPREAD = 1e-9
"""Standard deviation of a log ratio below which only rounding is left."""
_Parts = tuple[float, float, float]
"""Variances between persons, between the units of a person, and of single visits."""


def _variances(y: Floats, design: _Design, rows: pd.DataFrame) -> tuple[_Parts, str]:
    """Estimate the variance components by restricted maximum likelihood."""
    persons = rows["subject"].to_numpy(str)
    units = (rows["subject"] + "\n" + rows["unit"]).to_numpy(str)
    residual = y - design.matrix @ np.linalg.lstsq(design.matrix, y, rcond=None)[0]
    variance = float(residual @ residual) / (len(y) - len(design.terms))
    if math.sqrt(variance) < _NO_SPREAD:
        raise np.linalg.LinAlgError("no spread")
    if len(np.unique(persons)) == len(y):
        return (0.0, 0.0, variance), "one photo per person: persons and visits are not told apart"
    several_units = 1 < len(np.unique(units)) > len(np.unique(persons))
    nested = several_units and len(np.unique(units)) < len(y)
    try:
        from poremetrics.study.mixed import variance_components  # noqa: PLC0415 - slow to load
    except ImportError as error:
        raise UsageError(
            "study", "the cohort model needs statsmodels", "pip install 'poremetrics[study]'"
        ) from error
    parts = variance_components(y, design.matrix, persons, units if nested else None)
    return parts, "" if parts[0] > 0 else "no spread between persons beyond that of visits"


def _weighted(
    y: Floats, matrix: Floats, rows: pd.DataFrame, parts: _Parts
) -> tuple[Floats, Floats]:
    """Return the fixed effects and their covariance, given the variance components."""
    between, nested, within = parts
    information = np.zeros((matrix.shape[1],) * 2)
    score = np.zeros(matrix.shape[1])
    units = rows["unit"].to_numpy(str)
    for positions in rows.groupby("subject", sort=False).indices.values():
        same_unit = units[positions][:, None] == units[positions][None, :]
        covariance = between + nested * same_unit + within * np.eye(len(positions))
        x = matrix[positions]
        weighted = np.linalg.solve(covariance, x)
        information += x.T @ weighted
        score += weighted.T @ y[positions]
    inverse = np.linalg.inv(information)
    return np.asarray(inverse @ score, np.float64), np.asarray(inverse, np.float64)
