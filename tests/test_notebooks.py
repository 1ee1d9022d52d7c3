"""Every notebook is stored clean and runs from its first cell to its last."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
CELL_LIMIT_S = 300
"""A cell takes seconds; this only keeps a hung kernel from holding up everything."""


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def test_all_notebooks_are_there() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_clean(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    title = notebook.cells[0].source.splitlines()[0]
    assert title.startswith(f"# {int(path.stem[:2])}. ")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        # No path of anybody's machine.
        assert not re.search(r"(?:/home/|/Users/|/root/|[A-Z]:\\)", cell.source)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What the kernel writes goes where pytest throws it away.
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "TMPDIR"):
        place = tmp_path / name
        place.mkdir()
        monkeypatch.setenv(name, str(place))
    notebook = read(path)
    where = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=CELL_LIMIT_S, kernel_name="python3", resources=where).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    warned = [output.text for output in outputs if output.get("name") == "stderr"]
    assert warned == []
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 1
