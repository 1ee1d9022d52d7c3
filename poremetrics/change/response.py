"""How much of a true change is read, and how well that is known.

What is read of a change of faint pores falls short of the truth: relief that lies in both photos
does not shrink, and pores near the limit of what can be seen drop out. How far it falls short is
measured on skin of known change by ``python -m poremetrics.validate.defaults``. For the size of the
same pores it hangs on how clearly they stand out of the skin, and is made good (:class:`Reading`).
What is left is told as a :class:`Share` of every measure and enters the interval: the more of a
pore's width is blur, and the less it stands out, the less is read and the less is known of it. That
is told of each :class:`Kind` of skin apart, for which kind a photo shows is not known. None of this
touches a verdict: it grows in proportion to the change and vanishes without one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import resources

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from poremetrics.change.measures import FloatArray

FORMAT = 4
"""4: what noise does, and more than one kind of skin."""


class Share(BaseModel):
    """Response of one measure; all figures multiply the log ratio that was read.

    What blur does goes with ``blurred``: the squared blur of both matched skins over the squared
    diameter of the smallest visible pore. What noise does goes with ``faint``: the inverse square
    of the median signal of the same pores over the noise.

    Attributes
    ----------
    unread, unread_of_blur, unread_of_noise : float
        Mean of ``true / read - 1``: what it would be in photos without blur or noise, and what is
        added per ``blurred`` and per ``faint``.
    sd, sd_of_blur, sd_of_noise : float
        Its standard deviation between photos, people and kinds of change, and what is added (in
        squares) per ``blurred`` and per ``faint``.
    sd_of_size : float
        Error that a change of size brings into this measure, per unit of its log ratio: a pore
        that narrows below the blur seems shallower.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    unread: float = Field(0.0, ge=-10.0, le=10.0)
    unread_of_blur: float = Field(0.0, ge=-100.0, le=100.0)
    unread_of_noise: float = Field(0.0, ge=-1e6, le=1e6)
    sd: float = Field(0.0, ge=0.0, le=10.0)
    sd_of_blur: float = Field(0.0, ge=0.0, le=100.0)
    sd_of_noise: float = Field(0.0, ge=0.0, le=1e6)
    sd_of_size: float = Field(0.0, ge=0.0, le=10.0)


EXACT = Share()
"""All of a change is read."""


class Kind(BaseModel):
    """Response of one kind of skin.

    Attributes
    ----------
    pairs : int
        Number of regions of pairs of known change behind it.
    lowest, highest : float
        Signals of those pairs; beyond them the nearer one counts.
    shares : mapping of str to Share
        By name of the measure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    pairs: int = Field(0, ge=0)
    lowest: float = Field(1.0, gt=0.0)
    highest: float = Field(100.0, gt=0.0)
    shares: Mapping[str, Share]

    def of(self, measure: str) -> Share:
        """Return the response of a measure, named in µm or px; exact where none is known."""
        name = measure.replace("_px", "_um").replace("density_mpx", "density_cm2")
        return self.shares.get(name, EXACT)

    def answer(
        self, measures: Sequence[str], blurred: FloatArray, signal: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return true over read of changes, and the standard deviation of that.

        Parameters
        ----------
        measures : sequence of str
            Names, one per change.
        blurred, signal : (N,) float64
            What each was read in; NaN where it is not known, of a measure that hangs on neither.
        """
        shares = [self.of(one) for one in measures]
        shape = share_shape(blurred, np.clip(signal, self.lowest, self.highest))
        unread = [[one.unread, one.unread_of_blur, one.unread_of_noise] for one in shares]
        spread = [[one.sd, one.sd_of_blur, one.sd_of_noise] for one in shares]
        stretch = 1.0 + (shape * np.array(unread).reshape(shape.shape)).sum(axis=1)
        sd = np.linalg.norm(shape * np.array(spread).reshape(shape.shape), axis=1)
        return np.maximum(stretch, 0.0), np.asarray(sd, np.float64)


def share_shape(blurred: FloatArray, signal: FloatArray) -> FloatArray:
    """Return what the figures of a :class:`Share` are multiplied by.

    Parameters
    ----------
    blurred, signal : (N,) float64
        What changes were read in; NaN where it is not known.

    Returns
    -------
    (N, 3) float64
        1, ``blurred`` and ``faint``; 0 where it is not known.
    """
    return np.nan_to_num(np.column_stack((np.ones(len(blurred)), blurred, signal**-2.0)))


class Reading(BaseModel):
    """How far a change of size has to be stretched: ``1 + unread + per_noise / signal²``.

    Relief adds to a pore the same in both photos. It draws the two sizes together by its share of
    the pore's own power, which is the inverse square of the pore's signal; it never draws them
    apart, so the stretch is at least 1.

    Attributes
    ----------
    unread, per_noise : float
        Fitted to pairs of known change.
    lowest, highest : float
        Signals of those pairs; beyond them the nearer one counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    unread: float = Field(0.0, ge=-0.9, le=10.0)
    per_noise: float = Field(0.0, ge=0.0, le=1000.0)
    lowest: float = Field(1.0, gt=0.0)
    highest: float = Field(100.0, gt=0.0)

    def stretch(self, signal: float) -> float:
        """Return true over read log ratio of pores of this median signal; 1 where it is NaN."""
        if math.isnan(signal):
            return 1.0
        held = min(max(signal, self.lowest), self.highest)
        return max(1.0, 1.0 + self.unread + self.per_noise / held**2)


PLAIN = Reading()
"""Sizes as read."""


class Response(BaseModel):
    """Response of every kind of skin.

    Attributes
    ----------
    source : str
        Where the figures come from, as printed in the report.
    kinds : mapping of str to Kind
        By name. Without any, all of a change is read.
    reading : Reading
        Of the size of the same pores.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(FORMAT, ge=FORMAT, le=FORMAT)
    source: str
    kinds: Mapping[str, Kind]
    reading: Reading = PLAIN


def default_response() -> Response:
    """Return the project's own figures, measured by ``poremetrics validate``."""
    text = resources.files("poremetrics.change").joinpath("response.json").read_text("utf-8")
    return Response.model_validate_json(text)
