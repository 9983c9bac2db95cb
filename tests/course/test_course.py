"""The symbol table, the questions, and what no chapter may say."""

import ast
import codecs
import io
import json
import math
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch

import rpn_edu as rpn
from rpn_edu import data
from rpn_edu.course import SYMBOLS, Symbol, Verdict, quiz, symbols
from rpn_edu.course.quiz import TITLES, chapters, read
from rpn_edu.course.symbols import one_meaning
from rpn_edu.data import sets, split, tables
from tools import chapters as rows
from tools.lint import contradictions, findings, letters, wrongs

pytestmark = pytest.mark.quick
ROOT = Path(__file__).parents[2]
FILES = [chapter.path for chapter in rows.chapters()]
ITEM = """
[[recall]]
question = "What does κ make of x?"
[[recall.options]]
text = "D < m features & more"
reason = "It makes D features."
[[recall.options]]
text = "features"
reason = "They are what the model sees."
right = true
"""


NUMBER = """
[["warm up"]]
question = "How many multiplications are 64 · 4160 · 5?"
right = 1331200
within = 100
reason = "One after the other."
near = [{ number = 20480, reason = "That is 64 · 5 · 64." }]
"""


class Well(HTMLParser):
    """Refuses HTML in which elements are not closed in the order in which they were opened."""

    def __init__(self, html):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open += [tag] * (tag not in ("img", "br"))  # these hold nothing and are never closed
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def attributes(self, tag):
        return [attributes for name, attributes in self.seen if name == tag]


# ---- symbols ----------------------------------------------------------------------------------------------------------------------


def test_every_symbol_name_to_say_and_name_in_the_code_has_one_meaning():
    assert set(one_meaning(SYMBOLS)) == {row.symbol for row in SYMBOLS}


@pytest.mark.parametrize("field", ["symbol", "latex", "say", "code"])
def test_a_second_meaning_is_refused_and_both_are_told(field):
    second = Symbol("ζ", r"\zeta", "zeta", "the rate of learning", "one number", "lr")._replace(**{field: getattr(SYMBOLS[3], field)})
    with pytest.raises(ValueError, match=rf"{field} .* has two meanings, 'how many rows a batch has' and 'the rate of learning'"):
        one_meaning([*SYMBOLS, second])


def test_every_row_says_everything_that_a_reader_needs():
    for row in SYMBOLS:
        assert row.symbol and row.latex and row.say and row.meaning and row.shape, row
        assert row.term in ("", *"κξψπg", "fusion"), row


def test_the_names_in_the_code_exist():
    """Names that begin with rpn are looked up in the package; the others belong to a head, a trace or a model of this size."""
    formula = rpn.Formula(rpn.expansion.Taylor(order=2), rpn.reconciliation.Kronecker())
    model = rpn.RPN([4, 2], formula)
    head = model.layers[0].heads[0]
    x = torch.ones(3, 4)
    trace = head.trace(x)
    names = {
        "rpn": rpn,
        "head": head,
        "trace": trace,
        "model": model,
        "x": x,
        "xi": formula.attribute,
        "psi": formula.reconciliation,
        "math": math,
    }
    dotted = [row.code for row in SYMBOLS if re.match(r"(len\()?\w+[.(]", row.code) or row.code == "x"]
    assert len(dotted) >= 15
    for code in dotted:
        assert eval(code, {**names, "len": len}) is not None, code
    values = {row.symbol: eval(row.code, {**names, "len": len}) for row in SYMBOLS if row.symbol in tuple("bmnDK")}
    assert values == {"b": 3, "m": 4, "n": 2, "D": 20, "K": 1}
    assert tuple(head.matrix().shape) == (2, 20) and trace.kappa_xi.shape == (3, 20)


def test_a_table_shows_the_named_rows_in_the_order_of_the_course():
    table = symbols("D", "ψ", "m", "κ_ξ")
    assert [row.symbol for row in table.rows] == ["m", "D", "κ_ξ", "ψ"]
    assert [line.split()[0] for line in repr(table).splitlines()] == ["symbol", "m", "D", "κ_ξ", "ψ"]
    assert "how many features κ makes" in repr(table)
    assert len(symbols().rows) == len(SYMBOLS)


