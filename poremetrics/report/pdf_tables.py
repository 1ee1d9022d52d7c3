"""Tables of the PDF."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Flowable, Paragraph, TableStyle
from reportlab.platypus import Table as Grid

from poremetrics.report.blocks import Group, Table
from poremetrics.report.figures import INK
from poremetrics.report.pdf_parts import LINE, SOFT, VERDICTS
from poremetrics.report.pdf_style import (
    BARE,
    CELL_PT,
    REGULAR,
    WIDTH,
    markup,
    padding,
    say,
    style_of,
)


def grid_of(table: Table) -> Flowable:
    """Return a table whose head is repeated on every page."""
    rows: list[list[Any]] = [
        [
            say(name, 6.6, colour=SOFT, alignment=TA_RIGHT if numeric else 0)
            for name, numeric in zip(table.columns, table.numeric, strict=True)
        ]
    ]
    styles: list[Any] = [
        *BARE,
        *padding(2.2, 2.2),
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
            rows.append([say(group.name, 7.6, bold=True), *[""] * (len(table.columns) - 1)])
        rows += [_cells(row, index, group, table) for index, row in enumerate(group.rows)]
    grid = Grid(rows, colWidths=_widths(table), repeatRows=1)
    grid.setStyle(TableStyle(styles))
    return grid


def run_in(table: Table) -> Flowable:
    """Return a long table of names and values as running text."""
    parts = [
        f"{markup(row[0])} = <b>{markup(row[1])}</b>"
        for group in table.groups
        for row in group.rows
    ]
    return Paragraph("; ".join(parts) + ".", style_of(6.2))


def _cells(row: tuple[str, ...], index: int, group: Group, table: Table) -> list[Any]:
    short = len(table.columns) - len(row)
    row = (*row[:-1], *[""] * short, row[-1])
    verdict = group.verdicts[index] if group.verdicts else ""
    decided = verdict in VERDICTS
    cells = []
    for column, (cell, numeric) in enumerate(zip(row, table.numeric, strict=True)):
        last = column == len(row) - 1
        cells.append(
            say(
                cell, CELL_PT, alignment=TA_RIGHT if numeric else 0, splitLongWords=1,
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
        longest = max(pdfmetrics.stringWidth(cell, REGULAR, CELL_PT) for cell in body)
        word = max(pdfmetrics.stringWidth(part, REGULAR, 6.6) for part in cells[0].split())
        wanted.append(max(longest, word) + (7 if column < columns - 1 else 2))
    spare = WIDTH - sum(wanted)
    if spare >= 0:
        return [width + spare / columns for width in wanted]
    # Too wide: the longest column gives way and wraps.
    longest_at = wanted.index(max(wanted))
    wanted[longest_at] = max(20 * mm, wanted[longest_at] + spare)
    total = sum(wanted)
    return [width * WIDTH / total for width in wanted] if total > WIDTH else wanted
