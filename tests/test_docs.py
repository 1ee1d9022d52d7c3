"""What is written must be true: manual against code, links, docstrings and their examples."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import click
import manual_tables
import pytest
import typer.main
from manual_tables import MANUAL

import poremetrics
from poremetrics import columns, model
from poremetrics.change import CHECKS, HEADLINE, SECONDARY
from poremetrics.cli import app
from poremetrics.study import tables as study_tables

ROOT = Path(__file__).parents[1]
PACKAGE = Path(poremetrics.__file__).parent
ROOMS = (
    "align",
    "change",
    "compare",
    "errors",
    "face",
    "photo",
    "pores",
    "report",
    "settings",
    "study",
    "synthetic",
    "validate",
)
PAGES = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / ".github").rglob("*.md"),
        *(ROOT / "sample_images").rglob("*.md"),
    )
)


def page(name: str) -> str:
    return (MANUAL / name).read_text("utf-8")


def first_cells(text: str) -> set[str]:
    """Return the names in backticks in the first column of all tables of a text."""
    cells = re.findall(r"^\| (.+?) \|", text, flags=re.M)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def section(text: str, title: str) -> str:
    """Return what stands under a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", text, flags=re.M | re.S)
    assert found, f"no section {title!r}"
    return found[1]


def commands() -> Mapping[str, click.Command]:
    group = typer.main.get_command(app)
    # Not click.Group: typer may bring a click of its own.
    return group.commands  # type: ignore[attr-defined]


def option_names(command: click.Command) -> set[str]:
    """Return every spelling of every option, as --help lists them."""
    return {
        name
        for one in command.params
        if one.param_type_name == "option" and not getattr(one, "hidden", False)
        for name in (*one.opts, *one.secondary_opts)
    } - {"--help", "-h"}


def long(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith("--")}


# --- the manual against the code -------------------------------------------------------------


def test_every_command_has_its_section_and_no_other_has() -> None:
    written = set(re.findall(r"^### `(\w+)`$", page("options.md"), flags=re.M))
    assert written == set(commands())


@pytest.mark.parametrize("name", sorted(commands()))
def test_the_manual_shows_exactly_the_options_of_a_command(name: str) -> None:
    usage = re.search(r"```sh\n(.*?)```", section(page("options.md"), f"`{name}`"), flags=re.S)
    assert usage, name
    assert usage[1].startswith(f"poremetrics {name}")
    assert set(re.findall(r"--[a-z-]+", usage[1])) == long(option_names(commands()[name]))


def test_every_option_is_explained_and_every_explained_option_exists() -> None:
    text = page("options.md")
    explained = {name for name in first_cells(section(text, "Options")) if name.startswith("-")}
    assert explained == {name for command in commands().values() for name in option_names(command)}
    common = first_cells(text.partition("## Commands")[0])
    assert common == option_names(typer.main.get_command(app)) | {"--help", "-h"}


def test_examples_of_the_readme_use_commands_and_options_that_exist() -> None:
    text = "\n".join(path.read_text("utf-8") for path in PAGES)
    lines = re.findall(r"^(?:\.venv/bin/)?poremetrics (\w+)([^#\n]*)", text, flags=re.M)
    assert {name for name, _ in lines} <= set(commands())
    known = {"-o", "-q"}
    for name, rest in lines:
        used = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", rest))
        assert used <= option_names(commands()[name]) | known, f"poremetrics {name}{rest}"


def test_made_tables_agree_with_the_code() -> None:
    for path, text in manual_tables.pages():
        assert path.read_text("utf-8") == text, (
            f"{path.name} is out of step; run: python tests/manual_tables.py"
        )


def test_every_check_has_a_formula() -> None:
    formulas = section(page("checks.md"), "How each figure is computed")
    assert first_cells(formulas) >= set(CHECKS)
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", formulas, flags=re.M)
    assert [name for name, _ in rows] == list(CHECKS)


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        ("pores.csv", columns.PORES),
        ("links.csv", columns.LINKS),
        ("regions.csv", columns.REGIONS),
        ("changes.csv", columns.CHANGES),
        ("quality.csv", columns.QUALITY),
    ],
)
def test_every_column_is_described_and_every_described_column_exists(
    file: str, schema: Mapping[str, str]
) -> None:
    text = section(page("outputs.md"), f"`{file}`").partition("<!-- made")[0]
    assert first_cells(text) == set(schema)


def test_every_measure_is_described() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| (yes|no) \|",
        section(page("outputs.md"), "Measures"),
        flags=re.M,
    )
    assert rows == [
        *((one.name, one.name_px, "yes") for one in HEADLINE),
        *((one.name, one.name_px, "no") for one in SECONDARY),
    ]
    assert first_cells(section(page("definitions.md"), "Measures")) == {
        one.name for one in HEADLINE
    }


def test_every_column_of_a_study_is_described() -> None:
    text = section(page("outputs.md"), "Files of `study`")
    described = set(re.findall(r"`(\w+)`", page("outputs.md")))
    assert first_cells(text) >= set(study_tables.VISIT)
    schemas = {
        "visits": study_tables.VISITS,
        "pores": study_tables.PORES,
        "changes": study_tables.STUDY_CHANGES,
        "quality": study_tables.STUDY_QUALITY,
        "timeline": study_tables.TIMELINE,
        "lives": study_tables.LIVES,
        "trends": study_tables.TRENDS,
        "contrasts": study_tables.CONTRASTS,
        "pairs": study_tables.PAIRS,
        "exclusions": study_tables.EXCLUSIONS,
        "cohort": study_tables.COHORT,
    }
    assert set(schemas) <= first_cells(text)
    for name, schema in schemas.items():
        assert set(schema) <= described, name


