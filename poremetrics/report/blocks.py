"""The report as data: sections of blocks, which HTML and PDF each set in their own way.

A series of visits will put a section of its own first; nothing here assumes a pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from poremetrics.model import Points, Rgb
from poremetrics.report.marks import Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One class of pores drawn over a picture, in the picture's own pixels.

    ``circles`` is (N, 3) x, y, radius; ``outline`` is an (N, 2) polygon. One of them is empty.
    """

    key: str
    label: str
    style: Style
    circles: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    outline: Points = field(default_factory=lambda: np.empty((0, 2)))


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs."""

    paragraphs: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """One failed check: what, where, its figure, what to do."""

    title: str
    figure: str
    advice: str
    refuses: bool


@dataclass(frozen=True, slots=True)
class Light:
    """Traffic light of quality: ``good``, ``fair``, ``poor`` or ``unknown``, and its notes."""

    level: str
    words: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture with marks over it; a wide one takes the whole width."""

    key: str
    pixels: Rgb
    alt: str
    caption: str
    layers: tuple[Layer, ...] = ()
    wide: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The same skin before and after, with marks that may be laid over it."""

    key: str
    name: str
    before: Rgb
    after: Rgb
    alt_before: str
    alt_after: str
    caption: str
    status: tuple[Layer, ...] = ()
    sizes: tuple[Layer, ...] = ()


@dataclass(frozen=True, slots=True)
class Sketch:
    """A chart as SVG for the page: its size in px and what stands in it."""

    width: float
    height: float
    content: Markup


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A drawing on matplotlib axes, and where there is one, its sketch for the page."""

    key: str
    draw: Callable[[Axes], object]
    alt: str
    height_share: float
    left_share: float
    caption: str = ""
    sketch: Sketch | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Pictures beside each other, with one name."""

    name: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a table under one heading; the heading may be empty.

    A row of fewer cells than the table has columns fills them with its last cell but one.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]
    verdicts: tuple[str, ...] = ()
    """Verdict per row, for its colour; empty where the table has none."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``numeric`` says which columns are figures."""

    caption: str
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    numeric: tuple[bool, ...]
    compact: bool = False
    """A long list of names and values: running text on paper."""


Plain = Text | Light | Picture | Row | Pair | Chart | Table


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks that are folded away on the screen and printed in full."""

    title: str
    blocks: tuple[Plain, ...]


Block = Plain | Details


@dataclass(frozen=True, slots=True)
class Bar:
    """A change with its interval and the band of unchanged skin, in percent."""

    change: float
    low: float
    high: float
    rc: float


@dataclass(frozen=True, slots=True)
class Card:
    """One region in the summary."""

    verdict: str
    name: str
    words: str
    """The sentence without the region's name, which stands before it."""
    bar: Bar | None = None
    lines: tuple[tuple[str, str, str], ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the report."""

    key: str
    title: str
    lead: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report, ready to be set."""

    title: str
    created: str
    label: str
    verdict: str
    headline: str
    detail: str
    notes: tuple[str, ...]
    cards: tuple[Card, ...]
    whole: Card | None
    """Figures of all regions together."""
    overview: Picture | None
    """Where was measured."""
    sections: tuple[Section, ...]
