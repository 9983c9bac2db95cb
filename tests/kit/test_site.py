"""The site of the course: whole, without the internet, without answers, and with the numbers of a kernel."""

import html
import io
import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

import rpn_edu as rpn
from rpn_edu.cli import main
from rpn_edu.course.rows import chapters, notebook
from rpn_edu.explore import Explorer, Fit, Predict
from rpn_edu.kit.leaks import searched
from rpn_edu.kit.site import chapters as pages, frames, reference
from rpn_edu.kit.site.live import figure
from rpn_edu.kit.site.markup import paragraphs
from rpn_edu.kit.site.tex import tex
from tests.browser.axe import serious
from tests.help import ROOT, ROWS
from tools.lab import FLAGS, chromium

TWO = ["02_reconciliation", "03_remainder"]


class Page(HTMLParser):
    """The addresses of a page, its anchors, and its words with the elements that they stand in."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.links, self.loads, self.anchors, self.words, self.inside = [], [], set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.anchors.add(named.get("id"))
        self.loads += [named[key] for key in ("src", "srcset", "poster", "data") if key in named and tag != "a"]
        self.loads += [named["href"]] if tag == "link" and named["href"] != "#" else []
        self.links += [named["href"]] if tag == "a" and "href" in named else []
        if tag not in ("img", "input", "link", "meta", "br", "hr", "wbr"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        self.words.append((data, "details" in self.inside, self.inside[-1:] == ["script"]))


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A site of two chapters, made by the command."""
    out = tmp_path_factory.mktemp("site") / "out"
    assert main(["course", "site", str(out), "--chapters", "02", "03"]) == 0
    return out


@pytest.fixture(scope="session")
def read(site):
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def lives(site, name):
    """The explorers of a page, as live.js finds them."""
    found = re.findall(r'<script type="application/json">(.*?)</script>', (site / f"{name}.html").read_text(encoding="utf-8"), re.S)
    return list(map(json.loads, found))


def words(markup):
    """What is said, without blanks: the pages set them otherwise than a notebook does."""
    return re.sub(r"\s", "", html.unescape(re.sub("<[^>]+>", "", markup)))


# ---- the pages ----------------------------------------------------------------------------------------------------------------------


def test_every_link_leads_to_a_page_and_a_place_in_it(site, read):
    lost, checked = [], 0
    for path, page in read.items():
        for link in page.links:
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = unquote(link).partition("#")
            name, checked = name.partition("?")[0], checked + 1
            target = (path.parent / name).resolve() if name else path
            if not target.is_file() or (anchor and target in read and anchor not in read[target].anchors):
                lost.append((path.name, link))
    assert checked > 1000 and lost == []


def test_nothing_is_loaded_from_elsewhere(site, read):
    foreign = [(path.name, load) for path, page in read.items() for load in page.loads if re.match(r"(https?:)?//", load)]
    styles = [
        (path.name, found)
        for path in site.rglob("*.css")
        for found in re.findall(r"url\((?:[\"']?)((?:https?:)?//[^)]*)", path.read_text("utf-8"))
    ]
    missing = [
        load
        for path, page in read.items()
        for load in page.loads
        if not load.startswith("data:") and not (path.parent / load.partition("?")[0]).is_file()
    ]
    assert foreign == styles == missing == []


def test_every_component_and_every_public_name_is_told(site, read):
    named = {cls.qualified_name() for term in ROWS.values() for cls in term}
    assert named == {path.stem for path in (site / "components").glob("*.html")}
    for room in reference.ROOMS:
        anchors = read[site / f"api/{room}.html"].anchors
        assert {f"{room}.{name}" for name in reference.public(__import__(room, fromlist=["x"]))} <= anchors
    assert "rpn_edu.learn.fit" in read[site / "api/rpn_edu.learn.html"].anchors


def test_a_component_tells_its_formula_numbers_picture_source_and_chapters(site):
    page = (site / "components/reconciliation.LowRank.html").read_text(encoding="utf-8")
    assert r"\psi(w)=AB" in words(page) and "rank=2(1to8):numberofcolumns" in words(page)
    assert re.search(r'<img alt="LowRank: a 6 × 12 matrix from [^"]*" src="../_images/', page) and "02_reconciliation.html" in page
    assert "Parameter Reconciliation" in page.partition("Source:")[2]


