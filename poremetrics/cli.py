"""Arguments to one public function, its result to files, its outcome to an exit code.

Exit codes: 0 done (whatever the verdict), 1 not comparable (``check`` only), 2 wrong usage, 3 a
photo could not be read, 4 no usable skin. Heavy modules are imported inside the commands, so that
``--help`` answers at once.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import nullcontext
from importlib import resources
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, cast

import typer

from poremetrics import terminal
from poremetrics.errors import PoremetricsError, UsageError
from poremetrics.options import (
    RESULT,
    After,
    Before,
    Formats,
    MarkerMm,
    Out,
    Quiet,
    RepeatabilityFile,
    SettingsFile,
    View,
    Where,
    Written,
    asked_view,
    grouped,
    parse_formats,
    read_repeatability,
    read_settings,
    repeat_photos,
)

ACCURACY = Path("poremetrics-accuracy")

_PARSERS_INTERRUPTED = 130
# The parser's own errors share a base that typer does not export.
_ParserError = cast("type[Exception]", typer.BadParameter.__mro__[2])

app = typer.Typer(
    name="poremetrics",
    help="Follow the same facial pores between two ordinary photos, with honest intervals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line and turn errors into exit codes."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    # A name the terminal cannot show is shown by its code; it must not end the run.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Warnings of libraries are for those who work on the code.
    if not debug and not sys.warnoptions:
        warnings.simplefilter("ignore")
    try:
        with nullcontext() if debug else terminal.quiet_libraries():
            code = app(arguments, prog_name="poremetrics", standalone_mode=False)
        # The parser turns Ctrl-C into this code without a word.
        if code == _PARSERS_INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(code)
    except _ParserError as error:
        typer.echo(_told(error), err=True)
        sys.exit(UsageError.exit_code)
    except PoremetricsError as error:
        if debug:
            raise
        typer.echo(f"poremetrics: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if debug:
            raise
        typer.echo(
            f"poremetrics: unexpected failure ({type(error).__name__}); run again with --debug "
            "and report what it prints",
            err=True,
        )
        sys.exit(70)


def _told(error: Exception) -> str:
    """Return what the parser of arguments has to say: one line, or the help if none is given."""
    said = str(getattr(error, "format_message", lambda: error)()).strip()
    if "\n" in said or not said:
        return said
    return f"poremetrics: {said.rstrip('.')}; run it with --help to see the options"


def _show_version(wanted: bool) -> None:
    if wanted:
        from poremetrics import __version__

        typer.echo(f"poremetrics {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of a failure.")
    ] = False,
) -> None:
    """Follow the same facial pores between two ordinary photos, with honest intervals."""


@app.command()
@grouped
def compare(
    before: Before,
    after: After,
    where: Where,
    written: Written,
    days_since_treatment: Annotated[
        float | None,
        typer.Option("--days-since-treatment", help="Days from last treatment to the after photo."),
    ] = None,
    control: Annotated[
        str | None,
        typer.Option("--control", metavar="REGION", help="Untreated region, or left or right."),
    ] = None,
    repeatability: RepeatabilityFile = None,
    quiet: Quiet = False,
) -> None:
    """Compare two photos: align, measure, say what changed; write tables and a report."""
    from poremetrics.compare import compare as run

    written.check()
    with terminal.progress(quiet) as tell:
        result = run(
            before,
            after,
            days_since_treatment=days_since_treatment,
            repeatability=read_repeatability(repeatability),
            control=control,
            **where.options(tell),
        )
        written.write(result)
    if not quiet:
        terminal.print_changes(result)
        terminal.print_where(written.output, written.kinds)


@app.command()
@grouped
def measure(
    photo: Annotated[
        Path, typer.Argument(readable=False, metavar="PHOTO", help="Photo of a face or of skin.")
    ],
    where: Where,
    written: Written,
    quiet: Quiet = False,
) -> None:
    """Measure the pores of one photo; write tables and a report."""
    from poremetrics.compare import measure as run

    written.check()
    with terminal.progress(quiet) as tell:
        result = run(photo, **where.options(tell))
        written.write(result)
    if not quiet:
        terminal.print_regions(result.regions, result.quality)
        terminal.print_where(written.output, written.kinds)


@app.command()
@grouped
def check(before: Before, after: After, where: Where, quiet: Quiet = False) -> None:
    """Say whether two photos can be compared, and if not, why. Exit 0 comparable, 1 not."""
    from poremetrics.change import refused_regions
    from poremetrics.compare import compare as run

    with terminal.progress(quiet) as tell:
        result = run(before, after, **where.options(tell))
    names = [name for name in result.changes["region"].unique() if name != "all"]
    refused = refused_regions(result.quality, names)
    comparable = [name for name in names if name not in refused]
    if not quiet:
        terminal.print_quality(result.quality)
        typer.echo(
            f"comparable: {', '.join(comparable)}" if comparable else "these photos cannot tell"
        )
    raise typer.Exit(0 if comparable else 1)


@app.command()
def repeatability(
    photos: Annotated[
        list[Path],
        typer.Argument(
            readable=False,
            metavar="PHOTO PHOTO [PHOTO…]",
            help="Unchanged skin of one person; or folders, one per person.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.json", help="File to write.")
    ],
    view: View = "auto",
    settings: SettingsFile = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also write Bland-Altman plots, as SVG beside it.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Measure your own repeatability from repeat shots of unchanged skin."""
    from poremetrics import report
    from poremetrics.change import repeatability_of
    from poremetrics.repeats import OWN, repeat_shots

    picture = output.with_suffix(".svg")
    for path in (output, *([picture] if figures else [])):
        report.check_file(path)
    with terminal.progress(quiet) as tell:
        shots = repeat_shots(
            repeat_photos(photos),
            view=asked_view(view),
            settings=read_settings(settings),
            progress=tell,
        )
        found = repeatability_of(shots, OWN)
        report.write_text(output, found.model_dump_json(indent=2) + "\n")
        if figures:
            report.write_text(picture, report.bland_altman_svg(shots))
    if not quiet:
        terminal.print_repeatability(found)


