"""Results as the report meets them, on a drawn face: no pipeline, no real person.

The figures in the tables are made up but fit together, and the pores of the tables are the ones
drawn on the skin.
"""

from __future__ import annotations

from datetime import UTC, datetime

import cv2
import numpy as np
import pandas as pd

from poremetrics.change.checks import CHECKS
from poremetrics.columns import CHANGES, LINKS, PORES, QUALITY, REGIONS, table
from poremetrics.model import (
    Alignment,
    Box,
    CaptureFacts,
    Comparison,
    Face,
    Grid,
    Measurement,
    Photo,
    Pose,
    Provenance,
    Region,
    RegionAlignment,
    Scale,
)
from poremetrics.report.privacy import _LEFT_BROW, _LEFT_EYE, _RIGHT_BROW, _RIGHT_EYE
from poremetrics.settings import Settings

# Outlines in units of the face's half width, from the middle of the face; x right, y down.
OUTLINES = {
    "left_cheek": [(0.30, 0.02), (0.78, -0.02), (0.74, 0.42), (0.48, 0.66), (0.30, 0.34)],
    "right_cheek": [(-0.30, 0.02), (-0.78, -0.02), (-0.74, 0.42), (-0.48, 0.66), (-0.30, 0.34)],
    "nose": [(-0.12, -0.14), (0.12, -0.14), (0.21, 0.34), (0.0, 0.44), (-0.21, 0.34)],
    "forehead": [(-0.52, -0.92), (0.52, -0.92), (0.56, -0.60), (0.0, -0.54), (-0.56, -0.60)],
}
TONE = np.array([214.0, 168.0, 142.0])
AFTER = np.array([[0.97, 0.012, 12.0], [-0.012, 0.97, 20.0]])
"""Affine map from before to after pixels."""
CHANGE = {"left_cheek": -14.0, "right_cheek": -11.0, "nose": -2.0, "forehead": 6.0}
VERDICT = {
    "left_cheek": "decreased",
    "right_cheek": "decreased",
    "nose": "no detectable change",
    "forehead": "increased",
    "closeup": "decreased",
}


def comparison(
    *,
    size: tuple[int, int] = (900, 1200),
    regions: tuple[str, ...] = tuple(OUTLINES),
    closeup: bool = False,
    scale: bool = True,
    pores_per_region: int = 220,
    refused: tuple[str, ...] = (),
    days: float | None = 35.0,
    rename: dict[str, str] | None = None,
) -> Comparison:
    """A pair in which the pores of the cheeks appear smaller."""
    rng = np.random.default_rng(7)
    names = ("closeup",) if closeup else regions
    face = _face(size, names, scale=scale, closeup=closeup)
    if rename:
        face = _renamed(face, rename)
    pores = _pores(rng, face, pores_per_region)
    before = _draw(rng, size, face, pores, "before", closeup=closeup)
    after_flat = _draw(rng, size, face, pores, "after", closeup=closeup)
    after = cv2.warpAffine(after_flat, AFTER, size, borderMode=cv2.BORDER_REFLECT)
    alignment = Alignment(
        tuple(_aligned(face, region) for region in face.regions), "piecewise smooth field"
    )
    frame, links = _tables(pores, face, scale)
    changes = _changes([one.name for one in face.regions], refused, scale, empty=not len(pores))
    return Comparison(
        before=_photo(before, "a"),
        after=_photo(after, "b"),
        before_face=face,
        after_face=face,
        alignment=alignment,
        pores=frame,
        links=links,
        regions=_regions(frame, face, scale, ("before", "after")),
        changes=changes,
        quality=_quality([one.name for one in face.regions], refused),
        settings=Settings(),
        provenance=PROVENANCE,
        days_since_treatment=days,
    )