def test_no_source_lies_beside_the_pages_and_the_whole_is_small(site):
    assert not [path.name for path in site.rglob("*") if re.search(r"\.(ipynb|md|map)\b|_sources", path.name)]
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 15e6


def test_every_word_of_a_chapter_stands_in_its_page_and_the_code_that_tells_is_folded(read, site):
    for name in TWO:
        said = " ".join("".join(data for data, *_ in read[site / f"{name}.html"].words).split())
        for cell in notebook(ROOT / f"notebooks/{name}.ipynb")["cells"]:
            for run in re.findall(r"[A-Z][\w ,.:;()]{25,}[\w.:]", "".join(cell["source"])) if cell["cell_type"] == "markdown" else []:
                assert " ".join(run.split()) in said


def test_what_is_right_is_closed_until_somebody_opens_it(read, site):
    for name in TWO:
        asked = [live.asked for live in kept(site, name) if live.asked]
        assert asked
        for reason in (each["reason"] for each in asked):
            seen = [closed for data, closed, script in read[site / f"{name}.html"].words if reason in data and not script]
            assert seen and all(seen), reason


def test_no_piece_of_a_solution_is_in_the_site(site):
    search = searched(site, chapters())
    assert search.leaks == [] and len(search.needles) > 40 and search.files > 200


# ---- explorers ----------------------------------------------------------------------------------------------------------------------


def kept(site, name):
    told = json.loads((site / f"_static/frames/{name}/frames.json").read_text(encoding="utf-8"))
    return list(map(frames.read, told["explorers"]))


@pytest.mark.parametrize("name", TWO)
def test_every_frame_says_and_shows_what_a_kernel_does(site, name):
    """The state of a frame is restored from its token, in an explorer of the same cell."""
    shown, found = lives(site, name), {live.cell: live for live in kept(site, name)}
    assert len(shown) == len(found)
    compared = 0
    for page, (cell, explorer) in zip(shown, frames.explorers(ROOT / f"notebooks/{name}.ipynb"), strict=True):
        assert len(page["frames"]) == len(found[cell].frames) > 1
        for (picture, alt, readout, formula, dim), frame in [*zip(page["frames"], found[cell].frames)][
            :: 1 if name == "03_remainder" else 7
        ]:
            explorer.restore(frame.token)
            surface = explorer.face.surface
            assert alt == surface.alt == explorer.alt and words(formula) == words(surface.above)
            assert formula.count(" rpn-lit") == 1, "the lit term"
            assert dim == readout.startswith("Not shown: ") and (dim or words(surface.below).startswith(words(html.escape(readout))))
            pixels = [np.asarray(Image.open(one).convert("RGB")) for one in (site / page["folder"] / picture, io.BytesIO(surface.picture))]
            assert np.array_equal(*pixels)
            compared += 1
    assert compared > 15


def test_a_stop_of_a_slider_is_the_state_that_its_words_say(site):
    """Two sliders: the frames follow them, the last one fastest."""
    live = next(live for live in kept(site, "02_reconciliation") if [each.label for each in live.controls] == ["p", "q"])
    explorer = dict(frames.explorers(ROOT / "notebooks/02_reconciliation.ipynb"))[live.cell]
    p, q = live.controls
    for i, j in [(1, 1), (2, 3), (4, 0)]:
        explorer.restore(live.frames[i * len(q.words) + j].token)
        assert (str(explorer.subject.p), str(explorer.subject.q)) == (p.words[i].partition(":")[0], q.words[j].partition(":")[0])
    assert "p=2, q=4" in live.frames[live.first].alt


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("You move the dotted x.", "picture.at"),
        ("You raise the degree to 7.", "expansion.degree"),
        ("Which is larger?", "expansion.degree"),
    ],
)
def test_the_control_that_a_question_names_is_the_one_that_moves(tmp_path, question, first):
    """By its own name, or by that of a handle; else the first in sight."""
    asked = Predict(question, choices=("a", "b"), right="a")
    live = frames.live(0, Explorer(rpn.expansion.Chebyshev(degree=3), question=asked), tmp_path)
    assert live.controls[0].name == first


