"""How far the alignment is off, against maps that are known exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import map_coordinates

from poremetrics import align, face, photo, pores
from poremetrics.errors import PoremetricsError
from poremetrics.model import Alignment, Face, Photo, Points, RegionAlignment, Rgb, View
from poremetrics.settings import Settings
from poremetrics.synthetic import (
    CLEAR_PORES,
    TONES,
    Camera,
    HeadTurn,
    Nuisance,
    Recipe,
    make_skin,
    photograph,
    reshoot,
    turn_head,
)

Floats = npt.NDArray[np.float64]
Shown = tuple[Photo, Face]
"""A photo and the skin found in it."""

_EVERY_PX = 6  # a place each way; the error is smooth over a window of 14 px
_WAVE = 0.5  # shortest wave of an expression, of a face's width or a close-up's shorter side
_CURVATURE = 1.3  # radius of a cheek seen from near, of the frame's shorter side
_DOME_POINTS = 9  # along each side
_KEPT = 4  # photos whose skin has been found, for the next case with the same


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between a photo and its copy.

    Attributes
    ----------
    label : str
        As printed.
    nuisance : Nuisance
        Its elastic field is set from ``strain``.
    yaw_deg : float
        Turn of the head.
    strain : float
        Displacement of the elastic field over its wavelength, which is half a face.
    """

    label: str
    nuisance: Nuisance
    yaw_deg: float = 0.0
    strain: float = 0.0


def _changes() -> tuple[Change, ...]:
    """Return each nuisance alone, on top of another exposure, and several together."""
    base = Nuisance(
        shift_px=(12.0, -8.0), exposure_stops=0.1, noise=0.002, jpeg_quality=92, noise_seed=1
    )
    return (
        Change("another exposure", base),
        *(Change(f"head yaw {v:+g}°", base, yaw_deg=v) for v in (4.0, -8.0, 8.0)),
        *(Change(f"roll {v:g}°", replace(base, turn_deg=v)) for v in (5.0, 10.0, 15.0)),
        *(Change(f"scale {v:g}", replace(base, scale=v)) for v in (0.75, 0.85, 1.15, 1.3)),
        Change("expression, mild", base, strain=0.005),
        Change("expression, clear", base, strain=0.012),
        Change(
            "light from the other side, 30°",
            replace(base, light_turn_deg=30.0, light_gradient=0.5, light_deg=120.0),
        ),
        *(Change(f"blur {v:g} px", replace(base, blur_px=v)) for v in (0.6, 1.2)),
        *(Change(f"noise {v:g}", replace(base, noise=v)) for v in (0.006, 0.012)),
        *(Change(f"JPEG {v}", replace(base, jpeg_quality=v)) for v in (80, 60)),
        Change(
            "several together",
            replace(
                base,
                turn_deg=-5.0,
                scale=0.9,
                light_turn_deg=15.0,
                light_deg=120.0,
                light_gradient=0.3,
                blur_px=0.6,
                noise=0.004,
                jpeg_quality=85,
            ),
            yaw_deg=5.0,
            strain=0.005,
        ),
    )


