"""One quick validation for all test files: it is the longest single run of the tests."""

from __future__ import annotations

from functools import cache

import pytest
from safety import OFFLINE

from poremetrics.validate import Validation, validate


@cache
def quick_validation() -> Validation:
    # In its workers, which do all the measuring, a socket ends everything.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", OFFLINE["PYTHONPATH"])
        return validate(quick=True, workers=2)
