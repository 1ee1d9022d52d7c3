"""What a quick validation shows and leaves behind: files, page, and its command."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from closeups import PX_PER_MM, visits
from safety import OFFLINE

from poremetrics.change import (
    HEADLINE,
    SECONDARY,
    default_repeatability,
    parse_repeatability,
    shown,
)
from poremetrics.cli import main
from poremetrics.compare import compare
from poremetrics.errors import UsageError
from poremetrics.report import write
from poremetrics.report.validation import contents, write_validation
from poremetrics.validate import Validation, make_plan, validate
from poremetrics.validate.calibration import FLOOR
from poremetrics.validate.plan import Plan

pytestmark = pytest.mark.slow

PRESENT = default_repeatability()
NAMES = [one.name for one in HEADLINE]


# --- a quick run -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quick() -> Validation:
    # In its workers, which do all the measuring, a socket ends everything.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", OFFLINE["PYTHONPATH"])
        return validate(quick=True, workers=2)


def test_quick_validation_fills_every_table(quick: Validation) -> None:
    for name, table in quick.tables().items():
        assert len(table), name
    assert quick.quick
    assert quick.headline["value"].notna().all()
    assert set(quick.peers["detector"].str.split(",").str[0]) == {
        "poremetrics",
        "blob_log",
        "blob_dog",
        "SimpleBlobDetector",
    }


def test_quick_validation_is_ahead_of_every_peer(quick: Validation) -> None:
    by_detector = quick.peers.groupby("detector")["f1"].mean()
    ours = by_detector.pop("poremetrics")
    # The claim is 0.05 on average over the full plan; this is one picture.
    assert ours > by_detector.max() + 0.02


def test_quick_validation_shows_a_working_tool(quick: Validation) -> None:
    clear = quick.accuracy[quick.accuracy["skin"] == "clear"]
    assert clear["precision"].min() > 0.9
    assert clear["recall"].min() > 0.75
    # Faint pores in rough skin are the hard case of real portraits.
    assert quick.accuracy["precision"].min() > 0.8
    assert quick.accuracy["recall"].min() > 0.5
    # −30 % is the effect of strong treatments: not to see it would be a broken tool.
    assert quick.powers.set_index("effect").loc["size", "power"] == 1.0
    assert quick.pairs["link_precision"].dropna().min() > 0.95


# --- files -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(quick: Validation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("validation") / "accuracy"
    write_validation(quick, target)
    return target


class Page(HTMLParser):
    """Collects what a test asks of a page, and notices tags that are not closed in order."""

    VOID = ("meta", "img", "input", "br", "link", "hr", "path", "use", "circle", "rect", "line")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[dict[str, str]] = []
        self.titles: list[str] = []
        self.cells: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.addresses += [found[name] for name in ("src", "href", "action") if name in found]
        if tag == "img":
            self.images.append(found)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["h2"]:
            self.titles.append(data)
        if self.open[-1:] in (["td"], ["th"]):
            # A figure and its unit are kept on one line by a space of another kind.
            self.cells.append(" ".join(data.split()))


def test_every_table_is_written_and_reads_back(quick: Validation, folder: Path) -> None:
    for name, table in quick.tables().items():
        again = pd.read_csv(folder / f"{name}.csv")
        assert list(again.columns) == list(table.columns)
        assert len(again) == len(table)
        # pandas takes words such as "null" for nothing.
        assert again.isna().equals(table.replace("", np.nan).isna())
    headline = pd.read_csv(folder / "headline.csv")["value"].to_numpy()
    np.testing.assert_allclose(headline, quick.headline["value"].to_numpy(), rtol=1e-5)


def test_the_document_tells_what_repeats_the_run(quick: Validation, folder: Path) -> None:
    told = json.loads((folder / "validation.json").read_text("utf-8"))
    assert (told["seed"], told["quick"], told["kind"]) == (quick.seed, True, "validation")
    assert told["versions"] == dict(quick.provenance.versions)
    assert told["created_at"].endswith("Z")
    assert [row["figure"] for row in told["headline"]] == quick.headline["figure"].tolist()
    assert set(told["files"]) == {path.name for path in folder.iterdir()}


def test_the_page_stands_alone_and_shows_every_claim(quick: Validation, folder: Path) -> None:
    page = Page((folder / "accuracy.html").read_text("utf-8"))
    assert page.open == []
    # Nothing is fetched from anywhere.
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert page.titles[0] == "The figures first"
    assert len(page.titles) == 11
    # By tone, contrast and kind of skin; sizes; three perturbations; power; intervals.
    assert len(page.images) == 9
    assert all(image["alt"] for image in page.images)
    for figure in quick.headline["figure"]:
        assert figure in page.cells
    assert f"{quick.accuracy['f1'].mean():.2f}" in page.cells


def test_markdown_holds_the_same_tables_as_the_page(folder: Path) -> None:
    text = (folder / "accuracy.md").read_text("utf-8")
    cells = {
        " ".join(cell.split())
        for line in text.splitlines()
        if line.startswith("| ") and "---" not in line
        for cell in line.strip("|").split("|")
    }
    page = Page((folder / "accuracy.html").read_text("utf-8"))
    # Headings of groups stand in the page's tables, and above those of Markdown.
    headings = {line.lstrip("# ") for line in text.splitlines() if line.startswith("#")}
    assert set(page.cells) - cells - headings == set()
    for block in text.split("\n\n"):
        if block.startswith("| "):
            assert len({line.count("|") for line in block.splitlines()}) == 1
    assert "not to be quoted" in text


def test_the_calibration_beside_the_tables_can_be_used(quick: Validation, folder: Path) -> None:
    found = parse_repeatability((folder / "repeatability.json").read_text("utf-8"))
    assert set(found.wsd_log) == set(PRESENT.wsd_log)
    sharp_and_alike = shown(0.0, 3.0, 1.0, 0.0, 0.0)
    assert min(found.wsd(name, [sharp_and_alike]) for name in NAMES) >= FLOOR
    # A quick run must not pass for the calibration of the package.
    assert "too few pairs" in found.source
    assert found.pairs == int((quick.pairs["kind"] == "unchanged").sum())


def test_a_pair_records_what_the_calibration_needs(quick: Validation) -> None:
    compared = quick.pairs[quick.pairs["kind"].eq("unchanged") & quick.pairs["count_pct"].notna()]
    for one in (*HEADLINE, *SECONDARY):
        if one.name == "shine":
            continue  # skin without a highlight in either photo has no ratio
        assert np.isfinite(compared[f"{one.name}_sampling_sd"]).any(), one.name
        assert compared[f"{one.name}_follows_size"].ge(0.0).all(), one.name
    assert compared["relative_blur_px"].ge(0).all()
    assert compared["correlation"].between(0.0, 1.0).all()
    assert compared["blurred"].between(0.01, 1.0).all()


def test_the_same_validation_gives_the_same_bytes(quick: Validation, folder: Path) -> None:
    for name, content in contents(quick).items():
        assert (folder / name).read_bytes() == content, name


def test_a_validation_replaces_its_own_folder_and_no_other(
    quick: Validation, folder: Path, tmp_path: Path
) -> None:
    write_validation(quick, folder)
    other = tmp_path / "kept"
    other.mkdir()
    (other / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        write_validation(quick, other)
    assert (other / "notes.txt").read_text("utf-8") == "mine"
    before, after = (shot.picture for shot in visits(seed=1))
    result = compare(before, after, view="closeup", mm_per_px=1 / PX_PER_MM)
    # Nor does a comparison replace a validation, or the other way about.
    with pytest.raises(UsageError, match="holds other files"):
        write(result, folder, formats=())
    write(result, tmp_path / "result", formats=())
    with pytest.raises(UsageError, match="holds other files"):
        write_validation(quick, tmp_path / "result")


# --- command ---------------------------------------------------------------------------------


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["poremetrics", "validate", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_the_command_writes_the_files_and_prints_the_headline(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def smallest(seed: int, *, quick: bool) -> Plan:
        """One small case of every part: the command is tried here, not the tool."""
        assert not quick
        plan = make_plan(seed, quick=True)
        size = {"width_px": 300, "height_px": 260}

        def small(cases: tuple) -> tuple:
            case = replace(
                cases[0],
                before=replace(cases[0].before, **size),
                after=replace(cases[0].after, **size),
            )
            return (case,)

        return Plan(
            accuracy=(replace(plan.accuracy[0], **size, peers=True),),
            perturbations=small(plan.perturbations),
            nulls=small(plan.nulls),
            powers=small(plan.powers),
            hopeless=small(plan.hopeless),
            resolutions=small(plan.resolutions),
        )

    monkeypatch.setattr(sys.modules["poremetrics.validate"], "make_plan", smallest)
    target = tmp_path / "accuracy"
    assert command(monkeypatch, "-o", target, "--workers", 1, "--seed", 7) == 0
    shown = capsys.readouterr().out
    assert "F1 of visible pores" in shown
    assert "accuracy.html" in shown
    assert json.loads((target / "validation.json").read_text("utf-8"))["seed"] == 7
    assert (target / "repeatability.json").exists()


@pytest.mark.parametrize(("option", "value"), [("--workers", 0), ("--seed", -1)])
def test_the_command_refuses_numbers_that_make_no_sense(
    option: str, value: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert command(monkeypatch, "-o", tmp_path / "accuracy", option, value) == 2
    assert not (tmp_path / "accuracy").exists()


def test_the_command_refuses_a_foreign_folder_before_any_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    assert command(monkeypatch, "-o", tmp_path) == 2
    assert "notes.txt" in capsys.readouterr().err
