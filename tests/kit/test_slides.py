"""Slides of a chapter: the question first, its answer with the next click, the words of the chapter for the speaker, nothing fetched."""

import re

import pytest
from playwright.sync_api import sync_playwright

from rpn_edu import kit
from rpn_edu.course.quiz import read as questions
from rpn_edu.course.rows import chapters, notebook
from rpn_edu.kit.notes import asked, outline, read
from rpn_edu.kit.slides import deck
from rpn_edu.kit.sources import exercises
from tools.lab import FLAGS, chromium

every_chapter = pytest.mark.parametrize("row", chapters(), ids=lambda row: row.name)


def words(slide):
    """What is read on a slide before a click."""
    return "\n".join(cell.source for cell in slide.shown)


@every_chapter
def test_a_slide_asks_before_it_answers(row):
    slides = deck(row)
    predicted = [one for cell in notebook(row.path)["cells"] for one in asked(cell)]
    for one in predicted:
        (slide,) = [slide for slide in slides if one.question in words(slide)]
        assert one.reason in slide.result and one.reason not in words(slide) and "<img" in words(slide)
        assert all(f"** {choice}" in words(slide) for choice in one.choices)
        assert re.match(rf"✓ \*\*(\w )?{re.escape(str(one.right))}\.\*\*", slide.result)
    for one in [one for section in questions(row.name).values() for one in section]:
        (slide,) = [slide for slide in slides if words(slide).startswith(f"**{one.asked}")]
        assert [line[0] for line in slide.result.split("\n\n")] == ["✓" if option.right else "✗" for option in one.options]


@every_chapter
def test_what_the_chapter_says_is_said_and_what_it_sets_apart_is_shown(row):
    slides = deck(row)
    notes, parts = read(row), outline(row)
    firsts = [slide for slide in slides if slide.first]
    assert [slide.heading for slide in firsts[1:]] == [part.heading for part in parts]
    assert all(part.heading in firsts[0].said[2] for part in parts) and firsts[0].said[0] == notes.aim
    minute = 0
    for slide, part in zip(firsts[1:], parts, strict=True):
        assert slide.said[0] == f"**From minute {minute}, {part.minutes} minutes.**"
        minute += part.minutes
    everything = "\n".join([*map(words, slides), *(line for slide in slides for line in slide.said)])
    text = "\n\n".join("".join(cell["source"]) for cell in notebook(row.path)["cells"] if cell["cell_type"] == "markdown")
    for block in re.split(r"\n\n+|</?details>|</?summary>|</?b>", text):
        if block.strip() and not re.match(r"#|After this|You need|Before: |Next: |\*\*Exercise|Explain| \(open it", block.strip()):
            assert block.strip().split("*Hint:")[0] in everything, block


@every_chapter
def test_no_solution_stands_on_a_slide(row):
    slides = deck(row)
    told = "\n".join([*map(words, slides), *(slide.result for slide in slides), *(line for slide in slides for line in slide.said)])
    asked = exercises(row).values()
    assert len(asked) == sum("**Exercise" in words(slide) for slide in slides)
    assert all(one.code and one.code not in told for one in asked)


# What a slide holds ends above its lower edge: its speaker's notes are not on it.
LOWEST = """() => Math.max(...[...Reveal.getCurrentSlide().querySelectorAll('*')]
    .filter(one => !one.closest('aside, mjx-assistive-mml')).map(one => one.getBoundingClientRect().bottom))"""


@pytest.mark.browser
def test_slides_open_from_disk_alone_and_each_fits(tmp_path, capsys):
    rows = [row for row in chapters() if row.number in ("02", "07")]
    assert kit.COMMANDS["slides"]([str(tmp_path), "--chapters", *(row.number for row in rows)]) == 0
    assert capsys.readouterr().out.count(" MB\n") == len(rows)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=FLAGS.split())
        page = browser.new_context(offline=True).new_page()
        page.set_viewport_size({"width": 1280, "height": 720})
        wrong: list[str] = []
        page.on("requestfailed", lambda request: wrong.append(request.url))
        page.on("request", lambda request: wrong.extend([request.url] * (not request.url.startswith(("file:", "data:", "blob:")))))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        for row in rows:
            page.goto((tmp_path / "index.html").as_uri())
            page.get_by_role("link", name=row.heading.lstrip("# ")).click()
            page.wait_for_function("window.Reveal?.isReady() && MathJax.startup.promise.then(() => true)")
            slides = deck(row)
            assert page.evaluate("Reveal.getTotalSlides()") == len(slides)
            assert page.locator(".slides mjx-container").count() > 5 and page.locator("mjx-merror").count() == 0
            for slide in slides:
                hidden = page.locator(".present:not(.stack) .fragment")
                if slide.result:
                    assert not hidden.evaluate("one => one.classList.contains('visible')"), "the answer waits"
                    page.keyboard.press("Space")
                    assert hidden.evaluate("one => one.classList.contains('visible')")
                lowest = page.evaluate(LOWEST)
                assert lowest <= 710, f"{row.name}: {slide.heading}: {words(slide)[:80]} ends at {lowest:.0f}"
                page.keyboard.press("Space")
        assert wrong == []
        browser.close()
