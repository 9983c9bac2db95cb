"""An explorer as HTML: its first frame, its question, and the controls that live.js moves. Without a script it is a picture with words."""

import html
import json
from typing import Any

from .frames import Control, Frame, Live

RUN = '<a href="index.html#run">Run this chapter</a>'


def figure(live: Live, folder: str) -> str:
    """The HTML of an explorer whose pictures lie in a folder. What would answer its question is closed until one has chosen."""
    start, (width, height) = live.frames[live.first], live.size
    picture = f'<img class="rpn-picture" width="{width}" height="{height}" {alt(start)} src="{folder}/{start.picture}">'
    shown = (
        f'<div class="rpn-formula">{formula(start, live.lit)}</div>{picture}<p class="rpn-readout" role="status">{said(start.readout)}</p>'
    )
    moved = moving(live, folder)
    if live.asked:
        moved = f"<details><summary>I have chosen. Now let me move it.</summary>{moved}{verdict(live.asked)}</details>"
        shown = question(live) + shown
    return f'<div class="rpn-live">{shown}{moved}</div>'


def said(text: str) -> str:
    """Text in HTML."""
    return html.escape(text, quote=True)


def alt(frame: Frame) -> str:
    """The words of a picture, as an attribute."""
    return f'alt="{said(frame.alt)}"'


def formula(frame: Frame, lit: str) -> str:
    """Every symbol of the formula with its value below; the lit term is underlined."""
    cell = '<span class="rpn-term rpn-{}{}"><b>{}</b><small>{}</small></span>'
    return "".join(
        cell.format(term or "sign", " rpn-lit" if term == lit else "", said(text), said(value)) for term, text, value in frame.formula
    )


def moving(live: Live, folder: str) -> str:
    """The controls, and what they choose from."""
    if len(live.frames) == 1:
        return f'<p class="rpn-run">{RUN} to move it.</p>'
    controls = "".join(map(control, live.controls)) + preset(live)
    frames = [[frame.picture, frame.alt, frame.readout, formula(frame, live.lit), frame.dim] for frame in live.frames]
    data = {"folder": f"{folder}/", "words": [each.words for each in live.controls], "frames": frames}
    script = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return (
        f'<div class="rpn-controls" hidden>{controls}</div><p class="rpn-run">{RUN} to move all of it.</p>'
        f'<script type="application/json">{script}</script>'
    )


def control(each: Control) -> str:
    """A slider over the stops of a control, or a menu of them, with its name and what it means."""
    says = f"<small>{said(each.says)}</small>" if each.says not in ("", each.label) else ""
    if each.menu:
        options = "".join(
            f'<option value="{k}"{" selected" * (k == each.start)}>{said(word)}</option>' for k, word in enumerate(each.words)
        )
        return f'<label><span>{said(each.label)}</span> <select class="rpn-stop" autocomplete="off">{options}</select>{says}</label>'
    word, ends = said(each.words[each.start]), f'min="0" max="{len(each.words) - 1}" value="{each.start}"'
    slider = f'<input class="rpn-stop" type="range" {ends} aria-valuetext="{word}" autocomplete="off">'
    return f'<label><span>{said(each.label)}</span> {slider} <output aria-live="off">{word}</output>{says}</label>'


def preset(live: Live) -> str:
    """A menu of the named states."""
    if not live.presets:
        return ""
    begin = len(live.frames) - len(live.presets)
    options = "".join(f'<option value="{begin + k}">{said(name)}</option>' for k, name in enumerate(live.presets))
    menu = f'<select class="rpn-preset" autocomplete="off"><option value="">presets …</option>{options}</select>'
    return f"<label><span>preset</span> {menu}</label>"


def question(live: Live) -> str:
    """What is asked before anything is moved, with a place for the answer."""
    asked: Any = live.asked
    legend = f"<legend><b>Before you move anything:</b> {said(asked['question'])}</legend>"
    choice = f'<label><input type="radio" name="cell-{live.cell}" autocomplete="off"> {{}}</label>'
    if asked["number"]:
        low, high = asked["number"]
        whole = isinstance(low, int) and isinstance(high, int)
        number = f'<input type="number" min="{low:g}" max="{high:g}" step="{1 if whole else "any"}" autocomplete="off">'
        return f"<fieldset>{legend}<label>from {low:g} to {high:g}: {number}</label></fieldset>"
    return f"<fieldset>{legend}{''.join(choice.format(said(each)) for each in asked['choices'])}</fieldset>"


def verdict(asked: dict[str, Any]) -> str:
    """What was right, closed until it is asked for: moving comes first."""
    because = f", because {said(asked['reason'])}" if asked["reason"] else ""
    right = f"<p><b>✓ {said(str(asked['right']))}</b>{because}</p>"
    wrong = "".join(f"<p>✗ {said(each)}</p>" for each in asked["choices"] if each != asked["right"])
    return f"<details><summary>Was I right?</summary>{right}{wrong}</details>"