CHANGES: Mapping[str, Change] = {change.label: change for change in _changes()}
"""What re-shot photos differ by, by label."""
SYNTHETIC_CAMERA = Camera(width_px=680, height_px=560, px_per_mm=13.0)
"""What synthetic skin is photographed with, as near as a face."""
SYNTHETIC_CHANGES: Mapping[str, Camera] = {
    f"light from the other side, {v:g}°": replace(
        SYNTHETIC_CAMERA, light_deg=SYNTHETIC_CAMERA.light_deg + v
    )
    for v in (15.0, 30.0)
}
"""What it is photographed with the second time, by label."""


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """How far one aligned region is off.

    Attributes
    ----------
    region : str
        Its name.
    miss_px : (N,) float64
        Length of the error at places of the common area, in pixels of the coarser photo.
    claimed_p95_px : float
        95th percentile that the alignment itself expects.
    common_share : float
        Common area / skin of the before photo.
    """

    region: str
    miss_px: Floats
    claimed_p95_px: float
    common_share: float


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One pair of photos of the same skin, aligned.

    Attributes
    ----------
    source, change, photo : str
        What was aligned.
    regions : tuple of Residual
        Those that have a common area.
    shown : int
        Regions that the before photo shows.
    said : str
        What the alignment told.
    """

    source: str
    change: str
    photo: str
    regions: tuple[Residual, ...]
    shown: int
    said: str


@lru_cache(_KEPT)
def seen(path: Path, view: View) -> Shown:
    """Return a photo and the skin found in it."""
    taken = photo.load(path, Settings().photo)
    return taken, face.find(taken, Settings().face, view=view, name=path.name)


def seen_again(pixels: Rgb, view: View) -> Shown:
    """Return a picture as a photo and the skin found in it."""
    taken = photo.load(pixels, Settings().photo)
    return taken, face.find(taken, Settings().face, view=view)


def aligned(before: Shown, after: Shown) -> Alignment:
    """Return how the after photo lies on the before photo."""
    return align.register(*before, *after, Settings().align)


def misses(region: RegionAlignment, before_xy: Points, after_xy: Points) -> Floats:
    """Return how far off places are of which both photos' positions are known.

    Parameters
    ----------
    region : RegionAlignment
        Aligned region.
    before_xy, after_xy : (N, 2) float64
        The same places in both photos.

    Returns
    -------
    (M,) float64
        Lengths in grid pixels, those of the coarser photo, for places in the common area.
    """
    at = (before_xy - (region.grid.x0, region.grid.y0)) / region.grid.step_px
    common = pores.inside(region.common, at)
    found = [
        map_coordinates(axis, at[common, ::-1].T, order=1, output=np.float64)
        for axis in np.moveaxis(region.after_map, 2, 0)
    ]
    off = np.column_stack(found) - after_xy[common]
    return np.asarray(np.hypot(*off.T) / region.steps_px[1])


def reshot_trial(source: str, path: Path, view: View, label: str) -> Trial:
    """Photograph a photo again without touching the skin, and see how far the alignment is off.

    Parameters
    ----------
    source : str
        As printed.
    path : Path
        The photo.
    view : {"face", "closeup"}
        What it shows.
    label : str
        One of :data:`CHANGES`.
    """
    change = CHANGES[label]
    before = seen(path, view)
    pixels, mesh = before[0].pixels, before[1].landmarks_px
    shape = pixels.shape[0], pixels.shape[1]
    wave = _WAVE * (min(shape) if mesh is None else float(np.ptp(mesh[:, 0])))
    shot = reshoot(
        pixels,
        replace(change.nuisance, elastic_px=change.strain * wave, elastic_wavelength_px=wave),
        after_shape=_larger(shape, change.nuisance.scale),
        turn=_turn(mesh, change.yaw_deg, shape),
    )
    names = (source, label, _name(path))
    try:
        after = seen_again(shot.pixels, view)
    except PoremetricsError as error:
        return Trial(*names, (), len(before[1].regions), str(error))
    return _trial(names, before, after, shot.map.to_after)


def synthetic_trial(source: str, index: int, label: str) -> Trial:
    """Photograph synthetic skin twice; its relief is shaded as the lamp really stands.

    Parameters
    ----------
    source : str
        As printed.
    index : int
        Seed; tones take turns.
    label : str
        One of :data:`SYNTHETIC_CHANGES`.
    """
    base = SYNTHETIC_CAMERA
    for_skin, for_before, for_after = np.random.default_rng(index).spawn(3)
    skin = make_skin(for_skin, synthetic_recipe(index, base))
    before = photograph(skin, base, for_before)
    after = photograph(skin, SYNTHETIC_CHANGES[label], for_after)
    forward, back = before.skin_to_photo, after.skin_to_photo

    def to_after(xy: Points) -> Points:
        on_skin = np.linalg.solve(forward[:, :2], (xy - forward[:, 2]).T).T
        return on_skin @ back[:, :2].T + back[:, 2]

    one, two = (seen_again(shot.picture, "closeup") for shot in (before, after))
    return _trial((source, label, f"tone {skin.recipe.tone}"), one, two, to_after)


def visit_trial(source: str, before: Path, after: Path, view: View) -> Trial:
    """See how far off pores are that two rendered visits show, by the truth beside them."""
    one, two = seen(before, view), seen(after, view)
    tables = [_truth(path) for path in (before, after)]
    both = tables[0].index.intersection(tables[1].index)
    places = [table.loc[both].to_numpy(np.float64) for table in tables]
    yaw = abs(_yaw_deg(after) - _yaw_deg(before))
    label = f"{_name(before)} to {after.stem.split('_', after.stem.count('_') - 1)[-1]}"
    return _trial((source, f"{label}, yaw by {yaw:.1f}°", _name(before)), one, two, places)


def _trial(
    names: tuple[str, str, str],
    before: Shown,
    after: Shown,
    truth: Callable[[Points], Points] | Sequence[Points],
) -> Trial:
    """Align two photos and score every region that they have in common.

    ``truth`` maps places of the before photo to the after photo, or is known places in both.
    """
    found = aligned(before, after)
    regions = []
    for region in found.regions:
        if not region.common.any():
            continue
        before_xy = _places(region) if callable(truth) else truth[0]
        after_xy = truth(before_xy) if callable(truth) else truth[1]
        regions.append(
            Residual(
                region.name,
                misses(region, before_xy, after_xy),
                region.residual_p95_px,
                region.common_share,
            )
        )
    return Trial(*names, tuple(regions), len(before[1].regions), " ".join(found.notes))


def synthetic_recipe(index: int, camera: Camera) -> Recipe:
    """Return skin that fills a camera's frame; tones take turns."""
    return replace(
        CLEAR_PORES,
        width_mm=camera.width_px / camera.px_per_mm,
        height_mm=camera.height_px / camera.px_per_mm,
        grain_px_per_mm=camera.px_per_mm,
        tone=TONES[index % len(TONES)],
    )


