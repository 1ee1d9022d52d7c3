"""A study written over an older one, killed at any moment: the old files or the new ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from poremetrics import UsageError
from poremetrics.report.folder import TOOL, set_aside, swap
from poremetrics.report.study_files import MARKER, STORE, check_study_folder

KILLED = """
import hashlib, json, os, random, signal, sys, time
from pathlib import Path
from poremetrics.report import folder, study_files as files

target, can_swap = Path(sys.argv[1]), sys.argv[2] == "swap"
if not can_swap:
    folder._exchange = lambda one, other: False
# A kill does not lose what was not flushed; flushing would take most of the time.
files.synced = folder.synced = lambda path: None
# Small files instead of tables: most moments shall fall between them.
OLD, NEW = {"a.csv", "b.csv", "old.html"}, {"a.csv", "b.csv", "new.html"}
files._write_all = lambda names, fresh, formats: [
    (fresh / name).write_text(f"{name} of {sorted(names)}") for name in names]
files._document = lambda names, listed: {"tool": folder.TOOL, "files": listed}
Names = type("Names", (set,), {"methods": "how"})
KEPT = [target / "pairs" / "ab" / "one.pair", target / "notes.txt"]

check = files.check_study_folder

def write(names, begin=lambda: None):
    # As if the user put it there while the run computes: at its beginning it would be refused.
    KEPT[1].unlink(missing_ok=True)
    files.check_study_folder = lambda target: (check(target), KEPT[1].write_text("mine"), begin())
    files.write_study(Names(names), target)

def found():
    listed = json.loads((target / files.MARKER).read_bytes())["files"]
    names = {path.name for path in target.iterdir() if path.is_file()} - {"notes.txt", files.MARKER}
    whole = names == set(listed) and all(
        hashlib.sha256((target / name).read_bytes()).hexdigest() == listed[name] for name in names)
    return whole, "new.html" in listed

EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir", "os.listdir",
          "ctypes.dlopen", "ctypes.dlsym"}

def kill_before(step):
    # Nothing changes on the disk without one of these events before it.
    left = [step]
    def count(event, _):
        if event in EVENTS:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)

def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return pid

def for_ever():
    while True:
        write(OLD)
        write(NEW)

def check_and_go_on():
    # What the command does first brings everything back; only then is the user's file told.
    whole, new = found()
    assert whole or not can_swap, "old and new files side by side"
    aside = folder.set_aside(target).exists()
    try:
        check(target)
    except files.UsageError as error:
        assert "holds other files (notes.txt)" in str(error), error
    assert found()[0]
    assert KEPT[0].read_text() == "result"
    assert not folder.set_aside(target).exists()
    return new, aside

KEPT[0].parent.mkdir(parents=True)
KEPT[0].write_text("result")
seen = set()
random.seed(1)
for step in range(1000):
    write(OLD)
    pid = child(lambda: write(NEW, lambda: kill_before(step)))
    status = os.waitpid(pid, 0)[1]
    seen.add(check_and_go_on())
    assert KEPT[1].read_text() == "mine"
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL, status
else:
    sys.exit("never came to its end")
for _ in range(30):
    pid = child(for_ever)
    time.sleep(random.uniform(0.0, 0.05))
    os.kill(pid, signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
    check_and_go_on()
write(OLD)
assert found() == (True, False)
assert [path.name for path in target.parent.iterdir()] == [target.name]
print(sorted(seen))
"""


needs_posix = pytest.mark.skipif(os.name != "posix", reason="processes, modes, links of POSIX")


@needs_posix
@pytest.mark.parametrize("how", ["swap", "move"])
def test_killed_at_any_moment_a_study_is_the_old_one_or_the_new(tmp_path: Path, how: str) -> None:
    """Once before every single step on the disk, then at 30 random moments."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "study"), how],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # New result or old, and whether something lay beside the folder; all must have been met.
    met = {(False, False), (False, True), (True, False)}
    assert done.stdout.strip() == str(sorted(met | {(True, True)} if how == "swap" else met))


def document(*names: str) -> str:
    return json.dumps({"tool": TOOL, "files": dict.fromkeys(names, "")})


def test_what_is_in_both_places_is_merged_or_told(tmp_path: Path) -> None:
    target = tmp_path / "study"
    aside = set_aside(target)
    for place, pair in ((aside, "one"), (target, "two")):
        (place / STORE / pair).mkdir(parents=True)
        (place / STORE / pair / f"{pair}.pair").write_text(pair)
        (place / MARKER).write_text(document("a.csv"))
        (place / "a.csv").write_text(pair)
    (aside / "b.csv").write_text("mine")
    kept = (target / "b.csv", target / STORE / "one" / "one.pair")
    with pytest.raises(UsageError, match=r"other files \(b.csv\)"):
        check_study_folder(target)
    assert [path.read_text() for path in kept] == ["mine", "one"]
    assert (target / "a.csv").read_text() == "two"
    assert list(tmp_path.iterdir()) == [target]
    (aside / STORE).mkdir(parents=True)
    (aside / STORE / "c.txt").write_text("mine")
    (aside / "b.csv").write_text("mine too")
    with pytest.raises(UsageError, match=r"\.study\.replaced: holds files of yours"):
        check_study_folder(target)
    assert (aside / "b.csv").read_text() == "mine too"
    assert (aside / STORE / "c.txt").read_text() == "mine"


@needs_posix
def test_a_swapped_folder_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir(mode=0o700)
    link.symlink_to(real)
    fresh = real / "fresh"
    fresh.mkdir(mode=0o755)
    (fresh / "a").write_text("new")
    (real / "b").write_text("old")
    assert swap(fresh, link) == (sys.platform in ("linux", "darwin"))
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o700
    assert (link / "a").exists() == (set_aside(link) / "b").exists()


def test_the_folder_the_user_is_in_is_not_swapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study" / "fresh").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "study")
    assert not swap(Path("fresh"), Path())
    assert Path("fresh").is_dir()