def test_a_number_of_the_question_is_a_stop(tmp_path):
    asked = Predict("You move the dotted x to 2.3.", choices=("a", "b"), right="a")
    live = frames.live(0, Explorer(rpn.expansion.Chebyshev(degree=3), question=asked), tmp_path)
    assert "2.3" in live.controls[0].words and len(live.controls[0].words) <= frames.SOME


def test_an_explorer_that_is_slow_stays_a_picture_and_says_where_it_moves(tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "SLOW", -1.0)
    explorer = Explorer(rpn.Formula(rpn.expansion.Chebyshev(degree=3)), Fit(points=10))
    still = frames.live(0, explorer, tmp_path)
    assert (still.controls, len(still.frames), still.first) == ([], 1, 0)
    assert "Run this chapter</a> to move it" in figure(still, "here") and "<input" not in figure(still, "here")


def test_frames_are_made_once_for_the_same_notebook(site, tmp_path, monkeypatch):
    def none(*_):
        raise AssertionError("the notebook runs once more")

    monkeypatch.setattr(frames, "explorers", none)
    path = ROOT / "notebooks/03_remainder.ipynb"
    assert frames.chapter(path, site / "_static/frames/03_remainder") == kept(site, "03_remainder")
    monkeypatch.setattr(frames, "made_of", lambda path: "another notebook")
    with pytest.raises(AssertionError, match="once more"):
        frames.chapter(path, tmp_path)


def test_a_number_that_is_asked_for_has_a_place_and_names_are_no_markup():
    asked = Predict("Is a < b?", number=(1, 8), right=3, reason="x > 2")
    live = frames.Live(4, (1, 1), "", vars(asked), [], [], [frames.Frame("a.webp", 'a "b"', "<c>", [("kappa", "κ", "<1")], False, "")], 0)
    made = figure(live, "here")
    assert '<input type="number" min="1" max="8" step="1"' in made and "Is a &lt; b?" in made and "x &gt; 2" in made
    assert "&lt;c&gt;" in made and "&lt;1" in made and 'alt="a &quot;b&quot;"' in made


# ---- what is made of text -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("A_ij = r_ij²", r"A_{i j } = r_{i j }^{2}"),
        ("κ(x) = √(3σ) x^(1/p)", r"\kappa (x) = \sqrt{3\sigma } x^{1/p}"),
        ("T_{k-1}(x), with T_0 = 1", r"\begin{gathered}T_{k-1}(x), \\ \text{with}\ T_{0 } = 1\end{gathered}"),
        ("ψ = value in every entry", r"\psi  =\ \text{value}\ \text{in}\ \text{every}\ \text{entry}"),
    ],
)
def test_a_formula_line_becomes_tex(line, made):
    assert tex(line) == made


def test_nothing_in_a_docstring_is_read_as_markup_but_code():
    assert paragraphs("One *star* and `a_b` of $x$.\n\nLines\nof their own.") == [
        r"One \*star\* and `a_b` of \$x\$.",
        "```text\nLines\nof their own.\n```",
    ]


def test_code_leads_to_the_component_it_names_where_one_alone_is_called_so():
    text = "# `LowRank`\n`LowRank` or `LowRank(rank=2)`, `Identity`, [`Taylor`](x) and `expansion.Identity`"
    assert pages.components(text) == (
        "# `LowRank`\n[`LowRank`](components/reconciliation.LowRank.md) or `LowRank(rank=2)`, `Identity`, [`Taylor`](x) and "
        "[`expansion.Identity`](components/expansion.Identity.md)"
    )