def measurement(**options: object) -> Measurement:
    """One photo of the same face."""
    pair = comparison(**options)
    frame = pair.pores[pair.pores["photo"] == "before"].assign(photo="photo")
    regions = pair.regions[pair.regions["photo"] == "before"].assign(photo="photo")
    quality = pair.quality[pair.quality["photo"] == "before"].assign(photo="photo")
    return Measurement(
        pair.before,
        pair.before_face,
        table(frame, PORES),
        table(regions, REGIONS),
        table(quality, QUALITY),
        pair.settings,
        pair.provenance,
    )


def unmatched() -> Comparison:
    """Two photos of different skin: nothing could be laid onto anything."""
    pair = comparison(refused=tuple(OUTLINES))
    none = Alignment((), pair.alignment.model, same_skin=False)
    empty_links = table([], LINKS)
    return Comparison(
        pair.before, pair.after, pair.before_face, pair.after_face, none,
        pair.pores.assign(in_common_area=False), empty_links, pair.regions,
        pair.changes, pair.quality, pair.settings, pair.provenance,
    )  # fmt: skip


PROVENANCE = Provenance(
    datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC),
    {"poremetrics": "0.1.0", "numpy": "2.4.6", "opencv": "5.0.0", "python": "3.13.1"},
)


def _middle(size: tuple[int, int]) -> tuple[float, float, float]:
    width, height = size
    return width / 2.0, height * 0.52, width * 0.34


def _face(size: tuple[int, int], names: tuple[str, ...], *, scale: bool, closeup: bool) -> Face:
    x, y, half = _middle(size)
    regions = []
    for name in names:
        if closeup:
            width, height = size
            polygon = np.array(
                [(20, 20), (width - 20, 20), (width - 20, height - 20), (20, height - 20)], float
            )
        else:
            polygon = np.array(OUTLINES[name]) * half + (x, y)
        x0, y0 = np.floor(polygon.min(axis=0)).astype(int)
        x1, y1 = np.ceil(polygon.max(axis=0)).astype(int) + 1
        box = Box(int(x0), int(y0), int(x1), int(y1))
        mask = np.zeros(box.shape, np.uint8)
        cv2.fillPoly(mask, [np.round(polygon - (x0, y0)).astype(np.int32)], 1)
        known = Scale(70.0 / half if not closeup else 0.05, 0.036, "iris") if scale else None
        regions.append(Region(name, polygon, box, mask.astype(bool), {"hair": 0.02}, 8.0, known))
    if closeup:
        return Face("closeup", tuple(regions))
    return Face(
        "face",
        tuple(regions),
        _landmarks(x, y, half),
        Pose(1.5, -2.0, 0.5),
        {"mouth_open": 0.02},
    )


def _renamed(face: Face, names: dict[str, str]) -> Face:
    regions = tuple(
        Region(
            names.get(one.name, one.name), one.polygon, one.box, one.skin, one.hidden,
            one.turned_deg, one.scale,
        )
        for one in face.regions
    )  # fmt: skip
    return Face(face.view, regions, face.landmarks_px, face.pose, face.expression, face.notes)


def _landmarks(x: float, y: float, half: float) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, 468, endpoint=False)
    points = np.stack([x + 0.95 * half * np.cos(turn), y + 1.25 * half * np.sin(turn)], axis=1)
    for eye, brow, side in ((_RIGHT_EYE, _RIGHT_BROW, -1), (_LEFT_EYE, _LEFT_BROW, 1)):
        around = np.linspace(0, 2 * np.pi, len(eye), endpoint=False)
        points[list(eye), 0] = x + half * (side * 0.42 + 0.16 * np.cos(around))
        points[list(eye), 1] = y + half * (-0.24 + 0.07 * np.sin(around))
        across = np.linspace(-0.2, 0.2, len(brow))
        points[list(brow), 0] = x + half * (side * 0.42 + across)
        points[list(brow), 1] = y + half * (-0.40 - 0.05 * np.cos(across * 8))
    return np.concatenate([points, np.zeros((468, 1))], axis=1)


