"""One photograph: geometry, visibility, light, skin, hair and eyes put together in linear light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import dress
import eyes as eye_model
import fields
import hair as hair_model
import light as light_model
import numpy as np
import numpy.typing as npt
import skin as skin_model
from dress import Marker
from geometry import BaseMesh, Head, Surface, build_head, rotation, turn
from lighting import SKY, Lighting
from people import Person, Visit, lights_of
from pores import Pores, PoresNow, bell
from raster import Camera, Visible, rasterise

Float32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

STEEPEST = 1.2
PORE_DULL = 2.2
"""How much less a pore shines than it darkens."""
HAIR_SHADOW = 0.45


@dataclass(frozen=True)
class Scene:
    """Everything that one photograph shows."""

    person: Person
    visit: Visit
    head: Head
    camera: Camera
    pores: Pores
    now: PoresNow
    marker: Marker | None = None


@dataclass(frozen=True)
class Picture:
    """Linear light with and without pores, where skin shows, and how much hair lies over it."""

    light: Float32
    bare: Float32
    skin: npt.NDArray[np.bool_]
    hair: Float32
    depth: Float32
    strands: list[hair_model.Strands]


@dataclass(frozen=True)
class Eye:
    """An eyeball on the posed head, its points in its own axes, and its baked light."""

    ball: Surface
    local: Floats
    baked: Floats


def poser(visit: Visit) -> Callable[[Floats], Floats]:
    """Turns rest points of any shape (..., 3) as the head is turned at a visit."""
    matrix = rotation(visit.yaw, visit.pitch, visit.roll)
    return lambda points: turn(points.reshape(-1, 3), matrix).reshape(points.shape)


def build(base: BaseMesh, person: Person, visit: Visit) -> Head:
    """Head of a person at a visit."""
    pose = rotation(visit.yaw, visit.pitch, visit.roll)
    return build_head(base, person.shape, visit.expression, pose)


def _join(surfaces: list[Surface]) -> Surface:
    start = np.cumsum([0, *(len(s.points) for s in surfaces[:-1])])
    return Surface(
        np.concatenate([s.points for s in surfaces]),
        np.concatenate([s.triangles + k for s, k in zip(surfaces, start, strict=True)]),
        np.concatenate([s.normals for s in surfaces]),
        np.concatenate([s.uv for s in surfaces]),
    )


def _bake(scene: Scene, everything: Surface) -> Floats:
    """Seen share of every light at the vertices in the frame."""
    camera, head = scene.camera, scene.head
    xy = camera.project(everything.points)
    margin = 0.06 * camera.width
    size = np.array([camera.width, camera.height])
    cast = (xy > -margin).all(axis=1) & (xy < size + margin).all(axis=1)
    cast &= everything.normals[:, 2] > -0.3
    cast[head.coarse_count : len(head.posed.points)] = False
    lights = lights_of(scene.person, scene.visit)
    return light_model.bake(everything, lights, np.flatnonzero(cast))


def _shine(scene: Scene, seen: skin_model.Seen, lips: Float32, cloth: Float32) -> Float32:
    """Strength of the gloss: the T-zone is oilier, cloth does not shine."""
    person, low = scene.person, scene.person.nose_bottom_mm
    patches = skin_model.noise(seen, [(0.5, 0.10, 901), (1.6, 0.12, 902), (6.0, 0.16, 903)])
    flat = np.stack([np.abs(seen.rest[..., 0]), seen.rest[..., 1]], axis=-1)
    greasy = (
        0.75
        + 0.40 * bell(flat, 0, low + 15, 12, 22)
        + 0.10 * bell(flat, 0, 42, 36, 16)
        + 0.15 * bell(flat, 34, -30, 14, 10)
        - 0.3 * bell(flat, 30, 0, 16, 9)
    )
    strength = person.oil * scene.visit.shine * greasy * np.clip(1 + patches, 0.3, 1.8)
    return (strength * (1 - cloth) * (1 + 0.5 * lips)).astype(np.float32)


def _dot(a: Float32, b: Float32) -> Float32:
    return np.einsum("ijk,ijk->ij", a, b)


def _unit(a: Float32) -> Float32:
    return a / np.maximum(np.linalg.norm(a, axis=-1, keepdims=True), 1e-9)


def render(scene: Scene, textures: Path) -> Picture:
    """Linear RGB of a scene at the camera's own size, with its pores and without."""
    person, visit, head, camera = scene.person, scene.visit, scene.head, scene.camera
    lights = lights_of(person, visit)
    balls = [
        eye_model.eyeball(centre, head.eye_radius, np.array(camera.place))
        for centre in poser(visit)(head.eye_centres)
    ]
    triangles = head.posed.triangles
    found = rasterise(
        camera, [(head.posed.points, triangles), *((b.points, b.triangles) for b, _ in balls)]
    )
    baked = _bake(scene, _join([head.posed, *(ball for ball, _ in balls)]))
    count = len(head.posed.points)
    eyes = []
    first = count
    for ball, local in balls:
        eyes.append(Eye(ball, local, baked[first : first + len(ball.points)]))
        first += len(ball.points)

    on = (found.owner >= 0) & (found.owner < len(triangles))
    vertex = [head.rest.points, head.posed.points, head.posed.normals, head.posed.uv, baked[:count]]
    at = found.at_pixels(triangles, np.concatenate(vertex, axis=1))
    seen = skin_model.Seen(
        rest=np.ascontiguousarray(at[..., :3]),
        place=np.ascontiguousarray(at[..., 3:6]),
        normal=_unit(at[..., 6:9]),
        px_mm=np.where(on, found.depth / camera.focal_px, 1.0).astype(np.float32),
        on=on,
    )
    uv = np.ascontiguousarray(at[..., 9:11])
    lighting = Lighting(lights, camera, seen, at[..., 11:])
    del at

    lips = skin_model.lip_share(textures, uv, seen)
    spots = skin_model.make_spots(person, head)
    albedo = skin_model.albedo(person, visit, seen, camera, head, spots, lips)
    cap = dress.make_cap(seen, person.cap_rgb, person.seed)
    albedo += cap.share[..., None] * (cap.albedo - albedo)
    gloss = _shine(scene, seen, lips, cap.share)

    relief = skin_model.relief_mm(person, seen, camera, head, spots)
    relief += skin_model.lip_creases(seen, lips, person.seed)
    # Bumps fade towards the limb, where a pixel spans many of them.
    relief *= np.clip(1.6 * _dot(seen.normal, _unit(lighting.eye - seen.place)), 0.05, 1)
    bare_relief = relief + cap.share * (cap.relief_mm - relief)
    core = skin_model.press_pores(relief, seen, camera, head, scene.pores, scene.now)
    core *= 1 - cap.share
    relief += cap.share * (cap.relief_mm - relief)

    strands = hair_model.grow_hair(person, head, poser(visit))
    dark_hair, pale_hair = hair_model.paint(strands, camera, found.depth)
    shadow = cv2.GaussianBlur(dark_hair.cover, (0, 0), 0.28 * lighting.px_per_mm)
    shadow = np.roll(shadow, int(0.35 * lighting.px_per_mm), axis=0)
    lit = cap.shade * (1 - HAIR_SHADOW * np.clip(1.2 * shadow, 0, 1))

    bumped = np.empty_like(seen.normal)
    eye_light, is_eye = _eyes(scene, eyes, found)
    background = dress.wall(camera, person.seed)
    stuck = None if scene.marker is None else dress.sticker(scene.marker, head, camera, lights)

    def develop(height: Float32, dark: Float32 | None) -> Float32:
        fields.bump_normals(seen.normal, seen.place, height, on, bumped, STEEPEST)
        out = lighting.diffuse(bumped, albedo)
        out *= albedo
        if dark is not None:
            for c in range(3):
                out[..., c] *= np.exp(-skin_model.PORE_TINT[c] * dark)
        strength = gloss if dark is None else gloss * np.exp(-PORE_DULL * dark)
        lighting.add_gloss(out, bumped, strength)
        out *= lit[..., None]
        out = np.where(on[..., None], out, background)
        out = np.where(is_eye[..., None], eye_light, out)
        out = hair_model.cover(out, dark_hair, pale_hair, person)
        return out if stuck is None else out * stuck[1][..., None] + stuck[0]

    full, bare = develop(relief, core), develop(bare_relief, None)
    is_skin = on & (cap.share < 0.01)
    if stuck is not None:
        is_skin &= stuck[1] > 0.999
    return Picture(full, bare, is_skin, dark_hair.cover, found.depth, strands)


