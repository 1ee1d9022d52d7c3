"""What the package's own figures are made of: pairs at every scale that the tool accepts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from poremetrics.synthetic import TONES
from poremetrics.validate.subjects import (
    STRENGTHS,
    Effect,
    Pair,
    another_camera,
    seeds_from,
    skin_camera,
    skin_of,
    treated_pair,
)

_PX_PER_MM = (8.0, 10.0, 13.0, 16.0, 20.0)
_READ_PX_PER_MM = (*_PX_PER_MM, 24.0)  # finer photos are worked on at this
_READ_BLUR_PX = (0.7, 0.9, 1.2, 1.6)
_LEVELS_PCT = (11.0, 17.0, 30.0)
_UNCHANGED = 210


def calibration_pairs(seed: int) -> Iterator[Pair]:
    """Yield the pairs that the package's own figures are made of: unchanged and changed skin.

    Parameters
    ----------
    seed : int
        Another one than that of a published validation.
    """
    seeds = seeds_from(seed)
    for index in range(_UNCHANGED):
        base = skin_camera(_PX_PER_MM[index % len(_PX_PER_MM)])
        case_seed = next(seeds)
        rng = np.random.default_rng(case_seed)
        name = list(STRENGTHS)[index % len(STRENGTHS)]
        cameras = [base, another_camera(rng, base, STRENGTHS[name])]
        if rng.random() < 0.5:
            cameras.reverse()
        tone = TONES[index // len(STRENGTHS) % len(TONES)]  # not in step with the strength
        yield Pair(case_seed, "unchanged", name, skin_of(index), tone, cameras[0], cameras[1])
    yield from _changed_pairs(seeds)


def reading_pairs(seed: int) -> Iterator[Pair]:
    """Yield the pairs of changed skin that show how far a change of size is to be stretched.

    Parameters
    ----------
    seed : int
        Another one than that of :func:`calibration_pairs`, which tell what is left then.
    """
    yield from _changed_pairs(seeds_from(seed))


def _changed_pairs(seeds: Iterator[int]) -> Iterator[Pair]:
    """Yield skin changed in both ways by every level, at every scale and sharpness."""
    cameras = [skin_camera(scale, blur) for blur in _READ_BLUR_PX for scale in _READ_PX_PER_MM]
    effects: tuple[Effect, ...] = ("coverage", "size")
    for at, (effect, level, base) in enumerate(product(effects, _LEVELS_PCT, cameras)):
        pair = treated_pair(next(seeds), "power", at, base, effect, level)
        # one of two, in every row of cameras another one
        yield replace(pair, varied=(at + at // len(cameras)) % 2 == 1)
