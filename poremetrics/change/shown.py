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
    blur_sd_px2 : float
        Standard error of the difference in squared blur.
    blur_error : float
        That error over the cubed diameter of the smallest visible pore, per pixel. What a wrong
        blur does to a size goes with the square of blur over size, and the smaller a pore, the less
        of its own size is left in what is seen of it.
    coarse : float
        1 over the square of that diameter in pixels, likewise for blur that both photos share.
    decorrelation : float
        1 less the texture correlation of the matched skins.
    gain : float
        Absolute natural log of the contrast gain of the skin between pores.
    sampling : float
        Sampling error of the change of size that pores share, before it is stretched: where single
        pores are read ill, all of them together are misread by more.
    stretch : float
        By which a change of size is stretched, and its error with it.
    blurred : float
        Squared blur that both photos share over that squared diameter: the larger, the less is
        known of what is read of a change.
    """

    relative_blur_px: float
    blur_sd_px2: float
    blur_error: float
    coarse: float
    decorrelation: float
    gain: float
    sampling: float
    stretch: float
    blurred: float

    def figures(self) -> dict[str, float]:
        """Return every condition by its name."""
        return asdict(self)


def shown_by(sample: Sample, conditions: Conditions, reading: Reading, sampling_sd: float) -> Shown:
    """Return the conditions that a region shows.

    Parameters
    ----------
    sample : Sample
        The region; its scale tells how large a visible pore is in pixels.
    conditions : Conditions
        How the two skins differ.
    reading : Reading
        How much of a change of size is read.
    sampling_sd : float
        Sampling error of the change of size that pores share.
    """
    return shown(
        abs(conditions.relative_blur_px),
        sample.pore_px,
        conditions.correlation,
        abs(math.log(conditions.gain)) if conditions.gain > 0.0 else math.nan,
        conditions.blur_sd_px2,
        reading.stretch(typical_signal(sample)),
        sampling_sd,
        (conditions.blur_px / sample.pore_px) ** 2,
    )


def shown(
    relative_blur_px: float,
    pore_px: float,
    correlation: float,
    gain: float,
    blur_sd_px2: float,
    stretch: float = 1.0,
    sampling_sd: float = 0.0,
    blurred: float = 0.0,
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
    blur_sd_px2 : float
        Standard error of the difference in squared blur.
    stretch : float
        Of changes of size.
    sampling_sd : float
        Of the change of size that pores share, stretched.
    blurred : float
        Squared blur of both matched skins over the squared diameter of the smallest visible pore.
    """
    return Shown(
        relative_blur_px=relative_blur_px,
        blur_sd_px2=blur_sd_px2,
        blur_error=blur_sd_px2 / pore_px**3,
        coarse=pore_px**-2,
        decorrelation=1.0 - correlation,
        gain=gain,
        sampling=sampling_sd / stretch,
        stretch=stretch,
        blurred=blurred,
    )
