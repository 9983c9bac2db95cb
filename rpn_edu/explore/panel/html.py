"""What an explorer shows, as HTML."""

import html
import re

from ...component import Component, Field
from ...course.symbols import KNOWN
from ...shared.terms import BY_SYMBOL
from ..canvas import data_url
from ..code.lit import symbol_row
from ..state.predict import Predict
from ..state.shown import Shown

BESIDE = {
    "n · D": "numbers in the matrix ψ(w)",
    "entries of A": "numbers in the matrix of ξ",
    "comparisons": "multiplications that compare columns or rows with each other",
    "frozen": "numbers that ψ needs and does not learn",
    "numbers on the way": "numbers that are made on the way and then forgotten",
}
"""What the ledger counts beside the symbols of the course."""
TEXT = "var(--jp-content-font-color1, #444)"  # of the theme, and on a page without one


def below(shown: Shown, refused: str, lit: str, explained: bool) -> str:
    """The readout. A refusal stands in its place; `explained` adds a line about the lit term."""
    said = f'<div role="status" class="rpn-refusal">Not shown: {html.escape(refused)}</div>'
    readout = f'<div class="rpn-readout">{said if refused else html.escape(shown.picture.readout(shown))}</div>'
    named = any(symbol == lit for symbol, _ in shown.picture.formula(shown))  # else the lit controls are the picture's own
    symbol = f'<div class="rpn-symbol">{symbol_row(lit, shown.picture.values(shown).get(lit, "")) if named else ""}</div>'
    return readout + (symbol if explained else "")


def formula(shown: Shown, lit: str) -> str:
    """The formula of a picture, with a value under each of its symbols; the lit one is underlined."""
    values = shown.picture.values(shown)
    cells = ""
    for symbol, text in shown.picture.formula(shown):
        style = f"font-size:1.25em;color:{BY_SYMBOL[symbol].ink if symbol in BY_SYMBOL else TEXT};"
        style += "font-weight:bold;text-decoration:underline" if symbol and symbol == lit else ""
        below = f'<span style="font-size:.85em;color:{TEXT}">{html.escape(values.get(symbol, ""))}&nbsp;</span>'
        cells += f'<td style="text-align:center;padding:0 3px"><span style="{style}">{html.escape(text)}</span><br>{below}</td>'
    return f'<table role="presentation" style="height:3.6em;border-spacing:0;margin:0"><tr style="background:none">{cells}</tr></table>'


def image(png: bytes, alt: str, size: tuple[int, int], dim: bool) -> str:
    """The picture with its words, `size` in pixels. Dimmed where it is that of the state before. A page without a kernel shows it too."""
    width, height = size
    words = f'alt="{html.escape(alt, quote=True)}"'
    faint = ";opacity:.35" if dim else ""
    sized = f'width="{width}" height="{height}" style="max-width:100%;height:auto;display:block{faint}"'
    return f'<img class="rpn-picture" {sized} {words} src="{data_url(png)}">'


def question(predict: Predict) -> str:
    """A question and its choices, in words."""
    choices = f"<br>{' &nbsp;·&nbsp; '.join(map(html.escape, predict.choices))}" * bool(predict.choices)
    return f"<div><b>Before you move anything:</b> {html.escape(predict.question)}{choices}</div>"


def about(row: type[Component], fields: list[Field], chosen: bool) -> str:
    """What each control means; of what a menu has chosen first its formula, in one line."""
    means = "".join(f"<div><b>{html.escape(field.name.replace('_', ' '))}</b>: {lowered(field.doc)}</div>" for field in fields)
    return f'<div class="rpn-about">{lowered(row.formula_line()) if chosen else ""}{means}</div>'


def lowered(text: str) -> str:
    """A line of mathematics as HTML: T_{k-1} and x_1 with their indices below, `order` as code."""
    text = re.sub(r"(?<=[\w‖])_(?:\{([^}]*)\}|([^\W²]+))", lambda found: f"<sub>{found[1] or found[2]}</sub>", html.escape(text))
    return re.sub("`([^`]*)`", r"<code>\1</code>", text)


def alert(error: Exception) -> str:
    """What a learner reads where an explorer has failed."""
    said = html.escape(f"{type(error).__name__}: {error}")
    says = f"<b>This explorer has met an error.</b><br>{said}<br>Press Reset to return to the first state."
    return f'<div role="alert" class="rpn-alert">{says}</div>'


def meaning(name: str) -> str:
    """What a size counts; nothing where its name says it."""
    return BESIDE[name] if name in BESIDE else KNOWN[name].meaning if name in KNOWN else ""


def table_of_sizes(sizes: dict[str, int]) -> str:
    """The ledger of a state, each size with what it counts."""
    *counts, (_, memory) = sizes.items()
    rows = [(name, f"{size:,}", meaning(name)) for name, size in counts]
    rows += [("memory", f"{memory / 1000:,.1f} kB", "all of these numbers, 8 bytes each")]
    body = "".join(f"<tr><th scope='row'>{name}</th><td>{size}</td><td>{html.escape(told)}</td></tr>" for name, size, told in rows)
    return f'<table class="rpn-sizes"><caption>sizes of this state</caption>{body}</table>'
