"""What travels inside the room: one pair's task, its outcome, its stored result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.change import Repeatability
from poremetrics.settings import Settings

Against = Literal["baseline", "previous"]
Failure = Literal["", "photo", "skin", "option", "unexpected", "died", "changed"]
"""Why a pair has no result; empty where it has one."""

NOT_STORED = ("unexpected", "died", "changed")
"""Failures that may not come again; such a pair is tried anew by the next run."""
NOT_STORED = ("unexpected", "died", "changed")
"""Failures that may not come again; such a pair is tried anew by the next run."""

Patches = npt.NDArray[np.uint8]
"""(N, 2, side, side, 3) uint8 sRGB: the same N places before and after, on the common grid."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of ``compare`` that one pair is run with.

    Attributes
    ----------
    view : str
        ``auto``, ``face`` or ``closeup``.
    mm_per_px, marker_mm, ipd_mm : float or None
        Scale of the before photo.
    days_since_treatment : float or None
        Days from the last treatment to the after photo.
    """

    view: str = "auto"
    mm_per_px: float | None = None
    marker_mm: float | None = None
    ipd_mm: float | None = None
    days_since_treatment: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One pair to compare, as handed to a worker.

    Attributes
    ----------
    key : str
        Hash of everything the result depends on; see :func:`poremetrics.study.plan.key_of`.
    before, after : Path
        Photos, readable by the worker.
    before_sha256, after_sha256 : str
        What the files held when the study was planned.
    options : Options
        Options of ``compare``.
    settings : Settings
        Tunables.
    repeatability : Repeatability or None
        The clinic's own, or None for the published one.
    store : Path
        Folder of the store, writable by the worker.
    versions : mapping of str to str
        Versions the worker must have, so that every worker computes the same bits.
    """

    key: str
    before: Path
    after: Path
    before_sha256: str
    after_sha256: str
    options: Options
    settings: Settings
    repeatability: Repeatability | None
    store: Path
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker tells about one task; the result itself lies in the store.

    Attributes
    ----------
    key : str
        Of the task.
    failure : str
        Kind of failure, empty where there is a result.
    reason : str
        One line, without paths.
    seconds : float
        Time of computing.
    """

    key: str
    failure: Failure = ""
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class PairResult:
    """What is kept of one comparison.

    Attributes
    ----------
    failure, reason : str
        As in :class:`Outcome`; the tables of a failed pair are empty.
    tables : mapping of str to DataFrame
        ``pores``, ``links``, ``regions``, ``changes``, ``quality`` of the comparison, and
        ``places``: where each patch lies.
    patches : (N, 2, side, side, 3) uint8
        The clearest pores, before and after.
    facts : mapping
        ``view``, ``notes``, ``scale_ratio`` per region, ``same_photo``, ``same_skin``,
        ``seconds``, ``versions``, ``created_at``.
    """

    failure: Failure = ""
    reason: str = ""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    patches: Patches = field(default_factory=lambda: np.zeros((0, 2, 1, 1, 3), np.uint8))
    facts: Mapping[str, object] = field(default_factory=dict)
