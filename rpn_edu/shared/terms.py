"""The terms of the formula, one row each: how a term is called, written, said, drawn, found in code and counted.

Whoever shows a term reads its row: buttons and colours of the explorers, the lines that are lit in code, the symbol table of the course,
the catalogue and its sheets. Another colour or another name is one edit here.
"""

from collections.abc import Callable
from typing import Any, NamedTuple


class Size(NamedTuple):
    """What is counted of a component of a term."""

    told: str  # what, and for which size
    letter: str  # of that size
    count: Callable[[Any, int], str]


class Term(NamedTuple):
    """A term of g(x|w) = <κ_ξ(x), ψ(w)> + π(x), or one of the two places where ξ stands."""

    name: str  # of its folder, and of its field in a Formula
    letter: str  # as text shows it: κ
    latex: str  # as a formula writes it: \kappa
    say: str
    meaning: str
    shape: str
    code: str  # its name in the code
    colour: str
    dark: str  # its colour on a dark page
    hatch: str  # of its bars, since colour is never alone
    code_names: tuple[str, ...]  # how it is called in the code that pictures show
    size: Size | None = None
    place: str = ""  # what the letter carries where the term stands in several places

    @property
    def symbol(self) -> str:
        """The letter with its place: ξᵃ."""
        return self.letter + self.place

    @property
    def ink(self) -> str:
        """Its colour in CSS: that of the theme where the page names it, as an explorer does, and else the one for a white page."""
        return f"var(--rpn-{self.say}, {self.colour})"

    @property
    def label(self) -> str:
        """Symbol and name, where they differ: κ expansion."""
        return self.name if self.name == self.symbol else f"{self.symbol} {self.name}"


TERMS = (
    Term(
        name="expansion",
        letter="κ",
        latex=r"\kappa",
        say="kappa",
        meaning="the expansion: what the model sees of x",
        shape="D numbers",
        code="rpn.expansion",
        colour="#0b62a4",
        dark="#6fb6ee",
        hatch="",
        code_names=("expansion", "kappa"),
        size=Size("D for m = 4 inputs", "m", lambda part, m: f"D = {part.width(m)}"),
    ),
    Term(
        name="reconciliation",
        letter="ψ",
        latex=r"\psi",
        say="psi",
        meaning="the reconciliation: how l numbers fill a matrix",
        shape="a function of w",
        code="rpn.reconciliation",
        colour="#b34700",
        dark="#f59a5c",
        hatch="//",
        code_names=("reconciliation", "W"),
        size=Size("l for n = 4 outputs and D = 3 n features", "n", lambda part, n: f"l = {part.length(n, 3 * n)}"),
    ),
    Term(
        name="remainder",
        letter="π",
        latex=r"\pi",
        say="pi",
        meaning="the remainder: what is added straight from x",
        shape="n numbers",
        code="rpn.remainder",
        colour="#1b7837",
        dark="#6fcf8f",
        hatch="..",
        code_names=("remainder", "pi", "w_pi"),
        size=Size("l for m = n = 4", "m", lambda part, m: f"l = {part.length(m, m)}"),
    ),
    Term(
        name="interdependence",
        letter="ξ",
        latex=r"\xi",
        say="xi",
        meaning="the interdependence: what depends on what",
        shape="a function of X",
        code="rpn.interdependence",
        colour="#6a3d9a",
        dark="#c4a5ee",
        hatch="xx",
        code_names=("interdependence", "A"),
        size=Size("l and k' for 4 rows and k = 4 columns", "k", lambda part, k: f"l = {part.length(4, k)}, k' = {part.width(k)}"),
    ),
    Term(
        name="fusion",
        letter="fusion",
        latex=r"\text{fusion}",
        say="fusion",
        meaning="how channels or heads become one output",
        shape="a function",
        code="rpn.fusion",
        colour="#7a5c00",
        dark="#d9b23c",
        hatch="\\\\",
        code_names=("fusion",),
        size=Size("l and n for two parts of n_i = 4", "n_i", lambda part, n: f"l = {part.length([n, n])}, n = {part.width([n, n])}"),
    ),
)
"""What a component can be, in the order in which a Formula names them."""

OUTPUT = Term(
    name="g",
    letter="g",
    latex="g",
    say="g",
    meaning="the output",
    shape="n numbers",
    code="model(x)",
    colour="#222222",
    dark="#eeeeee",
    hatch="",
    code_names=("g", "inner", "curve"),
)
"""What the terms make together: nothing to choose, but shown as they are."""

XI = next(term for term in TERMS if term.letter == "ξ")
PLACES = (
    XI._replace(name="attribute", place="ᵃ", code_names=("attribute", *XI.code_names, "x_xi")),
    XI._replace(name="instance", place="ⁱ", code_names=("instance", *XI.code_names, "kappa_xi")),
)
"""Where ξ stands in a Formula: it mixes the columns of x, or the rows of κ."""

BY_NAME = {term.name: term for term in (*TERMS, *PLACES, OUTPUT)}
BY_SYMBOL = {term.symbol: term for term in BY_NAME.values()}
