"""One quick validation for all test files: it is the longest single run of the tests."""

from __future__ import annotations

from functools import cache

from poremetrics.validate import Validation, validate


@cache
def quick_validation() -> Validation:
    return validate(quick=True, workers=2)
