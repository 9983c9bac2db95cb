"""One term, lit everywhere: its lines in the code and its row of the symbol table."""

import html
import re

from ...course.symbols import KNOWN

NAMES = {
    "κ": "expansion kappa",
    "ψ": "reconciliation W",
    "π": "remainder pi w_pi",
    "ξ": "interdependence A",
    "ξᵃ": "attribute interdependence A x_xi",
    "ξⁱ": "instance interdependence A kappa_xi",
    "fusion": "fusion",
    "g": "g inner curve",
}
"""How a term is called in the code that pictures show."""
LOOK = """<style>
.rpn-code { max-height: 20em; overflow: auto; margin: 0; padding: 6px; font: 12px/1.4 monospace; white-space: pre; border: 1px solid #999 }
.rpn-code mark { background: none; color: #000000; font-weight: bold; border-left: 4px solid #b34700; padding-left: 4px }
</style>"""


def lit_code(code: str, symbol: str) -> str:
    """The code as HTML; the lines of the lit term are bold behind a bar, so that nobody depends on colour."""
    shown = []
    for line, lit in zip(code.splitlines(), lit_lines(code, symbol), strict=True):
        shown.append(f"<mark>{html.escape(line)}</mark>" if lit else html.escape(line))
    return f'{LOOK}<pre class="rpn-code" tabindex="0" role="region" aria-label="code of this state">{chr(10).join(shown)}\n</pre>'


def lit_lines(code: str, symbol: str) -> list[bool]:
    """Which lines belong to a term: the functions named after it with the comments above them, and the lines that use its names."""
    words = NAMES.get(symbol, "").split()
    if not words:
        return [False] * len(code.splitlines())
    named = re.compile(rf"\b({'|'.join(words)})(_\w+)?\b")
    lit: list[bool] = []
    for block in re.split(r"(?<=\n)(?=\n\n)", code):  # two empty lines stand between functions
        definition = re.search(r"^def (\w+)", block, re.M)
        whole = definition is not None and named.fullmatch(definition[1]) is not None
        lit += [bool(line.strip()) and (whole or named.search(line) is not None) for line in block.splitlines()]
    return lit


def symbol_row(symbol: str, value: str) -> str:
    """How the lit term is said, what it is, and where it is in the code, in one line."""
    row = KNOWN.get(symbol.rstrip("ᵃⁱ"))
    if row is None:
        return ""
    now = f"; here {value}" if value else ""
    return html.escape(f"{row.symbol} (say: {row.say}) is {row.meaning}: {row.shape}{now}. In the code: {row.code}.")
