"""The report as PDF: the same sections as the HTML, set for A4 (and readable on Letter)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Table as Grid

from poremetrics.model import Comparison, Measurement
from poremetrics.report import texts
from poremetrics.report.blocks import (
    Block,
    Card,
    Chart,
    Details,
    Group,
    Light,
    Pair,
    Picture,
    Report,
    Row,
    Section,
    Table,
    Text,
)
from poremetrics.report.figures import INK, figure_of, new_axes
from poremetrics.report.pdf_parts import LINE, SOFT, VERDICTS, IntervalBar, Legend, Marked
from poremetrics.report.pictures import encode
from poremetrics.report.sentences import kept_together

_MARGIN = 17 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_GAP = 5 * mm
_REGULAR, _BOLD = "PoremetricsSans", "PoremetricsSans-Bold"
_WASH = HexColor("#f5f8f9")
_TALLEST, _SMALL = 84 * mm, 60 * mm
_CHART_DPI = 220
_LIGHTS = {"good": "#1b7a48", "fair": "#9a6400", "poor": "#b3261e", "unknown": "#5a6a73"}


def pdf_bytes(report: Report, result: Comparison | Measurement) -> bytes:
    """Return the report as PDF.

    Parameters
    ----------
    report : Report
        What it says.
    result : Comparison or Measurement
        Whose settings say how it is drawn.

    Returns
    -------
    bytes
        The file; the same bytes for the same result.
    """
    _register_fonts()
    setter = _Setter(result)
    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=19 * mm,
        bottomMargin=18 * mm, title=report.title, author=texts.PRODUCT, creator=texts.PRODUCT,
        producer=texts.PRODUCT, subject="", lang=texts.LANGUAGE, invariant=1,
    )  # fmt: skip
    frame = Frame(
        _MARGIN, 18 * mm, _WIDTH, A4[1] - 37 * mm,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    document.addPageTemplates(PageTemplate("page", [frame], onPage=_furniture(report)))
    with _binary_images():
        document.build(setter.report(report))
    return buffer.getvalue()


@contextmanager
def _binary_images() -> Iterator[None]:
    """Keep pictures as they are: text armour would cost a quarter more bytes and much time."""
    before = rl_config.useA85
    rl_config.useA85 = 0
    try:
        yield
    finally:
        rl_config.useA85 = before


def _register_fonts() -> None:
    """Register a font with the signs the report needs (arrows, ≥, µ); matplotlib carries one."""
    from matplotlib import get_data_path  # noqa: PLC0415 - loaded when drawing

    folder = Path(get_data_path()) / "fonts" / "ttf"
    for name, file in ((_REGULAR, "DejaVuSans.ttf"), (_BOLD, "DejaVuSans-Bold.ttf")):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily(_REGULAR, normal=_REGULAR, bold=_BOLD)


def _furniture(report: Report) -> Callable[[Any, Any], None]:
    def draw(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(_REGULAR, 7)
        canvas.setFillColor(HexColor(SOFT))
        top = A4[1] - 11 * mm
        canvas.drawString(_MARGIN, top, texts.PRODUCT)
        facts = [f"{texts.LABEL} {report.label}"[:80]] if report.label else []
        canvas.drawRightString(A4[0] - _MARGIN, top, "    ".join([*facts, report.created]))
        canvas.drawString(_MARGIN, 10 * mm, report.title)
        canvas.drawRightString(A4[0] - _MARGIN, 10 * mm, str(document.page))
        canvas.restoreState()

    return draw


def _style(size: float, *, bold: bool = False, colour: str = INK, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}-{bold}-{colour}-{sorted(more.items())}",
        fontName=_BOLD if bold else _REGULAR, fontSize=size, leading=size * 1.42,
        textColor=HexColor(colour), **more,
    )  # fmt: skip


_CELL = 7.0


def _say(text: str, size: float = 8.6, **style: Any) -> Paragraph:
    return Paragraph(escape(kept_together(text)), _style(size, **style))


class _Setter:
    """Sets blocks as flowables; holds only what they share."""

    def __init__(self, result: Comparison | Measurement) -> None:
        self._result = result
        self._jpegs: dict[int, bytes] = {}

    def report(self, report: Report) -> list[Flowable]:
        story: list[Flowable] = [*self._hero(report)]
        story += [_say(note, 8.6, colour=SOFT, spaceBefore=3) for note in report.notes]
        if report.cards:
            story += [Spacer(1, 5 * mm), *self._cards(report.cards)]
        for section in report.sections:
            story += self._section(section)
        story += [Spacer(1, 8 * mm), _say(texts.FOOTER, 7.0, colour=SOFT)]
        return story

    def _hero(self, report: Report) -> list[Flowable]:
        colour = VERDICTS.get(report.verdict, INK)
        decided = report.verdict in {"decreased", "increased"}
        sign = texts.VERDICT_SIGNS[report.verdict] if decided else ""
        words: list[Flowable] = [
            _say(report.title, 8.6, colour=SOFT, spaceAfter=3),
            _say(f"{sign} {report.headline}".strip(), 19, bold=True, colour=colour, spaceAfter=4),
            _say(report.detail, 10, colour=SOFT, spaceAfter=4),
        ]
        wide = _WIDTH - 50 * mm if report.overview else _WIDTH
        if report.whole is not None:
            words += self._figures(report.whole, min(wide, 105 * mm))
        if report.overview is None:
            return words
        picture = self._picture(report.overview, 42 * mm, 60 * mm)
        grid = Grid([[words, picture]], colWidths=[wide, _WIDTH - wide])
        grid.setStyle(TableStyle([*_BARE, ("LEFTPADDING", (1, 0), (1, 0), 8 * mm)]))
        return [grid]

    def _figures(self, card: Card, width: float) -> list[Flowable]:
        parts: list[Flowable] = []
        if card.bar is not None:
            parts.append(IntervalBar(card.bar, VERDICTS.get(card.verdict, SOFT), width, _REGULAR))
        if card.lines:
            rows = [
                [
                    _say(label, 7.6, colour=SOFT),
                    _say(
                        words, 7.6, bold=verdict in VERDICTS, alignment=TA_RIGHT,
                        colour=VERDICTS.get(verdict, INK),
                    ),
                ]
                for label, verdict, words in card.lines
            ]  # fmt: skip
            grid = Grid(rows, colWidths=[width * 0.3, width * 0.7])
            lines = ("LINEABOVE", (0, 0), (-1, -1), 0.4, HexColor(LINE))
            grid.setStyle(TableStyle([*_BARE, lines, *_padding(2, 2)]))
            parts.append(grid)
        return parts

    def _cards(self, cards: Sequence[Card]) -> list[Flowable]:
        width = (_WIDTH - _GAP) / 2
        rows = [cards[i : i + 2] for i in range(0, len(cards), 2)]
        flow: list[Flowable] = []
        for row in rows:
            cells: list[Any] = []
            for card in row:
                cells += [self._card(card, width - 8 * mm), ""]
            cells = cells[:3] if len(row) == 2 else [cells[0], "", ""]
            grid = Grid([cells], colWidths=[width, _GAP, width])
            styles: list[Any] = [*_BARE]
            for column, card in zip((0, 2), row, strict=False):
                at = (column, 0)
                colour = HexColor(VERDICTS.get(card.verdict, SOFT))
                styles += [
                    ("BOX", at, at, 0.5, HexColor(LINE)),
                    ("LINEABOVE", at, at, 1.6, colour),
                    ("LEFTPADDING", at, at, 4 * mm),
                    ("RIGHTPADDING", at, at, 4 * mm),
                    ("TOPPADDING", at, at, 3 * mm),
                    ("BOTTOMPADDING", at, at, 3 * mm),
                ]
            grid.setStyle(TableStyle(styles))
            flow += [grid, Spacer(1, 4 * mm)]
        return flow

    def _card(self, card: Card, width: float) -> list[Flowable]:
        colour = VERDICTS.get(card.verdict, INK)
        sign = texts.VERDICT_SIGNS[card.verdict]
        start = f'<font color="{colour}">{escape(sign)}</font> ' if sign else ""
        name, words = escape(f"{card.name}:"), escape(kept_together(card.words))
        parts: list[Flowable] = [
            Paragraph(f"{start}<b>{name}</b> {words}", _style(9.2, spaceAfter=3))
        ]
        parts += self._figures(card, width)
        parts += [_say(f"• {reason}", 7.6, spaceBefore=2) for reason in card.reasons]
        return parts

    def _section(self, section: Section) -> list[Flowable]:
        head: list[Flowable] = [
            Spacer(1, 9 * mm),
            _say(section.title, 13, bold=True, spaceAfter=3),
        ]
        if section.lead:
            head.append(_say(section.lead, 8.6, colour=SOFT, spaceAfter=4))
        body = [flow for block in section.blocks for flow in self._block(block)]
        if not body:
            return [KeepTogether(head)]
        # A heading never stands alone at the foot of a page; a table may break after its head.
        if isinstance(body[0], Grid):
            return [*_with_next(head), *body]
        return [KeepTogether([*head, body[0]]), *body[1:]]

    def _block(self, block: Block) -> list[Flowable]:
        flow: list[Flowable]
        match block:
            case Text():
                size = 7.0 if block.tone == "small" else 8.6
                flow = [_say(words, size, spaceAfter=4) for words in block.paragraphs]
            case Light():
                flow = self._light(block)
            case Picture():
                flow = [KeepTogether(self._picture(block, _WIDTH, _TALLEST))]
            case Row():
                flow = [KeepTogether(self._row(block.name, block.pictures))]
            case Pair():
                before = Picture("", block.before, block.alt_before, texts.BEFORE)
                after = Picture("", block.after, block.alt_after, texts.AFTER)
                flow = [KeepTogether(self._row(block.name, (before, after)))]
            case Chart():
                flow = [self._chart(block)]
            case Table():
                flow = [Spacer(1, 2 * mm), _run_in(block) if block.compact else _grid(block)]
            case Details():
                inner = [part for one in block.blocks for part in self._block(one)]
                flow = [_say(block.title, 8.6, bold=True, spaceBefore=8, keepWithNext=1), *inner]
        return flow

    def _light(self, light: Light) -> list[Flowable]:
        colour = _LIGHTS[light.level]
        flow: list[Flowable] = [
            Paragraph(
                f'<font color="{colour}" size="13">●</font> <b>{escape(light.words)}</b>',
                _style(9.2, spaceAfter=3),
            )
        ]
        for note in light.notes:
            figure = f' <font color="{SOFT}">{escape(kept_together(note.figure))}</font>'
            advice = (
                f"<br/><b>{escape(texts.NEXT_TIME)}:</b> {escape(note.advice)}"
                if note.advice
                else ""
            )
            flow.append(
                Paragraph(
                    f"<b>{escape(note.title)}</b>{figure}{advice}", _style(8.2, spaceBefore=3)
                )
            )
        return flow

    def _row(self, name: str, pictures: Sequence[Picture]) -> list[Flowable]:
        width = (_WIDTH - _GAP * (len(pictures) - 1)) / len(pictures)
        cells: list[Any] = []
        widths: list[float] = []
        for picture in pictures:
            if cells:
                cells.append("")
                widths.append(_GAP)
            rows, columns = picture.pixels.shape[:2]
            tallest = _TALLEST if picture.wide else _SMALL
            taken = min(width, tallest * columns / rows)
            cells.append(self._picture(picture, taken, tallest))
            widths.append(taken)
        cells.append("")
        widths.append(_WIDTH - sum(widths))
        grid = Grid([cells], colWidths=widths)
        grid.setStyle(TableStyle(_BARE))
        head = [_say(name, 9.2, bold=True, spaceBefore=6, spaceAfter=3)] if name else []
        return [*head, grid, Spacer(1, 3 * mm)]

    def _picture(self, picture: Picture, width: float, tallest: float) -> list[Flowable]:
        key = id(picture.pixels)
        if key not in self._jpegs:
            self._jpegs[key] = encode(picture.pixels, self._result.settings.report)[0]
        parts: list[Flowable] = [
            Marked(
                self._jpegs[key], picture.pixels.shape[1], picture.pixels.shape[0],
                picture.layers, width, tallest, _BOLD,
            )
        ]  # fmt: skip
        if picture.caption:
            parts.append(_say(picture.caption, 7.2, colour=SOFT, spaceBefore=2))
        if any(len(layer.circles) for layer in picture.layers):
            parts.append(Legend(picture.layers, width, _REGULAR))
        return parts

    def _chart(self, chart: Chart) -> Flowable:
        ax = new_axes(self._result, chart.height_share, left_share=chart.left_share)
        chart.draw(ax)
        buffer = io.BytesIO()
        figure_of(ax).savefig(buffer, format="png", dpi=_CHART_DPI, metadata={"Software": None})
        buffer.seek(0)
        return Image(buffer, width=_WIDTH, height=_WIDTH * chart.height_share)


_BARE: list[Any] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


def _padding(top: float, bottom: float) -> list[Any]:
    return [
        ("TOPPADDING", (0, 0), (-1, -1), top),
        ("BOTTOMPADDING", (0, 0), (-1, -1), bottom),
    ]


def _with_next(head: list[Flowable]) -> list[Flowable]:
    for part in head:
        if isinstance(part, Paragraph):
            part.style = part.style.clone(f"{part.style.name}-next", keepWithNext=1)
    return head


def _grid(table: Table) -> Flowable:
    rows: list[list[Any]] = [
        [
            _say(name, 6.6, colour=SOFT, alignment=TA_RIGHT if numeric else 0)
            for name, numeric in zip(table.columns, table.numeric, strict=True)
        ]
    ]
    styles: list[Any] = [
        *_BARE,
        *_padding(2.2, 2.2),
        ("RIGHTPADDING", (0, 0), (-2, -1), 5),
        ("LINEBELOW", (0, 0), (-1, -1), 0.35, HexColor(LINE)),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, HexColor("#9fb0b8")),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
    ]
    for group in table.groups:
        if group.name:
            styles += [
                ("SPAN", (0, len(rows)), (-1, len(rows))),
                ("TOPPADDING", (0, len(rows)), (-1, len(rows)), 7),
                ("NOSPLIT", (0, len(rows)), (-1, len(rows) + 1)),
            ]
            rows.append([_say(group.name, 7.6, bold=True), *[""] * (len(table.columns) - 1)])
        rows += [_cells(row, index, group, table) for index, row in enumerate(group.rows)]
    grid = Grid(rows, colWidths=_widths(table), repeatRows=1)
    grid.setStyle(TableStyle(styles))
    return grid


def _run_in(table: Table) -> Flowable:
    """Return a long table of names and values as running text."""
    parts = [
        f"{escape(row[0])} = <b>{escape(kept_together(row[1]))}</b>"
        for group in table.groups
        for row in group.rows
    ]
    return Paragraph("; ".join(parts) + ".", _style(6.2))


def _cells(row: tuple[str, ...], index: int, group: Group, table: Table) -> list[Any]:
    short = len(table.columns) - len(row)
    row = (*row[:-1], *[""] * short, row[-1])
    verdict = group.verdicts[index] if group.verdicts else ""
    decided = verdict in VERDICTS
    cells = []
    for column, (cell, numeric) in enumerate(zip(row, table.numeric, strict=True)):
        last = column == len(row) - 1
        cells.append(
            _say(
                cell, _CELL, alignment=TA_RIGHT if numeric else 0, splitLongWords=1,
                bold=last and decided, colour=VERDICTS[verdict] if last and decided else INK,
            )
        )  # fmt: skip
    return cells


def _widths(table: Table) -> list[float]:
    """Return column widths by the longest word and the longest text of each column."""
    columns = len(table.columns)
    texts_of = [[name] for name in table.columns]
    for group in table.groups:
        for row in group.rows:
            if len(row) == columns:
                for column, cell in enumerate(row):
                    texts_of[column].append(cell)
    wanted = []
    for column, cells in enumerate(texts_of):
        body = cells[1:] or cells
        longest = max(pdfmetrics.stringWidth(cell, _REGULAR, _CELL) for cell in body)
        word = max(pdfmetrics.stringWidth(part, _REGULAR, 6.6) for part in cells[0].split())
        wanted.append(max(longest, word) + (7 if column < columns - 1 else 2))
    spare = _WIDTH - sum(wanted)
    if spare >= 0:
        wanted[0] += spare if any(table.numeric) else 0
        wanted[-1] += 0 if any(table.numeric) else spare
        return wanted
    # Too wide: the longest column gives way and wraps.
    longest_at = wanted.index(max(wanted))
    wanted[longest_at] = max(20 * mm, wanted[longest_at] + spare)
    total = sum(wanted)
    return [width * _WIDTH / total for width in wanted] if total > _WIDTH else wanted
