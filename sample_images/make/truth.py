"""What is known about a picture: each pore, each distractor, the camera, the regions."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import skin as skin_model
from geometry import HEAD_SCALE, Head
from light import caster
from people import Person
from pores import REGIONS, Address, Pores, PoresNow, region_outlines
from raster import Camera
from render import Picture

Floats = npt.NDArray[np.float64]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
NEAREST_VIEW_COS = 0.15
HIDDEN_MM = 0.6
SMALLEST_ELSEWHERE_UM = 280.0
HIDDEN_BY_HAIR = 0.35


def _at(image: npt.NDArray[np.float32], xy: Floats) -> Floats:
    """Bilinear value at (x, y); NaN outside."""
    height, width = image.shape[:2]
    inside = (xy[:, 0] >= 0) & (xy[:, 1] >= 0) & (xy[:, 0] < width - 1) & (xy[:, 1] < height - 1)
    out = np.full(len(xy), np.nan)
    x, y = xy[inside, 0], xy[inside, 1]
    j, i = x.astype(int), y.astype(int)
    u, v = x - j, y - i
    out[inside] = (
        image[i, j] * (1 - u) * (1 - v)
        + image[i, j + 1] * u * (1 - v)
        + image[i + 1, j] * (1 - u) * v
        + image[i + 1, j + 1] * u * v
    )
    return out


def projected_axes(
    head: Head, camera: Camera, pores: Pores, diameter_um: Floats
) -> tuple[Floats, Floats, Floats]:
    """Major and minor axis (px) and angle (degrees, x right to y down) of the half-depth outline.

    The rest ellipse is carried by its triangle's affine map to the posed skin, then through the
    camera. The angle is that of the major axis, in (−90, 90].
    """
    triangles = head.rest.triangles[pores.address.triangle]
    rest, posed = head.rest.points[triangles], head.posed.points[triangles]
    before = np.stack([rest[:, 1] - rest[:, 0], rest[:, 2] - rest[:, 0]], axis=-1)
    after = np.stack([posed[:, 1] - posed[:, 0], posed[:, 2] - posed[:, 0]], axis=-1)
    carry = np.einsum("nij,njk->nik", after, np.linalg.pinv(before))
    half = diameter_um / (2000.0 * HEAD_SCALE)
    a = np.einsum("nij,nj->ni", carry, pores.axis_u) * (half * np.sqrt(pores.aspect))[:, None]
    b = np.einsum("nij,nj->ni", carry, pores.axis_v) * (half / np.sqrt(pores.aspect))[:, None]
    centre = pores.address.on(head.posed)
    columns = [(camera.project(centre + d) - camera.project(centre - d)) / 2.0 for d in (a, b)]
    ellipse = np.stack(columns, axis=-1)
    u, s, _ = np.linalg.svd(ellipse)
    angle = np.rad2deg(np.arctan2(u[:, 1, 0], u[:, 0, 0]))
    return 2.0 * s[:, 0], 2.0 * s[:, 1], (angle + 90.0) % 180.0 - 90.0


def _seen(
    address: Address, head: Head, camera: Camera, picture: Picture
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]:
    """Pixel place, camera-frame mm, cosine to the line of sight, and whether it shows."""
    place = address.on(head.posed)
    mm = camera.to_camera(place)
    xy = camera.project(place)
    triangle = head.posed.points[head.posed.triangles[address.triangle]]
    normal = np.cross(triangle[:, 1] - triangle[:, 0], triangle[:, 2] - triangle[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    sight = np.array(camera.place) - place
    cosine = (normal * sight).sum(axis=1) / np.linalg.norm(sight, axis=1)
    inside = (xy > 0).all(axis=1) & (xy < np.array([camera.width - 1, camera.height - 1])).all(
        axis=1
    )
    j = np.clip(np.rint(xy[:, 0]).astype(int), 0, camera.width - 1)
    i = np.clip(np.rint(xy[:, 1]).astype(int), 0, camera.height - 1)
    shows = inside & (cosine > NEAREST_VIEW_COS) & picture.skin[i, j]
    shows &= np.abs(picture.depth[i, j] - mm[:, 2]) < HIDDEN_MM
    shows &= picture.hair[i, j] < HIDDEN_BY_HAIR
    return xy, mm, cosine, shows


def pore_table(
    pores: Pores,
    now: PoresNow,
    head: Head,
    camera: Camera,
    picture: Picture,
    *,
    everywhere: bool,
) -> pd.DataFrame:
    """One row per pore of the person that falls in the frame or ever existed there.

    Unless ``everywhere``, small follicles outside the outlines of the regions are left out, where
    they would only swell the file: there the table does not tell what is no pore.
    """
    xy, mm, cosine, shows = _seen(pores.address, head, camera, picture)
    major, minor, angle = projected_axes(head, camera, pores, now.diameter_um)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (picture.light @ LUMINANCE.astype(np.float32)) / (
            picture.bare @ LUMINANCE.astype(np.float32)
        )
    contrast = 1.0 - _at(ratio.astype(np.float32), xy)
    names = np.array([*REGIONS, ""])[pores.region]
    table = pd.DataFrame(
        {
            "pore_id": np.arange(len(names)),
            "region": names,
            "present": now.present.astype(int),
            "visible": (now.present & shows).astype(int),
            "x_px": xy[:, 0].round(2),
            "y_px": xy[:, 1].round(2),
            "diameter_px": np.sqrt(major * minor).round(2),
            "major_px": major.round(2),
            "minor_px": minor.round(2),
            "angle_deg": angle.round(0).astype(int),
            "diameter_um": now.diameter_um.round(1),
            "depth_um": (1000.0 * now.depth_mm).round(0).astype(int),
            "contrast": contrast.round(3),
            "view_cos": cosine.round(2),
            "x_mm": mm[:, 0].round(2),
            "y_mm": mm[:, 1].round(2),
            "z_mm": mm[:, 2].round(2),
        }
    )
    # A pore that is gone has no size; its place stays, for forced measurements there.
    gone = ~now.present
    table["diameter_um"] = table["diameter_um"].mask(gone)
    for name in ("diameter_px", "major_px", "minor_px", "depth_um", "contrast", "angle_deg"):
        table[name] = table[name].mask(gone)
    table.loc[~shows, "contrast"] = np.nan
    in_frame = (xy > 0).all(axis=1) & (xy < np.array([camera.width, camera.height]) - 1).all(axis=1)
    told = everywhere | (pores.region >= 0) | (pores.diameter_um >= SMALLEST_ELSEWHERE_UM)
    return table[told & in_frame & (cosine > NEAREST_VIEW_COS)]


def distractor_table(
    spots: skin_model.Spots, head: Head, camera: Camera, picture: Picture
) -> pd.DataFrame:
    """Moles, freckles, acne marks and the hairs that may be taken for pores."""
    xy, mm, _, shows = _seen(spots.address, head, camera, picture)
    table = pd.DataFrame(
        {
            "kind": spots.kind,
            "visible": shows.astype(int),
            "x_px": xy[:, 0].round(1),
            "y_px": xy[:, 1].round(1),
            "size_px": (2.0 * HEAD_SCALE * spots.radius_mm * camera.focal_px / mm[:, 2]).round(1),
        }
    )
    parts = [table]
    for strands in picture.strands:
        if strands.kind != "stubble":
            continue
        ends = camera.project(strands.points[:, [0, -1]])
        middle = ends.mean(axis=1)
        j = np.clip(middle[:, 0].astype(int), 0, camera.width - 1)
        i = np.clip(middle[:, 1].astype(int), 0, camera.height - 1)
        near = camera.to_camera(strands.points[:, 0])[:, 2] < picture.depth[i, j] + HIDDEN_MM
        parts.append(
            pd.DataFrame(
                {
                    "kind": strands.kind,
                    "visible": near.astype(int),
                    "x_px": middle[:, 0].round(1),
                    "y_px": middle[:, 1].round(1),
                    "size_px": np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).round(1),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    inside = table["x_px"].between(0, camera.width - 1) & table["y_px"].between(
        0, camera.height - 1
    )
    return table[inside & (table["visible"] == 1)].drop(columns="visible")


def frontal_addresses(head: Head, points: Floats) -> Address:
    """The front of the rest skin at frontal (x, y)."""
    origins = np.column_stack([points, np.full(len(points), 300.0)])
    rays = np.tile([0.0, 0.0, -1.0], (len(points), 1))
    hit = caster(head.rest.points, head.rest.triangles).run(
        origins.astype(np.float32), rays.astype(np.float32)
    )
    triangle = np.asarray(hit, dtype=np.int64)
    a, b, c = (head.rest.points[head.rest.triangles[triangle, k], :2] for k in range(3))

    def cross(p: Floats, q: Floats) -> Floats:
        return p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]

    total = cross(b - a, c - a)
    wb = cross(points - a, c - a) / total
    wc = cross(b - a, points - a) / total
    return Address(triangle, np.stack([1.0 - wb - wc, wb, wc], axis=1))


def region_polygons(person: Person, head: Head, camera: Camera) -> dict[str, list[list[float]]]:
    """Outlines of the regions in pixels, followed over the curved skin."""
    outlines = {}
    for name, corners in region_outlines(person).items():
        steps = [
            a + (b - a) * np.arange(n)[:, None] / n
            for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)
            for n in [int(np.ceil(np.linalg.norm(b - a) / 4.0))]
        ]
        outlines[name] = np.concatenate(steps)
    addresses = frontal_addresses(head, np.concatenate(list(outlines.values())))
    xy = camera.project(addresses.on(head.posed)).round(1)
    ends = np.cumsum([len(outline) for outline in outlines.values()])[:-1]
    return {name: part.tolist() for name, part in zip(outlines, np.split(xy, ends), strict=True)}


def camera_record(
    camera: Camera,
    table: pd.DataFrame,
    yaw_pitch_roll: tuple[float, float, float],
    ipd_mm: float,
) -> dict[str, Any]:
    """Pinhole parameters, pose, and the local scale of each region."""
    seen = table[table["visible"] == 1]
    scale = {
        name: round(float((group["z_mm"] / camera.focal_px).median() * 1000.0), 3)
        for name, group in seen.groupby("region")
        if name
    }
    return {
        "width_px": camera.width,
        "height_px": camera.height,
        "focal_px": round(camera.focal_px, 4),
        "principal_point_px": [(camera.width - 1) / 2.0, (camera.height - 1) / 2.0],
        "yaw_pitch_roll_deg": list(yaw_pitch_roll),
        "ipd_mm": round(ipd_mm, 2),
        "iris_mm": 11.7,
        "um_per_px_facing": scale,
        "note": (
            "um_per_px_facing is z_mm / focal_px at the median visible pore of a region, for skin "
            "that faces the camera; x_mm, y_mm, z_mm of the truth are in the camera's frame "
            "(x right, y down, z away), so x_px = focal_px * x_mm / z_mm + principal point."
        ),
    }


def dump(record: Any) -> str:
    """JSON text, one key per line."""
    return json.dumps(record, indent=1) + "\n"
