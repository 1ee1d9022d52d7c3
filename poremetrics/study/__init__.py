"""Room ``study``: many people and visits, from a manifest to trends and a cohort model.

The manifest is checked whole; visits become pairs, every pair known by the hash of all it depends
on; pairs run on worker processes or a Dask cluster and are kept in a store; a person's pairs are
put together so that one pore keeps one id; persons become a mixed model. :func:`study` tells it
stage by stage. Writing tables and reports is left to ``report``.
"""

from __future__ import annotations

from poremetrics.study.cohort import cohort, responses
from poremetrics.study.conduct import StudyResult, require_extra, study
from poremetrics.study.manifest import Manifest, ManifestError, Problem, Visit, read_manifest
from poremetrics.study.run import on_dask, on_processes
from poremetrics.study.series import Filmstrip, SeriesResult
from poremetrics.study.trend import rate_per_session, story, trends

__all__ = [
    "Filmstrip",
    "Manifest",
    "ManifestError",
    "Problem",
    "SeriesResult",
    "StudyResult",
    "Visit",
    "cohort",
    "on_dask",
    "on_processes",
    "rate_per_session",
    "read_manifest",
    "require_extra",
    "responses",
    "story",
    "study",
    "trends",
]
