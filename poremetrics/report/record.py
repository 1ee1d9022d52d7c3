"""The result as one document: everything a reader needs to check it, nothing about the patient."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from poremetrics.columns import FLAGS
from poremetrics.model import Alignment, Comparison, Face, Measurement, Photo, Region
from poremetrics.report.folder import TOOL
from poremetrics.report.tables import plain, significant

FORMAT = 1
"""Version of the layout of ``result.json``."""

Json = dict[str, object]


def document(result: Comparison | Measurement, files: Sequence[str]) -> Json:
    """Return the whole result as plain values.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.
    files : sequence of str
        Names of the files the result consists of.

    Returns
    -------
    dict
        Keys as in ``result.json``; ``created_at`` is its only time.
    """
    digits = result.settings.report.table_digits
    head: Json = {
        "tool": TOOL,
        "format": FORMAT,
        "kind": "comparison" if isinstance(result, Comparison) else "measurement",
        "created_at": utc(result.provenance.created_at),
        "versions": dict(result.provenance.versions),
        "files": sorted(files),
        "flags": {flag.name: flag.meaning for flag in FLAGS.values()},
        "settings": result.settings.model_dump(),
    }
    if isinstance(result, Measurement):
        return head | {
            "photos": {"photo": _photo(result.photo, result.face, digits)},
            "regions": _records(result.regions, digits),
            "quality": _records(result.quality, digits),
            "pores": _columns(result.pores, digits),
        }
    return head | {
        "photos": {
            "before": _photo(result.before, result.before_face, digits),
            "after": _photo(result.after, result.after_face, digits),
        },
        "days_since_treatment": result.days_since_treatment,
        "alignment": alignment_document(result.alignment, result.before_face, digits),
        "changes": _records(result.changes, digits),
        "contrasts": _records(result.contrasts, digits),
        "quality": _records(result.quality, digits),
        "regions": _records(result.regions, digits),
        "pores": _columns(result.pores, digits),
        "links": _columns(result.links, digits),
    }


def alignment_document(alignment: Alignment, before: Face, digits: int) -> Json:
    """Return what ``alignment.json`` holds: the model and, per region, how well it fits."""

    def one(name: str, residual_px: float) -> float | None:
        region = before.region(name)
        if region is None or region.scale is None:
            return None
        return _number(residual_px * region.scale.mm_per_px, digits)

    return {
        "model": alignment.model,
        "mirrored": alignment.mirrored,
        "same_photo": alignment.same_photo,
        "same_skin": alignment.same_skin,
        "notes": list(alignment.notes),
        "regions": {
            region.name: {
                "residual_median_px": _number(
                    region.residual_median_px * region.grid.step_px, digits
                ),
                "residual_p95_px": _number(region.residual_p95_px * region.grid.step_px, digits),
                "residual_median_mm": one(
                    region.name, region.residual_median_px * region.grid.step_px
                ),
                "residual_p95_mm": one(region.name, region.residual_p95_px * region.grid.step_px),
                "correlation": _number(region.correlation, digits),
                "common_share": _number(region.common_share, digits),
                "scale_ratio": _number(region.scale_ratio, digits),
                "grid": {
                    "x0_px": region.grid.x0,
                    "y0_px": region.grid.y0,
                    "step_px": region.grid.step_px,
                    "rows": region.grid.shape[0],
                    "columns": region.grid.shape[1],
                },
            }
            for region in alignment.regions
        },
    }


def json_bytes(value: object) -> bytes:
    """Return JSON in UTF-8 with sorted keys, one line per key; NaN has no place in it."""
    if not isinstance(value, dict):
        return (_one_line(value) + "\n").encode("utf-8")
    # One line per key: readable enough, and several times faster than indented all through.
    lines = [f" {json.dumps(key)}: {_one_line(value[key])}" for key in sorted(value)]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("utf-8")


def _one_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)


def _photo(photo: Photo, face: Face, digits: int) -> Json:
    pose = face.pose
    return {
        "sha256": photo.sha256,
        "width_px": photo.width_px,
        "height_px": photo.height_px,
        "view": face.view,
        "pose": None
        if pose is None
        else {
            "yaw_deg": _number(pose.yaw_deg, digits),
            "pitch_deg": _number(pose.pitch_deg, digits),
            "roll_deg": _number(pose.roll_deg, digits),
        },
        "notes": list(face.notes),
        "regions": {region.name: _region(region, digits) for region in face.regions},
    }


def _region(region: Region, digits: int) -> Json:
    scale = region.scale
    return {
        "polygon_px": significant(np.asarray(region.polygon, np.float64), digits).tolist(),
        "skin_px2": int(np.count_nonzero(region.skin)),
        "hidden": {name: _number(share, digits) for name, share in region.hidden.items()},
        "turned_deg": _number(region.turned_deg, digits),
        "scale": None
        if scale is None
        else {
            "mm_per_px": _number(scale.mm_per_px, digits),
            "rel_sd": _number(scale.rel_sd, digits),
            "source": scale.source,
        },
    }


def _number(value: float, digits: int) -> float | None:
    return float(significant(np.array([value]), digits)[0]) if math.isfinite(value) else None


def _records(frame: pd.DataFrame, digits: int) -> list[Mapping[str, object]]:
    columns = _columns(frame, digits)
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _columns(frame: pd.DataFrame, digits: int) -> dict[str, list[object]]:
    return {str(name): plain(frame[name], digits) for name in frame.columns}


def utc(moment: datetime) -> str:
    """Return a moment as text in UTC, to the second."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
