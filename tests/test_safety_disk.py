"""A disk that is full, read-only or forbidden: one line, the old result stays, work goes on later.

The disk is a real one of a few megabytes, mounted in a name space of its own, where the system
lets its users do that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kill_runs import make_pair
from safety import assert_told, in_process

UNSHARE = ("unshare", "--map-root-user", "--mount", "sh", "-c")
MOUNTED = 'mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@"'

HEAD = """
import os, shutil, subprocess, sys
from pathlib import Path
disk, photos = Path(sys.argv[1]), Path(sys.argv[2])
pair = [str(photos / "before.jpg"), str(photos / "after.jpg")]

def run(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "poremetrics", *map(str, arguments)], capture_output=True, text=True
    )
    return done.returncode, done.stderr

def content(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

def fill(but):
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        file.truncate(max(file.tell() - but, 0))
"""


def may_mount(folder: Path) -> bool:
    if not shutil.which("unshare"):
        return False
    done = subprocess.run([*UNSHARE, MOUNTED, folder, "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture
def photos(tmp_path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    make_pair(folder)
    return folder


def on_small_disk(tmp_path: Path, photos: Path, script: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not may_mount(disk):
        pytest.skip("this system lets nobody mount a small disk")
    done = subprocess.run(
        [*UNSHARE, MOUNTED, str(disk), sys.executable, "-c", HEAD + script, str(disk), str(photos)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.slow
def test_on_a_full_disk_the_old_result_stays(tmp_path, photos) -> None:
    on_small_disk(tmp_path, photos, """
out = disk / "out"
options = "--view", "closeup", "-q"
assert run("compare", *pair, "-o", out, *options) == (0, "")
old = content(out)
fill(but=100_000)
full = "the disk is full; free some space, then run it again\\n"
assert run("compare", *pair[::-1], "-o", out, *options) == (2, f"poremetrics: out: {full}")
assert content(out) == old
assert sorted(os.listdir(disk)) == ["filler", "out"]

# Told before the work where not even a first byte fits: these photos do not exist.
fill(but=0)
assert run("compare", "no.jpg", "no.jpg", "-o", out) == (2, f"poremetrics: out: {full}")
assert run("repeatability", "no.jpg", "no.jpg", "-o", disk / "own.json") == (
    2, f"poremetrics: own.json: {full}")
(disk / "filler").unlink()
assert run("compare", *pair[::-1], "-o", out, *options) == (0, "")
assert content(out) != old
""")  # fmt: skip


@pytest.mark.slow
def test_on_a_read_only_disk_no_work_begins(tmp_path, photos) -> None:
    on_small_disk(tmp_path, photos, """
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
for command, name in (
    (("compare", "no.jpg", "no.jpg"), "out"),
    (("measure", "no.jpg"), "out/below"),
    (("demo",), "out"),
    (("repeatability", "no.jpg", "no.jpg"), "own.json"),
    (("study", "no.csv"), "study"),
    (("validate", "--quick"), "accuracy"),
):
    code, said = run(*command, "-o", disk / name)
    line = "lies on a read-only disk; name a folder you may write to\\n"
    assert (code, said) == (2, f"poremetrics: {Path(name).name}: {line}"), said
assert not os.listdir(disk)
""")  # fmt: skip


@pytest.mark.slow
def test_a_study_on_a_full_disk_goes_on_once_there_is_space(tmp_path, photos) -> None:
    rows = [
        f"P{n},{visit},2026-0{visit + 1}-05,{n}{visit}.jpg" for n in range(3) for visit in (0, 1)
    ]
    for row, name in zip(rows, ["before.jpg", "after.jpg"] * 3, strict=True):
        data = (photos / name).read_bytes()
        (photos / row.split(",")[-1]).write_bytes(data + row.encode())
    manifest = photos / "manifest.csv"
    manifest.write_text("subject,visit,date,photo\n" + "\n".join(rows) + "\n")
    on_small_disk(tmp_path, photos, """
command = ("study", photos / "manifest.csv", "-o", disk / "study", "--view", "closeup",
           "--workers", "1", "-q", "--no-reports")
fill(but=250_000)
code, said = run(*command)
assert code == 2, said
assert "; " in said and said.count("\\n") == 1, said
assert not list(disk.rglob("*.partial"))
kept = len(list(disk.rglob("*.pair")))
(disk / "filler").unlink()
assert run(*command) == (0, "")
assert len(list(disk.rglob("*.pair"))) == 3 > kept
""")  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="paths of POSIX")
def test_places_that_take_no_files_are_told_before_the_work(tmp_path, monkeypatch, capsys) -> None:
    command = in_process(monkeypatch, capsys)
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    none = tmp_path / "no.jpg"
    for place in (tmp_path / "file" / "out", tmp_path / ("n" * 300), Path("/proc/nothing")):
        assert_told(command("measure", none, "-o", place), 2, place.name)
        assert_told(command("repeatability", none, none, "-o", place), 2, place.name)
        assert_told(command("study", none, "-o", place), 2, place.name)
    own = tmp_path / "none" / "own.json"
    assert_told(command("repeatability", none, none, "-o", own), 2, "create it first")
    own = tmp_path / "folder"
    assert_told(command("repeatability", none, none, "-o", own), 2, "is a folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
