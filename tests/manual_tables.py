"""The tables of the manual that are made from the code; run this file to write them anew.

A table stands between two comment lines in its page, ``<!-- made: NAME -->`` and
``<!-- end: NAME -->``. What stands outside of them is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from poremetrics.change import CHECKS
from poremetrics.columns import FLAGS
from poremetrics.settings import Settings
from poremetrics.settings.change import ChangeSettings

MANUAL = Path(__file__).parents[1] / ".github" / "manual"


def rows_to_markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, every cell on one line and no bar inside a cell."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def plain(value: float) -> str:
    """Return a number as people write it."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"


def with_unit(value: float, unit: str) -> str:
    return plain(value) if unit == "1" else f"{plain(value)} {unit}"


def checks_table() -> str:
    rows = []
    for check in CHECKS.values():
        field = ChangeSettings.model_fields[check.setting]
        sign = "at most" if check.bound == "max" else "at least"
        rows.append(
            [
                f"`{check.name}`",
                check.meaning,
                f"{sign} {with_unit(field.default, check.unit)}",
                "refuses" if check.refuses else "warns",
                check.remedy,
                f"`{check.setting}`: {field.json_schema_extra['source']}",
            ]
        )
    head = ("check", "what is measured", "limit", "if it fails", "at the next photo", "set by")
    return rows_to_markdown(head, rows)


def flags_table() -> str:
    rows = [
        [f"`{flag.name}`", flag.meaning, "no" if flag.excludes else "yes"]
        for flag in FLAGS.values()
    ]
    return rows_to_markdown(("flag", "meaning", "counted as a pore"), rows)


def settings_tables() -> str:
    parts = []
    for room, field in Settings.model_fields.items():
        model = field.annotation
        rows = []
        for name, number in model.model_fields.items():
            extra = number.json_schema_extra
            low, high = (
                next(getattr(one, bound) for one in number.metadata if hasattr(one, bound))
                for bound in ("ge", "le")
            )
            rows.append(
                [
                    f"`{name}`",
                    with_unit(number.default, extra["unit"]),
                    f"{plain(low)} to {plain(high)}",
                    number.description,
                    extra["source"],
                ]
            )
        table = rows_to_markdown(("name", "default", "range", "what it does", "source"), rows)
        parts.append(f"## `[{room}]`\n\n{table}")
    return "\n\n".join(parts)


MADE: Mapping[str, tuple[str, Callable[[], str]]] = {
    "checks": ("checks.md", checks_table),
    "flags": ("outputs.md", flags_table),
    "settings": ("settings.md", settings_tables),
}
"""Page and maker of every table."""


def pages() -> Iterator[tuple[Path, str]]:
    """Yield every page that holds made tables, and what it should say."""
    for page in dict.fromkeys(page for page, _ in MADE.values()):
        text = (MANUAL / page).read_text("utf-8")
        for name, (where, make) in MADE.items():
            if where == page:
                text = filled(text, name, make())
        yield MANUAL / page, text


def filled(text: str, name: str, table: str) -> str:
    """Put a table between its two comment lines."""
    pattern = rf"(<!-- made: {name} -->\n).*?(<!-- end: {name} -->)"
    new, count = re.subn(pattern, lambda found: f"{found[1]}{table}\n{found[2]}", text, flags=re.S)
    if count != 1:
        raise ValueError(f"the manual has no single place for the table {name!r}")
    return new


if __name__ == "__main__":
    for path, content in list(pages()):
        path.write_text(content, "utf-8", newline="\n")
