"""Carrying out single cases; each function runs in a worker and returns rows of tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from poremetrics import pores
from poremetrics.columns import is_pore
from poremetrics.compare import compare, measure
from poremetrics.errors import PoremetricsError
from poremetrics.model import Comparison
from poremetrics.settings import Settings
from poremetrics.synthetic import (
    PEERS,
    Recipe,
    Rgb,
    SyntheticSkin,
    as_row,
    best_peers,
    flattened,
    make_skin,
    photograph,
    reshoot,
    score,
    score_by_size,
    score_fates,
    score_links,
)
from poremetrics.validate.calibration import recorded
from poremetrics.validate.subjects import SKINS, Accuracy, Pair, varied
from poremetrics.workers import one_thread_each

Row = Mapping[str, object]

MEASURES = ("count", "coverage_pct", "diameter_um_matched", "contrast_matched")
"""Changes followed through perturbations, nulls and power."""
_VISIBLE_UM = 250.0  # smallest diameter of a visible pore (Flament et al. 2015)
_MARGIN_MM = 1.0  # pores this close to the frame need not be found
_OURS = "poremetrics"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that one case adds to the tables."""

    table: str
    rows: tuple[Row, ...]


@one_thread_each()
def run_accuracy(case: Accuracy) -> list[Rows]:
    """Find the pores of one picture and score them, with the peers on the same picture."""
    shot = photographed(case, case.recipe)
    cell = {
        "skin": case.skin,
        "tone": case.tone,
        "px_per_mm": case.px_per_mm,
        "contrast": case.contrast,
    }
    border = frame_of(case)
    found = _pores(measure(shot.picture, view="closeup", mm_per_px=1 / case.px_per_mm).pores)
    ours = score(found, shot.truth, border=border)
    visible = int(shot.truth["visible"].sum())
    on_marks = _share_on_marks(found, shot)
    rows = [
        Rows("accuracy", ({**cell, "visible": visible, **as_row(ours), "on_marks_pct": on_marks},)),
        Rows(
            "by_size",
            tuple(
                {**cell, **{str(name): value for name, value in row.items()}}
                for row in score_by_size(found, shot.truth, border=border).to_dict("records")
            ),
        ),
    ]
    if case.peers:
        best = best_peers(shot.picture, shot.truth, case.px_per_mm, border=border)
        peers = [{**cell, "detector": _OURS, "threshold": np.nan, **as_row(ours)}]
        peers += [
            {**cell, "detector": one.peer, "threshold": one.threshold, **as_row(one.score)}
            for one in best
        ]
        rows.append(Rows("peers", tuple(peers)))
    return rows


def photographed(case: Accuracy, recipe: Recipe) -> SyntheticSkin:
    """Return a photo of skin, by the camera and the random numbers of a case.

    Parameters
    ----------
    case : Accuracy
        Camera and seed.
    recipe : Recipe
        That of the case, or a change of it.
    """
    for_skin, for_noise = np.random.default_rng(case.seed).spawn(2)
    return photograph(make_skin(for_skin, recipe), case.camera, for_noise)


def frame_of(case: Accuracy) -> tuple[int, int, float]:
    """Return frame and margin of scoring in pixels: the border of close-ups and a millimetre."""
    settings = Settings().face
    frame = settings.closeup_border * min(case.width_px, case.height_px)
    return case.width_px, case.height_px, frame + _MARGIN_MM * case.px_per_mm


@one_thread_each()
def run_pair(case: Pair) -> list[Rows]:
    """Photograph a subject twice and compare."""
    before, after, picture = shots(case)
    mm_per_px = 1 / case.before.px_per_mm
    row: dict[str, object] = {
        "kind": case.kind,
        "strength": case.strength,
        "skin": case.skin,
        "tone": case.tone,
        "effect": case.effect,
        "level_pct": case.level_pct,
        "px_per_mm": case.before.px_per_mm,
        "blur_px": case.before.blur_px,
    }
    if not case.other_person:
        row |= _true_changes(before, after)
    try:
        result = compare(before.picture, picture, view="closeup", mm_per_px=mm_per_px)
        row |= _said(result)
        if case.nuisance is None and not case.other_person:
            row |= _links(result, before, after) | _fates(result, before, after)
    except PoremetricsError as error:
        row |= {f"{name}_verdict": "not comparable" for name in MEASURES}
        row |= {"refused_by": error.reason}
    if case.naive:
        row |= _naive(case, before, picture)
    return [Rows("pairs", (row,))]


