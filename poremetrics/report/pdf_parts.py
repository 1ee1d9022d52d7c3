"""Drawn parts of the PDF: pictures with marks, their legend, the small bars of the summary."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from poremetrics.report.blocks import Bar, Layer
from poremetrics.report.glyphs import spelled_out
from poremetrics.report.html import bar_geometry

SOFT = "#4d5d66"
LINE = "#dce4e8"
VERDICTS: Mapping[str, str] = {
    "decreased": "#005b94",
    "increased": "#984000",
    "not comparable": "#6a5300",
}
_HALO = Color(0.06, 0.13, 0.17, alpha=0.6)
_FAINT = Color(1, 1, 1, alpha=0.6)
_SKIN = HexColor("#5b4a44")


class Marked(Flowable):
    """A picture with rings over it, no wider and no taller than allowed."""

    def __init__(
        self,
        jpeg: bytes,
        columns: int,
        rows: int,
        layers: Sequence[Layer],
        widest: float,
        tallest: float,
        font: str,
    ) -> None:
        super().__init__()
        self._jpeg, self._layers, self._font = jpeg, layers, font
        self._scale = min(widest / columns, tallest / rows)
        self.width, self.height = columns * self._scale, rows * self._scale

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return the size taken."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw the picture, then every layer over it."""
        canvas = self.canv
        canvas.drawImage(ImageReader(io.BytesIO(self._jpeg)), 0, 0, self.width, self.height)
        canvas.saveState()
        clip = canvas.beginPath()
        clip.rect(0, 0, self.width, self.height)
        canvas.clipPath(clip, stroke=0)
        for layer in self._layers:
            if len(layer.circles):
                self._rings(layer)
            elif len(layer.outline):
                self._outline(layer)
        canvas.restoreState()

    def _rings(self, layer: Layer) -> None:
        path = self.canv.beginPath()
        for x, y, radius in layer.circles.tolist():
            _shape(
                path,
                layer.style.shape,
                x * self._scale,
                self.height - y * self._scale,
                max(radius * self._scale, 0.7),
            )
        canvas = self.canv
        canvas.setStrokeColor(_HALO)
        canvas.setLineWidth(1.3)
        faint = layer.style.shape == "cross"
        if not faint:
            canvas.drawPath(path, stroke=1, fill=0)
        canvas.setStrokeColor(_FAINT if faint else HexColor(layer.style.colour))
        canvas.setLineWidth(0.4 if faint else 0.6)
        _dash(canvas, layer)
        canvas.drawPath(path, stroke=1, fill=0)
        canvas.setDash()

    def _outline(self, layer: Layer) -> None:
        canvas: Any = self.canv
        corners = [
            (x * self._scale, self.height - y * self._scale) for x, y in layer.outline.tolist()
        ]
        path = canvas.beginPath()
        path.moveTo(*corners[0])
        for corner in corners[1:]:
            path.lineTo(*corner)
        path.close()
        for colour, width in ((_HALO, 1.6), (white, 0.8)):
            canvas.setStrokeColor(colour)
            canvas.setLineWidth(width)
            canvas.drawPath(path, stroke=1, fill=0)
        canvas.setFont(self._font, 5.2)
        label = spelled_out(layer.label)
        middle_x = sum(x for x, _ in corners) / len(corners)
        middle_y = sum(y for _, y in corners) / len(corners)
        for mode, colour in ((1, _HALO), (0, white)):
            text = canvas.beginText(
                middle_x - canvas.stringWidth(label, self._font, 5.2) / 2, middle_y - 1.8
            )
            text.setTextRenderMode(mode)
            canvas.setStrokeColor(colour)
            canvas.setFillColor(colour)
            canvas.setLineWidth(1.1)
            text.textOut(label)
            text.setTextRenderMode(0)
            canvas.drawText(text)


def _dash(canvas: Any, layer: Layer) -> None:
    canvas.setDash([value * 0.5 for value in layer.style.dash])