@app.command()
def study(
    manifest: Annotated[
        Path, typer.Argument(metavar="MANIFEST.csv", help="subject,visit,date,photo per row.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder of the study.")
    ] = Path("poremetrics-study"),
    workers: Annotated[
        int | None, typer.Option("--workers", help="Worker processes; one per core by default.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Run on a Dask cluster.")
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Run the good rows of a manifest with bad ones.")
    ] = False,
    view: View = "auto",
    marker_mm: MarkerMm = None,
    settings: SettingsFile = None,
    repeatability: RepeatabilityFile = None,
    reports: Annotated[
        bool, typer.Option("--reports/--no-reports", help="Write a report and one per person.")
    ] = True,
    formats: Formats = "html",
    quiet: Quiet = False,
) -> None:
    """Follow many people over many visits; run again to go on where it stopped."""
    from poremetrics.study import ManifestError, require_extra
    from poremetrics.study import study as run

    require_extra()
    from poremetrics.report.study_files import STORE, check_study_folder, write_study

    kinds = parse_formats(formats)
    check_study_folder(output)
    try:
        with terminal.progress(quiet) as tell:
            result = run(
                manifest,
                store=output / STORE,
                workers=workers,
                scheduler=scheduler,
                skip_bad=skip_bad,
                repeatability=read_repeatability(repeatability),
                view=asked_view(view),
                marker_mm=marker_mm,
                settings=read_settings(settings),
                progress=tell,
            )
            write_study(result, output, pages=reports, formats=kinds)
    except ManifestError as error:
        terminal.print_problems(error.problems)
        raise
    if not quiet:
        terminal.print_problems(result.problems)
        terminal.print_study(result, output, kinds if reports else ())


@app.command()
def validate(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder of the tables.")
    ] = ACCURACY,
    quick: Annotated[
        bool, typer.Option("--quick", help="A small part of everything, not to be quoted.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Worker processes; one per core by default."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Other skin than that of the manual.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Measure how accurate this tool is on skin whose every pore is known."""
    from poremetrics.report.folder import check_target
    from poremetrics.report.validation import MARKER, PAGE, write_validation
    from poremetrics.validate import SEED
    from poremetrics.validate import validate as run
    from poremetrics.workers import cores

    # What cannot be written is told before the work, not after it.
    check_target(output, marker=MARKER)
    with terminal.progress(quiet) as tell:
        result = run(
            quick=quick,
            seed=SEED if seed is None else seed,
            workers=workers or cores(),
            progress=tell,
        )
        write_validation(result, output)
    if not quiet:
        terminal.print_headline(result.headline)
        typer.echo(f"tables: {output}")
        typer.echo(f"page: {output / PAGE}")


@app.command()
def demo(output: Out = RESULT, formats: Formats = "html", quiet: Quiet = False) -> None:
    """Compare the bundled sample pair."""
    from poremetrics.compare import compare as run

    written = Written(output, formats)
    written.check()
    before, after = _sample_pair()
    with terminal.progress(quiet) as tell:
        result = run(before, after, progress=tell)
        written.write(result)
    if not quiet:
        terminal.print_changes(result)
        terminal.print_where(written.output, written.kinds)


def _sample_pair() -> tuple[bytes, bytes]:
    """Return the files of the bundled sample pair, from the wheel or from a checkout."""
    package = Path(str(resources.files("poremetrics")))
    places = (
        [package / "samples" / name for name in ("before.jpg", "after.jpg")],
        [package.parent / "sample_images/person_a" / f"visit_{number}.jpg" for number in (0, 3)],
    )
    for before, after in places:
        if before.is_file() and after.is_file():
            return before.read_bytes(), after.read_bytes()
    raise UsageError("demo", "the sample pair is not installed", "reinstall poremetrics")