def shots(case: Pair) -> tuple[SyntheticSkin, SyntheticSkin, Rgb]:
    """Photograph the subject of a pair twice.

    Parameters
    ----------
    case : Pair
        Subject, cameras, treatment and nuisance.

    Returns
    -------
    before, after : SyntheticSkin
        Both photos with what is true of them.
    picture : (h, w, 3) uint8
        The after photo once its nuisance has been applied.
    """
    for_skin, for_before, for_after, for_other = np.random.default_rng(case.seed).spawn(4)
    kind = SKINS[case.skin]
    recipe = replace(
        varied(np.random.default_rng([case.seed, 1]), kind) if case.varied else kind,
        width_mm=case.before.width_px / case.before.px_per_mm,
        height_mm=case.before.height_px / case.before.px_per_mm,
        grain_px_per_mm=max(case.before.px_per_mm, case.after.px_per_mm),
        tone=case.tone,
    )
    if case.pores_per_cm2 is not None:
        recipe = replace(recipe, pores_per_cm2=case.pores_per_cm2)
    skin = make_skin(for_skin, recipe)
    before = photograph(skin, case.before, for_before)
    second = make_skin(for_other, recipe) if case.other_person else skin
    after = photograph(second, case.after, for_after, case.treatment)
    picture = reshoot(after.picture, case.nuisance).pixels if case.nuisance else after.picture
    return before, after, picture


