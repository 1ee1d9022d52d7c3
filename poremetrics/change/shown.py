"""What a pair shows of the conditions that its repeatability depends on."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from poremetrics.change.measures import Sample, typical_signal
from poremetrics.change.response import Reading
from poremetrics.model import Conditions


@dataclass(frozen=True, slots=True)
class Shown:
    """Conditions of one region of a pair; the larger, the less two photos of it agree.

    Attributes
    ----------
    relative_blur_px : float
        Difference in focus that had to be matched, in pixels.
    point_spread_px : float
        What both photos have in common once that is matched.
    blur : float
        Square of their product over the squared diameter of the smallest visible pore. What a wrong
        blur does to a size goes with the square of blur over size, and the softer both photos are,
        the worse is it known which of them is the softer.
    coarse : float
        1 over the square of that diameter in pixels, likewise for blur that both photos share.
    decorrelation : float
        1 less the texture correlation of the matched skins.
    gain : float
        Absolute natural log of the contrast gain of the skin between pores.
    stretch : float
        By which a change of size is stretched, and its error with it.
    """

    relative_blur_px: float
    point_spread_px: float
    blur: float
    coarse: float
    decorrelation: float
    gain: float
    stretch: float

    def figures(self) -> dict[str, float]:
        """Return every condition by its name."""
        return asdict(self)


def shown_by(sample: Sample, conditions: Conditions, reading: Reading) -> Shown:
    """Return the conditions that a region shows.

    Parameters
    ----------
    sample : Sample
        The region; its scale tells how large a visible pore is in pixels.
    conditions : Conditions
        How the two skins differ.
    reading : Reading
        How much of a change of size is read.
    """
    return shown(
        abs(conditions.relative_blur_px),
        sample.pore_px,
        conditions.correlation,
        abs(math.log(conditions.gain)) if conditions.gain > 0.0 else math.nan,
        conditions.blur_px,
        reading.stretch(typical_signal(sample)),
    )


def shown(
    relative_blur_px: float,
    pore_px: float,
    correlation: float,
    gain: float,
    point_spread_px: float,
    stretch: float = 1.0,
) -> Shown:
    """Return the conditions from the figures of the checks.

    Parameters
    ----------
    relative_blur_px : float
        Difference in focus.
    pore_px : float
        Diameter of the smallest visible pore.
    correlation : float
        Of the matched skins.
    gain : float
        Absolute natural log of the contrast gain.
    point_spread_px : float
        Of both photos once matched.
    stretch : float
        Of changes of size.
    """
    return Shown(
        relative_blur_px=relative_blur_px,
        point_spread_px=point_spread_px,
        blur=(relative_blur_px * point_spread_px / pore_px**2) ** 2,
        coarse=pore_px**-2,
        decorrelation=1.0 - correlation,
        gain=gain,
        stretch=stretch,
    )
