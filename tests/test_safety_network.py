"""Nothing leaves the machine: no command asks for a socket, and no module knows how to."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from closeups import save, visits
from safety import OFFLINE

import poremetrics

PACKAGE = Path(poremetrics.__file__).parent
NETWORK = {
    "aiohttp", "asyncio", "dask", "distributed", "ftplib", "http", "httpx", "imaplib", "paramiko",
    "poplib", "requests", "smtplib", "socket", "socketserver", "ssl", "telnetlib", "urllib",
    "urllib3", "webbrowser", "websockets", "xmlrpc", "zmq",
}  # fmt: skip
# `study --scheduler ADDRESS` runs on a Dask cluster of one's own; nothing else loads this module.
ON_REQUEST = {"study/cluster.py"}
ADDRESSES = ("http://", "https://", "ftp://")
# The PDF writer goes for a picture that its markup names (CVE-2020-28463), and fails over this one:
# the commands below end well only because what people write is text to it.
PICTURE = '<img src="http://127.0.0.1:9/a.png" width="9" height="9"/>'


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "poremetrics", *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=cwd, env=OFFLINE,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for name, shot in zip(("a.jpg", "b.jpg"), visits(seed=1), strict=True):
        save(shot.picture[:300, :320], folder / name)
    quoted = '"' + PICTURE.replace('"', '""') + '"'
    rows = [f"{quoted},0,2026-01-05,a.jpg,", f"{quoted},1,2026-03-05,b.jpg,{quoted}"]
    header = "subject,visit,date,photo,treatment\n"
    (folder / "manifest.csv").write_text(header + "\n".join(rows) + "\n")
    return folder


PAGES = ("--format", "html,pdf")
# `demo` and `validate` take longest; they run so in test_cli.py and in test_validate_files.py.
COMMANDS = {
    "compare": ("a.jpg", "b.jpg", "-o", "compared", *PAGES, "--figures", "--label", PICTURE),
    "measure": ("a.jpg", "-o", "measured", *PAGES, "--label", PICTURE),
    "check": ("a.jpg", "b.jpg"),
    "repeatability": ("a.jpg", "b.jpg", "-o", "own.json"),
    "study": ("manifest.csv", "-o", "study", "--workers", "2", *PAGES),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_asks_for_a_socket(folder, command) -> None:
    done = run(command, *COMMANDS[command], "--view", "closeup", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "network" not in done.stderr


def test_the_guard_stands_in_this_process_and_in_its_workers() -> None:
    ask = "import socket; socket.socket()"
    worker = (
        "import multiprocessing, socket\n"
        "if __name__ == '__main__':\n"
        "    p = multiprocessing.get_context('spawn').Process(target=socket.socket)\n"
        "    p.start(); p.join(); raise SystemExit(p.exitcode)\n"
    )
    for script in (ask, worker):
        done = subprocess.run([sys.executable, "-c", script], env=OFFLINE, check=False)
        assert done.returncode == 97
        at_large = {name: value for name, value in OFFLINE.items() if name != "PYTHONPATH"}
        done = subprocess.run([sys.executable, "-c", script], env=at_large, check=False)
        assert done.returncode == 0


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_no_module_imports_what_reaches_the_network() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        reaching = imported(path) & NETWORK
        assert bool(reaching) == (name in ON_REQUEST), f"{name} imports {reaching}"


def test_no_module_keeps_a_log() -> None:
    # What a run says goes to the terminal; a log would hold names of files and last longer.
    for path in sorted(PACKAGE.rglob("*.py")):
        assert not imported(path) & {"logging", "syslog"}, path.name


def test_no_report_loads_anything_from_elsewhere(folder) -> None:
    options = ("--view", "closeup", "-q")
    compared = run("compare", "a.jpg", "b.jpg", *options, "--label", PICTURE, cwd=folder)
    studied = run("study", "manifest.csv", "-o", "pages", "--workers", "1", *options, cwd=folder)
    assert (compared.returncode, studied.returncode) == (0, 0)
    pages = sorted([folder / "poremetrics-result" / "report.html", *folder.glob("pages/*.html")])
    assert len(pages) == 3
    for path in pages:
        page = path.read_text("utf-8")
        assert "&lt;img src=" in page, "what was asked for stands there as text"
        for way in ("src", "href", "url(", "@import"):
            for address in ADDRESSES:
                for quote in ('="', "='", "=", "", "'", '"'):
                    assert f"{way}{quote}{address}" not in page
    assert os.environ.get("PYTHONPATH") != OFFLINE["PYTHONPATH"], "this process stays as it was"