def test_a_table_can_be_walked_through_by_a_screen_reader():
    page = Well(html := symbols("x", "κ_ξ", "fusion")._repr_html_())
    assert len(page.attributes("caption")) == 1
    assert [cell.get("scope") for cell in page.attributes("th")] == ["col"] * 5 + ["row"] * 3
    assert len(page.attributes("td")) == 3 * 4
    assert "κ<sub>ξ</sub>" in html and "<script" not in html and "<td" in html


@pytest.mark.parametrize(("name", "near"), [("kappa", "did you mean κ"), ("h_k", "did you mean H_k"), ("ζ", "there are x X y b")])
def test_an_unknown_symbol_is_answered_with_the_nearest_ones(name, near):
    with pytest.raises(LookupError, match=f"{name!r}.*{near}"):
        symbols("x", name)


def test_questions_and_symbols_need_no_widgets_and_nothing_beyond_the_standard_library():
    inside = [path for path in (ROOT / "rpn_edu/course").glob("*.py") if path.stem != "comparing"]  # that one is for the exercises
    paths = [*inside, *(ROOT / f"rpn_edu/shared/{name}.py" for name in ("terms", "progress"))]
    files = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    imports = [node for file in files for node in ast.walk(file) if isinstance(node, ast.Import | ast.ImportFrom)]
    below = {*((1, name) for name in ("checking", "progress", "quiz", "symbols", "writing"))}
    below |= {(2, name) for name in ("shared", "shared.machine", "shared.progress", "shared.terms", "shared.words")}
    below |= {(2, "shared.alone")}  # where an answer is judged
    for node in imports:
        if isinstance(node, ast.ImportFrom) and node.level:
            assert (node.level, node.module) in below, ast.unparse(node)
        else:
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names, ast.unparse(node)