def _shape(path: Any, shape: str, x: float, y: float, radius: float) -> None:
    if shape == "square":
        path.rect(x - radius, y - radius, 2 * radius, 2 * radius)
    elif shape == "cross":
        path.moveTo(x - radius, y - radius)
        path.lineTo(x + radius, y + radius)
        path.moveTo(x + radius, y - radius)
        path.lineTo(x - radius, y + radius)
    else:
        path.circle(x, y, radius)


class Legend(Flowable):
    """What the marks mean and how many there are, in lines that fit."""

    def __init__(self, layers: Sequence[Layer], widest: float, font: str) -> None:
        super().__init__()
        self._layers = [layer for layer in layers if len(layer.circles)]
        self._font, self._widest, self._size = font, widest, 6.8
        self._places: list[tuple[float, float]] = []

    def wrap(self, *_: float) -> tuple[float, float]:
        """Lay the entries out and return the size taken."""
        x, line = 0.0, 0
        places = []
        for layer in self._layers:
            width = 12 + stringWidth(self._words(layer), self._font, self._size) + 9
            if x > 0 and x + width > self._widest:
                x, line = 0.0, line + 1
            places.append((x, line * 11.0))
            x += width
        self._height = (line + 1) * 11.0 + 3
        self._places = [(x, self._height - 11.0 - y) for x, y in places]
        return self._widest, self._height

    @staticmethod
    def _words(layer: Layer) -> str:
        return f"{layer.label}  {len(layer.circles)}"

    def draw(self) -> None:
        """Draw the entries."""
        canvas = self.canv
        for layer, (x, y) in zip(self._layers, self._places, strict=True):
            canvas.setFillColor(_SKIN)
            canvas.roundRect(x, y - 1, 8.5, 8.5, 1, stroke=0, fill=1)
            canvas.setStrokeColor(HexColor(layer.style.colour))
            canvas.setLineWidth(0.7)
            _dash(canvas, layer)
            path = canvas.beginPath()
            _shape(path, layer.style.shape, x + 4.25, y + 3.25, 2.6)
            canvas.drawPath(path, stroke=1, fill=0)
            canvas.setDash()
            canvas.setFillColor(HexColor(SOFT))
            canvas.setFont(self._font, self._size)
            canvas.drawString(x + 12, y + 1, self._words(layer))


class IntervalBar(Flowable):
    """A change with its interval over the band of unchanged skin."""

    def __init__(self, bar: Bar, colour: str, width: float, font: str) -> None:
        super().__init__()
        self._bar, self._colour, self._font = bar, colour, font
        self.width, self.height = width, 29.0

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return the size taken."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw band, zero, interval, value and the ends of the scale."""
        canvas, places = self.canv, bar_geometry(self._bar)
        unit, middle = self.width / 200.0, 19.0

        def at(name: str) -> float:
            return places[name] * unit

        canvas.setFillColor(HexColor("#e4ebee"))
        canvas.rect(at("rc_low"), middle - 7, at("rc_high") - at("rc_low"), 14, stroke=0, fill=1)
        canvas.setStrokeColor(HexColor("#8b9aa2"))
        canvas.setLineWidth(0.6)
        canvas.line(100 * unit, middle - 8, 100 * unit, middle + 8)
        canvas.setStrokeColor(HexColor(self._colour))
        canvas.setLineWidth(1.8)
        canvas.line(at("low"), middle, at("high"), middle)
        decided = self._colour in VERDICTS.values()
        canvas.setFillColor(HexColor(self._colour) if decided else white)
        canvas.circle(at("value"), middle, 2.8, stroke=1, fill=1)
        canvas.setFillColor(HexColor(SOFT))
        canvas.setFont(self._font, 5.6)
        reach = f"{places['reach']:.0f}\u00a0%"
        canvas.drawString(4 * unit, 5, f"−{reach}")
        canvas.drawCentredString(100 * unit, 5, "0")
        canvas.drawRightString(196 * unit, 5, f"+{reach}")
