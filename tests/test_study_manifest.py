"""A manifest is checked whole, every bad row is named by its line, and nothing is guessed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poremetrics import UsageError
from poremetrics.settings.study import StudySettings
from poremetrics.study import Manifest, ManifestError, read_manifest
from poremetrics.study.manifest import by_series, parse_manifest, without_unsure_baselines

HEADER = "subject,visit,date,photo"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files to point at; the manifest looks at their names only."""
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "ä ö.jpg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "sub").mkdir()
    return tmp_path


def parsed(folder: Path, *rows: str, header: str = HEADER) -> Manifest:
    return parse_manifest("\n".join([header, *rows]) + "\n", folder, "m.csv", StudySettings())


def reasons(manifest: Manifest) -> list[str]:
    return [str(problem) for problem in manifest.problems]


def test_a_good_manifest_is_read_as_it_stands(folder: Path) -> None:
    path = folder / "m.csv"
    header = f"{HEADER},treatment,days_since_treatment,side,control,mm_per_px,ipd_mm"
    path.write_text(
        f"{header}\nP1,0,2025-01-13,a.jpg,,,left,yes,0.05,62\n"
        "P1,1,2025-02-10,sub/../b.jpg,laser,28,LEFT,no,,62\n"
        "\n"
        'Ünal,base,2025-01-14,"ä ö.jpg",,0,both,nose,,\n',
        "utf-8-sig",  # Excel writes a mark in front
    )
    found = read_manifest(path, StudySettings())
    assert found.problems == ()
    assert found.rows == 3
    first, second, third = found.visits
    assert (first.subject, first.visit, first.date.isoformat()) == ("P1", "0", "2025-01-13")
    assert (first.line, second.line, third.line) == (2, 3, 5)
    assert (first.side, first.control, first.mm_per_px, first.ipd_mm) == ("left", "yes", 0.05, 62)
    assert (second.treatment, second.days_since_treatment, second.control) == ("laser", 28.0, "")
    assert second.photo == folder / "b.jpg"
    assert (third.side, third.control, third.days_since_treatment) == ("", "nose", 0.0)


def test_all_bad_rows_are_told_at_once_with_their_lines(folder: Path) -> None:
    found = parsed(
        folder,
        "P1,0,2025-01-13,a.jpg,",
        "P1,1,13.01.2025,b.jpg,nan",
        "P2,0,2025-02-30,missing.jpg,",
        ",0,2025-01-13,c.jpg,-1",
        "P3,0,2025-01-13,sub,",
        "P3,1,2025-01-13",
        'P4,"0',
        '",2025-01-13,d.jpg,1e400',
        header=f"{HEADER},days_since_treatment",
    )
    assert [visit.subject for visit in found.visits] == ["P1"]
    assert reasons(found) == [
        "line 3: date '13.01.2025' is not written YYYY-MM-DD",
        "line 3: days_since_treatment 'nan' is not a finite number",
        "line 4: date '2025-02-30' is no day of the calendar",
        "line 4: photo 'missing.jpg' is not there",
        "line 5: subject is empty",
        "line 5: days_since_treatment '-1' is not within 0 or more",
        "line 6: photo 'sub' is not a file",
        "line 7: has 3 cells, the header 5",
        "line 8: days_since_treatment '1e400' is not a finite number",
    ]


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("mm_per_px", "0", "is not within 0 to 1"),
        ("mm_per_px", "inf", "is not a finite number"),
        ("mm_per_px", "1_0", "is not a number"),
        ("ipd_mm", "6.2", "is not within 40 to 80"),
        ("side", "links", "is none of left, right, both"),
        ("control", "chin", "is none of yes, no, left, right"),
        ("treatment", "a\tb", "holds control characters"),
        ("treatment", "x" * 101, "is longer than 100 characters"),
    ],
)
def test_cells_out_of_range_are_named(folder: Path, column: str, cell: str, words: str) -> None:
    found = parsed(folder, f"P1,0,2025-01-13,a.jpg,{cell}", header=f"{HEADER},{column}")
    assert len(found.problems) == 1
    assert found.problems[0].reason.startswith(column)
    assert words in found.problems[0].reason
    # What goes into outputs holds nothing the user wrote.
    assert cell not in found.problems[0].kind or cell == "0"