def _places(region: RegionAlignment) -> Points:
    """Return places of the common area in the before photo, one every few pixels."""
    rows, cols = np.nonzero(region.common[::_EVERY_PX, ::_EVERY_PX])
    return region.grid.to_photo(np.column_stack((cols, rows)).astype(np.float64) * _EVERY_PX)


def _truth(path: Path) -> pd.DataFrame:
    """Return x and y of the pores that a rendered photo shows, by ``pore_id``."""
    table = pd.read_csv(path.with_name(f"{path.stem}.truth.csv.gz"), index_col="pore_id")
    return table.loc[table["visible"].eq(1), ["x_px", "y_px"]]


def _yaw_deg(path: Path) -> float:
    camera = pd.read_json(path.with_name(f"{path.stem}.camera.json"), typ="series")
    return float(camera["yaw_pitch_roll_deg"][0])


def _turn(mesh: Points | None, yaw_deg: float, shape: tuple[int, int]) -> HeadTurn | None:
    """Return the turn of a face's mesh, or of the dome that a close-up looks at."""
    if yaw_deg == 0.0:
        return None
    return turn_head(_dome(shape) if mesh is None else mesh, yaw_deg, shape)


def _dome(shape: tuple[int, int]) -> Points:
    """Return points of a sphere that fills the frame."""
    rows, cols = shape
    x, y = np.meshgrid(
        np.linspace(0, cols - 1, _DOME_POINTS), np.linspace(0, rows - 1, _DOME_POINTS)
    )
    radius = _CURVATURE * min(shape)
    off = np.hypot(x - (cols - 1) / 2, y - (rows - 1) / 2)
    depth = radius - np.sqrt(np.maximum(radius**2 - off**2, 0.0))
    return np.column_stack((x.ravel(), y.ravel(), depth.ravel()))


def _larger(shape: tuple[int, int], scale: float) -> tuple[int, int]:
    """Return the frame that holds all skin of a photo taken from nearer."""
    rows, cols = (round(side * max(scale, 1.0)) for side in shape)
    return rows, cols


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"