def _pores(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that count as pores."""
    return table[is_pore(table)].reset_index(drop=True)


def _share_on_marks(found: pd.DataFrame, shot: SyntheticSkin) -> float:
    """Return the share of finds whose centre lies on a freckle, mole, acne mark or hair, in %.

    Marks lie over pores too, so a find counts only if no pore that is present lies there.
    """
    if found.empty or shot.distractors.empty:
        return 0.0
    xy = found[["x_px", "y_px"]].to_numpy(np.float64)
    marks = shot.distractors
    off = xy[:, None] - marks[["x_px", "y_px"]].to_numpy(np.float64)[None]
    angle = np.deg2rad(marks["angle_deg"].to_numpy(np.float64))
    along = off[..., 0] * np.cos(angle) + off[..., 1] * np.sin(angle)
    across = off[..., 1] * np.cos(angle) - off[..., 0] * np.sin(angle)
    half = marks[["length_px", "width_px"]].to_numpy(np.float64).T / 2 + 1.0
    on_mark = ((np.abs(along) <= half[0]) & (np.abs(across) <= half[1])).any(axis=1)
    present = shot.truth[shot.truth["present"]]
    gap = np.linalg.norm(
        xy[on_mark][:, None] - present[["x_px", "y_px"]].to_numpy(np.float64)[None], axis=2
    )
    lonely = (gap > present["diameter_px"].to_numpy(np.float64)).all(axis=1)
    return 100.0 * float(lonely.sum()) / len(found)


def _true_changes(before: SyntheticSkin, after: SyntheticSkin) -> dict[str, float]:
    """Return the true changes in percent over the pores that lie in both pictures.

    Pores that physics hides in both photos are no part of the appearance that is measured.
    """
    one, two = before.truth, after.truth
    seen = (one["inside"] & two["inside"] & (one["visible"] | two["visible"])).to_numpy(bool)
    sizes = [table["diameter_um"].to_numpy(np.float64)[seen] for table in (one, two)]
    large = [np.nan_to_num(size) >= _VISIBLE_UM for size in sizes]
    areas = [(size[big] ** 2).sum() for size, big in zip(sizes, large, strict=True)]
    with np.errstate(invalid="ignore"):
        both = np.sqrt(sizes[0] * sizes[1]) >= _VISIBLE_UM
    ratio = np.log(sizes[1][both] / sizes[0][both])
    contrast = [table["contrast"].to_numpy(np.float64)[seen][both] for table in (one, two)]
    return {
        "count_true_pct": 100.0 * (large[1].sum() / large[0].sum() - 1.0),
        "coverage_pct_true_pct": 100.0 * float(areas[1] / areas[0] - 1.0),
        "diameter_um_matched_true_pct": 100.0 * float(np.expm1(ratio.mean())),
        "contrast_matched_true_pct": 100.0
        * float(np.expm1(np.log(contrast[1] / contrast[0]).mean())),
    }


def _said(result: Comparison) -> dict[str, object]:
    """Return what the tool said about the changes of the one region."""
    changes, quality = result.changes, result.quality
    row = recorded(changes[changes["region"] == "closeup"], quality)
    failed = result.quality.loc[~result.quality["ok"], "check"]
    row["refused_by"] = ";".join(sorted(set(failed.astype(str))))
    row["n_pores"] = int((result.links["status"] == "matched").sum())
    return row


def _links(result: Comparison, before: SyntheticSkin, after: SyntheticSkin) -> dict[str, object]:
    """Return precision and recall of the links."""
    # A pore found in one photo only and measured by force in the other has one number.
    linked = result.links[result.links["status"] == "matched"].dropna()
    ends = []
    for side, column in (("before", "before_id"), ("after", "after_id")):
        own = result.pores[result.pores["photo"] == side].set_index("pore_id")
        ids = linked[column].to_numpy(np.int64)
        ends.append(own.loc[ids, ["x_px", "y_px"]].to_numpy(np.float64))
    # Only the common area is compared: what one photo shows no skin of has no link to be found.
    aligned = result.alignment.regions[0]
    corner = np.array([aligned.grid.x0, aligned.grid.y0])
    at = (before.truth[["x_px", "y_px"]].to_numpy(np.float64) - corner) / aligned.grid.step_px
    shared = before.truth[pores.inside(aligned.common, at)]
    precision, recall = score_links(ends[0], ends[1], shared, after.truth)
    return {"link_precision": precision.share, "link_recall": recall.share}


def _fates(result: Comparison, before: SyntheticSkin, after: SyntheticSkin) -> dict[str, object]:
    """Return how pores that have gone are told from those that stay; NaN where none are."""
    own = _pores(result.pores[result.pores["photo"] == "before"])
    status = result.links.set_index("before_id")["status"]
    # Found there, and in the common area: of others nothing is said.
    own = own[~own["flags"].str.contains("forced") & own["pore_id"].isin(status.index)]
    gone_told, stay_lost = score_fates(
        own[["x_px", "y_px"]].to_numpy(np.float64),
        status.loc[own["pore_id"]].eq("lost").to_numpy(),
        before.truth,
        after.truth,
    )
    return {"gone_told": gone_told.share, "stay_lost": stay_lost.share}


def _naive(case: Pair, before: SyntheticSkin, picture: Rgb) -> dict[str, object]:
    """Return the changes that each photo measured alone suggests, for us and for ``blob_log``."""
    scale = case.after.px_per_mm / case.before.px_per_mm
    mm_per_px = 1 / case.before.px_per_mm
    values = []
    for pixels, size in ((before.picture, mm_per_px), (picture, mm_per_px / scale)):
        try:
            table = measure(pixels, view="closeup", mm_per_px=size).regions
        except PoremetricsError:
            return {}
        values.append(table.drop_duplicates("metric").set_index("metric")["value"])
    ratio = values[1] / values[0]
    row: dict[str, object] = {
        # Both photos show nearly the same skin; density takes the difference of area out.
        "count_naive_pct": 100.0 * (float(ratio["density_cm2"]) - 1.0),
        "coverage_pct_naive_pct": 100.0 * (float(ratio["coverage_pct"]) - 1.0),
        "diameter_um_matched_naive_pct": 100.0 * (float(ratio["diameter_um_median"]) - 1.0),
    }
    return row | {"count_blob_log_pct": _blob_log_change(case, before, picture, scale)}


def _blob_log_change(case: Pair, before: SyntheticSkin, picture: Rgb, scale: float) -> float:
    """Return the change of density that ``blob_log`` sees at the threshold best before."""
    before_px_per_mm = case.before.px_per_mm
    run = PEERS["blob_log"]
    sweep = run(flattened(before.picture, before_px_per_mm), before_px_per_mm)
    best, blobs = max(sweep, key=lambda one: np.nan_to_num(score(one[1], before.truth).f1))
    after_px_per_mm = before_px_per_mm * scale
    again = run(flattened(picture, after_px_per_mm), after_px_per_mm, [best])[0][1]
    return 100.0 * (len(again) * scale**2 / len(blobs) - 1.0)
