"""The files of a validation: tables, one page with plots, Markdown for the manual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from poremetrics.change import Repeatability, Response
from poremetrics.report.folder import TOOL, publish
from poremetrics.report.html import html_bytes
from poremetrics.report.markdown import markdown
from poremetrics.report.record import json_bytes, utc
from poremetrics.report.tables import csv_bytes, plain
from poremetrics.report.validation_sections import build_validation
from poremetrics.settings import Settings
from poremetrics.validate import Validation
from poremetrics.validate.calibration import calibrate, calibrate_response

MARKER = "validation.json"
"""The file that tells a folder of a validation, by its key ``tool``."""
PAGE = "accuracy.html"
MARKDOWN = "accuracy.md"
REPEATABILITY = "repeatability.json"
RESPONSE = "response.json"
FORMAT = 1
_QUICK_SOURCE = "; a quick run, too few pairs to be used"


@dataclass(frozen=True, slots=True)
class _Drawn:
    """How the page is drawn; a validation has no settings of its own to draw by."""

    settings: Settings = field(default_factory=Settings)


def write_validation(result: Validation, target: Path) -> None:
    """Write every table of a validation and the page on accuracy into a folder.

    Every table as CSV, ``validation.json`` (seed, versions, headline), ``accuracy.html`` with
    plots, ``accuracy.md`` with the same tables, ``repeatability.json`` and ``response.json``, what
    its pairs of unchanged and of changed skin give for the package. Whole or not at all.

    Parameters
    ----------
    result : Validation
        What was found.
    target : Path
        Folder to write. It is replaced whole if it is empty or holds an earlier validation.

    Raises
    ------
    UsageError
        The folder cannot be written or may not be replaced.
    """
    publish(target, contents(result), marker=MARKER)


def contents(result: Validation) -> Mapping[str, bytes]:
    """Return the files of a validation by name, as :func:`write_validation` writes them.

    Parameters
    ----------
    result : Validation
        What was found.
    """
    drawn = _Drawn()
    digits = drawn.settings.report.table_digits
    report = build_validation(result)
    files = {f"{name}.csv": csv_bytes(table, digits) for name, table in result.tables().items()}
    files[PAGE] = html_bytes(report, drawn)
    files[MARKDOWN] = markdown(report).encode("utf-8")
    files[REPEATABILITY] = f"{_calibration(result).model_dump_json(indent=2)}\n".encode()
    files[RESPONSE] = f"{_response(result).model_dump_json(indent=2)}\n".encode()
    files[MARKER] = json_bytes(_document(result, [*files, MARKER], digits))
    return files


def _calibration(result: Validation) -> Repeatability:
    """Return the calibration, with a source that tells whose it is and what it is worth."""
    found = calibrate(result.pairs)
    return found.model_copy(update={"source": _source(found.source, result)})


def _response(result: Validation) -> Response:
    """Return how much of a change is read, with a source likewise."""
    found = calibrate_response(result.pairs)
    return found.model_copy(update={"source": _source(found.source, result)})


def _source(text: str, result: Validation) -> str:
    return f"{text}, seed {result.seed}{_QUICK_SOURCE if result.quick else ''}"


def _document(result: Validation, files: Sequence[str], digits: int) -> Mapping[str, object]:
    columns = {str(name): plain(result.headline[name], digits) for name in result.headline.columns}
    return {
        "tool": TOOL,
        "format": FORMAT,
        "kind": "validation",
        "seed": result.seed,
        "quick": result.quick,
        "created_at": utc(result.provenance.created_at),
        "versions": dict(result.provenance.versions),
        "headline": [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ],
        "files": sorted(files),
    }
