"""The one symbol table of the course: every letter has one meaning, one name to say and one name in the code."""

import html
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..shared.machine import Printed
from ..shared.terms import BY_SYMBOL
from ..shared.words import did_you_mean


class Symbol(NamedTuple):
    """A letter of the course: how it is written, how it is said, and the one thing that it means."""

    symbol: str  # as text shows it: κ, H_k
    latex: str  # as a formula writes it: \kappa, H_k
    say: str
    meaning: str
    shape: str
    code: str = ""  # its name in the code; "" where it has none
    term: str = ""  # the symbol of the term it belongs to, "" for all of them


def of_term(symbol: str) -> Symbol:
    """The row of κ ξ ψ π fusion or g: what the explorers say of it, too."""
    term = BY_SYMBOL[symbol]
    return Symbol(symbol, term.latex, term.say, term.meaning, term.shape, term.code, term.symbol)


SYMBOLS = (
    Symbol("x", "x", "x", "one row of data", "m numbers", "x"),
    Symbol("X", "X", "capital x", "a batch: rows of data, one below the other", "b × m"),
    Symbol("y", "y", "y", "the target: what the output should be", "n numbers", "y"),
    Symbol("b", "b", "b", "how many rows a batch has", "one number", "len(x)"),
    Symbol("m", "m", "m", "how many inputs there are", "one number", "head.m"),
    Symbol("n", "n", "n", "how many outputs there are", "one number", "head.n"),
    of_term("κ"),
    Symbol("D", "D", "capital d", "how many features κ makes", "one number", "head.D", "κ"),
    Symbol("k", "k", "k", "a count: a degree, or which layer", "one number"),
    Symbol("T_k", "T_k", "T k", "the Chebyshev polynomial of degree k", "one number for each x", "rpn.expansion.Chebyshev", "κ"),
    Symbol("P_k", "P_k", "P k", "any polynomial of degree k", "one number for each x", "", "κ"),
    Symbol("B_i", "B_i", "B i", "the B-spline number i, one bump", "one number for each x", "rpn.expansion.BSpline", "κ"),
    Symbol("R", "R", "R", "the rest that a Taylor polynomial leaves", "one number for each x", "", "κ"),
    Symbol("a", "a", "a", "the point from which the powers of a Taylor polynomial start", "one number", "", "κ"),
    Symbol("M", "M", "capital m", "the largest value of the next derivative, which bounds the rest", "one number", "", "κ"),
    Symbol("e", "e", "e", "Euler's number, 2.718…", "one number", "math.e"),
    Symbol("μ", r"\mu", "mu", "the centre of a bump", "one number", "", "κ"),
    Symbol("s", "s", "s", "the scale of a bump or a wavelet: how wide it is", "one number", "", "κ"),
    of_term("ξ"),
    Symbol("A", "A", "A", "the matrix of ξ: how much of which row or column flows where", "m × m′, or b × b′", "xi.matrix", "ξ"),
    Symbol("κ_ξ", r"\kappa_\xi", "kappa xi", "the features after ξ has mixed rows or columns", "D numbers", "trace.kappa_xi", "ξ"),
    Symbol("m′", "m'", "m prime", "how many inputs are left after ξ", "one number", "head.mixed", "ξ"),
    Symbol("b′", "b'", "b prime", "how many rows are left after ξ", "one number", "", "ξ"),
    Symbol("h", "h", "h", "how many hops a chain or a graph goes", "one number", "hops", "ξ"),
    Symbol("w", "w", "w", "what is learned", "l numbers", "head.w", "ψ"),
    Symbol("l", "l", "l", "how many learned numbers w has", "one number", "psi.length", "ψ"),
    of_term("ψ"),
    Symbol("W", "W", "capital w", "the matrix ψ(w) that meets the features", "n × D", "head.matrix()", "ψ"),
    Symbol("r", "r", "r", "the rank: how many rows of a matrix are no mix of the others", "one number", "rank", "ψ"),
    Symbol("p", "p", "p", "into how many blocks the rows of W are cut", "one number", "p", "ψ"),
    Symbol("q", "q", "q", "into how many blocks the columns of W are cut", "one number", "q", "ψ"),
    Symbol("σ", r"\sigma", "sigma", "a singular value: how strong a matrix is in one direction", "one number", "svdvals", "ψ"),
    Symbol("λ", r"\lambda", "lambda", "a learned factor for each row, or column, of a frozen matrix", "n or r numbers", "", "ψ"),
    of_term("π"),
    Symbol("c", "c", "c", "the constant that a constant π adds", "one number", "value", "π"),
    of_term("g"),
    Symbol("f", "f", "f", "the true function that the data come from", "one number for each x", "", "g"),
    Symbol("ridge", r"\text{ridge}", "ridge", "the price of large numbers in w", "one number", "ridge", "g"),
    Symbol("C", "C", "capital c", "how many channels a head has", "one number", "channels", "g"),
    of_term("fusion"),
    Symbol("H_k", "H_k", "H k", "the output of layer k", "b × d_k", "", "g"),
    Symbol("d_k", "d_k", "d k", "how many outputs layer k has", "one number", "model.dims", "g"),
    Symbol("K", "K", "capital k", "how many layers a model has", "one number", "len(model.layers)", "g"),
    Symbol("i", "i", "i", "the number of a row or an input", "one number"),
    Symbol("j", "j", "j", "the number of a column or a feature", "one number"),
)
"""In the order in which the course meets them."""


