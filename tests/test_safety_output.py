"""What goes out: whole or not at all, the same every time, and nothing about anybody."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from closeups import visits
from kill_runs import PATIENCE_S, RUN, TOLD, kill_runs
from load_study import make_study
from PIL import Image
from safety import Command, assert_told, in_process

from poremetrics.report.folder import _locked

posix = pytest.mark.skipif(os.name != "posix", reason="processes and limits of POSIX")

# Words that stand in the metadata of the photos, and nowhere in a result.
SECRETS = ("Kodaview", "Lumiere77", "SN-4711-0815", "Dr. Verena Muster", "Jane Roe", "2021:03:04")
FOLDER = "clinic_roe_jane"


def exif() -> Image.Exif:
    found = Image.Exif()
    found[0x010F], found[0x0110], found[0x013B], found[0x010E] = (
        SECRETS[0],
        SECRETS[1],
        *SECRETS[3:5],
    )
    found[0x8298] = SECRETS[3]
    found.get_ifd(0x8769).update({0xA431: SECRETS[2], 0x9003: SECRETS[5] + " 05:06:07"})
    found.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 37.5), 3: "E", 4: (8.0, 32.0, 31.25)})
    return found


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("photos") / FOLDER
    folder.mkdir()
    for shot, name in zip(visits(seed=1), ("roe_before.jpg", "roe_after.jpg"), strict=True):
        crop = Image.fromarray(shot.picture[:300, :320])
        crop.save(folder / name, quality=95, exif=exif())
    return folder / "roe_before.jpg", folder / "roe_after.jpg"


@pytest.fixture
def command(monkeypatch, capsys) -> Command:
    return in_process(monkeypatch, capsys)


SPYING = """
import os, sys
from pathlib import Path
import cv2
cv2.setNumThreads(1)
opened, open_to_others = set(), set()

def is_private(path):
    inside = [place for place in path.parents if Path.cwd() in place.parents]
    return any(os.stat(place).st_mode & 0o077 == 0 for place in inside)

def watch(event, arguments):
    if event.startswith("socket."):
        raise PermissionError(f"network: {event}")
    if event == "open" and isinstance(arguments[0], str) and isinstance(arguments[2], int):
        if arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            path = Path(os.path.abspath(arguments[0]))
            opened.add(str(path))
            if Path.cwd() in path.parents and not is_private(path):
                open_to_others.add(path.name)

sys.addaudithook(watch)
from poremetrics import cli
try:
    cli.main()
finally:
    found = {"OPENED": sorted(opened), "OPEN_TO_OTHERS": sorted(open_to_others)}
    for name, paths in found.items():
        Path(os.environ[name]).write_text("\\n".join(paths))
