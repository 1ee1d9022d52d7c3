"""What the command line shows: progress, verdicts, checks, where the reports lie.

Heavy modules are imported inside the functions, so that ``--help`` answers at once.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from poremetrics.change import Repeatability
    from poremetrics.model import Comparison
    from poremetrics.study import Problem, StudyResult


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep from the user what libraries written in C print to standard error on their own.

    Decoders comment on damaged photos there, past Python and past every setting of theirs. Python
    writes to a copy of the stream; what is written to the old one goes nowhere.
    """
    shown = sys.stderr
    try:
        copy = os.dup(shown.fileno())
    except (AttributeError, OSError, ValueError):  # none, closed, or no file at all
        yield
        return
    number, nowhere = shown.fileno(), os.open(os.devnull, os.O_WRONLY)
    shown.flush()
    os.dup2(nowhere, number)
    os.close(nowhere)
    sys.stderr = os.fdopen(copy, "w", encoding=shown.encoding, errors=shown.errors, buffering=1)
    try:
        yield
    finally:
        os.dup2(copy, number)
        with suppress(OSError):  # nobody reads it any longer
            sys.stderr.close()
        sys.stderr = shown


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """Show a progress bar on the terminal; on a pipe or with ``--quiet`` show none."""
    if quiet or not sys.stderr.isatty():
        yield lambda _stage, _share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:32}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda stage, share: bar.update(task, description=stage, completed=share)