def one_meaning(table: Iterable[Symbol]) -> dict[str, Symbol]:
    """{"κ": ...}; ValueError for a symbol, a way to write it, a name to say or a name in the code that stands for two things."""
    table = tuple(table)
    for field in ("symbol", "latex", "say", "code"):
        found = Counter(value for row in table if (value := getattr(row, field)))
        if twice := [value for value, count in found.items() if count > 1]:
            meanings = " and ".join(repr(row.meaning) for row in table if getattr(row, field) == twice[0])
            raise ValueError(f"SYMBOLS: {field} {twice[0]!r} has two meanings, {meanings}; wanted one")
    return {row.symbol: row for row in table}


KNOWN = one_meaning(SYMBOLS)


@dataclass(frozen=True, repr=False)
class SymbolTable(Printed):
    """Some rows of the table. Jupyter shows HTML that a screen reader can walk through, a terminal shows text."""

    rows: tuple[Symbol, ...]

    HEADER = ("symbol", "say", "what it is", "shape", "in the code")

    def __repr__(self) -> str:
        lines = [self.HEADER, *((row.symbol, row.say, row.meaning, row.shape, row.code) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines)]
        return "\n".join("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths)).rstrip() for line in lines)

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="text-align:left">{cell}</th>' for cell in self.HEADER)
        body = "".join(self._row(row) for row in self.rows)
        caption = '<caption style="text-align:left">The symbols used here</caption>'
        return f'<table class="rpn-symbols">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'

    @staticmethod
    def _row(row: Symbol) -> str:
        cells = [row.say, row.meaning, row.shape]
        cells = [re.sub(r"_(\w+)", r"<sub>\1</sub>", html.escape(cell)) for cell in [row.symbol, *cells]]
        cells.append(f"<code>{html.escape(row.code)}</code>" if row.code else "–")
        said = "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells[1:])
        return f'<tr><th scope="row" style="text-align:left">{cells[0]}</th>{said}</tr>'


def symbols(*names: str) -> SymbolTable:
    """These rows of the course's symbol table, in its order; none named: all rows. LookupError, with the near misses, for any other name.

    >>> symbols("D", "m")
    symbol  say        what it is                 shape       in the code
    m       m          how many inputs there are  one number  head.m
    D       capital d  how many features κ makes  one number  head.D
    """
    for name in names:
        if name not in KNOWN:
            said = {row.say: row.symbol for row in SYMBOLS}
            near = f"; did you mean {said[name]}?" if name in said else did_you_mean(name, KNOWN)
            raise LookupError(f"symbols: no symbol of the course is {name!r}{near or '; there are ' + ' '.join(KNOWN)}")
    return SymbolTable(tuple(row for row in SYMBOLS if not names or row.symbol in names))
