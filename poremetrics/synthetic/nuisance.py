"""What differs between two photos of the same untouched skin, and how much is usual."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from poremetrics.errors import UsageError

WAVES = 6
"""Plane waves that make up each component of the elastic field."""

Preset = Literal["none", "gentle", "usual", "rough", "defocus", "other_light", "beauty"]


@dataclass(frozen=True, slots=True)
class Nuisance:
    """What differs between two photos of the same untouched skin.

    Attributes
    ----------
    turn_deg : float
        Turn of the after photo's content, clockwise.
    scale : float
        Size in the after photo / in the before photo.
    shift_px : (float, float)
        x, y in after pixels.
    elastic_px, elastic_wavelength_px : float
        Root-mean-square displacement of a smooth field (pose, expression) and its wavelength, in
        before pixels.
    elastic_seed : int
        Which field.
    light_gradient : float
        Relative change of light from one edge of the picture to the other.
    light_deg : float
        Direction in which it grows, 0 right, 90 up.
    exposure_stops : float
        Change of exposure.
    balance : (float, float, float)
        Gains of red, green and blue.
    blur_px : float
        Standard deviation of added blur, in after pixels.
    noise : float
        Standard deviation of added noise at linear 1; it falls with the square root of light.
    noise_seed : int
        Which noise.
    jpeg_quality : int or None
        None for no compression.
    relight : float
        Shading by light from another side, made from the skin's own fine structure; 0 none, 1
        as strong as the structure itself. It breaks the likeness of the two photos on purpose.
    light_turn_deg : float
        Turn of the light to ``light_deg``, anticlockwise: fine structure is taken for relief under
        one lamp and shaded anew. Unlike ``relight`` it leaves everything in its place.
    smoothing : float
        Strength of a beauty filter: share of fine texture removed, edges kept.
    """

    turn_deg: float = 0.0
    scale: float = 1.0
    shift_px: tuple[float, float] = (0.0, 0.0)
    elastic_px: float = 0.0
    elastic_wavelength_px: float = 800.0
    elastic_seed: int = 0
    light_gradient: float = 0.0
    light_deg: float = 0.0
    exposure_stops: float = 0.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur_px: float = 0.0
    noise: float = 0.0
    noise_seed: int = 0
    jpeg_quality: int | None = None
    relight: float = 0.0
    light_turn_deg: float = 0.0
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        if self.scale <= 0:
            raise UsageError("scale", f"{self.scale} is not positive", "give e.g. 0.95")
        # Steepest slope the waves can add up to; below one half the field never folds and its
        # inverse converges.
        steepest = np.sqrt(2.0 * WAVES) * 2 * np.pi * self.elastic_px / self.elastic_wavelength_px
        if steepest >= 0.5:
            raise UsageError(
                "elastic_px",
                f"{self.elastic_px} px over {self.elastic_wavelength_px} px would fold the skin",
                "make the wavelength at least 50 times the displacement",
            )


_USUAL = Nuisance(
    turn_deg=3.0,
    scale=0.95,
    shift_px=(12.0, -8.0),
    elastic_px=1.5,
    elastic_wavelength_px=900.0,
    light_gradient=0.15,
    exposure_stops=0.15,
    balance=(1.02, 1.0, 0.97),
    blur_px=0.6,
    noise=0.003,
    jpeg_quality=90,
)
PRESETS: dict[Preset, Nuisance] = {
    "none": Nuisance(),
    "gentle": replace(
        _USUAL,
        turn_deg=1.0,
        scale=0.98,
        elastic_px=0.6,
        light_gradient=0.06,
        exposure_stops=0.07,
        balance=(1.01, 1.0, 0.99),
        blur_px=0.3,
        noise=0.0015,
        jpeg_quality=95,
    ),
    "usual": _USUAL,
    "rough": replace(
        _USUAL,
        turn_deg=7.0,
        scale=0.85,
        elastic_px=3.0,
        light_gradient=0.3,
        exposure_stops=0.3,
        balance=(1.05, 1.0, 0.93),
        blur_px=1.1,
        noise=0.006,
        jpeg_quality=80,
    ),
    "defocus": replace(_USUAL, blur_px=4.0),
    "other_light": replace(_USUAL, relight=1.5, light_gradient=0.5),
    "beauty": replace(_USUAL, smoothing=0.8),
}
"""Strengths of the presets; ``usual`` is the pair of the project's first experiments. The last
three are hopeless on purpose and must be refused."""


def draw_nuisance(rng: np.random.Generator, preset: Preset = "usual") -> Nuisance:
    """Return a random nuisance of a preset's strength.

    Signs, directions and seeds are drawn; strengths vary by a quarter around the preset.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    preset : str
        One of :data:`PRESETS`.

    Raises
    ------
    UsageError
        There is no such preset.
    """
    if preset not in PRESETS:
        raise UsageError("preset", f"{preset!r} is unknown", f"give one of {', '.join(PRESETS)}")
    base = PRESETS[preset]
    sign = rng.choice([-1.0, 1.0], 5)
    vary = rng.uniform(0.75, 1.25, 5)
    warm = float(sign[2] * vary[2])
    return replace(
        base,
        turn_deg=base.turn_deg * float(sign[0] * vary[0]),
        scale=float(base.scale ** vary[1]),
        shift_px=(base.shift_px[0] * float(sign[1]), base.shift_px[1] * float(sign[3])),
        elastic_seed=int(rng.integers(2**31)),
        light_gradient=base.light_gradient * float(vary[3]),
        light_deg=float(rng.uniform(0, 360)),
        exposure_stops=base.exposure_stops * float(sign[4]),
        balance=(base.balance[0] ** warm, 1.0, base.balance[2] ** warm),
        blur_px=base.blur_px * float(vary[4]),
        noise_seed=int(rng.integers(2**31)),
    )
