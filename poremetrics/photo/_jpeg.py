"""What the bytes of a JPEG file say before it is decoded: completeness and quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

_SOI = b"\xff\xd8"
_EOI = b"\xff\xd9"
_START_OF_SCAN = 0xDA

# Luma quantisation table of ITU-T T.81, table K.1, in rows.
_LUMA_K1 = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    dtype=np.float64,
)


def is_jpeg(data: bytes) -> bool:
    """Tell whether the content starts as a JPEG file does."""
    return data[:2] == _SOI


def is_complete(data: bytes) -> bool:
    """Tell whether a JPEG's compressed data runs to its end-of-image marker.

    Decoders fill what is missing with grey and say nothing. The header is walked segment by
    segment so that the end marker of an embedded thumbnail is not taken for the photo's own.
    """
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            return False
        marker = data[position + 1]
        if marker == 0xFF:  # padding
            position += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # markers without a segment
            position += 2
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == _START_OF_SCAN:
            # A byte FF of compressed data is always followed by 00, so this is no chance hit.
            return data.find(_EOI, position + 2 + length) >= 0
        position += 2 + length
    return False


def quality(tables: Mapping[int, Sequence[int]]) -> float | None:
    """Estimate the quality setting of the last JPEG encoding.

    Parameters
    ----------
    tables : mapping of int to sequence of 64 int
        Quantisation tables of the file; number 0 is the luma table.

    Returns
    -------
    float or None
        1 (worst) to 100: the quality of the IJG encoder whose table has the nearest mean step.
        Other encoders use other tables; theirs is then an equivalent. None without a table.
    """
    luma = tables.get(0)
    if luma is None or len(luma) != _LUMA_K1.size:
        return None
    # Mean steps, not the tables entry by entry: that does not depend on the order of the file.
    return float(np.argmin(np.abs(_MEAN_STEP - np.mean(luma))) + 1)


def _ijg_mean_steps() -> npt.NDArray[np.float64]:
    """Mean luma step of the IJG encoder at quality 1 to 100."""
    setting = np.arange(1, 101, dtype=np.float64)
    scale = np.where(setting < 50, np.floor(5000 / setting), 200 - 2 * setting)
    steps = np.floor((_LUMA_K1[None] * scale[:, None, None] + 50) / 100)
    mean: npt.NDArray[np.float64] = np.clip(steps, 1, 255).mean(axis=(1, 2))
    return mean


_MEAN_STEP = _ijg_mean_steps()
