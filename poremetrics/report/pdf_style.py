"""Measures, fonts and paragraph styles of the PDF."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

from poremetrics.report.figures import INK
from poremetrics.report.glyphs import FONTS, spelled_out
from poremetrics.report.sentences import kept_together

MARGIN = 17 * mm
WIDTH = A4[0] - 2 * MARGIN
GAP = 5 * mm
REGULAR, BOLD = "PoremetricsSans", "PoremetricsSans-Bold"
CELL_PT = 7.0
"""Size of the text in tables."""

BARE: list[Any] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


def padding(top: float, bottom: float) -> list[Any]:
    """Return the commands that set a table's padding above and below, in points."""
    return [
        ("TOPPADDING", (0, 0), (-1, -1), top),
        ("BOTTOMPADDING", (0, 0), (-1, -1), bottom),
    ]


def register_fonts() -> None:
    """Register the fonts that come with matplotlib: they have the signs needed (arrows, ≥, µ)."""
    for name, file in ((REGULAR, FONTS[0]), (BOLD, FONTS[1])):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(file())))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD)


def style_of(size: float, *, bold: bool = False, colour: str = INK, **more: Any) -> ParagraphStyle:
    """Return the style of a paragraph, in points."""
    return ParagraphStyle(
        f"{size}-{bold}-{colour}-{sorted(more.items())}",
        fontName=BOLD if bold else REGULAR, fontSize=size, leading=size * 1.42,
        textColor=HexColor(colour), **more,
    )  # fmt: skip


def markup(text: str) -> str:
    """Return ``text`` so that a paragraph prints it as it is, whatever it holds."""
    return escape(spelled_out(kept_together(text)))


def say(text: str, size: float = 8.6, **style: Any) -> Paragraph:
    """Return a paragraph, its size in points."""
    return Paragraph(markup(text), style_of(size, **style))
