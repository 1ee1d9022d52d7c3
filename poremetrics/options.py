"""The options of the command line: how they are named, grouped, read and checked.

Options that several commands share are fields of a frozen class; :func:`grouped` lets a command
take such a class as one argument. Heavy modules are imported inside the functions, so that
``--help`` answers at once.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_type_hints

import typer

from poremetrics.errors import UsageError

if TYPE_CHECKING:
    from poremetrics.change import Repeatability
    from poremetrics.compare import AskedView, Options, Progress
    from poremetrics.model import Comparison, Measurement
    from poremetrics.settings import Settings

FORMATS = ("html", "pdf")
VIEWS = ("auto", "face", "closeup")
RESULT = Path("poremetrics-result")

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
MarkerMm = Annotated[
    float | None, typer.Option("--marker-mm", help="Side of an ArUco marker in the photo, in mm.")
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
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


@dataclass(frozen=True, slots=True)
class Where:
    """Where the skin is and how large, as the command line was told."""

    view: View = "auto"
    mm_per_px: Annotated[
        float | None, typer.Option("--mm-per-px", help="Millimetres per pixel on the skin.")
    ] = None
    marker_mm: MarkerMm = None
    ipd_mm: Annotated[
        float | None, typer.Option("--ipd-mm", help="Interpupillary distance of the person, in mm.")
    ] = None
    regions: Annotated[
        Path | None,
        typer.Option("--regions", metavar="FILE.json", help="Named polygons in (before) pixels."),
    ] = None
    settings: SettingsFile = None

    def options(self, tell: Progress) -> Options:
        """Return the options of ``compare`` and ``measure``; files are read here.

        Raises
        ------
        UsageError
            An unknown view, or a file that cannot be used.
        """
        return {
            "view": asked_view(self.view),
            "mm_per_px": self.mm_per_px,
            "marker_mm": self.marker_mm,
            "ipd_mm": self.ipd_mm,
            "regions": None if self.regions is None else _regions(self.regions),
            "settings": read_settings(self.settings),
            "progress": tell,
        }


@dataclass(frozen=True, slots=True)
class Written:
    """What is written of a result, and where."""

    output: Out = RESULT
    formats: Formats = "html"
    anonymise: Annotated[
        bool, typer.Option("--anonymise/--no-anonymise", help="Cover the eyes in every picture.")
    ] = True
    label: Annotated[str | None, typer.Option("--label", help="Label shown in the report.")] = None
    figures: Annotated[
        bool, typer.Option("--figures", help="Also write the figures as PNG and SVG.")
    ] = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of report asked for."""
        return parse_formats(self.formats)

    def check(self) -> None:
        """Tell what cannot be written before the work, not after it.

        Raises
        ------
        UsageError
            An unknown format, a label that is no line of text, a folder that is not ours.
        """
        from poremetrics import report

        _ = self.kinds
        report.check_label(self.label)
        report.check_target(self.output)

    def write(self, result: Comparison | Measurement) -> None:
        """Write a result."""
        from poremetrics import report

        report.write(
            result,
            self.output,
            formats=self.kinds,
            anonymise=self.anonymise,
            label=self.label,
            figures=self.figures,
        )


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take groups of options: every field of a group becomes an option of its own.

    Parameters
    ----------
    command : callable
        Its parameters whose type is a dataclass are groups.

    Returns
    -------
    callable
        What the parser of arguments sees: one parameter per argument and option.
    """
    shown: list[inspect.Parameter] = []
    groups: dict[str, Any] = {}
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        group = parameter.annotation
        if not is_dataclass(group):
            shown.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        groups[parameter.name] = group
        hints = get_type_hints(group, include_extras=True)
        shown += [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=hints[field.name],
            )
            for field in fields(group)
        ]

    @wraps(command)
    def run(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**given, **made)

    seen = cast("Any", run)
    seen.__signature__ = inspect.Signature(shown)
    seen.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return run


def asked_view(given: str) -> AskedView:
    """Return a view.

    Raises
    ------
    UsageError
        There is no such view.
    """
    if given not in VIEWS:
        raise UsageError("--view", f"{given!r} is not a view", f"use one of {', '.join(VIEWS)}")
    return cast("AskedView", given)


def parse_formats(given: str) -> tuple[str, ...]:
    """Return the kinds of report named in a list.

    Raises
    ------
    UsageError
        One is not known, or none is named.
    """
    kinds = tuple(part.strip() for part in given.split(",") if part.strip())
    unknown = [kind for kind in kinds if kind not in FORMATS]
    if unknown or not kinds:
        raise UsageError(
            "--format", f"{given!r} is not a list of formats", "use html, pdf or html,pdf"
        )
    return kinds


def read_settings(path: Path | None) -> Settings | None:
    """Return the settings of a TOML file, None without one."""
    from poremetrics.settings import parse_settings

    return None if path is None else parse_settings(_text(path), path.name)


def read_repeatability(path: Path | None) -> Repeatability | None:
    """Return the repeatability of a JSON file, None without one."""
    from poremetrics.change import parse_repeatability

    return None if path is None else parse_repeatability(_text(path), path.name)


def repeat_photos(places: list[Path]) -> list[Path | list[Path]]:
    """Return the photos of each person: a folder holds those of one, single photos are of one.

    Parameters
    ----------
    places : list of Path
        Photos and folders.

    Raises
    ------
    UsageError
        A folder cannot be read.
    """
    found: list[Path | list[Path]] = []
    for place in places:
        if not place.is_dir():
            found.append(place)
            continue
        try:
            files = sorted(path for path in place.iterdir() if path.is_file())
        except OSError as error:
            reason = str(error.strerror).lower()
            raise UsageError(place.name, reason, "give a readable folder") from error
        found.append([path for path in files if not path.name.startswith(".")])
    return found


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