def test_rows_that_contradict_each_other_are_bad(folder: Path) -> None:
    found = parsed(
        folder,
        "P1,0,2025-01-13,a.jpg,60",
        "P1,0,2025-02-13,b.jpg,60",
        "P2,0,2025-01-13,a.jpg,",
        "P1,1,2025-03-13,c.jpg,61",
        "P3,2,2025-01-13,b.jpg,",
        "P3,1,2025-02-13,d.jpg,",
        header=f"{HEADER},ipd_mm",
    )
    assert reasons(found) == [
        "line 3: subject and visit are those of line 2",
        "line 4: photo is that of line 2",
        "line 5: ipd_mm 61 is 60 in line 2",
        "line 7: visit 1 is dated after visit 2",
    ]


def test_two_sides_of_one_visit_are_two_series(folder: Path) -> None:
    found = parsed(
        folder,
        "P1,0,2025-01-13,a.jpg,left",
        "P1,0,2025-01-13,b.jpg,right",
        "P1,1,2025-02-13,d.jpg,left",
        header=f"{HEADER},side",
    )
    assert found.problems == ()
    assert {key: len(rows) for key, rows in by_series(found.visits).items()} == {
        ("P1", "left"): 2,
        ("P1", "right"): 1,
    }


def test_visits_run_in_order_of_time_not_of_rows(folder: Path) -> None:
    found = parsed(
        folder,
        "P1,10,2025-03-13,a.jpg",
        "P1,9,2025-03-13,b.jpg",
        "P1,2,2025-01-13,c.jpg",
    )
    assert found.problems == ()
    (series,) = by_series(found.visits).values()
    assert [visit.visit for visit in series] == ["2", "9", "10"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lacks the column"),
        ("subject,visit,date\n", "lacks the column 'photo'"),
        (f"{HEADER},colour\n", "unknown column 'colour'"),
        (f"{HEADER},\n", "unknown column '(empty)'"),
        (f"{HEADER},visit\n", "has twice the column 'visit'"),
        ("subject;visit;date;photo\n", "not separated by commas"),
        (f"{HEADER}\n\n\n", "has no rows"),
        (f'{HEADER}\nP1,"0,2025-01-13,a.jpg\n', "is not valid CSV"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(folder: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=r"m\.csv") as caught:
        parse_manifest(text, folder, "m.csv", StudySettings())
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    latin = tmp_path / "latin.csv"
    latin.write_bytes(f"{HEADER}\nMüller".encode("latin-1"))
    for path, words in (
        (tmp_path / "none.csv", "no such file"),
        (latin, "not text in UTF-8"),
        (tmp_path, "is a directory"),
    ):
        with pytest.raises(UsageError) as caught:
            read_manifest(path, StudySettings())
        assert words in str(caught.value).lower() or words in str(caught.value)
        assert str(tmp_path) not in str(caught.value)


def test_the_error_is_one_line_and_keeps_every_problem(folder: Path) -> None:
    found = parsed(folder, *(f"P{n},0,tomorrow,a.jpg" for n in range(30)))
    error = pickle.loads(pickle.dumps(ManifestError(found.name, found.problems)))
    assert len(error.problems) == 30
    assert "30 bad rows: line 2:" in str(error)
    assert "and 22 more" in str(error)
    assert "\n" not in str(error)


def test_a_visit_never_takes_the_place_of_a_bad_baseline(folder: Path) -> None:
    found = parsed(
        folder,
        "P1,0,2025-01-13,gone.jpg",
        "P1,1,2025-02-13,a.jpg",
        "P2,0,2025-01-13,b.jpg",
        "P2,1,2025-02-13,gone.jpg",
        "P3,0,2025-01-13,c.jpg",
        "P3,1,?,d.jpg",
        "P4,x,2025-01-13,ä ö.jpg",
        "P4,y,?,d.jpg",
    )
    kept, dropped = without_unsure_baselines(found)
    # P2 and P3 lost a later visit; P1 lost its baseline, P4 perhaps.
    assert {visit.subject for visit in kept} == {"P2", "P3"}
    assert sorted(dropped) == [3, 8]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_no_text_breaks_the_parser(folder: Path, text: str) -> None:
    for whole in (text, f"{HEADER}\n{text}", f"{HEADER},ipd_mm\nP,1,2025-01-01,a.jpg,{text}"):
        try:
            found = parse_manifest(whole, folder, "m.csv", StudySettings())
        except UsageError:
            continue
        assert len(found.visits) + len({one.line for one in found.problems}) == found.rows
