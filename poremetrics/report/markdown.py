"""A report as Markdown: words and tables, no pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from poremetrics.report.blocks import Report, Table, Text


def markdown(report: Report) -> str:
    """Return the words and the tables of a report as Markdown.

    Parameters
    ----------
    report : Report
        Pictures, charts and folded parts are left out.
    """
    parts = [f"# {report.title}", f"{report.headline}. {report.detail}", *report.notes]
    for section in report.sections:
        parts += [f"## {section.title}", section.lead]
        for block in section.blocks:
            if isinstance(block, Text):
                parts += block.paragraphs
            elif isinstance(block, Table):
                parts += _table(block)
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(block: Table) -> Iterator[str]:
    """Yield each group of rows as a table under its name."""
    rule = ["---:" if numeric else "---" for numeric in block.numeric]
    for group in block.groups:
        if group.name:
            yield f"### {group.name}"
        yield "\n".join(_line(cells) for cells in (block.columns, rule, *group.rows))


def _line(cells: Sequence[str]) -> str:
    clean = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return "| " + " | ".join(clean) + " |"
