"""One person over all visits: long tables, timeline, lives of pores, filmstrips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.change import HEADLINE
from poremetrics.columns import table
from poremetrics.settings import Settings
from poremetrics.settings.study import StudySettings
from poremetrics.study import tables
from poremetrics.study.identity import Register
from poremetrics.study.plan import Pair, Series, too_early
from poremetrics.study.records import PairResult
from poremetrics.study.trend import trends

HEADLINE_NAMES = tuple(dict.fromkeys(name for one in HEADLINE for name in (one.name, one.name_px)))
"""Names of the headline measures, with and without a scale."""
_MISSING = PairResult(failure="died", reason="has no result yet")


@dataclass(frozen=True, slots=True, eq=False)
class Filmstrip:
    """The same pore over the visits.

    Attributes
    ----------
    pore_id : int
        As in the table of pores.
    region : str
        Where it lies.
    frames : mapping of visit to (side, side, 3) uint8
        sRGB patches on the baseline's grid, in order of time; visits that do not show it are left
        out.
    """

    pore_id: int
    region: str
    frames: Mapping[str, npt.NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, eq=False)
class SeriesResult:
    """One person's, or one side's, visits together.

    Attributes
    ----------
    subject, side : str
        Codes of the manifest.
    treatment_dates : tuple of date
        Days of treatment, where they can be told.
    visits, pores, changes, quality, timeline, lives, trends, pairs : DataFrame
        Columns of :mod:`poremetrics.study.tables`.
    filmstrips : tuple of Filmstrip
        Clearest pores first.
    notes : mapping of visit to tuple of str
        What the comparison with the baseline noted.
    settings : Settings
        Tunables.
    """

    subject: str
    side: str
    treatment_dates: tuple[date, ...]
    visits: pd.DataFrame
    pores: pd.DataFrame
    changes: pd.DataFrame
    quality: pd.DataFrame
    timeline: pd.DataFrame
    lives: pd.DataFrame
    trends: pd.DataFrame
    pairs: pd.DataFrame
    filmstrips: tuple[Filmstrip, ...]
    notes: Mapping[str, tuple[str, ...]]
    settings: Settings


def assemble(
    series: Series, load: Callable[[Pair], PairResult | None], settings: Settings
) -> SeriesResult:
    """Put the pairs of one series together.

    Parameters
    ----------
    series : Series
        The plan.
    load : callable
        Returns the stored result of a pair, None where there is none.
    settings : Settings
        Tunables.
    """
    heads = _heads(series, settings)
    results = {pair: load(pair) or _MISSING for pair in series.pairs}
    changes = _joined(series, heads, results, "changes", tables.STUDY_CHANGES)
    timeline = _timeline(heads, changes)
    pores, register = _pores(heads, results, settings)
    return SeriesResult(
        subject=series.subject,
        side=series.side,
        treatment_dates=series.treatment_dates,
        visits=_visits(series, heads),
        pores=pores,
        changes=changes,
        quality=_joined(series, heads, results, "quality", tables.STUDY_QUALITY),
        timeline=timeline,
        lives=_lives(series, pores),
        trends=trends(timeline, settings),
        pairs=_pairs(series, results),
        filmstrips=_filmstrips(series, results, register, settings.study),
        notes={
            series.visits[pair.after].visit: tuple(str(note) for note in notes)
            for pair, result in results.items()
            if pair.before == 0 and isinstance(notes := result.facts.get("notes"), list) and notes
        },
        settings=settings,
    )


def _heads(series: Series, settings: Settings) -> pd.DataFrame:
    """Return what every row of a visit begins with: a row per visit, columns ``tables.VISIT``."""
    first = series.visits[0].date
    treated = series.treatment_dates[0] if series.treatment_dates else None
    rows: list[Mapping[str, object]] = [
        {
            "subject": series.subject,
            "side": series.side,
            "visit": visit.visit,
            "date": visit.date.isoformat(),
            "days_since_baseline": (visit.date - first).days,
            "days_since_first_treatment": (visit.date - treated).days if treated else pd.NA,
            "days_since_treatment": (
                np.nan if visit.days_since_treatment is None else visit.days_since_treatment
            ),
            "treatment": visit.treatment,
            "sessions": sessions,
            "too_early": too_early(visit, settings),
        }
        for visit, sessions in zip(series.visits, series.sessions, strict=True)
    ]
    return table(rows, tables.VISIT)


def _visits(series: Series, heads: pd.DataFrame) -> pd.DataFrame:
    baseline = np.arange(len(heads)) == 0
    control = [visit.control for visit in series.visits]
    return table(heads.assign(baseline=baseline, control=control), tables.VISITS)


def _stack(
    heads: pd.DataFrame,
    parts: Sequence[tuple[int, pd.DataFrame]],
    schema: Mapping[str, str],
) -> pd.DataFrame:
    """Return the rows of all parts, each behind what is known of its visit.

    One join for all parts: of short tables, the number of calls is what takes the time.
    """
    filled = [(visit, part) for visit, part in parts if len(part)]
    if not filled:
        return _nothing(schema)
    rows = pd.concat([part for _, part in filled], ignore_index=True)
    visits = np.repeat([visit for visit, _ in filled], [len(part) for _, part in filled])
    behind = heads.take(visits).reset_index(drop=True)
    return table(pd.concat([behind, rows], axis=1), schema)


def _nothing(schema: Mapping[str, str]) -> pd.DataFrame:
    return table([], schema)


def _joined(
    series: Series,
    heads: pd.DataFrame,
    results: Mapping[Pair, PairResult],
    name: str,
    schema: Mapping[str, str],
) -> pd.DataFrame:
    """Return one table of all pairs, each row with its visit and what it is compared with."""
    found = [
        (
            pair.after,
            result.tables[name].assign(
                against=against, against_visit=series.visits[pair.before].visit
            ),
        )
        for pair, result in results.items()
        if name in result.tables
        for against in pair.against
    ]
    return _stack(heads, found, schema)


def _timeline(heads: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    headline = changes[changes["metric"].isin(HEADLINE_NAMES)]
    key = ["visit", "region", "metric"]
    since = headline[headline["against"].eq("baseline")]
    step = headline[headline["against"].eq("previous")].rename(
        columns={
            "change_pct": "step_pct",
            "ci_low_pct": "step_low_pct",
            "ci_high_pct": "step_high_pct",
            "verdict": "step_verdict",
        }
    )
    steps = ["step_pct", "step_low_pct", "step_high_pct", "step_verdict"]
    joined = since.merge(step[[*key, *steps]], on=key, how="left")
    joined["step_verdict"] = joined["step_verdict"].fillna("")
    if joined.empty:
        return _nothing(tables.TIMELINE)
    whole = pd.concat([_baseline_rows(heads, joined), joined], ignore_index=True)
    return table(whole, tables.TIMELINE)


def _baseline_rows(heads: pd.DataFrame, joined: pd.DataFrame) -> pd.DataFrame:
    """Return the start of every line: no change, by definition, and no interval."""
    lines = joined[["region", "metric", "unit"]].drop_duplicates()
    start = lines.assign(change_pct=0.0, verdict="", step_verdict="")
    own = [name for name in tables.TIMELINE if name not in tables.VISIT]
    return _stack(heads, [(0, start.reindex(columns=own))], tables.TIMELINE)


def _sightings(result: PairResult) -> pd.DataFrame:
    """Return the pores of one pair, one row each, in both photos where they are in both."""
    links = result.tables["links"]
    pores = result.tables["pores"]
    sides = {
        side: pores[pores["photo"].eq(side)].set_index("pore_id") for side in ("before", "after")
    }
    both = links.join(sides["before"].add_suffix("_0"), on="before_id").join(
        sides["after"].add_suffix("_1"), on="after_id"
    )
    for name in ("region", "x_ref_px", "y_ref_px"):
        both[name] = both[f"{name}_0"].where(both["before_id"].notna(), both[f"{name}_1"])
    ratios = result.facts.get("scale_ratio")
    ratio = both["region"].map(ratios if isinstance(ratios, dict) else {}).astype("float64")
    both["diameter_ref_px_0"] = both["diameter_px_0"]
    both["diameter_ref_px_1"] = both["diameter_px_1"] / ratio
    both["diameter_ref_px"] = both["diameter_ref_px_0"].fillna(both["diameter_ref_px_1"])
    return both.reset_index(drop=True)


_COPIED = (
    "x_px",
    "y_px",
    "diameter_px",
    "diameter_um",
    "diameter_err_px",
    "area_px2",
    "contrast",
    "elongation",
    "snr",
    "flags",
)


def _pores(
    heads: pd.DataFrame,
    results: Mapping[Pair, PairResult],
    settings: Settings,
) -> tuple[pd.DataFrame, Register]:
    register = Register()
    baseline: list[pd.DataFrame] = []
    followed: list[tuple[int, pd.DataFrame]] = []
    for pair, result in results.items():
        if pair.before != 0 or "links" not in result.tables:
            continue
        both = _sightings(result)
        both["pore_id"] = register.recognise(both, settings.study)
        baseline.append(_baseline_sightings(both))
        followed.append((pair.after, _later_sightings(both)))
    if not baseline:
        return _nothing(tables.PORES), register
    # A pore of the baseline photo is listed as the earliest pair found it.
    first = pd.concat(baseline, ignore_index=True).drop_duplicates("pore_id", keep="first")
    return _stack(heads, [(0, first.sort_values("pore_id")), *followed], tables.PORES), register


def _baseline_sightings(both: pd.DataFrame) -> pd.DataFrame:
    here = both[both["before_id"].notna()]
    return _columns_of(here, "_0").assign(
        status="baseline", diameter_change_pct=np.nan, contrast_change_pct=np.nan
    )


def _later_sightings(both: pd.DataFrame) -> pd.DataFrame:
    # Both diameters on the baseline's grid: the ratio must not hold a change of distance.
    changes = {
        "diameter_change_pct": both["diameter_ref_px_1"] / both["diameter_ref_px_0"],
        "contrast_change_pct": both["contrast_1"] / both["contrast_0"],
    }
    changes = {name: 100.0 * (ratio - 1.0) for name, ratio in changes.items()}
    later = _columns_of(both, "_1").assign(status=both["status"], **changes)
    return later.sort_values("pore_id")


def _columns_of(both: pd.DataFrame, suffix: str) -> pd.DataFrame:
    kept = both[["pore_id", "region", "x_ref_px", "y_ref_px"]]
    own = both[[f"{name}{suffix}" for name in _COPIED]].set_axis(list(_COPIED), axis=1)
    return pd.concat([kept, own.assign(flags=own["flags"].fillna(""))], axis=1)


def _lives(series: Series, pores: pd.DataFrame) -> pd.DataFrame:
    """Return what became of every pore over the visits."""
    if pores.empty:
        return table([], tables.LIVES)
    order = {visit.visit: number for number, visit in enumerate(series.visits)}
    frame = pores.assign(
        number=pores["visit"].map(order), seen=pores["status"].ne("lost") & pores["x_px"].notna()
    ).sort_values(["pore_id", "number"], kind="stable")
    # The baseline photo does not show a pore that is new at a later visit: it is measured there.
    grouped = frame.groupby("pore_id", sort=True)
    lives = grouped.agg(
        region=("region", "first"),
        x_ref_px=("x_ref_px", "first"),
        y_ref_px=("y_ref_px", "first"),
        visits_measured=("number", "size"),
        visits_seen=("seen", "sum"),
        last_seen=("seen", "last"),
    )
    seen = frame[frame["seen"]].groupby("pore_id")["visit"]
    lives["first_visit"] = seen.first().reindex(lives.index).fillna("")
    lives["last_visit"] = seen.last().reindex(lives.index).fillna("")
    born_later = frame.groupby("pore_id")["status"].first().reindex(lives.index).eq("new")
    lives["fate"] = np.select(
        [
            lives["visits_measured"].eq(1),
            lives["visits_seen"].eq(lives["visits_measured"]) & born_later,
            lives["visits_seen"].eq(lives["visits_measured"]),
            ~lives["last_seen"].astype(bool) & _once_lost(frame).reindex(lives.index),
        ],
        ["seen once", "new", "stays", "lost"],
        "comes and goes",
    )
    whole = lives.reset_index().assign(subject=series.subject, side=series.side)
    return table(whole, tables.LIVES)


def _once_lost(frame: pd.DataFrame) -> pd.Series:
    """Return, per pore, whether it stayed away from the first visit that missed it."""
    gone = (~frame["seen"]).groupby(frame["pore_id"]).cummax()
    back = (gone & frame["seen"]).groupby(frame["pore_id"]).any()
    return ~back


def _pairs(series: Series, results: Mapping[Pair, PairResult]) -> pd.DataFrame:
    rows: list[Mapping[str, object]] = [
        {
            "subject": series.subject,
            "side": series.side,
            "visit": series.visits[pair.after].visit,
            "against": against,
            "against_visit": series.visits[pair.before].visit,
            "status": result.failure or "compared",
            "reason": result.reason,
        }
        for pair, result in results.items()
        for against in pair.against
    ]
    return table(rows, tables.PAIRS)


def _filmstrips(
    series: Series,
    results: Mapping[Pair, PairResult],
    register: Register,
    settings: StudySettings,
) -> tuple[Filmstrip, ...]:
    """Return the pores of which most visits hold a patch; the register knows them all."""
    frames: dict[tuple[int, str], dict[str, npt.NDArray[np.uint8]]] = {}
    baseline = series.visits[0].visit
    for pair, result in results.items():
        places = result.tables.get("places")
        if pair.before != 0 or places is None or places.empty:
            continue
        ids = register.recognise(places, settings)
        for pore_id, region, patch in zip(ids, places["region"], result.patches, strict=True):
            strip = frames.setdefault((int(pore_id), str(region)), {baseline: patch[0]})
            strip[series.visits[pair.after].visit] = patch[1]
    longest = max((len(strip) for strip in frames.values()), default=0)
    return tuple(
        Filmstrip(pore_id, region, strip)
        for (pore_id, region), strip in frames.items()
        if len(strip) == longest
    )
