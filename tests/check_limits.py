"""Try every check of a pair on photos of your own: unchanged skin shot again, and hopeless pairs.

    python tests/check_limits.py FOLDER [--photos 8]

Prints, per check and condition, the middle and the far end of the figure over all regions and how
often it failed. The limits in ``poremetrics/settings/change.py`` that name re-shot portraits rest
on it. No photo leaves the folder.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from PIL import Image

import poremetrics
from poremetrics import face, photo
from poremetrics.change import CHECKS
from poremetrics.model import Mask, Rgb
from poremetrics.photo.quality import surface_light
from poremetrics.settings import Settings
from poremetrics.synthetic import Nuisance, draw_nuisance, reshoot

UNCHANGED = ("gentle", "usual", "rough")


def skin_of(pixels: Rgb) -> Mask:
    """Return all usable skin of a photo."""
    settings = Settings()
    skin = np.zeros(pixels.shape[:2], dtype=np.bool_)
    for region in face.find(photo.load(pixels, settings.photo), settings.face).regions:
        skin[region.box.slices] |= region.skin
    return skin


def mirrored(pixels: Rgb, skin: Mask, share: float) -> Rgb:
    """Return the photo with its surface light added once more (1) or taken away (-1)."""
    linear = photo.to_linear(pixels)
    found = surface_light(linear, skin)
    light = 0.0 if found is None else found * photo.luminance(linear)
    return photo.to_srgb8(np.clip(linear + share * np.asarray(light)[..., None], 0, 1))


def redder(pixels: Rgb) -> Rgb:
    lab = cv2.cvtColor(photo.to_linear(pixels), cv2.COLOR_LRGB2Lab)
    lab[..., 1] += 6.0
    return photo.to_srgb8(np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2LRGB), 0, 1))


def covered(pixels: Rgb, skin: Mask) -> Rgb:
    """Return the photo under make-up: half of the colour differences gone, fine and coarse."""
    linear = photo.to_linear(pixels) + np.float32(1e-4)
    light = linear.mean(axis=2, keepdims=True)
    usual = np.median((linear / light)[skin], axis=0)
    return photo.to_srgb8(np.clip(light * np.sqrt(linear / light * usual), 0, 1))


def coded(pixels: Rgb) -> Rgb:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=30)
    return np.asarray(Image.open(file).convert("RGB"))


def conditions(rng: np.random.Generator, skin: Mask) -> Mapping[str, Callable[[Rgb], Rgb]]:
    """Return what becomes of the after photo; all but the first three are no fair second shot."""
    usual = draw_nuisance(rng, "usual")
    other = {
        "darker": replace(usual, exposure_stops=-1.5),
        "night": replace(usual, exposure_stops=-2.0, noise=0.03, jpeg_quality=95),
        "side light": replace(usual, light_gradient=4.0, light_deg=0.0),
    }
    shots: dict[str, Nuisance] = {name: draw_nuisance(rng, name) for name in UNCHANGED} | other
    made = {
        "crossed": lambda pixels: mirrored(pixels, skin, -0.85),
        "parallel": lambda pixels: mirrored(pixels, skin, 1.0),
        "redder": redder,
        "make-up": lambda pixels: covered(pixels, skin),
    }
    return {
        **{name: lambda pixels, n=n: reshoot(pixels, n).pixels for name, n in shots.items()},
        **{name: lambda pixels, f=f: reshoot(f(pixels), usual).pixels for name, f in made.items()},
        "messenger": lambda pixels: coded(
            reshoot(pixels, replace(usual, jpeg_quality=None)).pixels
        ),
    }


def tried(path: Path, seed: int) -> pd.DataFrame:
    """Return the checks of the pairs made from one photo."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    found = []
    for name, change in conditions(np.random.default_rng(seed), skin_of(pixels)).items():
        try:
            quality = poremetrics.compare(pixels, change(pixels), view="face").quality
        except poremetrics.PoremetricsError as error:
            print(f"{name}: photo {seed}: {error.reason}", file=sys.stderr)
            continue
        found.append(quality[quality["photo"].ne("before")].assign(condition=name))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=8)
    asked = parser.parse_args()
    paths = sorted(
        path for path in asked.folder.iterdir() if path.suffix.lower() in (".jpg", ".png")
    )
    rows = pd.concat(
        [tried(path, seed) for seed, path in enumerate(paths[: asked.photos])], ignore_index=True
    )
    for check, group in rows.groupby("check", sort=False):
        far = "max" if CHECKS[str(check)].bound == "max" else "min"
        table = group.groupby("condition", sort=False).agg(
            regions=("value", "size"),
            middle=("value", "median"),
            far=("value", far),
            failed_pct=("ok", lambda ok: 100.0 * (~ok).mean()),
        )
        print(f"\n{check} (limit {group['limit'].iloc[0]:g}, far end: {far})")
        print(table.round(3).to_string())
    return 0


if __name__ == "__main__":
    sys.exit(main())
