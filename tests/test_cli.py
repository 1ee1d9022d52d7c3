"""The command line as a person uses it: files written, exit codes, one-line errors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from closeups import save, visits
from safety import OFFLINE


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "poremetrics", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        env=OFFLINE,  # no command asks for a socket
    )


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("photos")
    before, after = visits(seed=1)
    return save(before.picture, folder / "before.jpg"), save(after.picture, folder / "after.jpg")


def test_compare_writes_what_the_contract_names(pair, tmp_path) -> None:
    out = tmp_path / "result"
    done = run("compare", *pair, "-o", out, "--view", "closeup", "--mm-per-px", 1 / 15)
    assert done.returncode == 0, done.stderr
    assert "no detectable change" in done.stdout
    written = {path.name for path in out.iterdir()}
    assert {
        "report.html",
        "result.json",
        "pores.csv",
        "links.csv",
        "regions.csv",
        "changes.csv",
        "quality.csv",
        "alignment.json",
    } <= written
    assert len(pd.read_csv(out / "pores.csv")) > 50
    told = (out / "result.json").read_text("utf-8")
    json.loads(told)
    # Nothing about the machine or the files leaves with a result.
    for secret in (str(pair[0].parent), "before.jpg", "after.jpg"):
        assert secret not in told
        assert secret not in (out / "report.html").read_text("utf-8")


def test_measure_writes_tables(pair, tmp_path) -> None:
    out = tmp_path / "one"
    done = run("measure", pair[0], "-o", out, "--view", "closeup")
    assert done.returncode == 0, done.stderr
    assert (out / "pores.csv").is_file()
    assert "count" in done.stdout


def test_check_says_comparable_and_not(pair, tmp_path) -> None:
    assert run("check", *pair, "--view", "closeup", "--mm-per-px", 1 / 15).returncode == 0
    stranger = save(visits(seed=3, other_person=True)[1].picture, tmp_path / "stranger.jpg")
    refused = run("check", pair[0], stranger, "--view", "closeup", "--mm-per-px", 1 / 15)
    assert refused.returncode == 1
    assert "cannot tell" in refused.stdout


@pytest.mark.parametrize(
    ("make", "code", "named"),
    [
        (lambda path: path.write_bytes(b""), 3, "empty"),
        (lambda path: path.write_text("hello"), 3, "photo.jpg"),
        (lambda path: None, 3, "photo.jpg"),
    ],
    ids=["empty", "text", "missing"],
)
def test_an_unreadable_photo_is_one_line_and_exit_3(pair, tmp_path, make, code, named) -> None:
    bad = tmp_path / "photo.jpg"
    make(bad)
    done = run("compare", pair[0], bad, "-o", tmp_path / "out")
    assert done.returncode == code
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_no_skin_is_exit_4(tmp_path) -> None:
    import numpy as np

    wall = save(np.full((300, 400, 3), 250, np.uint8), tmp_path / "wall.jpg")
    done = run("measure", wall, "-o", tmp_path / "out")
    assert done.returncode == 4
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare",),
        ("compare", "a.jpg"),
        ("nonsense",),
        ("compare", "a.jpg", "b.jpg", "--view", "sideways"),
        ("compare", "a.jpg", "b.jpg", "--format", "docx"),
        ("compare", "a.jpg", "b.jpg", "--settings", "missing.toml"),
        ("compare", "a.jpg", "b.jpg", "--regions", "missing.json"),
        ("compare", "a.jpg", "b.jpg", "--repeatability", "missing.json"),
    ],
)
def test_wrong_usage_is_exit_2(arguments, tmp_path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_bad_settings_name_the_key(pair, tmp_path) -> None:
    settings = tmp_path / "mine.toml"
    settings.write_text("[change]\nnonsense = 1\n")
    done = run("measure", pair[0], "--settings", settings, "-o", tmp_path / "out")
    assert done.returncode == 2
    assert "change.nonsense" in done.stderr
    settings.write_text("[change]\nvisible_diameter_um = nan\n")
    done = run("measure", pair[0], "--settings", settings, "-o", tmp_path / "out")
    assert done.returncode == 2
    assert "visible_diameter_um" in done.stderr


def test_repeatability_is_saved_and_used(pair, tmp_path) -> None:
    out = tmp_path / "ours.json"
    made = run("repeatability", *pair, "-o", out, "--view", "closeup")
    assert made.returncode == 0, made.stderr
    done = run(
        "compare", *pair, "-o", tmp_path / "r", "--view", "closeup", "--repeatability", out, "-q"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_demo_compares_the_bundled_pair(tmp_path) -> None:
    out = tmp_path / "demo"
    done = run("demo", "-o", out)
    assert done.returncode == 0, done.stderr
    # Person A's pores were rendered smaller and fewer at visit 3.
    changes = pd.read_csv(out / "changes.csv").set_index(["region", "metric"])
    assert changes.loc[("all", "diameter_um_matched"), "verdict"] == "decreased"
    assert changes.loc[("all", "count"), "verdict"] == "decreased"
    assert (out / "report.html").stat().st_size < 8_000_000


def test_version_and_help() -> None:
    assert run("--version").stdout.startswith("poremetrics ")
    shown = run("--help").stdout
    for command in ("compare", "measure", "check", "repeatability", "demo"):
        assert command in shown


def test_folders_are_persons_and_a_plot_lies_beside_the_calibration(pair, tmp_path) -> None:
    for number, person in enumerate(("Ärztin", "Herr B")):
        folder = tmp_path / person
        folder.mkdir()
        for visit, shot in enumerate(visits(seed=1 + number)):
            save(shot.picture, folder / f"{visit}.jpg")
        (folder / ".DS_Store").write_bytes(b"of the system, no photo")
    out = tmp_path / "own.json"
    people = (tmp_path / "Ärztin", tmp_path / "Herr B")
    made = run("repeatability", *people, "-o", out, "--view", "closeup", "--figures")
    assert made.returncode == 0, made.stderr
    assert "ICC" in made.stdout
    found = json.loads(out.read_text("utf-8"))
    assert (found["subjects"], found["pairs"]) == (2, 2)
    assert found["icc"]["count"]["shots"] == 4
    assert "rztin" not in out.read_text("utf-8")
    assert "<svg" in (tmp_path / "own.svg").read_text("utf-8")
    # A person of one shot repeats nothing.
    (people[1] / "1.jpg").unlink()
    assert run("repeatability", *people, "-o", out, "--view", "closeup").returncode == 2
