"""What is written: tables, result.json, and a folder that is whole or untouched."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn_results import comparison, measurement, unmatched

from poremetrics.columns import CHANGES, LINKS, PORES, QUALITY, REGIONS
from poremetrics.errors import UsageError
from poremetrics.report import check_target, contents, write, write_text
from poremetrics.report.folder import publish
from poremetrics.report.tables import csv_bytes, significant

A = {"result.json": b'{"tool": "poremetrics", "files": ["a.csv", "b/c.csv"]}', "a.csv": b"1" * 9000}
B = {"result.json": b'{"tool": "poremetrics", "files": ["a.csv"]}', "a.csv": b"2" * 5000}


@pytest.fixture(scope="module")
def pair():
    return comparison(size=(450, 600), pores_per_region=25, refused=("nose",))


@pytest.fixture(scope="module")
def files(pair):
    return contents(pair, label="Patient 7")


def coarse(result):
    """The same result with figures of few pixels: drawing them is what takes the time."""
    drawn = result.settings.report.model_copy(update={"figure_dpi": 72, "figure_width_mm": 60.0})
    return replace(result, settings=result.settings.model_copy(update={"report": drawn}))


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def test_every_file_of_the_contract_is_there(files):
    assert set(files) == {
        "pores.csv", "links.csv", "regions.csv", "changes.csv", "quality.csv",
        "alignment.json", "result.json", "report.html",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("pores", PORES), ("links", LINKS), ("regions", REGIONS), ("changes", CHANGES),
        ("quality", QUALITY),
    ],
)  # fmt: skip
def test_tables_read_back_as_they_were(files, pair, name, schema):
    written = rows(files[f"{name}.csv"])
    table = getattr(pair, name)
    assert list(written[0]) == list(schema)
    assert len(written) == len(table)
    for column in table.columns:
        given = table[column]
        read = [row[column] for row in written]
        if given.dtype == np.float64:
            back = np.array([float(cell) if cell else np.nan for cell in read])
            # Seven significant digits are written: half a unit of the last is 5e-7 of the value.
            np.testing.assert_allclose(back, given.to_numpy(), rtol=5.1e-7, equal_nan=True)
        elif given.dtype == bool:
            assert read == ["true" if value else "false" for value in given]
        else:
            assert read == ["" if pd.isna(value) else str(value) for value in given]


def test_result_json_holds_all_of_it(files, pair):
    document = json.loads(files["result.json"])
    assert document["tool"] == "poremetrics"
    assert document["photos"]["before"]["sha256"] == pair.before.sha256
    assert document["created_at"] == "2026-03-14T09:26:53Z"
    assert document["versions"] == dict(pair.provenance.versions)
    assert document["settings"] == pair.settings.model_dump()
    assert document["days_since_treatment"] == 35.0
    assert len(document["pores"]["x_px"]) == len(pair.pores)
    assert len(document["changes"]) == len(pair.changes)
    assert set(document["files"]) == set(files)
    assert set(document["alignment"]["regions"]) == {one.name for one in pair.alignment.regions}
    nose = [row for row in document["changes"] if row["region"] == "nose"]
    assert {row["change_pct"] for row in nose} == {None}, "what was not measured is null, never 0"


def test_nothing_personal_is_written(files, pair):
    everything = b"".join(files.values()).decode("utf-8")
    assert pair.before.facts.camera not in everything
    assert str(Path.home()) not in everything
    assert str(Path.cwd()) not in everything
    told = {name for name, content in files.items() if b"Patient 7" in content}
    assert told == {"report.html"}, "the label is printed in the report and nowhere else"
    assert b"Exif" not in b"".join(files.values())


def test_same_result_same_bytes(pair, files):
    again = comparison(size=(450, 600), pores_per_region=25, refused=("nose",))
    assert contents(again, label="Patient 7") == files
    small = [
        coarse(comparison(size=(300, 400), regions=("nose",), pores_per_region=8)) for _ in "ab"
    ]
    first, second = (contents(one, formats=("pdf",), figures=True) for one in small)
    assert first == second


def test_only_one_field_holds_the_time(pair, files):
    later = replace(
        pair.provenance, created_at=pair.provenance.created_at.replace(year=2027, minute=1)
    )
    other = contents(replace(pair, provenance=later), formats=())
    for name, content in other.items():
        if name != "result.json":
            assert content == files[name]
    before, after = json.loads(files["result.json"]), json.loads(other["result.json"])
    assert {key for key in after if after[key] != before[key]} == {"created_at", "files"}


def test_spreadsheets_run_nothing():
    hostile = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "plain", 'say "hi", you']
    frame = pd.DataFrame({"region": hostile, "value": [-1.5, np.nan, 0.0, 1e-9, 2.0, 3.0, 1e12]})
    written = rows(csv_bytes(frame, 7))
    assert [row["region"] for row in written[:5]] == [f"'{text}" for text in hostile[:5]]
    assert [row["region"] for row in written[5:]] == hostile[5:]
    assert [row["value"] for row in written] == [
        "-1.5",
        "",
        "0",
        "1e-09",
        "2",
        "3",
        "1000000000000",
    ]


def test_a_region_named_like_a_formula_goes_through():
    name = "=HYPERLINK(1)"
    pair = comparison(size=(450, 600), regions=("nose",), pores_per_region=12,
                      rename={"nose": name})  # fmt: skip
    files = contents(pair)
    assert {row["region"] for row in rows(files["pores.csv"])} == {f"'{name}"}
    assert json.loads(files["result.json"])["changes"][0]["region"] == name


def test_significant_digits_are_exact_decimals():
    values = np.random.default_rng(0).lognormal(0, 8, 2000)
    for value, rounded in zip(values, significant(values, 7), strict=True):
        assert repr(float(rounded)) == repr(float(f"{value:.7g}"))
    np.testing.assert_array_equal(
        significant(np.array([np.nan, np.inf, 0.0, -0.5]), 3), [np.nan, np.inf, 0.0, -0.5]
    )


@pytest.mark.parametrize(
    "result",
    [
        measurement(size=(300, 400), regions=("nose",), pores_per_region=8),
        unmatched(),
        comparison(size=(300, 400), regions=("nose",), pores_per_region=0),
        comparison(size=(300, 400), regions=("nose",), pores_per_region=8, scale=False),
        comparison(size=(400, 300), closeup=True, pores_per_region=40, scale=False, days=None),
    ],
    ids=["one photo", "other skin", "no pores", "one region, no scale", "close-up"],
)
def test_every_kind_of_result_is_written_whole(result, tmp_path):
    names = write(coarse(result), tmp_path / "out", formats=("html", "pdf"), figures=True)
    written = {
        str(path.relative_to(tmp_path / "out").as_posix())
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert written == set(names)
    assert {"report.html", "report.pdf", "result.json", "pores.csv"} <= written
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")
    for path in (tmp_path / "out").rglob("*.json"):
        json.loads(path.read_text("utf-8"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"], "nothing is left beside it"


def test_unknown_format_is_refused(pair, tmp_path):
    with pytest.raises(UsageError, match="docx"):
        write(pair, tmp_path / "out", formats=("docx",))
    assert not list(tmp_path.iterdir())


# --- the folder --------------------------------------------------------------------------


def read(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_earlier_result_is_replaced_whole(tmp_path):
    target = tmp_path / "out"
    publish(target, {**A, "b/c.csv": b"3"})
    (target / ".DS_Store").write_bytes(b"litter")
    publish(target, B)
    assert read(target) == B
    assert list(tmp_path.iterdir()) == [target]


def test_other_folders_are_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(UsageError, match=r"chapter\.txt"):
        publish(tmp_path / "thesis", A)
    publish(tmp_path / "out", A)
    (tmp_path / "out" / "my notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"my notes\.txt"):
        publish(tmp_path / "out", B)
    assert (tmp_path / "out" / "a.csv").read_bytes() == A["a.csv"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="not a folder"):
        publish(tmp_path / "file", A)
    with pytest.raises(UsageError, match="lies below a file"):
        publish(tmp_path / "file" / "x", A)


def test_the_place_one_stands_in_is_not_pulled_away(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="inside it"):
        check_target(Path())


def test_a_result_of_another_tool_is_not_ours(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "result.json").write_text('{"tool": "other"}')
    with pytest.raises(UsageError, match="other files"):
        publish(tmp_path / "out", A)


def test_the_folder_is_as_open_as_any_new_one(tmp_path):
    publish(tmp_path / "out", A)
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode


def run(script: str, *args: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *args], capture_output=True, text=True, timeout=120,
        check=False, **more,
    )  # fmt: skip


needs_posix = pytest.mark.skipif(os.name != "posix", reason="processes and limits of POSIX")


@needs_posix
def test_two_runs_do_not_meet(tmp_path):
    # A second process tries while this one holds the folder, and gets one line.
    from poremetrics.report.folder import _locked

    script = (
        "import sys, pathlib\n"
        "from poremetrics.errors import UsageError\n"
        "from poremetrics.report.folder import publish\n"
        "try:\n"
        "    publish(pathlib.Path(sys.argv[1]), {'result.json': b'{}'})\n"
        "except UsageError as error:\n"
        "    print(error)\n"
    )
    with _locked(tmp_path / "out"):
        done = run(script, str(tmp_path / "out"))
    assert done.stdout.strip() == (
        "out: another run is writing this folder; wait for it or name another folder"
    )
    assert not (tmp_path / "out").exists()
    publish(tmp_path / "out", A)
    assert read(tmp_path / "out") == A


KILL = """
import os, random, signal, sys, time
from pathlib import Path
from poremetrics.report.folder import publish

