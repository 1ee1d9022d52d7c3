"""The report as a page: self-contained, safe, usable by keyboard and by eye, in a real browser."""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn_results import comparison, measurement, unmatched
from PIL import Image

from poremetrics.report import contents
from poremetrics.report.chart_data import histogram_of
from poremetrics.report.sections import build
from poremetrics.report.sketches import changes_sketch, sizes_sketch

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'x' {{ 7*7 }} </style> =1+1 Ünï 病人"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def page(result, **options) -> str:
    return contents(result, **options)["report.html"].decode("utf-8")


@pytest.fixture(scope="module")
def pair():
    return comparison(size=(600, 800), pores_per_region=40, refused=("nose",), days=3.0)


@pytest.fixture(scope="module")
def html(pair):
    return page(pair, label=HOSTILE)


class Reader(HTMLParser):
    """Collects text, tags and attributes; complains about tags left open."""

    VOID = frozenset({"meta", "img", "input", "br", "link", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.texts.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


def test_nothing_is_fetched_from_anywhere(html):
    reader = read(html)
    for tag, name, value in reader.attributes:
        if name in {"src", "href", "srcset", "action", "data", "poster"}:
            assert value.startswith(("data:image/", "#")), f"{tag} {name} {value[:60]}"
        assert name != "style", "the policy forbids style attributes"
        assert not name.startswith("on"), "the policy forbids inline handlers"
    assert "link" not in reader.tags
    assert "url(" not in html
    assert "@import" not in html


def test_the_policy_is_strict(html):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    text = policy.group(1).replace("&#39;", "'")
    assert "default-src 'none'" in text
    assert "unsafe" not in text
    assert re.search(r"script-src 'sha256-[\w+/=]+'", text)


def test_a_hostile_label_is_only_text(html):
    reader = read(html)
    assert reader.tags.count("script") == 1
    assert any(HOSTILE in text for text in reader.texts)


def test_verdict_comes_first_then_quality_then_pictures(html):
    order = re.findall(r'id="h-(\w+)"', html)
    assert order == [
        "quality", "pairs", "overlay", "strip", "sizes", "changes", "secondary", "timing",
        "methods",
    ]  # fmt: skip
    assert html.index('class="headline"') < html.index('id="h-quality"')


def test_it_is_small_even_for_large_photos():
    # A close-up of 12 MP fills the frame with skin: the worst case for the size of the file.
    result = comparison(size=(4000, 3000), closeup=True, pores_per_region=60)
    assert len(page(result).encode("utf-8")) < 8e6


def pictures(html: str) -> list[np.ndarray]:
    found = re.findall(r'data:image/jpeg;base64,([\w+/=]+)"', html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


def iris_pixels(html: str) -> int:
    # The drawn iris is the only blue-green thing on the drawn face.
    count = 0
    for picture in pictures(html):
        red, green, blue = (picture[..., i].astype(int) for i in range(3))
        count += int(((blue - red > 25) & (green - red > 15) & (red > 58)).sum())
    return count


def test_no_eye_is_seen_unless_asked_for(pair, html):
    # A handful of pixels of that colour may come of JPEG at the edge of the band.
    assert iris_pixels(html) < 10
    assert iris_pixels(page(pair, anonymise=False)) > 100


def test_no_picture_carries_metadata(html):
    for data in re.findall(r'data:image/jpeg;base64,([\w+/=]+)"', html):
        image = Image.open(io.BytesIO(base64.b64decode(data)))
        assert not image.getexif()
        assert "icc_profile" not in image.info
        assert "comment" not in image.info


def test_what_is_not_comparable_is_a_result(pair):
    html = page(unmatched())
    assert "cannot be compared" in html
    assert "At the next photo" in html
    assert 'class="viewer' not in html
    nose = next(card for card in build(pair).cards if card.name == "Nose")
    assert nose.verdict == "not comparable"
    assert nose.reasons


# --- in a browser ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium on the PATH: the report must be tested in a browser")
        pytest.skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update",
                "--disable-sync",
            ],
        )  # fmt: skip
        yield opened
        opened.close()


class Visit:
    """A page opened from disk that remembers what went wrong and what was asked of the net."""

    def __init__(self, browser, path: Path, **options) -> None:
        self.context = browser.new_context(offline=True, **options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory, html):
    folder = tmp_path_factory.mktemp("pages")
    results = {
        "photo": measurement(size=(450, 600), pores_per_region=20),
        "other": unmatched(),
        "empty": comparison(size=(450, 600), regions=("nose",), pores_per_region=0),
        "closeup": comparison(
            size=(600, 450), closeup=True, pores_per_region=60, scale=False, days=None
        ),
    }
    pages = {"pair": html} | {name: page(result) for name, result in results.items()}
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    return folder


KINDS = ("pair", "photo", "other", "empty", "closeup")


@pytest.mark.parametrize("kind", KINDS)
def test_opens_without_complaint_or_request(browser, files, kind):
    path = files / f"{kind}.html"
    with Visit(browser, path) as visit:
        visit.page.wait_for_load_state("load")
        assert visit.complaints == []
        asked = [url for url in visit.requests if not url.startswith("data:")]
        assert asked == [path.as_uri()]
        for width in (390, 1366):
            visit.page.set_viewport_size({"width": width, "height": 800})
            wide = visit.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, "the page scrolls sideways"


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_serious(browser, files, kind):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with Visit(browser, files / f"{kind}.html", bypass_csp=True) as visit:
        found = axe.Axe().run(visit.page).response["violations"]
    serious = [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
    assert serious == []


def after_pixels(visit) -> float:
    """Share of the stage, from the right, that shows the after photo."""
    cut = visit.page.evaluate("getComputedStyle(document.querySelector('.viewer .after')).clipPath")
    found = re.search(r"([\d.]+)%\)$", cut)
    assert found is not None, cut
    return 100.0 - float(found.group(1))


def test_the_slider_moves_by_keyboard_and_by_mouse(browser, files):
    with Visit(browser, files / "pair.html") as visit:
        slider = visit.page.locator(".viewer input[type=range]").first
        assert after_pixels(visit) == 50
        slider.focus()
        for _ in range(10):
            visit.page.keyboard.press("ArrowLeft")
        assert after_pixels(visit) == 60
        assert slider.get_attribute("aria-valuetext") == "60\u00a0% after photo"
        visit.page.keyboard.press("Home")
        assert after_pixels(visit) == 100
        sheet = visit.page.locator(".viewer .sheet").first
        sheet.scroll_into_view_if_needed()
        box = sheet.bounding_box()
        visit.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60)
        visit.page.mouse.down()
        visit.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 60)
        visit.page.mouse.up()
        assert after_pixels(visit) == pytest.approx(25, abs=1)
        assert visit.complaints == []


