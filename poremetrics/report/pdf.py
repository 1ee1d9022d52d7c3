"""The report as PDF: the same sections as the HTML, set for A4 (and readable on Letter)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
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

from poremetrics.report import texts
from poremetrics.report.blocks import (
    Block,
    Card,
    Chart,
    Details,
    Light,
    Pair,
    Picture,
    Report,
    Row,
    Section,
    Table,
    Text,
)
from poremetrics.report.figures import INK, HasSettings, figure_of, new_axes
from poremetrics.report.glyphs import spell_out, spelled_out
from poremetrics.report.pdf_parts import LINE, SOFT, VERDICTS, IntervalBar, Legend, Marked
from poremetrics.report.pdf_style import (
    BARE,
    BOLD,
    GAP,
    MARGIN,
    REGULAR,
    WIDTH,
    markup,
    padding,
    register_fonts,
    say,
    style_of,
)
from poremetrics.report.pdf_tables import grid_of, run_in
from poremetrics.report.pictures import encode

_TALLEST, _SMALL = 84 * mm, 60 * mm
_CHART_DPI = 220
_LIGHTS = {"good": "#1b7a48", "fair": "#9a6400", "poor": "#b3261e", "unknown": "#5a6a73"}


def pdf_bytes(report: Report, result: HasSettings) -> bytes:
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
    register_fonts()
    setter = _Setter(result)
    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=19 * mm,
        bottomMargin=18 * mm, title=report.title, author=texts.PRODUCT, creator=texts.PRODUCT,
        producer=texts.PRODUCT, subject="", lang=texts.LANGUAGE, invariant=1,
    )  # fmt: skip
    frame = Frame(
        MARGIN, 18 * mm, WIDTH, A4[1] - 37 * mm,
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


def _furniture(report: Report) -> Callable[[Any, Any], None]:
    def draw(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(REGULAR, 7)
        canvas.setFillColor(HexColor(SOFT))
        top = A4[1] - 11 * mm
        canvas.drawString(MARGIN, top, texts.PRODUCT)
        facts = [spelled_out(f"{texts.LABEL} {report.label}"[:80])] if report.label else []
        canvas.drawRightString(A4[0] - MARGIN, top, "    ".join([*facts, report.created]))
        canvas.drawString(MARGIN, 10 * mm, report.title)
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, str(document.page))
        canvas.restoreState()

    return draw


class _Kept(KeepTogether):
    """Parts that stay on one page."""

    def __init__(self, parts: list[Flowable]) -> None:
        super().__init__(parts)
        self.parts = parts


def _parts(flowable: Flowable) -> list[Flowable]:
    """Return what is to be kept together; reportlab gives one inside another a new page."""
    return flowable.parts if isinstance(flowable, _Kept) else [flowable]


class _Setter:
    """Sets blocks as flowables; holds only what they share."""

    def __init__(self, result: HasSettings) -> None:
        self._result = result
        self._jpegs: dict[int, bytes] = {}

    def report(self, report: Report) -> list[Flowable]:
        story: list[Flowable] = [*self._hero(report)]
        story += [say(note, 8.6, colour=SOFT, spaceBefore=3) for note in report.notes]
        if report.cards:
            story += [Spacer(1, 5 * mm), *self._cards(report.cards)]
            if any(card.bar for card in report.cards):
                story.append(say(texts.BAR_KEY, 7.2, colour=SOFT))
        for section in report.sections:
            story += self._section(section)
        story += [Spacer(1, 8 * mm), say(texts.FOOTER, 7.0, colour=SOFT)]
        return story

    def _hero(self, report: Report) -> list[Flowable]:
        colour = VERDICTS.get(report.verdict, INK)
        decided = report.verdict in {"decreased", "increased"}
        sign = texts.VERDICT_SIGNS[report.verdict] if decided else ""
        words: list[Flowable] = [
            say(report.title, 8.6, colour=SOFT, spaceAfter=3),
            say(f"{sign} {report.headline}".strip(), 19, bold=True, colour=colour, spaceAfter=4),
            say(report.detail, 10, colour=SOFT, spaceAfter=4),
        ]
        wide = WIDTH - 50 * mm if report.overview else WIDTH
        if report.whole is not None:
            words += self._figures(report.whole, min(wide, 105 * mm))
        if report.overview is None:
            return words
        picture = self._picture(report.overview, 42 * mm, 60 * mm)
        grid = Grid([[words, picture]], colWidths=[wide, WIDTH - wide])
        grid.setStyle(TableStyle([*BARE, ("LEFTPADDING", (1, 0), (1, 0), 8 * mm)]))
        return [grid]

    def _figures(self, card: Card, width: float) -> list[Flowable]:
        parts: list[Flowable] = []
        if card.bar is not None:
            parts.append(IntervalBar(card.bar, VERDICTS.get(card.verdict, SOFT), width, REGULAR))
        if card.lines:
            rows = [
                [
                    say(label, 7.6, colour=SOFT),
                    say(
                        words, 7.6, bold=verdict in VERDICTS, alignment=TA_RIGHT,
                        colour=VERDICTS.get(verdict, INK),
                    ),
                ]
                for label, verdict, words in card.lines
            ]  # fmt: skip
            grid = Grid(rows, colWidths=[width * 0.3, width * 0.7])
            lines = ("LINEABOVE", (0, 0), (-1, -1), 0.4, HexColor(LINE))
            grid.setStyle(TableStyle([*BARE, lines, *padding(2, 2)]))
            parts.append(grid)
        return parts

    def _cards(self, cards: Sequence[Card]) -> list[Flowable]:
        width = (WIDTH - GAP) / 2
        rows = [cards[i : i + 2] for i in range(0, len(cards), 2)]
        flow: list[Flowable] = []
        for row in rows:
            cells: list[Any] = []
            for card in row:
                cells += [self._card(card, width - 8 * mm), ""]
            cells = cells[:3] if len(row) == 2 else [cells[0], "", ""]
            grid = Grid([cells], colWidths=[width, GAP, width])
            styles: list[Any] = [*BARE]
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
        start = f'<font color="{colour}">{markup(sign)}</font> ' if sign else ""
        name, words = markup(f"{card.name}:"), markup(card.words)
        parts: list[Flowable] = [
            Paragraph(f"{start}<b>{name}</b> {words}", style_of(9.2, spaceAfter=3))
        ]
        parts += self._figures(card, width)
        parts += [say(f"• {reason}", 7.6, spaceBefore=2) for reason in card.reasons]
        return parts

    def _section(self, section: Section) -> list[Flowable]:
        head: list[Flowable] = [
            Spacer(1, 9 * mm),
            say(section.title, 13, bold=True, spaceAfter=3),
        ]
        if section.lead:
            head.append(say(section.lead, 8.6, colour=SOFT, spaceAfter=4))
        body = [flow for block in section.blocks for flow in self._block(block)]
        if not body:
            return [_Kept(head)]
        # A heading never stands alone at the foot of a page; a table may break after its head.
        if isinstance(body[0], Grid):
            return [*_with_next(head), *body]
        return [_Kept([*head, *_parts(body[0])]), *body[1:]]

    def _block(self, block: Block) -> list[Flowable]:
        flow: list[Flowable]
        match block:
            case Text():
                size = 7.0 if block.tone == "small" else 8.6
                flow = [say(words, size, spaceAfter=4) for words in block.paragraphs]
            case Light():
                flow = self._light(block)
            case Picture():
                flow = [_Kept(self._picture(block, WIDTH, _TALLEST))]
            case Row():
                flow = [_Kept(self._row(block.name, block.pictures))]
            case Pair():
                before = Picture("", block.before, block.alt_before, texts.BEFORE)
                after = Picture("", block.after, block.alt_after, texts.AFTER)
                flow = [_Kept(self._row(block.name, (before, after)))]
            case Chart():
                flow = self._chart(block)
            case Table():
                flow = [Spacer(1, 2 * mm), run_in(block) if block.compact else grid_of(block)]
            case Details():
                inner = [part for one in block.blocks for part in self._block(one)]
                title = say(block.title, 8.6, bold=True, spaceBefore=8, keepWithNext=1)
                if isinstance(inner[0], _Kept):
                    return [_Kept([title, *inner[0].parts]), *inner[1:]]
                flow = [title, *inner]
        return flow

    def _light(self, light: Light) -> list[Flowable]:
        colour = _LIGHTS[light.level]
        flow: list[Flowable] = [
            Paragraph(
                f'<font color="{colour}" size="13">●</font> <b>{markup(light.words)}</b>',
                style_of(9.2, spaceAfter=3),
            )
        ]
        for note in light.notes:
            figure = f' <font color="{SOFT}">{markup(note.figure)}</font>'
            advice = (
                f"<br/><b>{markup(texts.NEXT_TIME)}:</b> {markup(note.advice)}"
                if note.advice
                else ""
            )
            flow.append(
                Paragraph(
                    f"<b>{markup(note.title)}</b>{figure}{advice}", style_of(8.2, spaceBefore=3)
                )
            )
        return flow

    def _row(self, name: str, pictures: Sequence[Picture]) -> list[Flowable]:
        width = (WIDTH - GAP * (len(pictures) - 1)) / len(pictures)
        cells: list[Any] = []
        widths: list[float] = []
        for picture in pictures:
            if cells:
                cells.append("")
                widths.append(GAP)
            rows, columns = picture.pixels.shape[:2]
            tallest = _TALLEST if picture.wide else _SMALL
            taken = min(width, tallest * columns / rows)
            cells.append(self._picture(picture, taken, tallest))
            widths.append(taken)
        cells.append("")
        widths.append(WIDTH - sum(widths))
        grid = Grid([cells], colWidths=widths)
        grid.setStyle(TableStyle(BARE))
        head = [say(name, 9.2, bold=True, spaceBefore=6, spaceAfter=3)] if name else []
        return [*head, grid, Spacer(1, 3 * mm)]

    def _picture(self, picture: Picture, width: float, tallest: float) -> list[Flowable]:
        key = id(picture.pixels)
        if key not in self._jpegs:
            self._jpegs[key] = encode(picture.pixels, self._result.settings.report)[0]
        parts: list[Flowable] = [
            Marked(
                self._jpegs[key], picture.pixels.shape[1], picture.pixels.shape[0],
                picture.layers, width, tallest, BOLD,
            )
        ]  # fmt: skip
        if picture.caption:
            parts.append(say(picture.caption, 7.2, colour=SOFT, spaceBefore=2))
        if any(len(layer.circles) for layer in picture.layers):
            parts.append(Legend(picture.layers, width, REGULAR))
        return parts

    def _chart(self, chart: Chart) -> list[Flowable]:
        ax = new_axes(self._result, chart.height_share, left_share=chart.left_share)
        chart.draw(ax)
        spell_out(figure_of(ax))
        buffer = io.BytesIO()
        figure_of(ax).savefig(buffer, format="png", dpi=_CHART_DPI, metadata={"Software": None})
        buffer.seek(0)
        drawn = Image(buffer, width=WIDTH, height=WIDTH * chart.height_share)
        if not chart.caption:
            return [drawn]
        return [_Kept([say(chart.caption, 9.2, bold=True, spaceBefore=6), drawn])]


def _with_next(head: list[Flowable]) -> list[Flowable]:
    for part in head:
        if isinstance(part, Paragraph):
            part.style = part.style.clone(f"{part.style.name}-next", keepWithNext=1)
    return head