target, swap = Path(sys.argv[1]), sys.argv[2] == "swap"
if not swap:
    import poremetrics.report.folder as folder
    folder._exchange = lambda one, other: False  # a system without atomic exchange
random.seed(1)
versions = [
    {"result.json": b'{"tool": "poremetrics", "files": ["a", "b/c"]}',
     "a": bytes([n]) * 50_000, "b/c": bytes([n]) * 20_000}
    for n in range(2)
]
seen = set()
publish(target, versions[0])
for round_ in range(25):
    child = os.fork()
    if child == 0:
        n = round_ % 2
        while True:
            publish(target, versions[n])
            n = 1 - n
    time.sleep(random.uniform(0.0, 0.12))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if target.exists():
        found = {p.relative_to(target).as_posix(): p.read_bytes()
                 for p in target.rglob("*") if p.is_file()}
        assert found in versions, "a half-written result"
        seen.add(found["a"][0])
    else:
        assert not swap, "a finished result was lost"
publish(target, versions[0])
assert [p.name for p in target.parent.iterdir()] == [target.name], list(target.parent.iterdir())
print(sorted(seen))
"""


@needs_posix
@pytest.mark.parametrize("how", ["swap", "rename"])
def test_killed_at_any_moment_a_result_is_old_or_new(tmp_path, how):
    done = run(KILL, str(tmp_path / "out"), how)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[0, 1]", "the kills must hit both versions to prove anything"


def test_a_result_set_aside_by_a_killed_run_comes_back(tmp_path):
    # The state between the two renames of a system without atomic exchange.
    stage = tmp_path / ".out.x7.partial"
    publish(stage / ".replaced", A)
    (stage / "result").mkdir()
    unwritable = {"result.json": b"{}", "result.json/below": b""}
    with pytest.raises(UsageError):
        publish(tmp_path / "out", unwritable)  # this run recovers first, then fails itself
    assert read(tmp_path / "out") == A
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


@needs_posix
def test_a_full_disk_leaves_the_old_result(tmp_path):
    publish(tmp_path / "out", A)
    script = (
        "import pathlib, resource, signal, sys\n"
        "from poremetrics.errors import UsageError\n"
        "from poremetrics.report.folder import publish\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n"
        "    publish(pathlib.Path(sys.argv[1]), {'result.json': b'{}', 'big': b'x' * 90_000})\n"
        "except UsageError as error:\n"
        "    print(error)\n"
    )
    done = run(script, str(tmp_path / "out"))
    assert done.stdout.count("\n") == 1, done.stderr
    assert done.stdout.startswith("out: ")
    assert read(tmp_path / "out") == A
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


@needs_posix
def test_a_read_only_place_is_told_in_one_line(tmp_path):
    locked = tmp_path / "archive"
    locked.mkdir()
    script = (
        "import os, pathlib, sys\n"
        "from poremetrics.errors import UsageError\n"
        "from poremetrics.report.folder import publish\n"
        "if os.getuid() == 0:\n"
        "    os.setgid(65534); os.setuid(65534)\n"
        "try:\n"
        "    publish(pathlib.Path('archive/out'), {'result.json': b'{}'})\n"
        "except UsageError as error:\n"
        "    print(error)\n"
    )
    locked.chmod(0o555)
    # An unprivileged user must be able to stand in the folder above.
    tmp_path.chmod(0o755)
    try:
        done = run(script, cwd=tmp_path)
    finally:
        locked.chmod(0o755)
    assert done.stdout.strip() == "out: may not be written; name a folder you may write to"


def test_a_text_file_is_replaced_whole(tmp_path):
    write_text(tmp_path / "own.json", "é\n")
    write_text(tmp_path / "own.json", "new\n")
    assert (tmp_path / "own.json").read_text("utf-8") == "new\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "own.json"]
    with pytest.raises(UsageError, match="does not exist"):
        write_text(tmp_path / "no-such" / "own.json", "x")
