"""Every figure of a result as a file of its own, at publication size."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from poremetrics.columns import is_pore
from poremetrics.model import Comparison, Measurement
from poremetrics.report.figures import (
    figure_of,
    plot_changes,
    plot_pairs_of_sizes,
    plot_sizes,
    svg_bytes,
)
from poremetrics.report.glyphs import spell_out
from poremetrics.report.picture_figures import plot_after, plot_before, plot_overlay, plot_strip
from poremetrics.report.pictures import Shown, encode, shown
from poremetrics.settings.report import ReportSettings

FOLDER = "figures"
_PNG_EFFORT = 3
"""Of zlib, 0 to 9: half the time of the usual 6 for a few percent more bytes."""
_PNG = re.compile(rb"data:image/png;base64,([A-Za-z0-9+/=\s]+)")


def figure_files(result: Comparison | Measurement, *, anonymise: bool) -> Mapping[str, bytes]:
    """Return every figure as PNG and SVG.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.
    anonymise : bool
        Cover the eyes.

    Returns
    -------
    mapping of str to bytes
        ``figures/<name>.png`` and ``.svg``.
    """
    files: dict[str, bytes] = {}
    dpi = result.settings.report.figure_dpi
    for name, draw in _drawings(result, shown(result, anonymise=anonymise)).items():
        ax = draw()
        # SVG first: for PNG, signs that the font lacks are spelled out.
        files[f"{FOLDER}/{name}.svg"] = _with_jpegs(svg_bytes(ax, dpi), result.settings.report)
        files[f"{FOLDER}/{name}.png"] = _png(ax, dpi)
    return files


def _drawings(result: Comparison | Measurement, photos: Shown) -> Mapping[str, Callable[[], Axes]]:
    drawings: dict[str, Callable[[], Axes]] = {}
    if bool(is_pore(result.pores).any()):
        drawings["sizes"] = partial(plot_sizes, result)
        drawings["strip"] = partial(plot_strip, result, photos=photos)
    if isinstance(result, Measurement):
        for number, region in enumerate(result.face.regions):
            drawings[f"overlay-{number}"] = partial(
                plot_overlay, result, region=region.name, photos=photos
            )
        return drawings
    if result.changes["change_pct"].notna().any():
        drawings["changes"] = partial(plot_changes, result)
        drawings["sizes-of-pairs"] = partial(plot_pairs_of_sizes, result)
    for number, aligned in enumerate(result.alignment.regions):
        # User names may hold anything; files are numbered in the order of the tables.
        name = aligned.name
        drawings[f"before-{number}"] = partial(plot_before, result, region=name, photos=photos)
        drawings[f"after-{number}"] = partial(plot_after, result, region=name, photos=photos)
        for colour_by in ("status", "size_class"):
            drawings[f"overlay-{colour_by.removesuffix('_class')}-{number}"] = partial(
                plot_overlay, result, region=name, colour_by=colour_by, photos=photos
            )
    return drawings


def _png(ax: Axes, dpi: int) -> bytes:
    buffer = io.BytesIO()
    spell_out(figure_of(ax))
    figure_of(ax).savefig(
        buffer,
        format="png",
        dpi=dpi,
        metadata={"Software": None},
        pil_kwargs={"compress_level": _PNG_EFFORT},
    )
    return buffer.getvalue()


def _with_jpegs(svg: bytes, settings: ReportSettings) -> bytes:
    """Return a drawing whose pictures are JPEG: as PNG, skin takes ten times the bytes."""

    def jpeg(found: re.Match[bytes]) -> bytes:
        with Image.open(io.BytesIO(base64.b64decode(found[1]))) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        content, media = encode(pixels, settings)
        return b"data:" + media.encode() + b";base64," + base64.b64encode(content)

    return _PNG.sub(jpeg, svg)
