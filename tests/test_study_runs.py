"""Whole studies of synthetic close-ups: the same bits anywhere, nothing lost, nothing leaked."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from poremetrics import UsageError, cli, synthetic
from poremetrics.provenance import provenance
from poremetrics.report.series import build_series
from poremetrics.report.series_figures import plot_timeline
from poremetrics.report.study_files import MARKER, STORE, check_study_folder, write_study
from poremetrics.settings import Settings
from poremetrics.study import ManifestError, StudyResult, on_processes, study
from poremetrics.study import store as stored
from poremetrics.study.gather import gathered, itself, load_pair
from poremetrics.study.pair import run_pair
from poremetrics.study.plan import make_plan, shared_key
from poremetrics.study.records import Outcome, PairResult, Task

PX_PER_MM = 16.0
SHRINK = 0.80
"""Planted ratio of diameters of the person who improves."""
PEOPLE = {"=P1": (1.0, SHRINK, SHRINK), "P2": (1.0, 1.0)}
"""Diameter ratio at every visit. The first code would be a formula in a spreadsheet."""


@dataclass(frozen=True)
class Clinic:
    """A folder of photos and its manifests."""

    folder: Path
    first: Path
    """One follow-up of P1 only."""
    whole: Path
    """Everything, a broken photo among it."""


def shoot(folder: Path, person: int, visit: int, ratio: float) -> str:
    """Photograph a subject again: shifted and turned a little, with its own noise."""
    recipe = synthetic.Recipe(width_mm=21.0, height_mm=17.5)
    skin = synthetic.make_skin(np.random.default_rng(person), recipe)
    rng = np.random.default_rng([person, visit])
    camera = synthetic.Camera(
        width_px=300,
        height_px=240,
        px_per_mm=PX_PER_MM,
        shift_px=(float(rng.normal(0, 3)), float(rng.normal(0, 3))),
        turn_deg=float(rng.normal(0, 0.5)),
        jpeg_quality=None,
    )
    treatment = synthetic.Treatment(diameter_ratio=ratio)
    name = f"Maria Müller {person}-{visit}.png"  # a name in a file name must never come out
    shot = synthetic.photograph(skin, camera, rng, treatment)
    Image.fromarray(shot.picture).save(folder / name)
    return name


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    folder = tmp_path_factory.mktemp("clinic")
    header = "subject,visit,date,photo,treatment,days_since_treatment,mm_per_px"
    rows = []
    for number, (subject, ratios) in enumerate(PEOPLE.items()):
        for visit, ratio in enumerate(ratios):
            name = shoot(folder, number, visit, ratio)
            treated = "laser,28" if visit else ","
            rows.append(f"{subject},{visit},2025-0{visit + 1}-13,{name},{treated},{1 / PX_PER_MM}")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 this is no photo")
    shutil.copy(folder / "Maria Müller 1-0.png", folder / "other.png")
    bad = ["P3,0,2025-01-13,other.png,,,0.0625", "P3,1,2025-02-13,broken.jpg,,,0.0625"]
    (folder / "first.csv").write_text("\n".join([header, *rows[:2]]) + "\n", "utf-8")
    (folder / "whole.csv").write_text("\n".join([header, *rows, *bad]) + "\n", "utf-8")
    return Clinic(folder, folder / "first.csv", folder / "whole.csv")


@dataclass(frozen=True)
class Done:
    """A finished study and the files it wrote."""

    result: StudyResult
    folder: Path
    computed_at_first: int


@pytest.fixture(scope="module")
def done(clinic: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The study on one worker: first one follow-up, then the whole manifest."""
    folder = tmp_path_factory.mktemp("one")
    options = {"store": folder / STORE, "view": "closeup", "workers": 1}
    first = study(clinic.first, **options)
    result = study(clinic.whole, **options)
    write_study(result, folder)
    return Done(result, folder, first.computed)


def tables(folder: Path) -> dict[str, bytes]:
    """Every file of a study but those that hold the time."""
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != MARKER and path.suffix != ".html"
    }


