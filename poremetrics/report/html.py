"""The report as one HTML file that needs nothing else: no address, no script from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from jinja2 import Environment, FunctionLoader, StrictUndefined

from poremetrics.model import Rgb
from poremetrics.report import texts
from poremetrics.report.blocks import (
    Bar,
    Chart,
    Details,
    Layer,
    Pair,
    Picture,
    Report,
    Row,
    Section,
)
from poremetrics.report.figures import HasSettings, figure_of, new_axes, svg_bytes
from poremetrics.report.pictures import encode
from poremetrics.report.sentences import kept_together
from poremetrics.settings.report import ReportSettings

if TYPE_CHECKING:
    pass

_TEMPLATES = resources.files("poremetrics.report") / "templates"
_SVG = "image/svg+xml"
_VERDICT_CLASSES = {"decreased": "down", "increased": "up", "not comparable": "ask"}
_BAR_REACH_PCT = 30.0
"""The small bars of the summary show at least this much to both sides."""


def html_bytes(report: Report, result: HasSettings) -> bytes:
    """Return the report as one self-contained HTML file.

    Parameters
    ----------
    report : Report
        What it says.
    result : Comparison, Measurement, SeriesResult or StudyResult
        Whose settings say how it is drawn.

    Returns
    -------
    bytes
        UTF-8.
    """
    settings = result.settings.report
    images = _Images(settings)
    if report.overview is not None:
        images.take(report.overview, result)
    for section in report.sections:
        for block in _flat(section):
            images.take(block, result)
    style = _asset("report.css") + _sizes(images)
    script = _asset("report.js")
    page = _environment().get_template("report.html.j2").render(
        report=report, texts=texts, images=images, style=style, script=script,
        policy=_policy(style, script), bar=bar_geometry,
    )  # fmt: skip
    return page.encode("utf-8")


def _flat(section: Section) -> list[object]:
    blocks: list[object] = []
    for block in section.blocks:
        blocks += block.blocks if isinstance(block, Details) else [block]
    return blocks


class _Images:
    """Every picture of the report once, as a ``data:`` address, however often it is shown."""

    def __init__(self, settings: ReportSettings) -> None:
        self._settings = settings
        self._known: dict[int, str] = {}
        self.data: dict[str, str] = {}
        self.size: dict[str, tuple[int, int]] = {}

    def take(self, block: object, result: HasSettings) -> None:
        if isinstance(block, Pair):
            self._add(block.before)
            self._add(block.after)
        elif isinstance(block, Picture):
            self._add(block.pixels)
        elif isinstance(block, Row):
            for picture in block.pictures:
                self._add(picture.pixels)
        elif isinstance(block, Chart) and block.sketch is None:
            ax = new_axes(result, block.height_share, left_share=block.left_share)
            block.draw(ax)
            width, height = figure_of(ax).get_size_inches() * 96
            self.data[block.key] = data_uri(svg_bytes(ax), _SVG)
            self.size[block.key] = (round(width), round(height))

    def _add(self, pixels: Rgb) -> None:
        if id(pixels) in self._known:
            return
        name = f"p{len(self._known)}"
        self._known[id(pixels)] = name
        content, media = encode(pixels, self._settings)
        self.data[name] = data_uri(content, media)
        self.size[name] = (int(pixels.shape[1]), int(pixels.shape[0]))

    def name(self, pixels: Rgb) -> str:
        return self._known[id(pixels)]

    def pictures(self) -> list[str]:
        return list(self._known.values())


def data_uri(content: bytes, media: str) -> str:
    """Return ``content`` as an address that holds it."""
    return f"data:{media};base64,{base64.b64encode(content).decode('ascii')}"


def _sizes(images: _Images) -> str:
    """Return the rules that give each picture its own size in pixels, for zooming."""
    return "".join(
        f".s-{name}{{--w:{width};--h:{height}}}\n"
        for name, (width, height) in images.size.items()
        if name.startswith("p")
    )


def _policy(style: str, script: str) -> str:
    return (
        "default-src 'none'; img-src data:; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_kept_together,
    )
    environment.filters["rings"] = rings
    environment.filters["outline"] = outline
    environment.filters["verdict"] = lambda verdict: _VERDICT_CLASSES.get(verdict, "same")
    environment.tests["of"] = lambda block, name: type(block).__name__ == name
    return environment


def _kept_together(value: object) -> object:
    """Keep a figure and its unit on one line; markup passes untouched."""
    return kept_together(value) if type(value) is str else value


def rings(layer: Layer) -> str:
    """Return the path that draws a layer's circles, or squares around them."""
    values = np.round(layer.circles, 1)
    if layer.style.shape == "square":
        return "".join(
            f"M{x - r:g} {y - r:g}h{2 * r:g}v{2 * r:g}h{-2 * r:g}z" for x, y, r in values.tolist()
        )
    if layer.style.shape == "cross":
        return "".join(
            f"M{x - r:g} {y - r:g}l{2 * r:g} {2 * r:g}m0 {-2 * r:g}l{-2 * r:g} {2 * r:g}"
            for x, y, r in values.tolist()
        )
    return "".join(
        f"M{x - r:g} {y:g}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0"
        for x, y, r in values.tolist()
    )


def outline(layer: Layer) -> str:
    """Return the points of a layer's polygon."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in layer.outline.tolist())


def bar_geometry(bar: Bar) -> Mapping[str, float]:
    """Return where the small bar of a change is drawn, on a scale of 0 to 200 around zero."""
    reach = max(_BAR_REACH_PCT, abs(bar.low), abs(bar.high))

    def place(value: float) -> float:
        return round(100.0 + 96.0 * max(-1.0, min(1.0, value / reach)), 1)

    rc = bar.rc if np.isfinite(bar.rc) else 0.0
    return {
        "value": place(bar.change),
        "low": place(bar.low),
        "high": place(bar.high),
        "rc_low": place(-rc),
        "rc_high": place(rc),
        "reach": reach,
    }
