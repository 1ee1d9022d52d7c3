"""The command line in this process, as the tests of safety run it."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from poremetrics import cli

OFFLINE = os.environ | {
    "PYTHONPATH": os.pathsep.join(
        [str(Path(__file__).parent / "offline"), os.environ.get("PYTHONPATH", "")]
    ).rstrip(os.pathsep)
}
"""Surroundings in which a process, or a worker of it, that asks for a socket ends at once."""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    lines: list[str]
    out: str


Command = Callable[..., Done]


def in_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs the command line here; a process of its own costs seconds."""

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["poremetrics", *map(str, arguments)])
        with warnings.catch_warnings(), pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return Done(int(ended.value.code or 0), shown.err.strip().splitlines(), shown.out)

    return run


def assert_told(done: Done, code: int, *words: str) -> None:
    """Exit code and exactly one line that holds the words: what, why, what to do."""
    assert (done.code, len(done.lines)) == (code, 1), done
    assert done.lines[0].startswith("poremetrics: ")
    assert ";" in done.lines[0], "a remedy follows the reason"
    for word in words:
        assert word in done.lines[0], done.lines[0]
