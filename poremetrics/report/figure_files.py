"""Every figure of a result as a file of its own, at publication size."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial

from matplotlib import rc_context
from matplotlib.axes import Axes

from poremetrics.model import Comparison, Measurement
from poremetrics.report import figures, texts
from poremetrics.report.marks import is_pore

FOLDER = "figures"


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
    for name, draw in _drawings(result, anonymise=anonymise).items():
        for kind in ("png", "svg"):
            files[f"{FOLDER}/{name}.{kind}"] = _saved(draw(), kind, result)
    return files


def _drawings(
    result: Comparison | Measurement, *, anonymise: bool
) -> Mapping[str, Callable[[], Axes]]:
    drawings: dict[str, Callable[[], Axes]] = {}
    if bool(is_pore(result.pores).any()):
        drawings["sizes"] = partial(figures.plot_sizes, result)
        drawings["strip"] = partial(figures.plot_strip, result, anonymise=anonymise)
    if isinstance(result, Measurement):
        for number, region in enumerate(result.face.regions):
            drawings[f"overlay-{number}"] = partial(
                figures.plot_overlay, result, region=region.name, anonymise=anonymise
            )
        return drawings
    if result.changes["change_pct"].notna().any():
        drawings["changes"] = partial(figures.plot_changes, result)
        drawings["sizes-of-pairs"] = partial(figures.plot_pairs_of_sizes, result)
    for number, aligned in enumerate(result.alignment.regions):
        # User names may hold anything; files are numbered in the order of the tables.
        name = aligned.name
        drawings[f"before-{number}"] = partial(
            figures.plot_before, result, region=name, anonymise=anonymise
        )
        drawings[f"after-{number}"] = partial(
            figures.plot_after, result, region=name, anonymise=anonymise
        )
        for colour_by in ("status", "size_class"):
            drawings[f"overlay-{colour_by.removesuffix('_class')}-{number}"] = partial(
                figures.plot_overlay, result, region=name, colour_by=colour_by, anonymise=anonymise
            )
    return drawings


def _saved(ax: Axes, kind: str, result: Comparison | Measurement) -> bytes:
    buffer = io.BytesIO()
    # A fixed salt and no date: the same result gives the same bytes.
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with rc_context({"svg.hashsalt": texts.PRODUCT}):
        figures.figure_of(ax).savefig(
            buffer, format=kind, dpi=result.settings.report.figure_dpi, metadata=metadata
        )
    return buffer.getvalue()
