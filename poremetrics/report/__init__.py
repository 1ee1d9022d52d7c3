"""From a result to what people look at and file: tables, JSON, figures, HTML, PDF.

The room computes nothing about skin. :func:`write` turns a
:class:`~poremetrics.model.Comparison` or :class:`~poremetrics.model.Measurement` into a folder,
whole or not at all. In order of use: ``marks`` and ``pictures`` prepare what is shown, ``privacy``
covers the eyes, ``summary`` and ``sentences`` put tables into words from ``texts``, ``sections``
lines everything up as data (``blocks``), and ``html`` and ``pdf`` set it. ``figures`` and
``picture_figures`` hold one ``plot_*`` function per figure.
"""

from __future__ import annotations

from poremetrics.report.agreement import bland_altman_svg, plot_bland_altman
from poremetrics.report.figures import plot_changes, plot_pairs_of_sizes, plot_sizes
from poremetrics.report.files import check_label, contents, write
from poremetrics.report.folder import check_file, check_target, write_text
from poremetrics.report.picture_figures import plot_after, plot_before, plot_overlay, plot_strip

__all__ = [
    "bland_altman_svg",
    "check_file",
    "check_label",
    "check_target",
    "contents",
    "plot_after",
    "plot_before",
    "plot_bland_altman",
    "plot_changes",
    "plot_overlay",
    "plot_pairs_of_sizes",
    "plot_sizes",
    "plot_strip",
    "write",
    "write_text",
]
