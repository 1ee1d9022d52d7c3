"""Who and what was left out, and why: the flow table that CONSORT asks of a trial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from poremetrics.change import CHECKS
from poremetrics.columns import table
from poremetrics.study import tables
from poremetrics.study.manifest import Manifest, Visit
from poremetrics.study.series import SeriesResult

_FAILED: Mapping[str, str] = {
    "photo": "a photo could not be read",
    "skin": "no usable skin in a photo",
    "option": "the pair cannot be run with these options",
    "unexpected": "the tool failed over the pair",
    "died": "the worker died over the pair",
    "changed": "a photo was changed or removed while the study ran",
}


Photo = tuple[str, str]
"""A photo as it is counted: the person's code, and why it was lost or which visit it is."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What became of photos that were run.

    Attributes
    ----------
    lost : tuple of (subject, reason)
        Photos that were not analysed.
    kept : tuple of (subject, visit)
        Photos that were, baselines among them.
    """

    lost: tuple[Photo, ...]
    kept: tuple[Photo, ...]


def exclusions(
    manifest: Manifest,
    dropped: Mapping[int, str],
    used: Sequence[Visit],
    flow: Flow,
) -> pd.DataFrame:
    """Return the flow of photos from the manifest to the analysis.

    Parameters
    ----------
    manifest : Manifest
        As read.
    dropped : mapping of int to str
        Good rows left out, by line, and why.
    used : sequence of Visit
        Rows that were run.
    flow : Flow
        What became of those, all series together.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.study.tables.EXCLUSIONS`; rows that are not ``left_out`` tell
        what remains. Every photo is counted once among the steps after the manifest.
    """
    listed = {visit.subject for visit in manifest.visits} | {
        problem.subject for problem in manifest.problems if problem.subject
    }
    bad_rows: dict[int, tuple[str, str]] = {}
    for problem in manifest.problems:
        bad_rows.setdefault(problem.line, (problem.subject, f"bad row: {problem.kind}"))
    rows = [_row("listed in the manifest", "", listed, manifest.rows, left_out=False)]
    rows += _counted("manifest", bad_rows.values())
    by_line = {visit.line: visit for visit in manifest.visits}
    rows += _counted("manifest", [(by_line[line].subject, why) for line, why in dropped.items()])
    rows.append(_row("run", "", {visit.subject for visit in used}, len(used), left_out=False))
    rows += _counted("comparison with the baseline", flow.lost)
    analysed = {subject for subject, _ in flow.kept}
    rows.append(_row("analysed with the baseline", "", analysed, len(flow.kept), left_out=False))
    return table(rows, tables.EXCLUSIONS)


def _row(
    step: str, reason: str, subjects: Iterable[str], photos: int, *, left_out: bool
) -> Mapping[str, object]:
    return {
        "step": step,
        "reason": reason,
        "subjects": len(set(subjects)),
        "photos": photos,
        "left_out": left_out,
    }


def _counted(step: str, found: Iterable[tuple[str, str]]) -> list[Mapping[str, object]]:
    """Return one row per reason, the commonest first."""
    by_reason: dict[str, list[str]] = {}
    for subject, reason in found:
        by_reason.setdefault(reason, []).append(subject)
    ordered = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        _row(step, reason, set(subjects) - {""}, len(subjects), left_out=True)
        for reason, subjects in ordered
    ]


def followed(result: SeriesResult) -> Flow:
    """Return the photos of one series that were lost, with the reason, and those analysed."""
    subject = result.subject
    reasons = _reasons(result)
    lost = [(subject, reason) for reason in reasons.values() if reason]
    analysed = [(subject, visit) for visit, reason in reasons.items() if not reason]
    if analysed:
        kept = [(subject, str(result.visits["visit"].iloc[0])), *analysed]
        return Flow(tuple(lost), tuple(kept))
    why = "baseline without a follow-up that can be analysed"
    return Flow((*lost, (subject, why if reasons else "only one photo of the person")), ())


def _reasons(result: SeriesResult) -> dict[str, str]:
    """Return, per follow-up, why it is not analysed; empty where it is."""
    status = result.pairs[result.pairs["against"].eq("baseline")].set_index("visit")["status"]
    early = dict(zip(result.visits["visit"], result.visits["too_early"], strict=True))
    found: dict[str, str] = {}
    for visit, failure in status.items():
        name = str(visit)
        if failure != "compared":
            found[name] = _FAILED[str(failure)]
        elif early[name]:
            found[name] = "taken too early after a treatment"
        else:
            found[name] = _not_comparable(result, name)
    return found


def _not_comparable(result: SeriesResult, visit: str) -> str:
    """Return the checks over which no region of a visit could be compared."""
    of_visit = result.changes["visit"].eq(visit) & result.changes["against"].eq("baseline")
    whole = result.changes[of_visit & result.changes["region"].eq("all")]
    headline = whole[whole["verdict"].ne("")]
    if len(headline) and not headline["verdict"].eq("not comparable").all():
        return ""
    quality = result.quality
    refusing = [name for name, check in CHECKS.items() if check.refuses]
    failed = quality[
        quality["visit"].eq(visit)
        & quality["against"].eq("baseline")
        & ~quality["ok"]
        & quality["check"].isin(refusing)
    ]
    names = ", ".join(dict.fromkeys(failed["check"])) or "too few pores"
    return f"not comparable with the baseline: {names}"
