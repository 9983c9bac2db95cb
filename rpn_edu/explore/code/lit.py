"""One term, lit everywhere: its lines in the code and its row of the symbol table."""

import html
import re

from ...shared.terms import BY_SYMBOL


def lit_code(code: str, symbol: str) -> str:
    """The code as HTML below a button that copies it; the lines of the lit term are bold behind a bar, so that nobody depends on colour."""
    shown = []
    for line, lit in zip(code.splitlines(), lit_lines(code, symbol), strict=True):
        shown.append(f"<mark>{html.escape(line)}</mark>" if lit else html.escape(line))
    code = f'<pre class="rpn-code" tabindex="0" role="region" aria-label="code of this state">{chr(10).join(shown)}\n</pre>'
    return f'<div class="rpn-copy"><button type="button">Copy</button> <span role="status"></span></div>{code}'


def lit_lines(code: str, symbol: str) -> list[bool]:
    """Which lines belong to a term: the functions named after it with the comments above them, and the lines that use its names."""
    if symbol not in BY_SYMBOL:
        return [False] * len(code.splitlines())
    named = re.compile(rf"\b({'|'.join(BY_SYMBOL[symbol].code_names)})(_\w+)?\b")
    lit: list[bool] = []
    for block in re.split(r"(?<=\n)(?=\n\n)", code):  # two empty lines stand between functions
        definition = re.search(r"^def (\w+)", block, re.M)
        whole = definition is not None and named.fullmatch(definition[1]) is not None
        lit += [bool(line.strip()) and (whole or named.search(line) is not None) for line in block.splitlines()]
    return lit


def symbol_row(symbol: str, value: str) -> str:
    """How the lit term is said, what it is, and where it is in the code, in one line."""
    term = BY_SYMBOL.get(symbol)
    if term is None:
        return ""
    now = f" Here {value}." if value else ""
    return html.escape(f"{term.letter} (say: {term.say}) is {term.meaning}, {term.shape}.{now} In the code: {term.code}.")