def _table_console() -> Console:
    """Return a console that prints names as they are: no markup, no emoji codes."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120, markup=False, emoji=False)


def print_changes(result: Comparison) -> None:
    """Print the verdict table."""
    from rich.table import Table

    shown = result.changes[result.changes["verdict"] != ""]
    grid = Table(title="Change in the appearance of pores", title_justify="left")
    for column, side in (
        ("region", "left"),
        ("measure", "left"),
        ("before", "right"),
        ("after", "right"),
        ("change", "right"),
        ("95 % interval", "right"),
        ("could show", "right"),
        ("verdict", "left"),
    ):
        grid.add_column(column, justify="right" if side == "right" else "left")
    for row in shown.to_dict("records"):
        known = row["change_pct"] == row["change_pct"]
        grid.add_row(
            str(row["region"]),
            str(row["metric"]),
            f"{row['before']:.4g}" if known else "-",
            f"{row['after']:.4g}" if known else "-",
            f"{row['change_pct']:+.1f} %" if known else "-",
            f"{row['ci_low_pct']:+.1f} to {row['ci_high_pct']:+.1f} %" if known else "-",
            f"{row['detectable_pct']:.0f} %" if known else "-",
            str(row["verdict"]),
        )
    _table_console().print(grid)
    _print_contrasts(result.contrasts)
    print_failed(result.quality)
    for note in (*result.before_face.notes, *result.after_face.notes, *result.alignment.notes):
        typer.echo(f"note: {note}")


def _print_contrasts(contrasts: pd.DataFrame) -> None:
    """Print the changes relative to the control region, where one was named."""
    from rich.table import Table

    if contrasts.empty:
        return
    title = f"Change relative to the control region {contrasts['control'].iloc[0]}"
    grid = Table(title=title, title_justify="left")
    for column in ("region", "measure", "change", "control", "relative to it", "95 % interval"):
        grid.add_column(column, justify="left" if column in ("region", "measure") else "right")
    for row in contrasts.to_dict("records"):
        single = (row["change_pct"], row["control_change_pct"], row["difference_pct"])
        low, high = row["difference_low_pct"], row["difference_high_pct"]
        grid.add_row(
            str(row["region"]),
            str(row["metric"]),
            *("-" if math.isnan(value) else f"{value:+.1f} %" for value in single),
            "-" if math.isnan(low) else f"{low:+.1f} to {high:+.1f} %",
        )
    _table_console().print(grid)


def _unit(unit: object) -> str:
    """Return a unit behind its number; a pure number has none to show."""
    return "" if unit == "1" else f" {unit}"


def print_regions(regions: pd.DataFrame, quality: pd.DataFrame) -> None:
    """Print the measures of one photo, and what is wrong with it."""
    for row in regions.to_dict("records"):
        typer.echo(f"{row['region']:14} {row['metric']:22} {row['value']:12.4g} {row['unit']}")
    print_failed(quality)


def print_quality(quality: pd.DataFrame) -> None:
    """Print every check with its figure and its limit."""
    for row in quality.to_dict("records"):
        mark = "ok" if row["ok"] else "NO"
        typer.echo(
            f"{mark:3}{row['photo']:8}{row['region']:14}{row['check']:22}"
            f"{row['value']:10.3g}  limit {row['limit']:.3g}{_unit(row['unit'])}"
        )


def print_failed(quality: pd.DataFrame) -> None:
    """Print the checks that failed, and what to do."""
    from poremetrics.change import CHECKS

    for row in quality[~quality["ok"]].to_dict("records"):
        check_ = CHECKS[str(row["check"])]
        weight = "not comparable" if check_.refuses else "take care"
        typer.echo(
            f"{weight}: {row['region']} ({row['photo']}): {check_.meaning} "
            f"{row['value']:.3g}, limit {row['limit']:.3g}{_unit(row['unit'])}. {check_.remedy}"
        )


def print_headline(headline: pd.DataFrame) -> None:
    """Print the figures of a validation that a reader wants first."""
    from rich.table import Table

    grid = Table(title="Accuracy on rendered skin, every pore known", title_justify="left")
    grid.add_column("figure")
    grid.add_column("value", justify="right")
    for row in headline.to_dict("records"):
        share = row["unit"] == "1"
        value = f"{row['value']:.2f}" if share else f"{row['value']:.1f} {row['unit']}"
        grid.add_row(str(row["figure"]), value)
    _table_console().print(grid)


def print_repeatability(found: Repeatability) -> None:
    """Print the repeatability of every measure, and how well shots tell persons apart."""
    from poremetrics.change.repeatability import RC_FACTOR

    for name, wsd in found.wsd_log.items():
        rc_pct = 100.0 * math.expm1(RC_FACTOR * wsd)
        line = f"{name:24} wSD {100 * wsd:5.1f} %   RC {rc_pct:5.1f} %"
        agreed = found.icc.get(name)
        if agreed is not None:
            line += f"   ICC {agreed.icc:.2f} ({agreed.low:.2f} to {agreed.high:.2f})"
        typer.echo(line)


def print_where(output: Path, kinds: tuple[str, ...]) -> None:
    """Print where the reports lie."""
    for kind in kinds:
        typer.echo(f"report: {output / f'report.{kind}'}")


def print_problems(problems: tuple[Problem, ...]) -> None:
    """Print every bad row of a manifest, one per line, among the errors."""
    for problem in problems:
        typer.echo(str(problem), err=True)


def print_study(result: StudyResult, output: Path, kinds: Sequence[str]) -> None:
    """Print where every person stands, what failed, the effect over all, where the files lie."""
    from rich.table import Table

    whole = result.trends[result.trends["region"].eq("all")]
    grid = Table(title="Appearance of pores since the baseline", title_justify="left")
    for column in ("person", "side", "measure", "change", "95 % interval", "verdict", "course"):
        right = column in ("change", "95 % interval")
        grid.add_column(column, justify="right" if right else "left")
    for row in whole.to_dict("records"):
        known = row["change_pct"] == row["change_pct"]
        grid.add_row(
            str(row["subject"]),
            str(row["side"]),
            str(row["metric"]),
            f"{row['change_pct']:+.1f} %" if known else "-",
            f"{row['ci_low_pct']:+.1f} to {row['ci_high_pct']:+.1f} %" if known else "-",
            str(row["verdict"]),
            str(row["story"]),
        )
    _table_console().print(grid)
    failed = result.pairs[result.pairs["status"].ne("compared")]
    for row in failed.to_dict("records"):
        typer.echo(
            f"not compared: {row['subject']} visit {row['visit']} with visit "
            f"{row['against_visit']} ({row['against']}): {row['reason']}"
        )
    shown = result.cohort["metric"].str.endswith("_matched") | result.cohort["metric"].eq("count")
    for row in result.cohort[shown].to_dict("records"):
        typer.echo(
            f"{row['metric']:22} {row['term']:34} {row['effect_pct']:+.1f} % "
            f"({row['ci_low_pct']:+.1f} to {row['ci_high_pct']:+.1f} %), "
            f"{row['subjects']} persons"
        )
    typer.echo(f"tables: {output}")
    for kind in kinds:
        typer.echo(f"report: {output / f'report.{kind}'}")