def _pores(rng: np.random.Generator, face: Face, number: int) -> pd.DataFrame:
    rows = []
    for region in face.regions:
        if not number:
            continue
        ys, xs = np.nonzero(region.skin)
        picked = rng.choice(len(xs), size=number * 3, replace=False)
        points = np.stack([xs[picked], ys[picked]], axis=1) + rng.uniform(
            -0.5, 0.5, (number * 3, 2)
        )
        kept: list[np.ndarray] = []
        spacing = 0.55 * np.sqrt(region.skin.sum() / number)
        for point in points:
            if len(kept) < number and all(np.hypot(*(point - other)) > spacing for other in kept):
                kept.append(point)
        diameters = np.clip(rng.lognormal(np.log(0.36 * spacing), 0.28, len(kept)), 2.5, None)
        factor = 1.0 + CHANGE.get(region.name, -14.0) / 100.0
        after = diameters * factor * np.exp(rng.normal(0, 0.08, len(kept)))
        status = rng.choice(["matched", "lost", "new"], len(kept), p=[0.9, 0.07, 0.03])
        for point, one, two, state in zip(kept, diameters, after, status, strict=True):
            rows.append(
                {
                    "region": region.name,
                    "x": point[0] + region.box.x0,
                    "y": point[1] + region.box.y0,
                    "before": one if state != "new" else 0.0,
                    "after": two if state != "lost" else 0.0,
                    "status": state,
                    "contrast": rng.uniform(0.10, 0.28),
                    "hair": rng.random() < 0.03,
                }
            )
    columns = ["region", "x", "y", "before", "after", "status", "contrast", "hair"]
    return pd.DataFrame(rows, columns=columns)