def test_the_slider_shows_both_photos(browser, files):
    # What is painted left and right of the cut must be the before and the after picture.
    with Visit(browser, files / "pair.html") as visit:
        stage = visit.page.locator(".viewer .sheet").first
        slider = visit.page.locator(".viewer input[type=range]").first
        shots = {}
        for key, share in (("Home", "after"), ("End", "before")):
            slider.focus()
            visit.page.keyboard.press(key)
            shots[share] = np.asarray(
                Image.open(io.BytesIO(stage.screenshot())).convert("L"), dtype=float
            )
        slider.focus()
        for _ in range(50):
            visit.page.keyboard.press("ArrowLeft")
        mixed = np.asarray(Image.open(io.BytesIO(stage.screenshot())).convert("L"), dtype=float)
    width = mixed.shape[1]
    # Away from the cut and from the labels in the upper corners.
    left, right = np.s_[60:, 5 : width // 2 - 8], np.s_[60:, width // 2 + 8 : width - 5]
    for side, shown, hidden in ((left, "before", "after"), (right, "after", "before")):
        same = np.abs(mixed[side] - shots[shown][side]).mean()
        other = np.abs(mixed[side] - shots[hidden][side]).mean()
        assert same < 0.2 * other


def test_zoom_reaches_and_passes_the_pixels_of_the_photo(browser, files):
    screen = {"width": 800, "height": 400}
    with Visit(browser, files / "pair.html", viewport=screen) as visit:
        viewer = visit.page.locator(".viewer").first
        size = viewer.locator("svg.before").get_attribute("viewBox").split()
        for zoom, factor in (("100", 1), ("200", 2), ("400", 4)):
            viewer.locator(f"input.c-zoom-{zoom}").check(force=True)
            drawn = viewer.locator("svg.before").bounding_box()
            assert drawn["width"] == pytest.approx(factor * float(size[2]), abs=1)
            assert drawn["height"] == pytest.approx(factor * float(size[3]), abs=1)
        stage = viewer.locator(".stage")
        assert stage.evaluate("one => one.scrollHeight > one.clientHeight")
        stage.focus()
        before = stage.evaluate("one => one.scrollTop")
        visit.page.keyboard.press("ArrowDown")
        visit.page.wait_for_function(
            "before => document.querySelector('.stage').scrollTop > before", arg=before
        )


def in_view(visit, name: str) -> bool:
    """Whether an element of the first viewer lies within what its stage shows."""
    box = visit.page.locator(f".viewer .{name}").first.bounding_box()
    stage = visit.page.locator(".viewer .stage").first.bounding_box()
    return (
        stage["x"] <= box["x"]
        and box["x"] + box["width"] <= stage["x"] + stage["width"]
        and stage["y"] <= box["y"]
        and box["y"] + box["height"] <= stage["y"] + stage["height"]
    )


def test_names_and_cut_stay_in_view_when_zoomed(browser, files):
    with Visit(browser, files / "pair.html", viewport={"width": 390, "height": 700}) as visit:
        viewer = visit.page.locator(".viewer").first
        stage = viewer.locator(".stage")
        for zoom in ("fit", "400"):
            viewer.locator(f"input.c-zoom-{zoom}").check(force=True)
            for place in (0.0, 0.5, 1.0):
                stage.evaluate(
                    "(one, at) => { one.scrollLeft = at * (one.scrollWidth - one.clientWidth);"
                    " one.scrollTop = at * (one.scrollHeight - one.clientHeight); }",
                    place,
                )
                visit.page.wait_for_function(
                    # The cut is set by the scroll event, which comes with the next frame.
                    "() => { const s = document.querySelector('.stage').getBoundingClientRect();"
                    " const a = document.querySelector('.sheet').getBoundingClientRect();"
                    " const cut = parseFloat(document.querySelector('.sheet').style"
                    ".getPropertyValue('--cut')) / 100 * a.width + a.left;"
                    " return Math.abs(cut - (s.left + s.width / 2)) < 10; }"
                )
                assert in_view(visit, "tag-before")
                assert in_view(visit, "tag-after")


def test_marks_are_shown_on_demand(browser, files, pair):
    with Visit(browser, files / "pair.html") as visit:
        viewer = visit.page.locator(".viewer").first
        marks = viewer.locator("svg.before .m-status")
        assert not marks.is_visible()
        viewer.locator("input.c-marks-status").check(force=True)
        assert marks.is_visible()
        legend = viewer.locator(".legend.g-status").inner_text()
    region = pair.alignment.regions[0].name
    ids = pair.pores[
        (pair.pores["photo"] == "before")
        & (pair.pores["region"] == region)
        & (pair.pores["flags"] == "")  # the drawn hairs are no pores
    ]
    matched = pair.links[pair.links["status"] == "matched"]
    count = int(ids["pore_id"].isin(matched["before_id"]).sum())
    assert f"found in both {count}" in " ".join(legend.split())


def test_works_without_javascript(browser, files):
    with Visit(browser, files / "pair.html", java_script_enabled=False) as visit:
        viewer = visit.page.locator(".viewer").first
        assert viewer.locator("input.c-view-side").is_checked()
        boxes = [viewer.locator(f"svg.{name}").bounding_box() for name in ("before", "after")]
        assert boxes[1]["x"] >= boxes[0]["x"] + boxes[0]["width"], "side by side"
        viewer.locator("input.c-view-flicker").check(force=True)
        boxes = [viewer.locator(f"svg.{name}").bounding_box() for name in ("before", "after")]
        assert boxes[0] == boxes[1], "one over the other"
        viewer.locator("input.c-zoom-200").check(force=True)
        pixels = float(viewer.locator("svg.before").get_attribute("viewBox").split()[2])
        drawn = viewer.locator("svg.before").bounding_box()["width"]
        assert drawn == pytest.approx(2 * pixels, abs=1)
        assert "needs JavaScript" in viewer.locator("figcaption").inner_text()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_prints_whole_pages(browser, files, paper):
    with Visit(browser, files / "pair.html") as visit:
        pdf = visit.page.pdf(format=paper)
        pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
        assert 4 <= pages <= 14
        visit.page.emulate_media(media="print")
        assert not visit.page.locator(".controls").first.is_visible()
        boxes = [
            visit.page.locator(f".viewer svg.{name}").first.bounding_box()
            for name in ("before", "after")
        ]
        assert boxes[1]["x"] >= boxes[0]["x"] + boxes[0]["width"], "side by side on paper"


def numbers(sketch: str, pattern: str) -> list[float]:
    return [float(found) for found in re.findall(pattern, sketch)]


def test_the_sketch_of_changes_lies_where_the_table_says(pair):
    rows = pair.changes[(pair.changes["verdict"] != "") & pair.changes["change_pct"].notna()]
    content = changes_sketch(rows).content
    dots = numbers(content, r'<circle[^>]*cx="([\d.]+)"')
    intervals = re.findall(r'<path class="ci \w+" d="M([\d.]+) [\d.]+L([\d.]+) ', content)
    zero = numbers(content, r'<path class="zero" d="M([\d.]+) ')[0]
    order = [*dict.fromkeys(["all", *rows["region"]])]
    drawn = pd.concat([rows[rows["region"] == region] for region in order])
    # One scale: places over percents is the same everywhere, to the tenth of a px printed.
    scale = (dots[0] - zero) / drawn["change_pct"].iloc[0]
    np.testing.assert_allclose(dots, zero + scale * drawn["change_pct"], atol=0.3)
    for column, ends in zip(
        ("ci_low_pct", "ci_high_pct"), zip(*intervals, strict=True), strict=True
    ):
        np.testing.assert_allclose(
            np.array(ends, dtype=float), zero + scale * drawn[column], atol=0.5
        )


def test_the_sketch_of_sizes_counts_every_pore(pair):
    shown = histogram_of(pair)
    content = sizes_sketch(pair).content
    for one in shown.photos:
        pores = pair.pores[(pair.pores["photo"] == one.key) & (pair.pores["flags"] == "")]
        assert one.number == one.counts.sum() == len(pores)
        assert f"{one.name} ({one.number:,})" in content


def test_a_hostile_region_name_is_only_text_in_a_sketch():
    hostile = "<img src=x onerror=alert(1)>"
    result = comparison(
        size=(300, 400), regions=("nose",), pores_per_region=12, rename={"nose": hostile}
    )
    drawn = page(result)
    assert "<img src=x" not in drawn
    assert "&lt;img src=x" in drawn