def test_every_table_of_a_validation_is_described() -> None:
    source = ast.parse((PACKAGE / "validate" / "__init__.py").read_text("utf-8"))
    names = next(
        [key.value for key in node.keys if isinstance(key, ast.Constant)]
        for function in ast.walk(source)
        if isinstance(function, ast.FunctionDef) and function.name == "tables"
        for node in ast.walk(function)
        if isinstance(node, ast.Dict)
    )
    assert first_cells(section(page("accuracy.md"), "Tables")) == set(names)


@pytest.mark.parametrize("first", ["repeatability", "validate"])
def test_public_functions_stay_functions_whatever_is_imported_first(first: str) -> None:
    # A module of the same name is set on the package when it is imported, from wherever.
    script = (
        f"import poremetrics; poremetrics.{first}; import poremetrics.compare, poremetrics.study, "
        "poremetrics.validate; assert not [name for name in ('check', 'compare', 'measure', "
        "'repeatability', 'study', 'validate') if not callable(getattr(poremetrics, name))]"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


# --- links and the README --------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{path.name} links to {target}"
        if anchor:
            assert anchor in anchors(there.read_text("utf-8")), f"{path.name} links to {target}"


def anchors(text: str) -> set[str]:
    """Return the anchors that the code host makes of headings."""
    titles = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_every_page_of_the_manual_is_in_its_index() -> None:
    linked = set(re.findall(r"\]\((\w[\w-]*\.md)\)", page("index.md")))
    assert linked == {path.name for path in MANUAL.glob("*.md")} - {"index.md"}


def test_the_readme_is_short_and_sets_up_in_two_blocks() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) < 200
    blocks = re.findall(r"^```(?:sh|bash|shell)\n(.*?)^```$", text, flags=re.M | re.S)
    assert "poremetrics demo" in blocks[0]
    assert "pip install" in blocks[1]
    assert "pytest" in blocks[1]
    # What CI cuts out of the README is that second block, word for word.
    script = next(
        line
        for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
        if line.startswith("block=")
    )
    told = subprocess.run(
        ["bash", "-c", f'{script}\nprintf "%s\\n" "$block"'],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert told.stdout == blocks[1]


# --- docstrings ------------------------------------------------------------------------------


def modules_with_examples() -> list[str]:
    return [
        ".".join(("poremetrics", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        for path in sorted(PACKAGE.rglob("*.py"))
        if ">>> " in path.read_text("utf-8")
    ]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings_are_true(name: str) -> None:
    result = doctest.testmod(import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def public() -> Iterator[tuple[str, object]]:
    """Yield every public function and class of every room, and the records of ``model``."""
    for room in ROOMS:
        module = import_module(f"poremetrics.{room}")
        names = getattr(module, "__all__", None) or [
            name
            for name, one in vars(module).items()
            if not name.startswith("_") and getattr(one, "__module__", "") == module.__name__
        ]
        for name in names:
            one = getattr(module, name)
            if inspect.isfunction(one) or inspect.isclass(one):
                yield f"poremetrics.{room}.{name}", one
    for name, one in vars(model).items():
        if inspect.isclass(one) and one.__module__ == model.__name__:
            yield f"poremetrics.model.{name}", one


PUBLIC = dict(public())

DEMANDED = {
    # sections known and in order; a docstring there
    *("GL05", "GL06", "GL07", "GL08"),
    # a summary: one line in the imperative that ends in a stop
    *("SS01", "SS02", "SS03", "SS04", "SS05", "SS06"),
    # documented parameters exist, with type and text
    *("PR02", "PR04", "PR05", "PR06", "PR07"),
    # what is returned has type and text
    *("RT02", "RT03", "YD01"),
}
"""Checks of numpydoc. Not asked for: See Also, Examples and a longer text in every docstring."""


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_docstrings_are_numpydoc(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numpydoc about sections it does not know
        from numpydoc.validate import validate

        errors = dict(validate(name)["errors"])
    demanded = set(DEMANDED)
    if inspect.isfunction(PUBLIC[name]):
        summary = inspect.getdoc(PUBLIC[name]).splitlines()[0]
        # A summary that begins with Return says what is returned.
        demanded |= {"PR01"} if summary.startswith("Return") else {"PR01", "RT01"}
    assert {code: text for code, text in errors.items() if code in demanded} == {}


@pytest.mark.parametrize(
    "name",
    sorted(name for name, one in PUBLIC.items() if hasattr(one, "__dataclass_fields__")),
)
def test_every_field_of_a_record_is_documented(name: str) -> None:
    record = PUBLIC[name]
    source = inspect.getsource(record)
    for field in fields(record):
        if field.name.startswith("_"):
            continue
        # In the section Attributes, or in a string below the field.
        told = re.search(rf"^ *(?:\w+, )*{field.name}(?:, \w+)* :", record.__doc__ or "", re.M)
        below = re.search(rf'^    {field.name}: .*\n    """', source, re.M)
        assert told or below, f"{name}.{field.name}"