def _eyes(scene: Scene, eyes: list[Eye], found: Visible) -> tuple[Float32, npt.NDArray[np.bool_]]:
    """Light of the eyeballs, and the pixels that show them."""
    out = np.zeros((*found.owner.shape, 3), np.float32)
    lights = lights_of(scene.person, scene.visit)
    first = len(scene.head.posed.triangles)
    for eye in eyes:
        ball = eye.ball
        inside = (found.owner >= first) & (found.owner < first + len(ball.triangles))
        rows, cols = np.nonzero(inside)
        corners = ball.triangles[found.owner[rows, cols] - first]
        first += len(ball.triangles)
        if not len(rows):
            continue
        weights = found.bary[rows, cols].astype(float)
        weights = np.concatenate([1 - weights.sum(axis=1, keepdims=True), weights], axis=1)
        place, normal, local, seen = (
            np.einsum("nk,nkd->nd", weights, values[corners])
            for values in (ball.points, ball.normals, eye.local, eye.baked)
        )
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        light = (SKY * 0.6 * seen[:, len(lights)])[:, None] * np.ones(3)
        for m, lamp in enumerate(lights):
            towards = np.array(lamp.place) - place
            cosine = (towards * normal).sum(axis=1) / np.linalg.norm(towards, axis=1)
            strength = lamp.power * seen[:, m] * np.maximum(0, (cosine + 0.3) / 1.3)
            light += strength[:, None] * lamp.colour
        # The lids close in on the eye's rim: deep between them it is dark.
        free = np.clip(seen[:, len(lights)] * 1.6, 0, 1)[:, None]
        albedo = eye_model.eye_albedo(local, scene.person.iris_rgb, scene.person.seed + 40)
        shine = eye_model.mirror(place, normal, np.array(scene.camera.place), lights)
        out[rows, cols] = free * (light * albedo + shine)
    return out, found.owner >= len(scene.head.posed.triangles)
