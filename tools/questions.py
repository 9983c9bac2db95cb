"""What a chapter must not give away: what is right for the question above a picture, and which option of a quiz is the right one.

`spoilt(cells)` reads the cells of a notebook, `tilted(name, questions)` a list of questions; both give sentences.
tools/lint.py asks the first of every notebook, tests/course/test_course.py the second of all quizzes.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rpn_edu.kit.notes import Asked, asked as predicted, source

TITLE = "# The numbers of this section"
CLOSED = re.compile(r"<details>.*?</details>", re.S)
HEADING = re.compile(r"^##? ", re.M)
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?: (?:thousand|million))?(?![\w]|\.\d)")
POWERS = {"thousand": 1e3, "million": 1e6}
REASON = re.compile(r"[:;] *\w|\s[-–—]\s|\b(?:because|since|so that)\b|[.!?]\s+\w", re.I)
SMALL = set("a an the it its they them this that these those is are be of to in on at as and or some all one then but about still".split())


# ---- what can be read -------------------------------------------------------------------------------------------------------------


def asked(cell: dict[str, Any]) -> tuple[Asked | None, list[str]]:
    """The question of a cell that offers choices, and the names of its presets: they can be read while it waits."""
    calls = [node for node in ast.walk(ast.parse(source(cell))) if isinstance(node, ast.Call)] if cell["cell_type"] == "code" else []
    menus = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "presets"]
    names = [key.value for menu in menus if isinstance(menu, ast.Dict) for key in menu.keys if isinstance(key, ast.Constant)]
    question = next((one for one in predicted(cell) if one.choices), None)
    return question, names if question else []


def is_folded(cell: dict[str, Any]) -> bool:
    """Whether the source of a cell is folded."""
    return cell["metadata"].get("jupyter", {}).get("source_hidden", False)


def printed(cell: dict[str, Any]) -> str:
    """What a cell shows, in words: a picture by its alt text."""
    outputs = cell.get("outputs", [])
    return "\n".join("".join(out.get("text") or out.get("data", {}).get("text/plain", "")) for out in outputs)


def visible(cell: dict[str, Any]) -> str:
    """What a reader sees of a cell without opening anything. What a folded cell prints is seen: a front end unfolds it when it runs."""
    if cell["cell_type"] == "markdown":
        return CLOSED.sub("", source(cell))
    return printed(cell) if is_folded(cell) else f"{source(cell)}\n{printed(cell)}"


def below(cells: Sequence[dict[str, Any]], place: int) -> Iterator[tuple[int, str]]:
    """What is seen from a question on to the next heading or question, by cell."""
    for number in range(place, len(cells)):
        cell = cells[number]
        if number > place and cell["cell_type"] == "code" and asked(cell)[0]:
            return
        text = visible(cell)
        heading = HEADING.search(text) if cell["cell_type"] == "markdown" else None
        yield number, text[: heading.start()] if heading else text
        if heading:
            return


# ---- what tells -------------------------------------------------------------------------------------------------------------------


def numbers_of(text: str) -> list[float]:
    """All numbers of a text, also 482,505,744 and 480 million."""
    parts = [written.replace(",", "").partition(" ") for written in NUMBER.findall(text)]
    return [float(digits) * POWERS.get(power, 1) for digits, _, power in parts]


def stems(text: str) -> set[str]:
    """The words of a text that say something, without their endings."""
    return {word.rstrip("s") for word in re.findall(r"[a-zκξψπ]+", text.lower()) if word not in SMALL}


def tells(question: Asked, text: str, own: bool = False) -> str:
    """The line of a text that says what is right, or nothing: all of its words, and its numbers one after the other.

    Beside the question, its `own` numbers tell nothing.
    """
    words, numbers = stems(NUMBER.sub(" ", question.right)), numbers_of(question.right)
    if own and numbers and set(numbers) <= {*numbers_of(question.question)}:
        return ""
    near = 0.03 if "about" in question.right else 1e-9
    for line in re.split(r"\n|(?<=[.:?!;]) ", text):
        found = numbers_of(line)
        runs = [found[at : at + len(numbers)] for at in range(len(found) - len(numbers) + 1)]
        told = any(all(abs(a - b) <= near * abs(b) for a, b in zip(run, numbers, strict=True)) for run in runs)
        if told and words <= stems(line) and (words or numbers or question.right.lower() in line.lower()):
            return line.strip()
    return ""


def explains_itself(option: str) -> bool:
    """Whether an option holds its own reason: a colon, a dash, a second sentence or a "because"."""
    return bool(REASON.search(option))


def spoilt(cells: Sequence[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """(cell, sentence) for everything that gives a question away, and for asserts that nobody can tell from none."""
    for number, cell in enumerate(cells):
        question, presets = asked(cell)
        if question:
            for place, text in below(cells, number):
                if line := tells(question, "\n".join([text, *presets * (place == number)]), own=place == number):
                    yield place, f"tells that {question.right!r} is right for {question.question!r}: {line[:120]!r}"
            yield from ((number, f"the choice {choice!r} holds its own reason") for choice in question.choices if explains_itself(choice))
        if cell["cell_type"] == "code":
            yield from ((number, sentence) for sentence in silent(cell))


def silent(cell: dict[str, Any]) -> Iterator[str]:
    """What a cell with asserts that has run must say, and where it must be folded."""
    count = sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source(cell))))
    holds = {1: "the statement holds", 2: "both statements hold"}.get(count, f"all {count} statements hold")
    said, numbers, ran = printed(cell).strip(), source(cell).startswith(TITLE), bool(cell.get("execution_count"))
    if numbers and not is_folded(cell):
        yield "the numbers of a section are folded"
    if numbers and ran and said != holds:
        yield f"says {said!r}, and not {holds!r} alone"
    elif ran and count and not said:
        yield "asserts in silence: print what held"


# ---- what can be guessed ----------------------------------------------------------------------------------------------------------


class Options(NamedTuple):
    """The options of a question, and the place of the right one."""

    texts: tuple[str, ...]
    place: int


def tilted(name: str, questions: Iterable[Options], longest: float = 0.0, others: float = 4.0) -> Iterator[str]:
    """Sentences: where a simple rule gives more right answers than chance. Everybody who guesses tries the longest option first.

    `longest` and `others` say how many right answers more than chance a rule may give.
    """
    questions = [*questions]
    for what, guess in RULES.items():
        right = sum(map(guess, questions))
        chance = sum(1 / len(one.texts) for one in questions if what != "option 4" or len(one.texts) > 3)
        if right > chance + (longest if what == LONGEST else others):
            yield f"{name}: {what} is right {right:.3g} times of {len(questions)}, chance is {chance:.1f}"


def ranked(question: Options, rank: int) -> float:
    """How often one is right who takes the shortest option (0), the second (1), ... or the longest (-1): a tie is drawn by lot."""
    lengths = [len(text) for text in question.texts]
    best = [place for place, length in enumerate(lengths) if length == sorted(lengths)[rank]]
    return (question.place in best) / len(best)


LONGEST = "the longest option"
RULES: dict[str, Callable[[Options], float]] = {
    LONGEST: lambda question: ranked(question, -1),
    "the shortest option": lambda question: ranked(question, 0),
    "the option of middle length": lambda question: ranked(question, 1),
    **{f"option {place + 1}": lambda question, place=place: float(question.place == place) for place in range(4)},
}