def _draw(
    rng: np.random.Generator,
    size: tuple[int, int],
    face: Face,
    pores: pd.DataFrame,
    side: str,
    *,
    closeup: bool,
) -> np.ndarray:
    width, height = size
    fixed = np.random.default_rng(3)
    coarse = fixed.normal(0, 1, (height // 90 + 2, width // 90 + 2)).astype(np.float32)
    mottle = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    grain = fixed.standard_normal((height, width), dtype=np.float32)
    fine = cv2.GaussianBlur(grain, (0, 0), 1.4)
    light = 1.0 + 0.012 * mottle + 0.045 * fine
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    if not closeup:
        x, y, half = _middle(size)
        inside = ((columns - x) / half) ** 2 + ((rows - y) / (1.3 * half)) ** 2
        light *= 1.03 - 0.22 * np.clip(inside, 0, 1.2) ** 1.5
    for row in pores.itertuples():
        diameter = getattr(row, side)
        if diameter <= 0:
            continue
        sigma = diameter / 2.355
        reach = int(np.ceil(4 * sigma))
        xi, yi = round(row.x), round(row.y)
        y0, x0 = max(yi - reach, 0), max(xi - reach, 0)
        patch = (slice(y0, yi + reach + 1), slice(x0, xi + reach + 1))
        away = (columns[patch] - row.x) ** 2 + (rows[patch] - row.y) ** 2
        light[patch] *= 1.0 - row.contrast * 1.5 * np.exp(-away / (2 * sigma**2))
    picture = TONE.astype(np.float32) * light[..., None]
    if not closeup:
        picture = _features(picture.astype(np.float32), inside, size)
    picture = picture.astype(np.float32)
    picture += 1.6 * rng.standard_normal(picture.shape, dtype=np.float32)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _features(picture: np.ndarray, inside: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    x, y, half = _middle(size)

    def ellipse(dx, dy, rx, ry, colour):
        centre = (round(x + dx * half), round(y + dy * half))
        axes = (max(1, round(rx * half)), max(1, round(ry * half)))
        cv2.ellipse(picture, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)

    wall = np.linspace(205, 176, size[1])[:, None, None] * np.array([0.97, 1.0, 1.02])
    picture[inside > 1] = np.broadcast_to(wall, picture.shape)[inside > 1]
    for side in (-1, 1):
        ellipse(side * 0.42, -0.24, 0.16, 0.07, (238, 236, 232))
        ellipse(side * 0.42, -0.24, 0.066, 0.066, (72, 104, 116))
        ellipse(side * 0.42, -0.24, 0.028, 0.028, (16, 14, 14))
        ellipse(side * 0.42, -0.41, 0.20, 0.03, (84, 60, 46))
    ellipse(0, 0.74, 0.26, 0.055, (176, 92, 88))
    return picture


def _photo(pixels: np.ndarray, letter: str) -> Photo:
    pixels.setflags(write=False)
    facts = CaptureFacts("JPEG", taken_at=datetime(2026, 2, 1, tzinfo=UTC), camera="Secret Cam")
    return Photo(pixels, letter * 64, facts)


def _aligned(face: Face, region: Region) -> RegionAlignment:
    grid = Grid.of_box(region.box)
    rows, columns = np.mgrid[0 : grid.shape[0], 0 : grid.shape[1]]
    x, y = columns + grid.x0, rows + grid.y0
    after = np.stack(
        [
            AFTER[0, 0] * x + AFTER[0, 1] * y + AFTER[0, 2],
            AFTER[1, 0] * x + AFTER[1, 1] * y + AFTER[1, 2],
        ],
        axis=-1,
    )
    return RegionAlignment(
        region.name, grid, after.astype(np.float32), region.skin, region.skin, region.skin,
        0.21, 0.55, 0.97, 0.93, 0.97,
    )  # fmt: skip


def _tables(pores: pd.DataFrame, face: Face, scale: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, links = [], []
    ids = {"before": 0, "after": 0}
    for pore in pores.itertuples():
        got = {}
        for side in ("before", "after"):
            diameter = getattr(pore, side)
            if diameter <= 0:
                continue
            ids[side] += 1
            got[side] = ids[side]
            x, y, ratio = pore.x, pore.y, 1.0
            if side == "after":
                x, y = AFTER @ (pore.x, pore.y, 1.0)
                ratio = 0.97
            known = face.region(pore.region).scale
            rows.append(
                {
                    "photo": side, "pore_id": ids[side], "region": pore.region,
                    "x_px": x, "y_px": y, "x_ref_px": pore.x, "y_ref_px": pore.y,
                    "diameter_px": diameter * ratio,
                    "diameter_um": diameter * known.mm_per_px * 1000 if scale else np.nan,
                    "diameter_err_px": 0.2, "area_px2": np.pi / 4 * (diameter * ratio) ** 2,
                    "contrast": pore.contrast, "elongation": 1.2,
                    "snr": 40 * pore.contrast * diameter / 4, "in_common_area": True,
                    "flags": "hair" if pore.hair else "",
                }
            )  # fmt: skip
        links.append(
            {
                "before_id": got.get("before"), "after_id": got.get("after"),
                "status": pore.status,
                "distance_px": 0.2 if pore.status == "matched" else np.nan,
            }
        )  # fmt: skip
    return table(rows, PORES), table(links, LINKS)


def _changes(
    names: list[str], refused: tuple[str, ...], scale: bool, *, empty: bool
) -> pd.DataFrame:
    unit, area = ("um", "cm2") if scale else ("px", "mpx")
    spread = {
        "count": (210.0, "pores", 1.6, 8.0), f"density_{area}": (71.0, "1/cm²", 1.6, 8.0),
        "coverage_pct": (6.1, "%", 2.0, 7.0), f"diameter_{unit}_median": (312.0, "µm", 0.8, 5.0),
        "contrast_mean": (0.171, "1", 0.4, 5.0),
        f"diameter_{unit}_matched": (321.0, "µm", 1.0, 5.0),
        "contrast_matched": (0.168, "1", 0.4, 5.0),
    }  # fmt: skip
    extra = {"elongation_median": (1.21, "1"), "redness": (14.2, "a*"), "shine": (0.031, "1")}
    rows = []
    usable = [name for name in names if name not in refused and not empty]
    for name in [*usable, *(["all"] if usable else [])]:
        base = CHANGE.get(name, -9.0)
        verdict = VERDICT.get(name, "decreased")
        for metric, (value, of, factor, half) in spread.items():
            change = base * factor
            decided = abs(change) > half
            rows.append(
                {
                    "region": name, "metric": metric, "unit": of if scale or of != "µm" else "px",
                    "before": value, "after": value * (1 + change / 100), "change_pct": change,
                    "ci_low_pct": change - half, "ci_high_pct": change + half,
                    "verdict": (verdict if decided else "no detectable change"),
                    "rc_pct": 2.8, "detectable_pct": half + 0.7, "n_pores": 210,
                }
            )  # fmt: skip
        for metric, (value, of) in extra.items():
            rows.append(
                {
                    "region": name, "metric": metric, "unit": of, "before": value,
                    "after": value * 0.97, "change_pct": -3.0, "ci_low_pct": -9.0,
                    "ci_high_pct": 3.1, "verdict": "", "rc_pct": 6.0, "detectable_pct": 9.0,
                    "n_pores": pd.NA,
                }
            )  # fmt: skip
    for name in [*(names if empty else refused), *([] if usable else ["all"])]:
        for metric, (_, of, _, _) in spread.items():
            rows.append({"region": name, "metric": metric, "unit": of, "verdict": "not comparable"})
    frame = pd.DataFrame(rows, columns=list(CHANGES))
    return table(frame, CHANGES)


def _quality(names: list[str], refused: tuple[str, ...]) -> pd.DataFrame:
    limits = {
        "resolution": 3.0, "focus": 0.4, "clipping": 0.05, "glare": 0.25, "turned": 25.0,
        "skin_share": 0.25, "texture": 0.3, "compression": 60.0, "same_skin": 0.6,
        "alignment": 1.5, "relative_blur": 1.5, "light": 0.35, "common_share": 0.3,
    }  # fmt: skip
    pair_only = {"same_skin", "alignment", "relative_blur", "light", "common_share"}
    rows = []
    for name in names:
        for check, limit in limits.items():
            one = CHECKS[check]
            good = limit * (0.4 if one.bound == "max" else 1.4)
            bad = limit * (1.7 if one.bound == "max" else 0.5)
            for photo in ("pair",) if check in pair_only else ("before", "after"):
                fails = (
                    name in refused and check in {"relative_blur", "focus"} and photo != "before"
                )
                shiny = name == "nose" and check == "glare" and photo == "after"
                rows.append(
                    {
                        "photo": photo, "region": name, "check": check,
                        "value": bad if fails or shiny else good, "limit": limit,
                        "unit": one.unit, "ok": not (fails or shiny),
                    }
                )  # fmt: skip
    return table(rows, QUALITY)


def _regions(frame: pd.DataFrame, face: Face, scale: bool, photos: tuple[str, ...]) -> pd.DataFrame:
    column, unit = ("diameter_um", "µm") if scale else ("diameter_px", "px")
    rows = []
    for photo in photos:
        for region in face.regions:
            here = frame[(frame["photo"] == photo) & (frame["region"] == region.name)]
            median = float(here[column].median()) if len(here) else float("nan")
            for metric, value, of in (
                ("count", float(len(here)), "pores"),
                ("density_cm2" if scale else "density_mpx", 71.0, "1/cm²" if scale else "1/Mpx"),
                ("coverage_pct", 6.1, "%"),
                (f"{column}_median", median, unit),
                ("contrast_mean", 0.17, "1"),
            ):
                rows.append(
                    {"photo": photo, "region": region.name, "metric": metric, "value": value,
                     "unit": of}
                )  # fmt: skip
    return table(rows, REGIONS)
