"""What a chapter must not say: a letter without a meaning or with a second one, a symbol table of its own, the answer to a question.

`findings(path)` reads a notebook and returns sentences: chapter, cell, symbol, what is wrong.
`python -m tools.lint notebook ...` prints them.
tests/course/test_course.py judges every chapter.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rpn_edu.course.symbols import SYMBOLS, Symbol
from tools.questions import spoilt

GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega "
        "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(),
        strict=True,
    )
)
LETTERS = {f"\\{name}": letter for letter, name in GREEK.items()} | {r"\varphi": "φ", r"\varepsilon": "ε", r"\vartheta": "θ", r"\ell": "ℓ"}
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)
MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+(?:\n[^$\n]+)?)\$", re.S)
UPRIGHT = re.compile(r"\\(?:text|textbf|textit|mathrm|operatorname|mathbb|begin|end)\*?\s*\{[^{}]*\}")  # words, sets, environments
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\S")
NUMBER_PI = re.compile(r"\d\s*(?:\\,)?\s*(?:\\pi(?![A-Za-z])|π)(?!\s*[(_])|(?:\\pi|π)\s*/\s*\d")
TABLE = re.compile(r"^\s*\|[\s*`]*(?:symbols?|letters?|notation)[\s*`]*\||<th[^>]*>\s*(?:symbol|letter|notation)", re.I | re.M)


# ---- letters ----------------------------------------------------------------------------------------------------------------------


def letters(formula: str) -> Iterator[tuple[str, str]]:
    r"""("κ", ""), ("H", "k"): every letter of a formula with its index. Commands, words in \text and what stands in an index are none."""
    tokens = TOKEN.findall(UPRIGHT.sub(" ", formula))
    at = 0
    while at < len(tokens):
        letter, at = LETTERS.get(tokens[at], tokens[at]), at + 1
        index, at = index_at(tokens, at)
        if len(letter) == 1 and letter.isalpha():
            yield letter, index


def index_at(tokens: list[str], at: int) -> tuple[str, int]:
    """The index that begins at a token, primes before it left out, and where it ends."""
    start = at
    while at < len(tokens) and tokens[at] in ("'", "′"):
        at += 1
    if at >= len(tokens) or tokens[at] != "_":
        return "", start
    at, depth, inside = at + 1, 0, []
    while at < len(tokens):
        depth += (tokens[at] == "{") - (tokens[at] == "}")
        inside.append(tokens[at])
        at += 1
        if depth == 0:
            break
    return "".join(inside).strip("{}"), at


def alphabet() -> dict[str, bool]:
    """{"κ": True, "T": False}: the letters of the table, and whether they may stand without an index."""
    found: dict[str, bool] = {}
    for row in SYMBOLS:
        for letter, index in letters(row.latex):
            found[letter] = found.get(letter, False) or not index
    return found


ALPHABET = alphabet()


def strange(formula: str) -> Iterator[str]:
    """What is wrong with the letters of a formula."""
    for letter, index in letters(formula):
        if letter not in ALPHABET:
            yield f"{letter} is no symbol of the course"
        elif not index and not ALPHABET[letter]:
            known = " and ".join(row.symbol for row in SYMBOLS if row.symbol.startswith(f"{letter}_"))
            yield f"{letter} without an index is no symbol of the course, {known} is"
    if NUMBER_PI.search(formula):
        yield "π is the remainder; the number is written 3.14… or in words (a full turn)"


# ---- meanings ---------------------------------------------------------------------------------------------------------------------

# What else is true of a symbol, in other words than the table's.
ALSO = {
    "x": "input inputs vector point image sample example",
    "X": "inputs matrix",
    "b": "size",
    "m": "attributes pixels columns width",
    "n": "rows classes width",
    "κ": "basis map function identity",
    "D": "columns width length",
    "w": "row rows vector weights parameters",
    "l": "length weights parameters",
    "ψ": "map function identity",
    "π": "map function identity constant",
    "W": "weights",
    "g": "model sum result prediction",
    "K": "depth",
    "d_k": "width",
    "f": "curve",
    "ξ": "map function identity",
}
SMALL = set(
    "the and that what how many much number numbers count one two each any where with from for are has have there all into this our its "
    "see really different same other first last next only".split()
)
SYMBOL = r"(\$[^$\n]{1,30}\$|(?<![\w(])[κξψπ](?:_ξ)?(?:\([^)\s]*\))?)"
VERB = r"(?:is|are|was|means|denotes|names|counts|stands for|=)"
REST = r"([^.,;:(|$]+)"
DEFINITIONS = tuple(
    re.compile(pattern)
    for pattern in (
        # `κ is a sine` is an instance, `$D$ is a length` a definition
        rf"{SYMBOL}\s+{VERB}\s+(?:the|how many|how much)\b{REST}",
        rf"(\$[^$\n]{{1,30}}\$)\s+{VERB}\s+an?\b{REST}",
        rf"\b[Ll]et\s+{SYMBOL}\s+be\b{REST}",
        rf"(?<![\w$\\])([A-Za-z])\s*(?:=|:|\bis\b|\bare\b)\s*(?:the\s+)?(?:number of|how many)\b{REST}",
        r"(?:number of|how many)\s+(?P<rest>\w+(?:\s+\w+){0,2}?),?\s+(?:is\s+|called\s+|written\s+)?(?P<symbol>\$[^$\n]{1,30}\$)",
    )
)
CLAUSE = re.compile(r"\b(?:that|which|where|when|and|with|so|because|but|if|whose)\b")


def stems(text: str) -> set[str]:
    return {word.rstrip("s")[:5] for word in re.findall(r"[a-z]{3,}", text.lower()) if word not in SMALL}


def row_of(written: str) -> Symbol | None:
    r"""The row that `$\kappa(x)$`, `$H_1$`, `κ_ξ` or `D` stands for. A letter with an index that its row lacks ($x_1$) is another thing."""
    found = list(letters(re.sub(r"\([^()]*\)|\([^()]*\)", "", written.strip("$"))))
    if len(found) != 1:
        return None
    (letter, index), primed = found[0], bool(re.search(r"['′]", written))
    for row in SYMBOLS:
        for known, its_index in letters(row.latex):
            if known == letter and bool(its_index) == bool(index) and ("'" in row.latex) == primed:
                return row
    return None


def contradictions(text: str) -> Iterator[str]:
    """Sentences that define a symbol of the table in words of which none is the table's."""
    text = re.sub(r"<[^>]+>|\*", "", CODE.sub("…", text))
    for paragraph in re.split(r"\n\s*\n", text):
        flat = " ".join(paragraph.split())
        for pattern in DEFINITIONS:
            for hit in pattern.finditer(flat):
                named = hit.groupdict()
                written, said = (named["symbol"], named["rest"]) if named else hit.groups()
                row = row_of(written)
                said = CLAUSE.split(said)[0]
                if row and stems(said) and not stems(said) & stems(f"{row.meaning} {row.say} {ALSO.get(row.symbol, '')}"):
                    yield f"{row.symbol} is {row.meaning!r} in this course, not {said.strip()!r} (no definition? write 'equals')"


# ---- chapters ---------------------------------------------------------------------------------------------------------------------


def findings(path: Path) -> list[str]:
    """Everything that is wrong with one notebook, as sentences that name chapter and cell."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = [(number, "".join(cell["source"])) for number, cell in enumerate(cells) if cell["cell_type"] == "markdown"]
    found = [(number, wrong) for number, text in texts for wrong in wrongs(text)]
    return [f"{path.stem}, cell {number}: {wrong}" for number, wrong in (*found, *spoilt(cells))]


def wrongs(text: str) -> Iterable[str]:
    bare = CODE.sub(" ", text)
    for hit in MATH.finditer(bare):
        yield from (f"{wrong}, in ${hit[1] or hit[2]}$" for wrong in strange(hit[1] or hit[2]))
    if TABLE.search(bare):
        yield "a table of symbols written by hand; show symbols(...) instead"
    yield from contradictions(text)


if __name__ == "__main__":
    sys.exit("\n".join(sentence for name in sys.argv[1:] for sentence in findings(Path(name))) or 0)
