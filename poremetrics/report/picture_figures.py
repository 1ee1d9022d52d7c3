"""Figures that show skin, each drawn by one function on axes of the caller or of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poremetrics.model import Comparison, Measurement
from poremetrics.report import texts
from poremetrics.report.figures import INK, MUTED, figure_of, new_axes
from poremetrics.report.marks import STYLES, marks
from poremetrics.report.pictures import (
    PairView,
    Shown,
    View,
    clearest_shown,
    region_view,
    region_views,
    shown,
    strip,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_overlay(
    result: Comparison | Measurement,
    *,
    region: str | None = None,
    colour_by: str = "status",
    anonymise: bool = True,
    photos: Shown | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a ring around every pore of a region, on the (before) photo.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.
    region : str, optional
        Region to draw; the first one by default.
    colour_by : str
        ``status`` (matched, lost, new) or ``size_class`` (change of the diameter).
    anonymise : bool
        Cover the eyes.
    photos : Shown, optional
        The photos as they may be shown, where that is known already.
    ax : Axes, optional
        Axes to draw on; new ones by default.

    Returns
    -------
    Axes
        The axes drawn on, in pixels of the photo.
    """
    from matplotlib.collections import EllipseCollection  # noqa: PLC0415 - loaded when drawing

    view = _view(result, region, photos or shown(result, anonymise=anonymise)).before
    ax = _show(result, view, ax)
    frame = marks(result)
    name = region or _first_region(result)
    frame = frame[(frame["region"] == name) & (frame["status"] != "left_out")]
    for key, rows in frame.groupby(colour_by, sort=False):
        if not key:
            continue
        style = STYLES[str(key)]
        size = rows["diameter_px"].to_numpy(np.float64)
        dash = (0, style.dash) if style.dash else "solid"
        for colour, width in ((INK, 2.0), (style.colour, 0.9)):
            ax.add_collection(
                EllipseCollection(
                    size, size, np.zeros(len(size)), units="xy",
                    offsets=rows[["x_px", "y_px"]].to_numpy(np.float64),
                    offset_transform=ax.transData, facecolors="none", edgecolors=colour,
                    linewidths=width, linestyles=[dash],
                )
            )  # fmt: skip
    return ax


def plot_before(
    result: Comparison,
    *,
    region: str | None = None,
    anonymise: bool = True,
    photos: Shown | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a region of the before photo.

    Parameters
    ----------
    result : Comparison
        What was computed.
    region : str, optional
        Which region; the first by default.
    anonymise : bool
        Cover the eyes.
    photos : Shown, optional
        The photos as they may be shown, where that is known already.
    ax : Axes, optional
        Axes to draw on; new ones by default.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    return _show(
        result, _view(result, region, photos or shown(result, anonymise=anonymise)).before, ax
    )


def plot_after(
    result: Comparison,
    *,
    region: str | None = None,
    anonymise: bool = True,
    photos: Shown | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the same skin of the after photo, laid onto the before photo.

    Parameters
    ----------
    result : Comparison
        What was computed.
    region : str, optional
        Which region; the first by default.
    anonymise : bool
        Cover the eyes.
    photos : Shown, optional
        The photos as they may be shown, where that is known already.
    ax : Axes, optional
        Axes to draw on; new ones by default.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    return _show(
        result, _view(result, region, photos or shown(result, anonymise=anonymise)).after, ax
    )


def plot_strip(
    result: Comparison | Measurement,
    *,
    anonymise: bool = True,
    photos: Shown | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the clearest single pores, before above after, at one scale.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.
    anonymise : bool
        Cover the eyes.
    photos : Shown, optional
        The photos as they may be shown, where that is known already.
    ax : Axes, optional
        Axes to draw on; new ones by default.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    photos = photos or shown(result, anonymise=anonymise)
    pixels = strip(result, photos, clearest_shown(result, photos, marks(result)))
    if pixels is None:
        pixels = np.full((1, 4, 3), 255, dtype=np.uint8)
    if ax is None:
        ax = new_axes(result, pixels.shape[0] / pixels.shape[1] + 0.02)
    ax.imshow(pixels)
    rows = 1 if isinstance(result, Measurement) else 2
    names = [texts.PHOTO] if rows == 1 else [texts.BEFORE, texts.AFTER]
    height = pixels.shape[0] / rows
    ax.set_yticks([height * (i + 0.5) for i in range(rows)], names)
    ax.set_xticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(colors=MUTED, labelsize=8, length=0)
    return ax


def _show(result: Comparison | Measurement, view: View, ax: Axes | None) -> Axes:
    width, height = view.size
    if ax is None:
        ax = new_axes(
            result, height / width, width_mm=result.settings.report.picture_figure_width_mm
        )
        figure_of(ax).set_layout_engine("none")
        ax.set_position((0.0, 0.0, 1.0, 1.0))
    half = view.step_px / 2.0
    ax.imshow(
        view.pixels,
        extent=(
            view.x0 - half,
            view.x0 - half + width * view.step_px,
            view.y0 - half + height * view.step_px,
            view.y0 - half,
        ),
        interpolation="antialiased",
    )
    ax.set_axis_off()
    return ax


def _first_region(result: Comparison | Measurement) -> str:
    if isinstance(result, Measurement):
        return result.face.regions[0].name
    return result.alignment.regions[0].name


def _view(result: Comparison | Measurement, region: str | None, photos: Shown) -> PairView:
    name = region or _first_region(result)
    if isinstance(result, Measurement):
        found = result.face.region(name)
        if found is None:
            raise KeyError(name)
        view = region_view(photos.before, found, result.settings.report)
        return PairView(view, view)
    aligned = next((one for one in result.alignment.regions if one.name == name), None)
    if aligned is None:
        raise KeyError(name)
    return region_views(result, photos, aligned)[0]
