"""Everything a result consists of, written into one folder in one step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from poremetrics.errors import UsageError
from poremetrics.model import Comparison, Measurement
from poremetrics.report.folder import MARKER, publish
from poremetrics.report.record import alignment_document, document, json_bytes
from poremetrics.report.tables import csv_bytes

FORMATS = ("html", "pdf")
REPORT = "report"
LONGEST_LABEL = 200


def write(
    result: Comparison | Measurement,
    directory: str | Path,
    *,
    formats: Collection[str] = ("html",),
    figures: bool = False,
    anonymise: bool = True,
    label: str | None = None,
) -> tuple[str, ...]:
    """Write a result into a folder: tables, ``result.json``, the report, on request figures.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.
    directory : str or Path
        Folder to write. It is replaced whole if it is empty or holds an earlier result.
    formats : collection of str
        Kinds of report: ``html``, ``pdf``; none writes the tables alone.
    figures : bool
        Also write the figures as PNG and SVG, under ``figures/``.
    anonymise : bool
        Cover the eyes in every picture.
    label : str, optional
        Label of the patient, printed in the report and nowhere else.

    Returns
    -------
    tuple of str
        Names of the files written, relative to the folder.

    Raises
    ------
    UsageError
        An unknown format, a label that is no text, or a folder that cannot be written or may
        not be replaced.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise UsageError("format", f"unknown: {', '.join(unknown)}", f"use {', '.join(FORMATS)}")
    check_label(label)
    files = contents(result, formats=formats, figures=figures, anonymise=anonymise, label=label)
    publish(Path(directory), files)
    return tuple(sorted(files))


def check_label(label: str | None) -> None:
    """Refuse a label that cannot be printed.

    Parameters
    ----------
    label : str or None
        Label of the patient.

    Raises
    ------
    UsageError
        It is longer than a line, or holds control characters or bytes that are no text.
    """
    if label is not None and not (label.isprintable() and len(label) <= LONGEST_LABEL):
        raise UsageError(
            "label",
            "is not a line of text",
            f"use at most {LONGEST_LABEL} printable characters",
        )


def contents(
    result: Comparison | Measurement,
    *,
    formats: Collection[str] = ("html",),
    figures: bool = False,
    anonymise: bool = True,
    label: str | None = None,
) -> Mapping[str, bytes]:
    """Return the files of a result by name, as :func:`write` would write them.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.
    formats : collection of str
        Kinds of report: ``html``, ``pdf``.
    figures : bool
        Also the figures.
    anonymise : bool
        Cover the eyes in every picture.
    label : str, optional
        Label of the patient.

    Returns
    -------
    mapping of str to bytes
        Content by name.
    """
    files = _tables(result)
    if formats:
        files |= _reports(result, formats, anonymise=anonymise, label=label)
    if figures:
        from poremetrics.report.figure_files import figure_files  # noqa: PLC0415 - loaded when drawing

        files |= figure_files(result, anonymise=anonymise)
    files[MARKER] = json_bytes(document(result, [*files, MARKER]))
    return files


def _tables(result: Comparison | Measurement) -> dict[str, bytes]:
    digits = result.settings.report.table_digits
    tables: dict[str, pd.DataFrame] = {
        "pores": result.pores,
        "regions": result.regions,
        "quality": result.quality,
    }
    files: dict[str, bytes] = {}
    if isinstance(result, Comparison):
        tables |= {"links": result.links, "changes": result.changes}
        if len(result.contrasts):
            tables["contrasts"] = result.contrasts
        files["alignment.json"] = json_bytes(
            alignment_document(result.alignment, result.before_face, digits)
        )
    return files | {f"{name}.csv": csv_bytes(frame, digits) for name, frame in tables.items()}


def _reports(
    result: Comparison | Measurement,
    formats: Collection[str],
    *,
    anonymise: bool,
    label: str | None,
) -> dict[str, bytes]:
    from poremetrics.report.sections import build  # noqa: PLC0415 - loaded when drawing

    report = build(result, anonymise=anonymise, label=label)
    files = {}
    if "html" in formats:
        from poremetrics.report.html import html_bytes  # noqa: PLC0415 - loaded when drawing

        files[f"{REPORT}.html"] = html_bytes(report, result)
    if "pdf" in formats:
        from poremetrics.report.pdf import pdf_bytes  # noqa: PLC0415 - loaded when drawing

        files[f"{REPORT}.pdf"] = pdf_bytes(report, result)
    return files