# --- what a study says -------------------------------------------------------------------


def test_adding_visits_computes_only_what_is_new(done: Done) -> None:
    assert done.computed_at_first == 1
    # P1: 1-0 was there, 2-0 and 2-1 are new; P2: 1-0; P3: the broken one is tried once.
    assert done.result.computed == 4
    assert not done.result.failures


def test_every_person_gets_the_right_story(done: Done) -> None:
    trends = done.result.trends
    matched = trends[trends["metric"].eq("diameter_um_matched") & trends["region"].eq("all")]
    by_person = matched.set_index("subject")
    treated, untreated = by_person.loc["=P1"], by_person.loc["P2"]
    assert treated["verdict"] == "decreased"
    # The planted −20 %, roughly: how well 80 pores can tell it is for the room ``change`` to hold.
    # Nothing happened between visits 1 and 2.
    assert -28.0 < treated["change_pct"] < -10.0
    assert treated["story"] in ("levelled off", "changed; course not clear")
    assert treated["sessions"] == 2
    assert untreated["verdict"] == "no detectable change"
    assert untreated["story"] == "no detectable change"


def test_one_broken_photo_costs_its_own_pair_only(done: Done) -> None:
    pairs = done.result.pairs
    broken = pairs[pairs["subject"].eq("P3")]
    assert broken["status"].eq("photo").all()
    assert broken["reason"].str.startswith("the after photo:").all()
    assert pairs.loc[pairs["subject"].ne("P3"), "status"].eq("compared").all()
    flow = done.result.exclusions
    lost = flow[flow["left_out"]].set_index("reason")["photos"]
    assert lost["a photo could not be read"] == 1
    assert lost["baseline without a follow-up that can be analysed"] == 1
    assert flow.loc[flow["step"].eq("analysed with the baseline"), "photos"].item() == 5
    # Every photo of the manifest is accounted for once.
    assert flow.loc[flow["step"].eq("listed in the manifest"), "photos"].item() == 5 + lost.sum()