def test_what_cannot_be_made_is_told(tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("mine")
    assert main(["course", "site", str(tmp_path), "--chapters", "02"]) == 1
    assert "holds something else than a site" in capsys.readouterr().err and (tmp_path / "thesis.tex").read_text() == "mine"
    with pytest.raises(SystemExit):
        main(["course", "site", str(tmp_path / "new"), "--chapters", "2"])
    assert "no chapter is called '2'" in capsys.readouterr().err and not (tmp_path / "new").exists()


# ---- in a browser, from disk --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    path = chromium()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield opened
        opened.close()


@pytest.fixture
def opened(browser, site):
    """`opened(name)`: a page from disk, with the network cut. What it asks for and does not get is written down."""
    made, troubles = [], []

    def at(name, **options):
        made.append(browser.new_context(viewport={"width": 1280, "height": 800}, offline=True, **options))
        page = made[-1].new_page()
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or troubles.append(asked.url))
        page.on("requestfailed", lambda asked: troubles.append(asked.url))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: line.type == "error" and troubles.append(line.text))
        page.goto(site.as_uri() + f"/{name}")
        page.evaluate("() => window.MathJax?.startup?.promise") if options.get("java_script_enabled", True) else None
        return page

    at.troubles = troubles
    yield at
    for context in made:
        context.close()


@pytest.mark.browser
def test_formulas_are_drawn_and_a_slider_moved_by_keyboard_changes_picture_words_and_numbers(opened, site):
    page = opened("02_reconciliation.html")
    assert page.locator("mjx-container svg").count() > 20 and page.locator("mjx-merror").count() == 0
    live = page.locator(".rpn-live", has_text="From which rank on does LowRank save nothing?")
    slider, image = live.get_by_role("slider", name="rank"), live.locator("img")
    assert not slider.is_visible() and not live.get_by_text("rank 6 needs").is_visible()
    live.get_by_text("I have chosen.").press("Enter")
    before, width = image.get_attribute("src"), image.evaluate("one => one.naturalWidth")
    slider.press("ArrowRight")
    picture, alt, readout, formula, _ = lives(site, "02_reconciliation")[1]["frames"][2]
    page.wait_for_function("one => one.complete", arg=image.element_handle())
    assert image.get_attribute("src").endswith(picture) and image.get_attribute("src") != before
    assert image.evaluate("one => one.naturalWidth") == width == 700
    assert image.get_attribute("alt") == alt and "rank=3" in alt
    assert live.locator(".rpn-readout").inner_text() == readout and live.locator(".rpn-formula").inner_html() == formula
    assert slider.get_attribute("aria-valuetext") == "3" == live.locator("output").inner_text()
    assert opened.troubles == []


@pytest.mark.browser
def test_a_preset_is_shown_and_leaves_when_a_slider_moves(opened):
    page = opened("02_reconciliation.html")
    live = page.locator(".rpn-live", has=page.locator(".rpn-preset"))
    live.get_by_label("preset").select_option("Kronecker")
    assert "Kronecker" in live.locator("img").get_attribute("alt") and live.locator("output").inner_text() == "as the preset has it"
    live.get_by_role("slider").press("End")
    assert "LowRank(rank=8)" in live.locator("img").get_attribute("alt") and live.get_by_label("preset").input_value() == ""


@pytest.mark.browser
def test_without_a_script_the_first_picture_stands_with_its_words_and_no_dead_control(opened):
    page = opened("03_remainder.html", java_script_enabled=False)
    images = page.locator(".rpn-live img")
    assert images.count() == 5 and min(len(images.nth(k).get_attribute("alt")) for k in range(5)) > 40
    assert page.locator(".rpn-controls select:visible, .rpn-controls input:visible").count() == 0


@pytest.mark.browser
def test_the_search_finds_chapters_and_components(opened):
    page = opened("search.html?q=Kronecker")
    page.locator("ul.search li a").first.wait_for()
    found = page.locator("ul.search li a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert any("02_reconciliation" in link for link in found) and any("components/reconciliation.Kronecker" in link for link in found)


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_barrier(opened, theme):
    for name in ("index.html", "02_reconciliation.html", "components/expansion.BSpline.html", "api/rpn_edu.learn.html"):
        page = opened(name, color_scheme=theme)
        assert page.evaluate("() => document.documentElement.dataset.theme") == theme
        page.evaluate("() => document.querySelectorAll('.bd-article details').forEach(one => { one.open = true })")
        page.evaluate("() => document.getAnimations().forEach(one => one.finish())")  # what fades in has no contrast yet
        assert serious(page, "body") == []