# ---- questions --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mine(tmp_path):
    """Writes a file of questions, and gives its path."""

    def write(text, name="mine.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.mark.parametrize("section", TITLES)
@pytest.mark.parametrize("chapter", chapters())
class TestShippedQuestions:
    def test_are_two_or_three_with_a_reason_for_every_option(self, chapter, section):
        asked = quiz(chapter, section).questions
        assert 2 <= len(asked) <= 3
        for question in asked:
            assert 2 <= len(question.options) <= 5
            assert [option.right for option in question.options].count(True) == 1
            assert len({option.reason for option in question.options}) == len(question.options)

    def test_are_shown_complete_and_well_formed_without_a_script(self, chapter, section):
        shown = quiz(chapter, section)
        page = Well(html := shown._repr_html_())
        options = [option for question in shown.questions for option in question.options]
        assert len(page.attributes("details")) == len(page.attributes("summary")) == len(options)
        assert len(page.attributes("fieldset")) == len(page.attributes("legend")) == len(shown.questions)
        assert html.count("✓ Right.") == len(shown.questions)
        assert html.count("✗ Not quite.") == len(options) - len(shown.questions)
        assert not re.search(r"<(script|style|a|img)\b|\bon\w+=|\bopen\b", html.replace("opens", ""))

    def test_as_text_give_no_answer_away(self, chapter, section):
        shown = quiz(chapter, section)
        for question in shown.questions:
            assert question.question in repr(shown)
            for option in question.options:
                assert option.text in repr(shown) and option.reason not in repr(shown)
        assert "✓" not in repr(shown) and "right" not in repr(shown).lower().split()

    def test_give_a_symbol_no_second_meaning(self, chapter, section):
        for question in quiz(chapter, section).questions:
            for text in (question.question, *(text for option in question.options for text in (option.text, option.reason))):
                assert list(contradictions(text)) == [] and "$" not in text


@pytest.mark.parametrize("chapter", chapters())
def test_the_right_options_of_a_chapter_do_not_all_stand_at_the_same_place(chapter):
    asked = [question for section in read(chapter).values() for question in section]
    assert len({[option.right for option in question.options].index(True) for question in asked}) > 1


def test_a_teacher_shows_a_file_of_his_own(mine):
    for path in (mine(ITEM), str(mine(ITEM))):
        (question,) = quiz(path, "recall").questions
        assert question.question == "What does κ make of x?" and question.options[1].right
    assert "D &lt; m features &amp; more" in quiz(path, "recall")._repr_html_()
    Well(quiz(path, "recall")._repr_html_())


RICH = """
[["Warm up: shapes, 5 minutes"]]
question = '''What does
  `kappa(x)` make of $x < y$? It is made so:
```python
def kappa(x):
    return x < 1
```
Look at ![a red dot](dot.png) it.'''
several = true
options = [
    { text = "![a red dot](dot.png)", reason = "A picture, $D$." },
    { text = "`D` features", reason = "D $= 2$.", right = true },
    { text = "columns", reason = "One a feature.", right = true },
]
"""


def test_a_question_holds_formulas_code_and_pictures_under_a_section_of_any_name(mine):
    path = mine(RICH)
    (path.parent / "dot.png").write_bytes(b"a picture")
    shown = quiz(path, "Warm up: shapes, 5 minutes")
    page = Well(told := shown._repr_html_())
    assert page.attributes("img") == 2 * [{"alt": "a red dot", "src": "data:image/png;base64,YSBwaWN0dXJl", **page.attributes("img")[0]}]
    assert "$x &lt; y$" in told and "<code>kappa(x)</code>" in told and "(Several are right.)" in told
    assert "def kappa(x):\n    return x &lt; 1</code>" in told, "the lines of a program stay lines"
    assert repr(shown).splitlines()[0] == "Warm up: shapes, 5 minutes" and "   - a red dot" in repr(shown)
    assert "What does `kappa(x)` make of $x < y$? It is made so:" in repr(shown)


@pytest.mark.parametrize(
    ("given", "right", "said"),
    [
        ([2, 3], True, "✓ Right. D $= 2$."),
        ({3, 2}, True, "✓ Right."),
        (2, False, "✗ Not yet. D $= 2$. There are more."),
        ([1, 2, 3], False, "✗ Not quite. A picture, $D$."),
    ],
)
def test_several_options_are_judged_together(given, right, said, mine):
    path = mine(RICH)
    (path.parent / "dot.png").write_bytes(b"a picture")
    verdict = quiz(path, "Warm up: shapes, 5 minutes").answer(1, given)
    assert verdict.right is right and verdict.says.startswith(said)


@pytest.mark.parametrize(
    ("given", "right", "said"),
    [
        (1331200, True, "✓ Right. One after the other."),
        (torch.tensor(1331101.0), True, "✓ Right."),
        ("1331300", True, "✓ Right."),
        (1331301, False, "✗ That is not it."),
        (20480, False, "✗ That is 64 · 5 · 64."),
    ],
)
def test_a_number_is_right_up_to_its_tolerance_and_a_known_mistake_is_named(given, right, said, mine):
    shown = quiz(mine(NUMBER), "warm up")
    assert shown.answer(1, given) == Verdict(right, said if right is False or said.endswith("other.") else f"{said} One after the other.")
    page = Well(told := shown._repr_html_())
    assert len(page.attributes("details")) == 1 and "1,331,200</b> (up to 100 more or less is right, too)" in told
    assert "1331200" not in repr(shown) and "1,331,200" not in repr(shown)


@pytest.mark.parametrize(
    ("text", "number", "given", "error", "said"),
    [
        (NUMBER, 2, 1, LookupError, "warm up has the questions 1 to 1, got 2"),
        (NUMBER, 1, "many", TypeError, "an answer must be a number, got 'many'"),
        (RICH.replace("![a red dot](dot.png)", "dot"), 1, [], ValueError, "an answer must name an option at least"),
        (RICH.replace("![a red dot](dot.png)", "dot"), 1, 4, ValueError, "there are the options 1 to 3, got 4"),
        (
            RICH.replace("![a red dot](dot.png)", "dot"),
            1,
            "features",
            TypeError,
            "the number of an option or a list of them, got 'features'",
        ),
    ],
)
def test_what_cannot_be_an_answer_is_refused(text, number, given, error, said, mine):
    path = mine(text)
    with pytest.raises(error, match=re.escape(said)):
        quiz(path, next(iter(read(path)))).answer(number, given)


def test_a_section_that_is_written_otherwise_is_found_by_the_near_miss(mine):
    with pytest.raises(LookupError, match="no section 'recall'; did you mean recal?"):
        quiz(mine(ITEM.replace("recall", "recal")), "recall")


WRONG = {
    "two right": (
        ITEM.replace('= "It makes D features."', '= "It makes D."\nright = true'),
        "exactly one option is right, got 2; several = true allows more",
    ),
    "none right": (ITEM.replace("right = true", ""), "mine.toml, recall, question 1: exactly one option is right, got 0"),
    "one option": (ITEM[: ITEM.rindex("[[recall.options]]")], "question 1: at least 2 options were wanted"),
    "no options": (ITEM[: ITEM.index("[[recall.options]]")], "question 1: at least 2 options were wanted"),
    "no reason": (
        ITEM.replace('reason = "It makes D features."', ""),
        "question 1, option 1: reason must be a text that is not empty, got None",
    ),
    "empty text": (ITEM.replace('"features"', '"  "'), "question 1, option 2: text must be a text that is not empty"),
    "empty question": (ITEM.replace('"What does κ make of x?"', '""'), "question 1: question must be a text"),
    "number": (ITEM.replace('"features"', "7"), "option 2: text must be a text that is not empty, got 7"),
    "same twice": (ITEM.replace('"D < m features & more"', '"features"'), "question 1: two options say the same"),
    "right in words": (ITEM.replace("= true", '= "yes"'), "option 2: right must be true or false, got 'yes'"),
    "key of an option": (ITEM.replace("reason", "reasons", 1), "option 1: unknown key 'reasons'; did you mean reason?"),
    "key of a question": (ITEM.replace("question", "questoin", 1), "question 1: unknown key 'questoin'; did you mean question?"),
    "infinite": (NUMBER.replace("right = 1331200", "right = inf"), "question 1: right must be a number, got inf"),
    "number in words": (NUMBER.replace("right = 1331200", 'right = "many"'), "question 1: right must be a number, got 'many'"),
    "below nothing": (NUMBER.replace("within = 100", "within = -1"), "question 1: within must be 0 or more, got -1"),
    "near and right": (NUMBER.replace("number = 20480", "number = 1331299"), "near 1: 1331299 is right, since 1331200 ± 100 is"),
    "number and options": (NUMBER + "options = []", "question 1: unknown key 'options'"),
    "several, none right": (ITEM.replace("right = true", "").replace('x?"', 'x?"\nseveral = true'), "at least one option is right, got 0"),
    "picture without words": (ITEM.replace('"features"', '"![ ](dot.png)"'), "option 2: text: the picture 'dot.png' needs words"),
    "picture that is not there": (ITEM.replace('"features"', '"![a dot](dot.png)"'), "no picture 'dot.png' lies beside the file"),
    "no picture": (ITEM.replace('"features"', '"![a dot](mine.toml)"'), "'mine.toml' is no picture: .png"),
    "no list": ('recall = "What?"', "mine.toml, recall: at least 1 questions were wanted"),
    "no TOML": ("[[recall", "mine.toml is not TOML"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_the_place_and_what_was_wanted(name, mine):
    text, said = WRONG[name]
    with pytest.raises(ValueError, match=re.escape(said)):
        read(mine(text))


def test_an_unknown_chapter_section_or_file_is_answered(mine):
    with pytest.raises(FileNotFoundError, match="'00_strat.toml' with questions; did you mean 00_start?"):
        quiz("00_strat", "recall")
    with pytest.raises(LookupError, match="00_start.toml has no section 'exits'; did you mean exit?"):
        quiz("00_start", "exits")
    with pytest.raises(LookupError, match="mine.toml has no section 'exit'; it has recall"):
        quiz(mine(ITEM), "exit")
    with pytest.raises(FileNotFoundError, match="nowhere.toml"):
        quiz(Path("nowhere.toml"), "exit")


# ---- what editors and systems do to a text -----------------------------------------------------------------------------------------


def written_as(text, encoding="utf-8", before=b"", after=b"", ends="\n"):
    return before + text.replace("\n", ends).encode(encoding) + after


AS_WRITTEN = {
    "plain": {},
    "a byte order mark": {"before": codecs.BOM_UTF8},
    "two byte order marks": {"before": codecs.BOM_UTF8 * 2},
    "Windows": {"before": codecs.BOM_UTF8, "ends": "\r\n"},
    "old Mac": {"ends": "\r"},
    "UTF-16, little end first": {"encoding": "utf-16-le", "before": codecs.BOM_UTF16_LE, "ends": "\r\n"},
    "UTF-16, big end first": {"encoding": "utf-16-be", "before": codecs.BOM_UTF16_BE},
    "a crash": {"after": bytes(40)},
    "DOS": {"ends": "\r\n", "after": b"\x1a"},
}


@pytest.mark.parametrize("name", AS_WRITTEN)
@pytest.mark.parametrize(
    "change", [str, str.rstrip, lambda text: text.replace(" = ", "\t=\t"), lambda text: text + codecs.BOM_UTF8.decode() + text]
)
def test_a_file_of_questions_is_read_whatever_an_editor_or_a_system_did_to_it(name, change, tmp_path):
    file = tmp_path / "Übung.TOML"
    file.write_bytes(written_as(change(ITEM), **AS_WRITTEN[name]))
    asked = read(file)["recall"]
    assert {question.question for question in asked} == {"What does κ make of x?"} and len(asked) == change(ITEM).count("[[recall]]")
    assert [option.right for option in asked[0].options] == [False, True]


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_a_table_of_data_is_read_whatever_an_editor_or_a_system_did_to_it(name, tmp_path, monkeypatch):
    whole = {file: split.place_of(file) for file in ("feynman.csv", "karate.csv")}
    wanted = list(tables.read("feynman.csv")), data.karate().links
    for file, path in whole.items():
        (tmp_path / file).write_bytes(written_as(path.read_text(encoding="utf-8"), **AS_WRITTEN[name]))
    for module in (sets, tables):
        monkeypatch.setattr(module, "place_of", tmp_path.joinpath)
    assert repr((list(tables.read("feynman.csv")), data.karate().links)) == repr(wanted)


LATIN = ITEM.replace("κ", "k").strip()
SPOILT = {
    "Windows-1252": (LATIN.replace("more", "Übung").encode("cp1252"), "the byte 0xdc in line 4 is no letter; in Windows-1252 it is 'Ü'"),
    "UTF-16 without a mark": (LATIN.encode("utf-16-le"), "the byte 0x00 in line 1 is no letter. Save it as UTF-8"),
    "UTF-32": (ITEM.encode("utf-32"), "is not UTF-16: the byte 0x00 in line 1 is no letter. Save it as UTF-8"),
    "half of UTF-16": (ITEM.encode("utf-16")[:-1], "is not UTF-16"),
    "curly quotes": (ITEM.replace('"features"', "“features”").encode(), "line 8, column 8); LEFT DOUBLE QUOTATION MARK stands there"),
    "a fixed blank": (ITEM.replace("right = ", "right =\xa0").encode(), "NO-BREAK SPACE stands there, no plain letter of the keyboard"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_letters_that_cannot_be_known_are_refused_with_the_place_and_the_cure(name, tmp_path):
    content, said = SPOILT[name]
    (tmp_path / "mine.toml").write_bytes(content)
    with pytest.raises(ValueError, match=f"mine.toml.*{re.escape(said)}"):
        quiz(tmp_path / "mine.toml", "recall")


def test_a_path_is_found_as_people_write_it(mine, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    file = mine(ITEM)
    mine(ITEM, "no suffix")
    for name in ("~/mine.toml", Path("~/mine.toml"), bytes(file), tmp_path / "no suffix"):
        assert len(quiz(name, "recall").questions) == 1
    mine(ITEM, "theirs.toml.txt")
    with pytest.raises(FileNotFoundError, match="theirs.toml with questions; did you mean theirs.toml.txt?"):
        quiz(tmp_path / "theirs.toml", "recall")
    with pytest.raises(FileNotFoundError, match="with questions; a folder is there"):
        quiz(tmp_path, "recall")
    for none in (None, 3, "a\0.toml"):
        with pytest.raises((TypeError, ValueError), match=re.escape(f"quiz.chapter must be a path, got {none!r}")):
            quiz(none, "recall")
    with pytest.raises(FileNotFoundError, match="'../items/00_start.toml' with questions; did you mean 00_start"):
        quiz("../items/00_start", "recall")


# ---- old consoles -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8"])
def test_what_is_printed_shows_question_marks_where_a_console_lacks_letters(encoding, monkeypatch):
    from rpn_edu.explore import contact_sheet

    console = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", console)
    model = rpn.RPN([2, 3, 1], [[rpn.Formula(), rpn.Formula(rpn.expansion.Taylor(), output=rpn.Output("batch"))], rpn.Formula()])
    shown = [symbols(), *(quiz(chapter, section) for chapter in chapters() for section in TITLES), contact_sheet("fusion")]
    shown += [model, model.trace(torch.zeros(4, 2)), data.karate(), data.curve(), *data.equations()]
    shown += [sample for row in rpn.CATALOGUE.values() for sample in row.samples()]
    for one in shown:
        print(one)
        assert str(one) == repr(one).encode(encoding, "replace").decode(encoding) or isinstance(one, data.Equation)
    console.flush()
    said = console.buffer.getvalue().decode(encoding)
    assert ("how many features κ makes" if encoding == "utf-8" else "how many features ? makes") in said


# ---- chapters ---------------------------------------------------------------------------------------------------------------------


def calls(path):
    """Every call of every code cell."""
    found = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    trees = [ast.parse("".join(cell["source"])) for cell in found]
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestChapter:
    def test_gives_every_letter_the_meaning_of_the_table(self, path):
        assert findings(path) == []

    def test_asks_before_and_after_and_shows_its_symbols(self, path):
        asked = {tuple(ast.literal_eval(a) for a in call.args) for call in calls(path) if call.func.id == "quiz"}
        assert {(path.stem, section) for section in TITLES} <= asked
        assert set(read(path.stem)) == set(TITLES)
        assert [call for call in calls(path) if call.func.id == "symbols" and call.args]

    def test_counts_its_explorers_and_controls(self, path):
        counted = rows.read(path)
        assert counted.explorers == sum(call.func.id == "Explorer" for call in calls(path))
        assert counted.explorers >= 5, f"{path.stem} has {counted.explorers} explorers, and a chapter five"
        assert counted.controls >= 2 * counted.explorers


# ---- the linter itself ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        (r"\langle \kappa_{\xi}(x), \psi(w) \rangle + \pi(x)", "κ x ψ w π x"),
        (r"\text{rank}\,r \le \min(n, D), \quad \mathrm{span}", "r n D"),
        (r"x^{k-1} + \tfrac{1}{2} A^\top X_{i,j}", "x k A X"),
        (r"\sum_{i=1}^{m} \sin(k x_i) \in \mathbb{R}", "m k x"),
        (r"κ(x), m', \hat{y}", "κ x m y"),
        (r"\begin{aligned} W &= w \end{aligned}", "W w"),
    ],
)
def test_letters_are_what_is_left_without_words_commands_and_indices(formula, found):
    assert [letter for letter, _ in letters(formula)] == found.split()


GOOD = (
    "$D$ is how many features κ makes, and the number of inputs is $m$.",
    "Here κ is a sine, $W$ equals the product $A A^\\top$, and $H_1$ is the output of layer 1.",
    "π is `Identity`. `$q$` is code. Let $r$ be the rank. D = number of features",
    "The number of learned numbers $l$ grows. $x_1$ is the first pixel. $2\\pi(x)$ is twice as much.",
    "| input | degree |\n|---|---|\n| $x$ | $k$ |",
)
BAD = {
    "a letter without a meaning": ("We write $\\alpha x$.", "α is no symbol of the course, in $\\alpha x$"),
    "an index missing": ("Then $T(x)$.", "T without an index is no symbol of the course, T_k is"),
    "a second meaning": ("$D$ is the depth of the model.", "D is 'how many features κ makes' in this course, not 'depth of the model'"),
    "a second meaning of a Greek letter": ("Here ψ is the learning rate.", "not 'learning rate'"),
    "a second meaning by let": ("Let $k$ be the kernel width.", "not 'the kernel width'"),
    "a second meaning as a count": ("D = number of layers", "not 'layers'"),
    "a second meaning after the noun": ("With the number of layers $D$ it grows.", "not 'layers'"),
    "a second meaning over two lines": ("Here **$m$** is\nthe momentum.", "not 'momentum'"),
    "a second meaning with an index": ("$H_2$ is the entropy.", "H_k is 'the output of layer k'"),
    "the number pi": (r"$\sin(2\pi k x)$", "π is the remainder"),
    "a table of symbols": ("| Symbol | say |\n|---|---|\n| $x$ | x |", "a table of symbols written by hand"),
    "a table of symbols in HTML": ("<table><tr><th>Symbol</th></tr></table>", "a table of symbols written by hand"),
}


@pytest.mark.parametrize("text", GOOD)
def test_the_linter_lets_the_table_s_own_words_pass(text):
    assert list(wrongs(text)) == []


@pytest.mark.parametrize("name", BAD)
def test_the_linter_refuses_a_planted_chapter_and_names_cell_and_symbol(name, tmp_path):
    text, said = BAD[name]
    cells = [{"cell_type": "markdown", "source": ["Words.\n"]}, {"cell_type": "markdown", "source": text.splitlines(keepends=True)}]
    (tmp_path / "09_planted.ipynb").write_text(json.dumps({"cells": cells}))
    (found,) = findings(tmp_path / "09_planted.ipynb")
    assert found.startswith("09_planted, cell 1: ") and said in found