def test_one_pore_keeps_one_id_over_the_visits(done: Done) -> None:
    pores = done.result.pores()
    own = pores[pores["subject"].eq("=P1")]
    assert not own.duplicated(["visit", "pore_id"]).any()
    seen = own[own["status"].ne("lost")].groupby("pore_id")["visit"].nunique()
    assert (seen == 3).mean() > 0.5
    spread = own.groupby("pore_id")[["x_ref_px", "y_ref_px"]].agg(lambda at: at.max() - at.min())
    # Half a diameter of the widest pores, some 12 px: no two pores share an id.
    assert spread.to_numpy().max() < 6.0
    (series,) = (one for one in done.result.series() if one.subject == "=P1")
    wide = own[own["status"].eq("matched") & own["diameter_um"].gt(250.0)]
    assert -28.0 < wide["diameter_change_pct"].median() < -10.0
    assert series.filmstrips
    strip = series.filmstrips[0]
    assert list(strip.frames) == ["0", "1", "2"]
    side = Settings().study.filmstrip_side_px
    assert {frame.shape for frame in strip.frames.values()} == {(side, side, 3)}
    # The middle of the strip is the pore: darker than the patch around it, at every visit.
    for frame in strip.frames.values():
        middle = slice(side // 2 - 1, side // 2 + 2)
        assert frame[middle, middle].mean() < np.median(frame)
    lives = series.lives.set_index("pore_id")
    assert set(lives["fate"]) <= {"stays", "lost", "new", "comes and goes", "seen once"}
    assert (lives["fate"].eq("stays")).sum() > 0.5 * len(lives)


def test_timeline_and_changes_hold_baseline_and_previous_visit(done: Done) -> None:
    changes = done.result.changes()
    own = changes[changes["subject"].eq("=P1")]
    pairs = own[["visit", "against", "against_visit"]].drop_duplicates()
    assert sorted(pairs.itertuples(index=False, name=None)) == [
        ("1", "baseline", "0"),
        ("1", "previous", "0"),
        ("2", "baseline", "0"),
        ("2", "previous", "1"),
    ]
    timeline = done.result.timeline
    line = timeline[
        timeline["subject"].eq("=P1")
        & timeline["region"].eq("all")
        & timeline["metric"].eq("diameter_um_matched")
    ]
    assert line["visit"].tolist() == ["0", "1", "2"]
    assert line["days_since_first_treatment"].tolist() == [-3, 28, 56]
    assert line["change_pct"].tolist()[0] == 0.0
    # Visit 2 looks like visit 1: the step is small where the change since baseline is not.
    assert abs(line["step_pct"].iloc[2]) < 6.0 < abs(line["change_pct"].iloc[2])


def test_the_methods_name_versions_counts_and_settings(done: Done, clinic: Clinic) -> None:
    text = done.result.methods
    assert "3 persons (7 photos)" in text
    assert "5 photos of 2 persons were analysed" in text
    for name in ("poremetrics", "numpy", "statsmodels", "All settings were the defaults."):
        assert name in text
    assert "shrunk" not in text
    assert "closed" not in text


# --- files -------------------------------------------------------------------------------


def test_the_files_are_whole_tidy_and_say_nothing_of_the_patient(done: Done) -> None:
    document = json.loads((done.folder / MARKER).read_bytes())
    names = {path.name for path in done.folder.iterdir()} - {STORE, MARKER}
    assert set(document["files"]) == names
    for name in ("pores", "changes", "quality", "lives", "timeline", "trends", "exclusions"):
        frame = pd.read_parquet(done.folder / f"{name}.parquet")
        text = pd.read_csv(done.folder / f"{name}.csv", dtype={"subject": str, "visit": str})
        assert list(text.columns) == list(frame.columns)
        assert len(text) == len(frame)
    for path in done.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".pair":
                with zipfile.ZipFile(path) as archive:
                    content = b"".join(archive.read(one) for one in archive.namelist())
            for leak in ("Maria", "Müller", "broken.jpg", str(done.folder.parent)):
                assert leak.encode() not in content, f"{path.name} holds {leak}"


def test_codes_that_look_like_formulas_are_neutralised_in_csv(done: Done) -> None:
    text = (done.folder / "trends.csv").read_text("utf-8")
    assert "'=P1," in text
    assert "\n=P1" not in text


def test_a_folder_with_other_files_is_refused(done: Done, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(UsageError, match=r"holds other files \(thesis.docx\)"):
        check_study_folder(tmp_path)
    with pytest.raises(UsageError, match="is not a folder"):
        check_study_folder(tmp_path / "thesis.docx")
    check_study_folder(tmp_path / "new")
    check_study_folder(done.folder)


def test_a_later_run_leaves_nothing_of_an_earlier_one_behind(done: Done, tmp_path: Path) -> None:
    write_study(done.result, tmp_path)
    pages = {path.name for path in tmp_path.glob("*.html")}
    assert "report.html" in pages
    write_study(done.result, tmp_path, pages=False)
    # Left there, they would be of another run than the tables, and pass for the user's own files.
    assert not list(tmp_path.glob("*.html"))
    check_study_folder(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        write_study(done.result, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    (tmp_path / "notes.txt").unlink()
    write_study(done.result, tmp_path)
    assert {path.name for path in tmp_path.glob("*.html")} == pages


def test_a_run_killed_while_moving_files_is_finished_by_the_next(
    done: Done, tmp_path: Path
) -> None:
    write_study(done.result, tmp_path)
    before = tables(tmp_path)
    # As a kill leaves it: two files moved already, the others and the marker still aside.
    ready = tmp_path / ".ready"
    ready.mkdir()
    for name in (MARKER, "trends.csv", "pores.parquet"):
        (tmp_path / name).replace(ready / name)
    check_study_folder(tmp_path)
    assert tables(tmp_path) == before
    assert (tmp_path / MARKER).is_file()


def test_reports_put_the_timeline_first_and_stand_alone(done: Done) -> None:
    names = sorted(path.name for path in done.folder.glob("*.html"))
    assert names == ["person_0001.html", "person_0002.html", "person_0003.html", "report.html"]
    person = (done.folder / "person_0001.html").read_text("utf-8")
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", person)
    assert titles[0] == "Over time"
    assert "The same pores, visit by visit" in titles
    assert "Each visit against the first" in titles
    assert "<summary>Visit 1, " in person
    assert "Methods" in titles
    study_page = (done.folder / "report.html").read_text("utf-8")
    assert "person_0002.html" in study_page
    assert "a photo could not be read" in study_page
    broken = (done.folder / "person_0003.html").read_text("utf-8")
    assert "No visit can be compared with the first" in broken
    for page in (person, study_page, broken):
        assert "default-src 'none'" in html.unescape(page)
        assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)
        assert "shrunk" not in page


def test_the_headline_tells_of_the_number_where_the_size_did_not_change(done: Done) -> None:
    (series,) = (one for one in done.result.series() if one.subject == "P2")
    usual = build_series(series, done.result.provenance, "")
    assert usual.headline == "No detectable change in the size of pores"
    fewer = {
        "change_pct": -7.4, "ci_low_pct": -16.0, "ci_high_pct": -3.0, "verdict": "decreased",
        "story": "changed; course not clear",
    }  # fmt: skip
    trends = series.trends.copy()
    trends.loc[trends["metric"].eq("count"), list(fewer)] = list(fewer.values())
    told = build_series(replace(series, trends=trends), done.result.provenance, "")
    assert told.verdict == "decreased"
    assert told.headline == "7 % fewer pores are visible; where it is heading is not clear"
    assert told.detail.startswith("At the last visit that counts: −7.4 % (−16 % to −3.0 %).")
    assert told.detail.endswith("No detectable change in the size of the same pores.")
    # A change of size comes first, whatever the number does.
    (series,) = (one for one in done.result.series() if one.subject == "=P1")
    assert "% smaller" in build_series(series, done.result.provenance, "").headline


def test_reports_are_written_as_pdf_too(done: Done, tmp_path: Path) -> None:
    write_study(done.result, tmp_path, formats=("pdf",))
    names = sorted(path.name for path in tmp_path.glob("*.pdf"))
    assert names == ["person_0001.pdf", "person_0002.pdf", "person_0003.pdf", "report.pdf"]
    assert not list(tmp_path.glob("*.html"))
    pages = [len(re.findall(rb"/Type /Page\b", (tmp_path / name).read_bytes())) for name in names]
    # A person with visits has a timeline, strips and a table per visit; one without has none.
    assert pages[0] > 3 > pages[2]
    assert pages[-1] >= 1
    check_study_folder(tmp_path)


def test_the_timeline_marks_treatments_and_hollows_early_photos(done: Done) -> None:
    (series,) = (one for one in done.result.series() if one.subject == "=P1")
    timeline = series.timeline.assign(too_early=series.timeline["visit"].eq("2"))
    ax = plot_timeline(replace(series, timeline=timeline), "diameter_um_matched")
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    assert [list(line.get_xdata()) for line in hollow] == [[59.0]]
    dashed = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    assert dashed == [3, 31]  # 28 days before the photos of days 31 and 59
    low, high = ax.get_ylim()
    shown = timeline[timeline["metric"].eq("diameter_um_matched") & timeline["region"].eq("all")]
    assert low < shown["ci_low_pct"].min()
    assert high > 10.0


def test_pages_can_be_left_out(done: Done, tmp_path: Path) -> None:
    write_study(done.result, tmp_path, pages=False)
    assert not list(tmp_path.glob("*.html"))
    # Written again with reports over it: the folder is known as a study's own.
    few = done.result.settings.model_copy(
        update={"study": done.result.settings.study.model_copy(update={"person_pages": 1})}
    )
    write_study(replace(done.result, settings=few), tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.html")) == [
        "person_0001.html",
        "report.html",
    ]


# --- the same bits, wherever -------------------------------------------------------------


def test_persons_put_together_on_workers_are_the_same_persons_in_the_same_order(
    done: Done,
) -> None:
    plan = done.result.plan
    many = replace(plan, series=plan.series * 5)
    settings = done.result.settings
    here = list(gathered(many, done.result.failures, None, settings, 1, itself))
    there = list(gathered(many, done.result.failures, None, settings, 2, itself))
    assert len(many.series) >= settings.study.gathered_here  # so that workers are started
    assert [one.subject for one in there] == [one.subject for one in many.series]
    for one, other in zip(here, there, strict=True):
        for name in ("pores", "changes", "quality", "timeline", "lives", "trends", "pairs"):
            pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
        assert len(one.filmstrips) == len(other.filmstrips)


def test_other_code_or_libraries_make_another_key() -> None:
    made = provenance().versions
    assert "poremetrics-code" in made
    keys = {
        shared_key(Settings(), None, {**made, name: f"{number}0"}) for name, number in made.items()
    }
    assert len({shared_key(Settings(), None, made), *keys}) == len(made) + 1


def command(clinic: Clinic, folder: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "poremetrics", "study", str(clinic.whole), "-o", str(folder)),
        *("--view", "closeup", "--workers", "2", "--quiet", "--no-reports"),
    ]


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_and_ends_with_the_same_bytes(
    done: Done, clinic: Clinic, tmp_path: Path
) -> None:
    """kill −9 once the first pair is kept; the second run ends with what one worker wrote."""
    store = tmp_path / STORE
    running = subprocess.Popen(command(clinic, tmp_path))
    try:
        while running.poll() is None and not list(store.glob("*/*.pair")):
            time.sleep(0.01)
    finally:
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    kept = {path: path.stat().st_mtime_ns for path in store.glob("*/*.pair")}
    assert 1 <= len(kept) < 5
    assert not (tmp_path / MARKER).exists()
    subprocess.run(command(clinic, tmp_path), check=True, timeout=300)
    # What was kept was not done again.
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert not list(store.glob("*/*.partial"))
    assert tables(tmp_path) == tables(done.folder)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """A real scheduler and two real workers on the loopback; the address of the scheduler."""
    file = tmp_path / "scheduler.json"
    run = (sys.executable, "-m", "dask")
    at_home = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file))
    one = ("--nworkers", "1", "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [subprocess.Popen([*run, "scheduler", "--port", "0", *at_home], **quiet)]
    try:
        while not file.exists():
            assert started[0].poll() is None
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        for _ in range(2):
            started.append(subprocess.Popen([*run, "worker", *at_home, *one], **quiet))
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield address
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def test_a_dask_cluster_gives_the_same_bytes(
    done: Done, clinic: Clinic, cluster: str, tmp_path: Path
) -> None:
    folder = tmp_path / "study"
    result = study(clinic.whole, store=folder / STORE, view="closeup", scheduler=cluster)
    assert result.computed == 5
    write_study(result, folder, pages=False)
    assert tables(folder) == tables(done.folder)


def test_a_scheduler_that_is_not_there_is_told(clinic: Clinic) -> None:
    quick = Settings.model_validate({"study": {"scheduler_s": 1.0}})
    with pytest.raises(UsageError, match="does not answer"):
        study(clinic.first, view="closeup", scheduler="tcp://127.0.0.1:1", settings=quick)


# --- a worker ----------------------------------------------------------------------------


def tasks_of(clinic: Clinic, store: Path) -> list[Task]:
    from poremetrics.study import read_manifest

    visits = read_manifest(clinic.first, Settings().study).visits
    return list(make_plan(visits, store, Settings(), None, "closeup", None).tasks.values())


def test_a_photo_changed_meanwhile_is_told_and_not_kept(clinic: Clinic, tmp_path: Path) -> None:
    (task,) = tasks_of(clinic, tmp_path)
    outcome = run_pair(replace(task, after_sha256="0" * 64))
    assert (outcome.failure, stored.has(tmp_path, task.key)) == ("changed", False)
    outcome = run_pair(replace(task, before=tmp_path / "gone.png"))
    assert outcome.failure == "changed"
    assert "gone" not in outcome.reason


def test_a_worker_of_another_version_stops_the_study(clinic: Clinic, tmp_path: Path) -> None:
    (task,) = tasks_of(clinic, tmp_path)
    with pytest.raises(UsageError, match="another version of numpy"):
        run_pair(replace(task, versions={**task.versions, "numpy": "0.1"}))


def test_the_key_holds_all_a_result_depends_on(clinic: Clinic, tmp_path: Path) -> None:
    from poremetrics.study import read_manifest

    visits = read_manifest(clinic.first, Settings().study).visits

    def key(values: dict[str, dict[str, float]], view: str = "closeup", mm: float = 0.05) -> str:
        chosen = Settings.model_validate(values)
        scaled = [replace(visit, mm_per_px=mm) for visit in visits]
        return next(iter(make_plan(scaled, tmp_path, chosen, None, view, None).tasks))

    usual = key({})
    assert usual == key({}) == key({"report": {"table_digits": 9}})
    others = {key({"change": {"block_mm": 3.0}}), key({}, "auto"), key({}, mm=0.06)}
    assert len(others | {usual}) == 4


def test_one_run_measures_a_pair_in_this_process_as_in_a_worker(
    done: Done, clinic: Clinic, tmp_path: Path
) -> None:
    (task,) = tasks_of(clinic, tmp_path)
    assert run_pair(task) == Outcome(task.key, "", "", pytest.approx(0, abs=1e9))
    here, there = stored.get(tmp_path, task.key), stored.get(done.folder / STORE, task.key)
    assert here is not None
    assert there is not None
    for name, table in there.tables.items():
        pd.testing.assert_frame_equal(here.tables[name], table, check_exact=True)
    assert np.array_equal(here.patches, there.patches)


def test_a_dead_worker_costs_its_own_pair(clinic: Clinic, tmp_path: Path) -> None:
    """A task that cannot even be read by a worker kills it; its neighbours are finished."""
    (task,) = tasks_of(clinic, tmp_path)
    deadly = replace(task, key="deadly", options=_Deadly())  # type: ignore[arg-type]
    outcomes = {one.key: one for one in on_processes(1, Settings().study)([deadly, task])}
    assert outcomes["deadly"].failure == "died"
    assert outcomes[task.key].failure == ""


class _Deadly:
    """Ends the process that unpickles it, as a crash in a decoder would."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (1,)


# --- the store ---------------------------------------------------------------------------


def test_a_damaged_result_is_as_good_as_none(done: Done, tmp_path: Path) -> None:
    (key, *_) = done.result.plan.tasks
    whole = stored.path_of(done.folder / STORE, key).read_bytes()
    path = stored.path_of(tmp_path, key)
    path.parent.mkdir()
    for damaged in (b"", whole[: len(whole) // 2], b"x" * 100):
        path.write_bytes(damaged)
        assert not stored.has(tmp_path, key)
        assert stored.get(tmp_path, key) is None
    for place in range(1, 20):
        flipped = bytearray(whole)
        flipped[len(whole) * place // 20] ^= 0xFF
        path.write_bytes(flipped)
        found = stored.get(tmp_path, key)
        # A flip in a field the format does not need, as a time stamp, may go unseen.
        assert found is None or found.tables.keys() == set(stored.TABLES)
    path.write_bytes(whole)
    assert stored.has(tmp_path, key)
    plan = replace(
        done.result.plan,
        tasks={key: replace(done.result.plan.tasks[key], store=tmp_path / "elsewhere")},
    )
    pair = next(pair for one in plan.series for pair in one.pairs if pair.key == key)
    assert load_pair(plan, {}, None, pair).failure == "died"
    assert load_pair(plan, {}, None, replace(pair, key=None)).failure == "photo"
    outcome = Outcome(key, "unexpected", "why")
    assert load_pair(plan, {key: outcome}, None, pair).reason == "why"


def test_two_runs_cannot_share_a_store_and_leftovers_are_swept(tmp_path: Path) -> None:
    with stored.opened(tmp_path):
        stored.put(tmp_path, "ab" * 32, PairResult(failure="skin", reason="no skin"))
        with pytest.raises(UsageError, match="another run"), stored.opened(tmp_path):
            pass
    leftover = tmp_path / "ab" / "x.partial"
    leftover.write_bytes(b"half")
    with stored.opened(tmp_path):
        assert not leftover.exists()
    kept = stored.get(tmp_path, "ab" * 32)
    assert kept is not None
    assert (kept.failure, kept.reason, dict(kept.tables)) == ("skin", "no skin", {})


def test_a_store_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError), stored.opened(tmp_path / "file" / "store"):
        pass


# --- options and the command -------------------------------------------------------------


def test_bad_rows_stop_a_study_before_any_work(clinic: Clinic, tmp_path: Path) -> None:
    path = clinic.folder / "bad.csv"
    path.write_text(clinic.first.read_text("utf-8") + "P9,0,?,none.jpg,,,\n", "utf-8")
    store = tmp_path / "store"
    with pytest.raises(ManifestError, match="line 4"):
        study(path, store=store, view="closeup")
    assert not store.exists()
    with pytest.raises(UsageError, match="view"):
        study(clinic.first, view="front")
    with pytest.raises(UsageError, match="marker_mm"):
        study(clinic.first, marker_mm=float("nan"))
    with pytest.raises(UsageError, match="--workers"):
        study(clinic.first, workers=0)


def test_the_command_tells_bad_rows_runs_the_good_ones_and_prints_the_course(
    done: Done,
    clinic: Clinic,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = clinic.folder / "bad.csv"
    path.write_text(
        clinic.whole.read_text("utf-8") + "P9,0,?,none.jpg,,,\nP9,1,2025-01-01,none.jpg,,,\n",
        "utf-8",
    )
    folder = tmp_path / "study"
    shutil.copytree(done.folder / STORE, folder / STORE)  # nothing left to compute
    call = ["poremetrics", "study", str(path), "-o", str(folder), "--view", "closeup"]
    monkeypatch.setattr(sys, "argv", call)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert [line.split(":")[0] for line in lines] == ["line 9", "line 9", "line 10", "poremetrics"]
    monkeypatch.setattr(sys, "argv", [*call, "--skip-bad", "--no-reports"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code in (0, None)
    told = capsys.readouterr()
    assert "line 9: date '?' is not written YYYY-MM-DD" in told.err
    for words in ("decreased", "no detectable change", "not compared: P3 visit 1", "tables:"):
        assert words in told.out
    assert not list(folder.glob("*.html"))
    flow = pd.read_csv(folder / "exclusions.csv")
    assert flow["reason"].str.startswith("bad row: date is not written YYYY-MM-DD").any()
    assert "none.jpg" not in (folder / "exclusions.csv").read_text("utf-8")


def test_without_a_folder_nothing_is_left_behind(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = clinic.folder / "broken.csv"
    rows = clinic.whole.read_text("utf-8").splitlines()
    path.write_text("\n".join([rows[0], *rows[-2:]]) + "\n", "utf-8")
    result = study(path, view="closeup", workers=1)
    (place,) = tmp_path.iterdir()
    assert place.stat().st_mode & 0o077 == 0
    assert [one.subject for one in result.series()] == ["P3"]
    assert result.pores().empty
    assert result.quality().empty
    assert result.trends.empty
    del result
    assert not list(tmp_path.iterdir())
