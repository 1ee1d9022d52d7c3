"""What is not needed is not loaded: help answers before any heavy library is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "PIL",
    "cv2",
    "dask",
    "distributed",
    "jinja2",
    "matplotlib",
    "numpy",
    "pandas",
    "pillow_heif",
    "pyarrow",
    "pydantic",
    "reportlab",
    "scipy",
    "skimage",
    "statsmodels",
}
ONLY_TO_DRAW_OR_TO_STUDY = {
    "dask",
    "distributed",
    "jinja2",
    "matplotlib",
    "reportlab",
    "statsmodels",
}

HELP = """
import sys
from poremetrics.cli import main
sys.argv = ["poremetrics", "--help"]
try:
    main()
except SystemExit:
    pass
"""


def loaded_by(code: str) -> set[str]:
    """Return the names of all top-level modules that a fresh process has loaded after ``code``."""
    tell = "\nimport sys\nprint('LOADED', *{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code + tell], capture_output=True, text=True, check=True
    )
    return set(run.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("code", ["import poremetrics", HELP], ids=["import", "help"])
def test_the_package_and_its_help_load_nothing_heavy(code: str) -> None:
    loaded = loaded_by(code)
    assert "poremetrics" in loaded
    assert not loaded & HEAVY


def test_comparing_loads_nothing_that_draws_or_studies() -> None:
    loaded = loaded_by("from poremetrics import compare")
    assert "cv2" in loaded
    assert not loaded & ONLY_TO_DRAW_OR_TO_STUDY
