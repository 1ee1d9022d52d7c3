"""What is timed: photos of several sizes, every stage of the tool on them, and its peers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics import align, change, compare, face, measure, photo, pores, report
from poremetrics.model import Skin
from poremetrics.settings import Settings
from poremetrics.synthetic import PEERS, render_skin

SAMPLES = Path(__file__).parents[2] / "sample_images"
SETTINGS = Settings()
PX_PER_MM = 14.0
GRAIN = 4.0  # levels: an enlarged picture has none of its own, and a camera's picture always has

Pair = tuple[Path, Path]
Steps = dict[str, Callable[[], Any]]


def face_pair(megapixels: float, folder: Path) -> Pair:
    """Return the demo's pair at another size, with a camera's grain where it was enlarged."""
    rng = np.random.default_rng(1)
    paths = []
    for name in ("visit_0", "visit_3"):
        path = folder / f"{name}_{megapixels:g}.jpg"
        paths.append(path)
        source = SAMPLES / "person_a" / f"{name}.jpg"
        if abs(megapixels - 12.0) < 0.1:
            path.write_bytes(source.read_bytes())
            continue
        pixels = cv2.imread(str(source))
        factor = float(np.sqrt(megapixels * 1e6 / (pixels.shape[0] * pixels.shape[1])))
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        pixels = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=how)
        if factor > 1:
            grain = rng.normal(0.0, GRAIN, pixels.shape[:2]).astype(np.float32)
            pixels = np.clip(pixels + grain[..., None], 0, 255).astype(np.uint8)
        cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, 93])
    return paths[0], paths[1]


def decode(paths: Pair) -> None:
    """Read both photos as OpenCV does: the yardstick."""
    for path in paths:
        cv2.imread(str(path))


def whole(paths: Pair, folder: Path) -> Steps:
    """Return what a user waits for."""
    kept = compare(*paths)
    return {
        "compare": lambda: compare(*paths),
        "measure, of one photo": lambda: measure(paths[0]),
        "report": lambda: report.write(kept, folder / "result"),
    }


@dataclass
class Chain:
    """The stages of ``compare``, each taking what the one before left; regions in one thread."""

    paths: Pair

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield name and work of every stage, in order."""
        for stage in ("load", "face", "align", "sample", "flatten", "match", "find", "pair"):
            yield stage, getattr(self, stage)
        yield "change", self.judge

    def load(self) -> None:
        with ThreadPoolExecutor(2) as pool:
            self.photos = list(pool.map(lambda path: photo.load(path, SETTINGS.photo), self.paths))

    def face(self) -> None:
        self.faces = [face.find(one, SETTINGS.face) for one in self.photos]

    def align(self) -> None:
        (before, after), (one, two) = self.photos, self.faces
        self.aligned = align.register(before, one, after, two, SETTINGS.align).regions

    def sample(self) -> None:
        before, after = self.photos
        self.rgb = [
            (align.sample_before(before, region.grid), align.sample_after(after, region))
            for region in self.aligned
        ]

    def flatten(self) -> None:
        self.skins = [
            (
                pores.flatten(before, region.before_skin, SETTINGS.pores),
                pores.flatten(after, region.after_skin, SETTINGS.pores),
            )
            for region, (before, after) in zip(self.aligned, self.rgb, strict=True)
        ]

    def match(self) -> None:
        apart = [
            pores.difference(*skins, region.common, SETTINGS.pair)
            for region, skins in zip(self.aligned, self.skins, strict=True)
        ]
        steps = [region.grid.step_px for region in self.aligned]
        apart = pores.shared_blur(apart, steps, SETTINGS.pair)
        self.matched = [
            pores.match_conditions(*skins, region.common, one, SETTINGS.pair)
            for region, skins, one in zip(self.aligned, self.skins, apart, strict=True)
        ]

    def find(self) -> None:
        self.found = [
            tuple(pores.find(skin, SETTINGS.pores) for skin in matched[:2])
            for matched in self.matched
        ]

    def pair(self) -> None:
        self.paired = [
            pores.pair(
                matched[0],
                matched[1],
                *found,
                region.common,
                region.residual_p95_px,
                SETTINGS.pair,
                SETTINGS.pores,
            )
            for region, matched, found in zip(self.aligned, self.matched, self.found, strict=True)
        ]

    def judge(self) -> None:
        samples = []
        conditions = {}
        for at, region in enumerate(self.aligned):
            before, after, seen = self.matched[at]
            conditions[region.name] = seen
            found = tuple(
                pores.with_forced(table, self.paired[at], side)
                for table, side in zip(self.found[at], ("before", "after"), strict=True)
            )
            paired = self.paired[at]
            for table, side in zip(self.found[at], ("before", "after"), strict=True):
                paired = pores.with_forced_rows(paired, len(table), side)
            samples.append(
                change.paired_sample(
                    region,
                    paired,
                    found,
                    change.secondary_sums(
                        region, self.rgb[at], (before, after), None, SETTINGS.change
                    ),
                    None,
                    SETTINGS.change,
                )
            )
            change.judge_pair(region, seen, self.rgb[at], self.skins[at], None, SETTINGS)
        change.changes(samples, conditions, [], change.default_repeatability(), SETTINGS.change)


def closeup(tiles: int) -> tuple[npt.NDArray[np.float32], Skin]:
    """Return linear light and flattened skin of a close-up of about a thousand pores a tile."""
    picture = render_skin(
        np.random.default_rng(3), width_px=540, height_px=540, px_per_mm=PX_PER_MM
    ).picture
    # Mirrored tiles meet without a seam.
    row = [picture if index % 2 == 0 else picture[:, ::-1] for index in range(tiles)]
    linear = photo.to_linear(np.ascontiguousarray(np.concatenate(row, axis=1)))
    return linear, pores.flatten(linear, np.ones(linear.shape[:2], bool), SETTINGS.pores)


def detectors() -> Steps:
    """Return detection with sizing, ours and scikit-image's, on the same pixels."""
    _, skin = closeup(2)
    threshold = 3.0 * float(np.median(skin.noise))
    steps: Steps = {"find": lambda: pores.find(skin, SETTINGS.pores)}
    for name in ("blob_dog", "blob_log"):
        steps[name] = lambda run=PEERS[name]: run(skin.darkening, PX_PER_MM, [threshold])
    return steps


_PEAK = """
import sys
import poremetrics
poremetrics.compare(*sys.argv[1:])
try:  # what this program itself used at most; what getrusage tells includes its parent's
    lines = open("/proc/self/status").read().splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
except OSError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak)
"""


def peak_bytes(paths: Pair) -> int:
    """Return the most memory that comparing two photos in a fresh process takes, all in all."""
    command = [sys.executable, "-c", _PEAK, *map(str, paths)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def decoded_bytes(paths: Pair) -> int:
    """Return the size of both photos in memory, 8 bits per channel."""
    return sum(cv2.imread(str(path)).nbytes for path in paths)
