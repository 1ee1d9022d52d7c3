"""The sample photographs keep what their truth files promise."""

from __future__ import annotations

import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[1] / "sample_images"
PEOPLE = ("person_a", "person_b", "person_c")
VISITS = (0, 1, 2, 3)
DESIGNED_RATIO = {
    "person_a": (1.0, 0.93, 0.87, 0.80),
    "person_b": (1.0, 1.0, 1.0, 1.0),
    "person_c": (1.0, 1.0, 1.0, 1.0),
}
DESIGNED_GONE = {
    "person_a": (0.0, 0.03, 0.06, 0.10),
    "person_b": (0.0, 0.0, 0.0, 0.0),
    "person_c": (0.0, 0.03, 0.06, 0.10),
}
FACES = [f"{person}/visit_{visit}" for person in PEOPLE for visit in VISITS]
CLOSE_UPS = [f"close_up/{person}_visit_{visit}" for person in PEOPLE for visit in (0, 3)]
CHEEKS_AND_NOSE = ("left_cheek", "right_cheek", "nose")


@cache
def truth(shot: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{shot}.truth.csv.gz", keep_default_na=True).set_index("pore_id")


@cache
def camera(shot: str) -> dict:
    return json.loads((FOLDER / f"{shot}.camera.json").read_text())


@cache
def regions(shot: str) -> dict:
    return json.loads((FOLDER / f"{shot}.regions.json").read_text())


@lru_cache(maxsize=2)
def log_luminance(shot: str) -> np.ndarray:
    code = np.arange(256) / 255.0
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    blue, green, red = cv2.split(cv2.imread(str(FOLDER / f"{shot}.jpg")))
    total = sum(
        cv2.LUT(channel, np.float32(weight * linear))
        for channel, weight in ((red, 0.2126), (green, 0.7152), (blue, 0.0722))
    )
    return cv2.log(np.maximum(total, 1e-3))


def in_regions(shot: str) -> pd.DataFrame:
    table = truth(shot)
    return table[(table["visible"] == 1) & table["region"].isin(CHEEKS_AND_NOSE)]


def test_every_file_is_the_one_that_was_listed():
    lines = (FOLDER / "SHA256SUMS").read_text().splitlines()
    listed = dict(line.split("  ", 1)[::-1] for line in lines)
    for name, digest in listed.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest, name
    present = {
        path.relative_to(FOLDER).as_posix()
        for path in FOLDER.rglob("*")
        if path.suffix in {".jpg", ".gz", ".csv", ".json"}
    }
    assert present == set(listed)


def test_the_folder_stays_under_30_megabytes():
    files = [p for p in FOLDER.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert sum(p.stat().st_size for p in files) < 30e6


def test_manifest_names_every_face_photo_four_weeks_apart():
    table = pd.read_csv(FOLDER / "manifest.csv", parse_dates=["date"])
    assert list(table.columns[:4]) == ["subject", "visit", "date", "photo"]
    assert [Path(p).with_suffix("").as_posix() for p in table["photo"]] == FACES
    gaps = table.groupby("subject")["date"].diff().dropna()
    assert (gaps == pd.Timedelta(days=28)).all()
    assert table["ipd_mm"].between(50, 75).all()


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("visit", [1, 2, 3])
def test_the_same_pore_keeps_its_id_and_follows_its_trajectory(person, visit):
    first, later = truth(f"{person}/visit_0"), truth(f"{person}/visit_{visit}")
    both = first.index.intersection(later.index)
    assert len(both) > 5000
    first, later = first.loc[both], later.loc[both]
    assert (first["region"].fillna("") == later["region"].fillna("")).all()
    kept = later["present"] == 1
    ratio = later.loc[kept, "diameter_um"] / first.loc[kept, "diameter_um"]
    # Diameters are written to 0.1 µm and are at least 88 µm: 0.05 / 88 twice.
    np.testing.assert_allclose(ratio, DESIGNED_RATIO[person][visit], atol=0.0015)
    # Drawn pore by pore: four binomial standard deviations around the designed share.
    share = DESIGNED_GONE[person][visit]
    spread = 4.0 * np.sqrt(share * (1.0 - share) / len(both))
    assert abs((~kept).mean() - share) <= spread


@pytest.mark.parametrize("person", PEOPLE)
def test_a_pore_that_is_gone_does_not_come_back(person):
    gone: set[int] = set()
    for visit in VISITS:
        table = truth(f"{person}/visit_{visit}")
        assert not gone & set(table.index[table["present"] == 1])
        gone |= set(table.index[table["present"] == 0])


@pytest.mark.parametrize("shot", CLOSE_UPS)
def test_close_ups_tell_the_smallest_pores_everywhere(shot):
    """A dark spot without a row must not be a pore, wherever it is in the frame."""
    table = truth(shot)
    # Diameters are drawn from 110 µm on; a person's, shrunk by a fifth, from 88 µm on.
    smallest = table[table["present"] == 1].groupby(table["region"].notna())["diameter_um"].min()
    assert len(smallest) == 2
    assert (smallest < 150).all()


def test_nothing_changes_in_the_null_person():
    first, last = truth("person_b/visit_0"), truth("person_b/visit_3")
    both = first.index.intersection(last.index)
    assert (
        first.loc[both, ["diameter_um", "depth_um"]] == last.loc[both, ["diameter_um", "depth_um"]]
    ).all(axis=None)


@pytest.mark.parametrize("person", PEOPLE)
def test_pores_are_as_large_as_facial_pores_and_wide_enough_in_pixels(person):
    table = truth(f"{person}/visit_0")
    of_regions = table[(table["visible"] == 1) & table["region"].notna()]
    assert 280 <= of_regions["diameter_um"].median() <= 300
    # The forehead's are smaller by nature; cheeks and nose carry the measurement.
    assert (in_regions(f"{person}/visit_0")["diameter_px"] > 4.0).mean() >= 0.5


@pytest.mark.parametrize("shot", FACES + CLOSE_UPS)
def test_places_and_diameters_follow_from_the_pinhole(shot):
    table, lens = truth(shot), camera(shot)
    cx, cy = lens["principal_point_px"]
    f = lens["focal_px"]
    # Millimetres are written to 0.01, seen at up to 29 px/mm: 0.15 px; pixels to 0.01.
    limit = 0.2 if shot in FACES else 0.35
    assert np.abs(f * table["x_mm"] / table["z_mm"] + cx - table["x_px"]).max() < limit
    assert np.abs(f * table["y_mm"] / table["z_mm"] + cy - table["y_px"]).max() < limit
    seen = table[table["visible"] == 1]
    # Image area of a small patch: A cos(view) f² r / z³.
    r = np.sqrt(seen["x_mm"] ** 2 + seen["y_mm"] ** 2 + seen["z_mm"] ** 2)
    area_scale = seen["view_cos"] * f**2 * r / seen["z_mm"] ** 3
    analytic = seen["diameter_um"] / 1000.0 * np.sqrt(area_scale)
    error = seen["diameter_px"] / analytic - 1.0
    # Expression stretches skin by a percent or two; grazing triangles are coarse.
    assert error[seen["view_cos"] > 0.4].abs().quantile(0.99) < 0.03


def stacked_dark_centroid(shot: str, table: pd.DataFrame, half: int) -> np.ndarray:
    """Mean darkening around the pores; centroid of what is darker than half its depth."""
    image = log_luminance(shot)
    x, y = table["x_px"].to_numpy(), table["y_px"].to_numpy()
    steps = np.arange(-half, half + 1, dtype=np.float32)
    total = np.zeros((2 * half + 1, 2 * half + 1))
    for px, py in zip(x, y, strict=True):
        grid_x, grid_y = np.meshgrid(steps + px, steps + py)
        total += cv2.remap(
            image, grid_x.astype(np.float32), grid_y.astype(np.float32), cv2.INTER_LINEAR
        )
    stack = total / len(table)
    edge = np.concatenate([stack[0], stack[-1], stack[:, 0], stack[:, -1]]).mean()
    dark = np.clip(edge - stack, 0.0, None)
    dark = np.where(dark > 0.5 * dark.max(), dark, 0.0)
    return np.array([(dark * steps[None]).sum(), (dark * steps[:, None]).sum()]) / dark.sum()


@pytest.mark.parametrize("shot", FACES)
def test_stacked_pores_are_dark_where_the_truth_says(shot):
    seen = in_regions(shot)
    large = seen[seen["diameter_px"].between(4.0, 9.0) & (seen["view_cos"] > 0.6)]
    picked = large.sample(min(len(large), 600), random_state=1)
    centroid = stacked_dark_centroid(shot, picked, half=8)
    assert np.hypot(*centroid) < 0.5


@pytest.mark.parametrize("shot", FACES)
def test_regions_hold_their_pores(shot):
    table = truth(shot)
    for name, outline in regions(shot).items():
        polygon = np.float32(outline)
        own = table[(table["region"] == name) & (table["visible"] == 1)]
        inside = [
            cv2.pointPolygonTest(polygon, (float(x), float(y)), True) > -2.0
            for x, y in zip(own["x_px"], own["y_px"], strict=True)
        ]
        assert np.mean(inside) > 0.98, name


def test_the_marker_gives_the_scale_of_the_skin_around_it():
    shot = "close_up/person_c_visit_0"
    image = cv2.imread(str(FOLDER / f"{shot}.jpg"), cv2.IMREAD_GRAYSCALE)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    corners, ids, _ = cv2.aruco.ArucoDetector(dictionary).detectMarkers(image)
    assert ids is not None
    assert ids.ravel().tolist() == [7]
    side = np.linalg.norm(corners[0][0] - np.roll(corners[0][0], -1, axis=0), axis=1).max()
    um_per_px = 1000.0 * camera(shot)["marker_mm"] / side
    # Its longest side is hardly foreshortened, but it sits lower on the cheek, some 15 mm further
    # from a lens 420 mm away than the median pore.
    assert um_per_px == pytest.approx(camera(shot)["um_per_px_facing"]["left_cheek"], rel=0.05)


def test_the_second_photo_of_the_not_comparable_pair_is_out_of_focus():
    roughness = []
    for shot in ("not_comparable/visit_0", "not_comparable/visit_1"):
        smooth = cv2.GaussianBlur(log_luminance(shot), (0, 0), 1.0)
        detail = cv2.Laplacian(smooth, cv2.CV_32F)
        mask = np.zeros(detail.shape, np.uint8)
        cv2.fillPoly(mask, [np.int32(regions(shot)["left_cheek"])], 1)
        roughness.append(detail[mask > 0].std())
    assert roughness[1] < 0.5 * roughness[0]


def best_log_f1(shot: str) -> float:
    """Best F1 over thresholds of a plain Laplacian-of-Gaussian blob detector on one cheek.

    Truth: the visible pores of at least 250 µm; a detection on a smaller pore counts for nothing.
    """
    polygon = np.float32(regions(shot)["left_cheek"])
    x0, y0 = np.floor(polygon.min(axis=0)).astype(int)
    x1, y1 = np.ceil(polygon.max(axis=0)).astype(int)
    crop = log_luminance(shot)[y0:y1, x0:x1]
    table = truth(shot)
    table = table[table["visible"] == 1]
    sigma = 0.5 * table.loc[table["diameter_um"] >= 250, "diameter_px"].median() / np.sqrt(2.0)
    response = sigma**2 * cv2.Laplacian(cv2.GaussianBlur(crop, (0, 0), sigma), cv2.CV_32F)
    peak = response == cv2.dilate(response, np.ones((5, 5), np.uint8))
    rows, cols = np.nonzero(peak)
    mask = np.zeros(crop.shape, np.uint8)
    cv2.fillPoly(mask, [np.int32(polygon - [x0, y0])], 1)
    keep = mask[rows, cols] > 0
    rows, cols = rows[keep], cols[keep]
    found = np.stack([cols + x0, rows + y0], axis=1).astype(float)
    score = response[rows, cols]
    order = np.argsort(-score)[:4000]
    found = found[order]
    places = table[["x_px", "y_px"]].to_numpy()
    wanted = ((table["diameter_um"] >= 250) & (table["region"] == "left_cheek")).to_numpy()
    reach = np.maximum(2.5, 0.5 * table["diameter_px"].to_numpy())
    taken = np.zeros(len(table), bool)
    hits = misses = 0
    best = 0.0
    for point in found:
        distance = np.hypot(*(places - point).T)
        distance[taken | (distance > reach)] = np.inf
        nearest = int(np.argmin(distance))
        if not np.isfinite(distance[nearest]):
            misses += 1
        else:
            taken[nearest] = True
            hits += int(wanted[nearest])
        if hits:
            precision, recall = hits / (hits + misses), hits / wanted.sum()
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


@pytest.mark.parametrize("person", PEOPLE)
def test_a_plain_blob_detector_finds_them_neither_trivial_nor_hopeless(person):
    assert 0.60 <= best_log_f1(f"{person}/visit_0") <= 0.85