"""


def test_offline_private_and_the_same_on_one_thread_and_on_two(command, pair, tmp_path) -> None:
    home, temp, shared = tmp_path / "home", tmp_path / "temp", tmp_path / "fonts"
    for folder in (home, temp, shared):
        folder.mkdir()
    regions = tmp_path / "regions.json"
    hostile = '=2+5"><script>alert(1)</script>[/]'
    regions.write_text(json.dumps({hostile: [[20, 20], [300, 20], [300, 280], [20, 280]]}))
    options = ("--view", "closeup", "--format", "html,pdf", "--regions", regions)
    options += ("--label", "<img src=x onerror=alert(2)>")
    surroundings = os.environ | {
        "HOME": str(home), "TMPDIR": str(temp), "MPLCONFIGDIR": str(shared),
        "OMP_NUM_THREADS": "1", "OPENED": str(tmp_path / "opened.txt"),
        "OPEN_TO_OTHERS": str(tmp_path / "to_others.txt"),
    }  # fmt: skip
    one = tmp_path / "one"
    done = subprocess.run(
        [sys.executable, "-c", SPYING, "compare", *map(str, pair), "-o", str(one),
         *map(str, options)],
        capture_output=True, text=True, env=surroundings, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""

    # Nothing is left elsewhere.
    assert not any(home.iterdir())
    assert not any(temp.iterdir())
    written = [Path(path) for path in (tmp_path / "opened.txt").read_text().splitlines()]
    # The folder itself is named where a file without a name tries whether it takes any.
    beside = [
        path
        for path in written
        if tmp_path not in (path, *path.parents) and not str(path).startswith(("/dev/", "/proc/"))
    ]
    assert [path for path in beside if "__pycache__" not in path.parts] == []
    # While it is written nobody else can read it; the lock is empty, fonts are everybody's.
    to_others = set((tmp_path / "to_others.txt").read_text().splitlines())
    fonts = {path.name for path in shared.rglob("*")}
    assert {name for name in to_others - fonts if "fontlist" not in name} <= {".one.lock"}
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"home", "temp", "fonts", "regions.json", "opened.txt", "to_others.txt", "one"}

    # Nothing of the photo's metadata, of the files or of the machine goes out.
    secrets = [*SECRETS, FOLDER, "roe_before", "roe_after", str(tmp_path), str(Path.home())]
    secrets += [socket.gethostname()] if len(socket.gethostname()) > 3 else []
    secrets += [getpass.getuser()] if len(getpass.getuser()) > 4 else []
    for path in one.rglob("*"):
        content = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in content, (path.name, secret)
        assert b"Exif" not in content
        assert b"<script>alert" not in content or path.suffix in {".csv", ".json"}
        assert b"<img src=x" not in content
    for table in one.glob("*.csv"):
        for line in table.read_text("utf-8").splitlines():
            assert not line.startswith(("=", '"=', "+", "@")), (table.name, line[:80])
            assert ",=" not in line and ',"=' not in line  # noqa: PT018

    # The same bytes in another process with another number of threads.
    two = tmp_path / "two"
    assert command("compare", *pair, "-o", two, *options).code == 0
    for table in one.glob("*.csv"):
        assert table.read_bytes() == (two / table.name).read_bytes(), table.name
    results = [json.loads((folder / "result.json").read_text("utf-8")) for folder in (one, two)]
    for result in results:
        result.pop("created_at")
    assert results[0] == results[1]


@posix
@pytest.mark.slow
def test_interrupted_at_any_moment_the_result_is_the_old_or_the_new(tmp_path) -> None:
    # `python tests/kill_runs.py --times 200` is the long run.
    assert kill_runs(tmp_path, times=6).total() == 6


@posix
@pytest.mark.parametrize("to_all", [True, False], ids=["terminal", "leader alone"])
def test_ctrl_c_ends_a_study_in_one_line_and_keeps_what_is_done(tmp_path, to_all) -> None:
    target = tmp_path / "study"
    running = subprocess.Popen(
        [sys.executable, "-c", RUN, "study", str(make_study(tmp_path, 40)),
         "-o", str(target), "--view", "closeup", "--workers", "2"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while running.poll() is None and not list(target.rglob("*.pair")):
        time.sleep(0.01)
    assert running.poll() is None, running.communicate()
    (os.killpg if to_all else os.kill)(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, said) == (130, TOLD)
    kept = list(target.rglob("*.pair"))
    assert 1 <= len(kept) < 20, "what waited was not begun"
    assert not list(target.rglob("*.partial"))


def test_folders_that_may_not_be_replaced_are_told_before_the_work(
    command, pair, tmp_path, monkeypatch
) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    (tmp_path / "file").write_text("x")
    monkeypatch.chdir(tmp_path)
    for target, words in (
        ("thesis", "chapter.txt"),
        ("file", "not a folder"),
        (".", "in use"),
    ):
        done = command("compare", "none.jpg", "none.jpg", "-o", target)
        assert_told(done, 2, words)  # not exit 3: the folder is looked at first
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


def test_places_that_take_no_files_are_told(command, pair, tmp_path) -> None:
    options = ("--view", "closeup", "-q")
    (tmp_path / "file").write_text("x")
    places = [tmp_path / "file" / "out", tmp_path / ("n" * 300), tmp_path / ("a/" * 1900)]
    for place in places:
        assert_told(command("measure", pair[0], "-o", place, *options), 2)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    with _locked(tmp_path / "out"):
        # Locks are held by a process; another one asks.
        done = subprocess.run(
            [sys.executable, "-m", "poremetrics", "measure", str(pair[0]), "-o",
             str(tmp_path / "out"), *options],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "poremetrics: out: another run is writing this folder; wait for it or name another folder\n"
    )
