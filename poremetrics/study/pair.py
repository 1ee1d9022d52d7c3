"""The work on one pair, wherever it runs: compare, keep the result, tell how it went."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from poremetrics.columns import is_pore, table
from poremetrics.compare import compare
from poremetrics.errors import PhotoError, SkinError, UsageError
from poremetrics.model import Comparison, FloatImage, Photo, RegionAlignment
from poremetrics.provenance import provenance
from poremetrics.settings.study import StudySettings
from poremetrics.study import store
from poremetrics.study.records import Failure, Outcome, PairResult, Patches, Task
from poremetrics.workers import one_core

PLACES: Mapping[str, str] = {
    "region": "str",
    "x_ref_px": "float64",
    "y_ref_px": "float64",
    "diameter_ref_px": "float64",
}
"""Where the patches of filmstrips lie on the before photo."""
_KEPT = ("pores", "links", "regions", "changes", "quality")


@one_core()
def run_pair(task: Task) -> Outcome:
    """Compare one pair and keep the result in the task's store.

    Parameters
    ----------
    task : Task
        What to compare.

    Returns
    -------
    Outcome
        Never raises over a photo: what went wrong is told, and kept where it would go wrong again.

    Raises
    ------
    UsageError
        This worker has other versions than the study was planned with, or cannot write the store.
    """
    _same_versions(task)
    began = time.perf_counter()
    try:
        result = _compared(task)
    except _ChangedPhotoError as error:
        return Outcome(task.key, "changed", str(error), time.perf_counter() - began)
    except (PhotoError, SkinError, UsageError) as error:
        kind: Failure = (
            "photo"
            if isinstance(error, PhotoError)
            else "skin"
            if isinstance(error, SkinError)
            else "option"
        )
        result = PairResult(failure=kind, reason=str(error))
    except Exception as error:
        # A fault of the tool costs this pair only; it is not kept, so that a mended tool tries it.
        reason = f"unexpected failure ({type(error).__name__})"
        return Outcome(task.key, "unexpected", reason, time.perf_counter() - began)
    seconds = time.perf_counter() - began
    _keep(task, result, seconds)
    return Outcome(task.key, result.failure, result.reason, seconds)


class _ChangedPhotoError(Exception):
    """A photo is not the one that was planned with."""


def _compared(task: Task) -> PairResult:
    result = compare(
        _bytes(task.before, task.before_sha256, "before"),
        _bytes(task.after, task.after_sha256, "after"),
        **asdict(task.options),
        settings=task.settings,
        repeatability=task.repeatability,
    )
    places, patches = clear_patches(result, task.settings.study)
    return PairResult(
        tables={name: getattr(result, name) for name in _KEPT} | {"places": places},
        patches=patches,
        facts={
            "view": result.before_face.view,
            "notes": [
                *result.before_face.notes,
                *result.after_face.notes,
                *result.alignment.notes,
            ],
            "scale_ratio": {region.name: region.scale_ratio for region in result.alignment.regions},
            "same_photo": result.alignment.same_photo,
            "same_skin": result.alignment.same_skin,
        },
    )


def _keep(task: Task, result: PairResult, seconds: float) -> None:
    made = provenance()
    facts = {
        **result.facts,
        "seconds": seconds,
        "created_at": made.created_at.isoformat(),
        "versions": dict(made.versions),
    }
    kept = PairResult(result.failure, result.reason, result.tables, result.patches, facts)
    try:
        store.put(task.store, task.key, kept)
    except OSError as error:
        reason = (error.strerror or "could not be written").lower()
        raise UsageError(
            "store of finished pairs", reason, "see the disk, then run again"
        ) from error


def _same_versions(task: Task) -> None:
    here = dict(provenance().versions)
    other = [name for name, wanted in task.versions.items() if here.get(name) != wanted]
    if other:
        raise UsageError(
            "worker",
            f"has another version of {', '.join(sorted(other))} than the study was started with",
            "install the same versions on every worker",
        )


def _bytes(path: Path, sha256: str, side: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise _ChangedPhotoError(f"the {side} photo: {reason}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _ChangedPhotoError(f"the {side} photo: was changed while the study ran")
    return content


def clear_patches(result: Comparison, settings: StudySettings) -> tuple[pd.DataFrame, Patches]:
    """Cut the clearest pores out of both photos, at the same places of the common grid.

    Parameters
    ----------
    result : Comparison
        One pair.
    settings : StudySettings
        How many pores, how large a patch.

    Returns
    -------
    places : DataFrame
        Columns of :data:`PLACES`, the middle of every patch.
    patches : (N, 2, side, side, 3) uint8
        sRGB before and after.
    """
    side = settings.filmstrip_side_px // 2 * 2 + 1
    matched = set(result.links.loc[result.links["status"].eq("matched"), "before_id"])
    pores = result.pores
    chosen = pores[
        pores["photo"].eq("before")
        & pores["in_common_area"]
        & pores["pore_id"].isin(matched)
        & is_pore(pores)
    ]
    # The product favours wide and deep pores, whose fate is seen by eye.
    clear = (chosen["diameter_px"] * chosen["contrast"]).sort_values(ascending=False, kind="stable")
    grids = {region.name: region for region in result.alignment.regions}
    rows: list[Mapping[str, object]] = []
    found: list[Patches] = []
    for index in clear.index:
        if len(rows) == settings.filmstrip_pores:
            break
        pore = chosen.loc[index]
        patch = _patch(result.before, result.after, grids[pore["region"]], pore, side)
        if patch is not None:
            place = {name: pore[name] for name in ("region", "x_ref_px", "y_ref_px")}
            rows.append({**place, "diameter_ref_px": pore["diameter_px"]})
            found.append(patch)
    places = table(rows, PLACES)
    return places, np.stack(found) if found else np.zeros((0, 2, side, side, 3), np.uint8)


def _patch(
    before: Photo, after: Photo, region: RegionAlignment, pore: pd.Series, side: int
) -> Patches | None:
    grid = region.grid
    half = side // 2
    col = round((float(pore["x_ref_px"]) - grid.x0) / grid.step_px)
    row = round((float(pore["y_ref_px"]) - grid.y0) / grid.step_px)
    rows, cols = grid.shape
    if not (half <= row < rows - half and half <= col < cols - half):
        return None
    window = slice(row - half, row + half + 1), slice(col - half, col + half + 1)
    ys, xs = np.mgrid[window]
    on_before = np.stack([grid.x0 + grid.step_px * xs, grid.y0 + grid.step_px * ys], axis=-1)
    return np.stack(
        [_seen(before, on_before.astype(np.float32)), _seen(after, region.after_map[window])]
    )


def _seen(photo: Photo, at: FloatImage) -> Patches:
    """Return the photo's colours at (h, w, 2) positions, for looking at, not for measuring."""
    corner = np.floor(at.min(axis=(0, 1))).astype(int) - 1
    end = np.ceil(at.max(axis=(0, 1))).astype(int) + 2
    x0, y0 = np.clip(corner, 0, (photo.width_px - 1, photo.height_px - 1))
    x1, y1 = np.clip(end, 1, (photo.width_px, photo.height_px))
    cut = np.ascontiguousarray(photo.pixels[y0:y1, x0:x1])
    local = at - np.array([x0, y0], np.float32)
    xs, ys = local[..., 0].copy(), local[..., 1].copy()
    seen = cv2.remap(cut, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, dtype=np.uint8)
