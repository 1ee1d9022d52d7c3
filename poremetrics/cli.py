"""Arguments to one public function, its result to files, its outcome to an exit code.

Exit codes: 0 done (whatever the verdict), 1 not comparable (``check`` only), 2 wrong usage, 3 a
photo could not be read, 4 no usable skin. Heavy modules are imported inside the commands, so that
``--help`` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from importlib import resources
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from poremetrics import terminal
from poremetrics.errors import PoremetricsError, UsageError

if TYPE_CHECKING:
    from poremetrics.change import Repeatability
    from poremetrics.compare import AskedView, Options

RESULT = Path("poremetrics-result")
ACCURACY = Path("poremetrics-accuracy")
FORMATS = ("html", "pdf")
VIEWS = ("auto", "face", "closeup")

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

Before = Annotated[
    Path, typer.Argument(readable=False, metavar="BEFORE", help="Photo before treatment.")
]
After = Annotated[
    Path, typer.Argument(readable=False, metavar="AFTER", help="Photo after treatment.")
]
Out = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the result.")]
View = Annotated[
    str, typer.Option(metavar="{auto,face,closeup}", help="auto: a face if one is found.")
]
MmPerPx = Annotated[
    float | None, typer.Option("--mm-per-px", help="Millimetres per pixel on the skin.")
]
MarkerMm = Annotated[
    float | None, typer.Option("--marker-mm", help="Side of an ArUco marker in the photo, in mm.")
]
IpdMm = Annotated[
    float | None, typer.Option("--ipd-mm", help="Interpupillary distance of the person, in mm.")
]
RegionsFile = Annotated[
    Path | None,
    typer.Option("--regions", metavar="FILE.json", help="Named polygons in (before) pixels."),
]
Days = Annotated[
    float | None,
    typer.Option("--days-since-treatment", help="Days from last treatment to the after photo."),
]
Control = Annotated[
    str | None,
    typer.Option("--control", metavar="REGION", help="Untreated region, or left or right."),
]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE.toml", help="Overrides of tunables.")
]
RepeatabilityFile = Annotated[
    Path | None,
    typer.Option("--repeatability", metavar="FILE.json", help="Your own repeatability."),
]
Formats = Annotated[
    str, typer.Option("--format", metavar="html,pdf", help="Formats of the report.")
]
Anonymise = Annotated[
    bool, typer.Option("--anonymise/--no-anonymise", help="Cover the eyes in every picture.")
]
Label = Annotated[str | None, typer.Option("--label", help="Label shown in the report.")]
Figures = Annotated[bool, typer.Option("--figures", help="Also write the figures as PNG and SVG.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


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
def compare(
    before: Before,
    after: After,
    output: Out = RESULT,
    view: View = "auto",
    mm_per_px: MmPerPx = None,
    marker_mm: MarkerMm = None,
    ipd_mm: IpdMm = None,
    regions: RegionsFile = None,
    days_since_treatment: Days = None,
    control: Control = None,
    settings: SettingsFile = None,
    repeatability: RepeatabilityFile = None,
    formats: Formats = "html",
    anonymise: Anonymise = True,
    label: Label = None,
    figures: Figures = False,
    quiet: Quiet = False,
) -> None:
    """Compare two photos: align, measure, say what changed; write tables and a report."""
    from poremetrics import report
    from poremetrics.compare import compare as run

    kinds = _formats(formats)
    # What cannot be written is told before the work, not after it.
    report.check_label(label)
    report.check_target(output)
    with terminal.progress(quiet) as tell:
        result = run(
            before,
            after,
            days_since_treatment=days_since_treatment,
            repeatability=_repeatability(repeatability),
            control=control,
            **_options(view, mm_per_px, marker_mm, ipd_mm, regions, settings, tell),
        )
        report.write(
            result, output, formats=kinds, anonymise=anonymise, label=label, figures=figures
        )
    if not quiet:
        terminal.print_changes(result)
        terminal.print_where(output, kinds)


@app.command()
def measure(
    photo: Annotated[
        Path, typer.Argument(readable=False, metavar="PHOTO", help="Photo of a face or of skin.")
    ],
    output: Out = RESULT,
    view: View = "auto",
    mm_per_px: MmPerPx = None,
    marker_mm: MarkerMm = None,
    ipd_mm: IpdMm = None,
    regions: RegionsFile = None,
    settings: SettingsFile = None,
    formats: Formats = "html",
    anonymise: Anonymise = True,
    label: Label = None,
    figures: Figures = False,
    quiet: Quiet = False,
) -> None:
    """Measure the pores of one photo; write tables and a report."""
    from poremetrics import report
    from poremetrics.compare import measure as run

    kinds = _formats(formats)
    # What cannot be written is told before the work, not after it.
    report.check_label(label)
    report.check_target(output)
    with terminal.progress(quiet) as tell:
        result = run(photo, **_options(view, mm_per_px, marker_mm, ipd_mm, regions, settings, tell))
        report.write(
            result, output, formats=kinds, anonymise=anonymise, label=label, figures=figures
        )
    if not quiet:
        terminal.print_regions(result.regions, result.quality)
        terminal.print_where(output, kinds)


@app.command()
def check(
    before: Before,
    after: After,
    view: View = "auto",
    mm_per_px: MmPerPx = None,
    marker_mm: MarkerMm = None,
    ipd_mm: IpdMm = None,
    regions: RegionsFile = None,
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> None:
    """Say whether two photos can be compared, and if not, why. Exit 0 comparable, 1 not."""
    from poremetrics.change import refused_regions
    from poremetrics.compare import compare as run

    with terminal.progress(quiet) as tell:
        result = run(
            before, after, **_options(view, mm_per_px, marker_mm, ipd_mm, regions, settings, tell)
        )
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
        typer.Argument(readable=False, metavar="PHOTO PHOTO [PHOTO…]", help="Unchanged skin."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.json", help="File to write.")
    ],
    view: View = "auto",
    settings: SettingsFile = None,
    quiet: Quiet = False,
) -> None:
    """Measure your own repeatability from repeat shots of unchanged skin."""
    from poremetrics import report
    from poremetrics.repeats import repeatability as run

    report.check_file(output)
    with terminal.progress(quiet) as tell:
        found = run(list(photos), **_options(view, settings=settings, tell=tell))
        report.write_text(output, found.model_dump_json(indent=2) + "\n")
    if not quiet:
        for name, wsd in found.wsd_log.items():
            typer.echo(f"{name:24} wSD {100 * wsd:5.1f} %   RC {277 * wsd:5.1f} %")


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

    kinds = _formats(formats)
    check_study_folder(output)
    try:
        with terminal.progress(quiet) as tell:
            chosen = _options(view, marker_mm=marker_mm, settings=settings, tell=tell)
            result = run(
                manifest,
                store=output / STORE,
                workers=workers,
                scheduler=scheduler,
                skip_bad=skip_bad,
                repeatability=_repeatability(repeatability),
                view=view,
                marker_mm=marker_mm,
                settings=chosen["settings"],
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

    # What cannot be written is told before the work, not after it.
    check_target(output, marker=MARKER)
    with terminal.progress(quiet) as tell:
        result = run(
            quick=quick,
            seed=SEED if seed is None else seed,
            workers=workers or os.cpu_count() or 1,
            progress=tell,
        )
        write_validation(result, output)
    if not quiet:
        terminal.print_headline(result.headline)
        typer.echo(f"tables: {output}")
        typer.echo(f"page: {output / PAGE}")


@app.command()
def demo(
    output: Out = RESULT,
    formats: Formats = "html",
    quiet: Quiet = False,
) -> None:
    """Compare the bundled sample pair."""
    from poremetrics import report
    from poremetrics.compare import compare as run

    kinds = _formats(formats)
    report.check_target(output)
    before, after = _sample_pair()
    with terminal.progress(quiet) as tell:
        result = run(before, after, progress=tell)
        report.write(result, output, formats=kinds)
    if not quiet:
        terminal.print_changes(result)
        terminal.print_where(output, kinds)


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


def _options(
    view: str,
    mm_per_px: float | None = None,
    marker_mm: float | None = None,
    ipd_mm: float | None = None,
    regions: Path | None = None,
    settings: Path | None = None,
    tell: Callable[[str, float], None] | None = None,
) -> Options:
    from poremetrics.settings import parse_settings

    if view not in VIEWS:
        raise UsageError("--view", f"{view!r} is not a view", f"use one of {', '.join(VIEWS)}")
    return {
        "view": cast("AskedView", view),
        "mm_per_px": mm_per_px,
        "marker_mm": marker_mm,
        "ipd_mm": ipd_mm,
        "regions": None if regions is None else _regions(regions),
        "settings": (None if settings is None else parse_settings(_text(settings), settings.name)),
        "progress": tell,
    }


def _formats(given: str) -> tuple[str, ...]:
    kinds = tuple(part.strip() for part in given.split(",") if part.strip())
    unknown = [kind for kind in kinds if kind not in FORMATS]
    if unknown or not kinds:
        raise UsageError(
            "--format", f"{given!r} is not a list of formats", "use html, pdf or html,pdf"
        )
    return kinds


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")  # editors of Windows put a mark before the text
    except UnicodeDecodeError as error:
        raise UsageError(path.name, "is not text in UTF-8", "save it as UTF-8") from error
    except OSError as error:
        reason = str(error.strerror).lower()
        raise UsageError(path.name or str(path), reason, "give a readable file") from error


def _regions(path: Path) -> Mapping[str, Any]:
    remedy = 'write {"name": [[x, y], [x, y], [x, y]], ...}'
    try:
        found = json.loads(_text(path), object_pairs_hook=_once)
    # Besides its own error, which is a ValueError: an integer of more digits than Python reads,
    # or lists nested thousands deep.
    except (ValueError, RecursionError) as error:
        raise UsageError(path.name, f"not valid JSON ({error})", remedy) from error
    if not isinstance(found, dict) or not found:
        raise UsageError(path.name, "holds no named polygons", remedy)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs of a JSON object; JSON itself lets the last of two equal names win."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("the same name is given twice")
    return found


def _repeatability(path: Path | None) -> Repeatability | None:
    from poremetrics.change import parse_repeatability

    return None if path is None else parse_repeatability(_text(path), path.name)
