"""Explorers that stay alive without a kernel: a chapter is run, its controls are moved, and every state is kept as a frame."""

import ast
import contextlib
import dataclasses
import hashlib
import io
import itertools
import json
import re
import tempfile
import time
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ...course.rows import notebook
from ...shared.terms import BY_NAME, BY_SYMBOL

MOST = 40
"""Frames of one explorer, beside those of its presets."""
SOME, ENOUGH = 13, 4
"""Stops of a slider that has no end of them, and how many a second control must have to be worth it."""
STEM = 6
"""Letters of a control's name that a question must say: shuffled is named by "you shuffle"."""
SLOW = 1.0
"""Seconds of computing: an explorer one of whose moves takes longer is not moved on a page."""


class Control(NamedTuple):
    """A control on a page: its stops stand there as words. `menu` for what is no slider."""

    name: str
    label: str
    says: str
    words: list[str]
    values: list[Any]
    start: int
    menu: bool


class Frame(NamedTuple):
    """A state of an explorer as its page shows it. `picture` is the name of a file, `token` restores the state in a kernel."""

    picture: str
    alt: str
    readout: str
    formula: list[tuple[str, str, str]]
    """(how its term is called, symbol, value) from left to right."""
    dim: bool
    token: str


class Live(NamedTuple):
    """An explorer of a chapter. Its frames follow the controls, the last one fastest; then come those of the presets.

    `size` is that of its pictures in pixels, `asked` its question with what is right, by the names of Predict's fields.
    """

    cell: int
    size: tuple[int, int]
    lit: str
    asked: dict[str, Any] | None
    controls: list[Control]
    presets: list[str]
    frames: list[Frame]
    first: int


def chapter(path: Path, pictures: Path) -> list[Live]:
    """The explorers of a notebook, whose pictures are written as files into a folder. It raises what a cell raises.

    A folder that holds them already, made by the same notebook and the same package, is read and not made anew.
    """
    pictures = pictures.absolute()  # the notebook runs elsewhere
    kept, made = pictures / "frames.json", made_of(path)
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        told = json.loads(kept.read_text("utf-8"))
        if told["made of"] == made:
            return [read(row) for row in told["explorers"]]
    pictures.mkdir(parents=True, exist_ok=True)
    for old in pictures.iterdir():
        old.unlink()
    found = [live(number, page, pictures) for number, page in explorers(path)]
    kept.write_text(json.dumps({"made of": made, "explorers": found}, ensure_ascii=False), "utf-8")
    return found


def made_of(path: Path) -> str:
    """A sum over all that frames depend on: the code of the notebook and that of the package."""
    package = Path(__file__).parents[2]
    code = [path.read_bytes(), *(file.read_bytes() for file in sorted(package.rglob("*.py")))]
    return hashlib.sha256(b"\0".join(code)).hexdigest()


def read(row: list[Any]) -> Live:
    """An explorer as JSON keeps it."""
    told = Live(*row)
    controls, frames = [Control(*each) for each in told.controls], [Frame(*each) for each in told.frames]
    frames = [frame._replace(formula=[(term, symbol, value) for term, symbol, value in frame.formula]) for frame in frames]
    return told._replace(size=(told.size[0], told.size[1]), controls=controls, frames=frames)


def explorers(path: Path) -> Iterator[tuple[int, Any]]:
    """(number of its cell, explorer) of all that a notebook shows, run here, in a folder of its own, without its prints.

    Each is handed over before the next cell runs.
    """
    import ipywidgets
    import torch

    from ...explore import Explorer

    cells, place = notebook(path)["cells"], {"__name__": path.stem}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), torch.random.fork_rng(devices=[]):
        for number, cell in enumerate(cells):
            if cell["cell_type"] == "code":
                with contextlib.redirect_stdout(io.StringIO()):
                    shown = ran("".join(cell["source"]), f"{path.name}, cell {number}", place)
                if isinstance(shown, Explorer):
                    yield number, shown
    ipywidgets.Widget.close_all()


def ran(source: str, name: str, place: dict[str, Any]) -> Any:
    """What a cell shows: the value of its last line."""
    *body, last = ast.parse(source).body or [ast.Pass()]
    value = isinstance(last, ast.Expr)
    exec(compile(ast.Module(body if value else [*body, last], []), name, "exec"), place)
    return eval(compile(ast.Expression(last.value), name, "eval"), place) if isinstance(last, ast.Expr) else None


def live(cell: int, page: Any, pictures: Path) -> Live:
    """Move an explorer to all places that a page has for it; one that is too slow keeps its first frame alone."""
    asked = page.state.asked
    if asked:
        asked.answered(None)  # not by its button: nobody has answered, and nothing is noted
        page.face.question.unlocked()
    page.rest()
    start, controls, presets = frame(page, pictures), chosen(page), list(page.presets)
    frames: list[Frame] = []
    slow, begun = 0, time.process_time()
    for _ in moves(page, controls):
        frames.append(frame(page, pictures))
        begun, spent = time.process_time(), time.process_time() - begun
        slow += spent > SLOW
        if slow > 1:  # the first may have computed what all share
            controls, presets, frames = [], [], []
            break
    page.set(*page.first)
    first = 0
    for control in controls:
        first = first * len(control.words) + control.start
    question = dataclasses.asdict(asked.predict) if asked else None
    lit = BY_SYMBOL[page.state.lit].say if page.state.lit in BY_SYMBOL else page.state.lit
    return Live(cell, page.canvas.size, lit, question, controls, presets, frames or [start], first)


def moves(page: Any, controls: list[Control]) -> Iterator[None]:
    """Move the controls to all their stops, the last one fastest, then through the presets."""
    for values in itertools.product(*(control.values for control in controls)):
        with page.hold():
            for control, value in zip(controls, values, strict=True):
                dict(page.controls())[control.name].value = value
        yield
    for preset in page.presets.values():
        page.set(*preset)
        yield


def chosen(page: Any) -> list[Control]:
    """The controls that a page has: those that its question names, then those in sight.

    In sight are those of the lit term, or where it has none and there are no presets, of another one.
    """
    named = asked_for(page)
    found = picked(page, [*named, *of_term(page)], {name for name, _ in named})
    for symbol in page.face.bar:
        if not found and not page.presets and symbol != page.state.lit:
            page.face.bar[symbol].click()
            page.rest()
            found = picked(page, of_term(page))
    return found


def question_of(page: Any) -> str:
    """What is asked before an explorer is moved, if something is."""
    return page.state.asked.predict.question if page.state.asked else ""


def asked_for(page: Any) -> list[tuple[str, Any]]:
    """The controls whose names the question says, in its order; a menu is named by the letter of its term, too, and others by a handle."""
    question, controls = question_of(page), dict(page.controls())
    said = {name: {widget.description[:STEM]} for name, widget in controls.items()}
    for name in controls:
        said[name] |= {term.letter for word, term in BY_NAME.items() if name.endswith(f".{word}")}
    for handle in page.picture.handles(page.shown):
        moved = handle.move(handle.x + 1, handle.y) if handle.ways == "x" else page.picture
        for field in moved.declared if type(moved) is type(page.picture) else ():
            if getattr(moved, field.name) != getattr(page.picture, field.name) and f"picture.{field.name}" in said:
                said[f"picture.{field.name}"].add(handle.name)
    places: dict[str, int] = {}
    for name, each in said.items():
        patterns = [rf"\b{re.escape(word)}" + (r"\b" if len(word) < STEM else "") for word in each]
        starts = [found.start() for pattern in patterns if (found := re.search(pattern, question))]
        places |= {name: min(starts)} if starts else {}
    return [(name, controls[name]) for name in sorted(places, key=lambda name: places[name])]


def of_term(page: Any) -> list[tuple[str, Any]]:
    """The controls of the lit term that are in sight and change something: fields, or where it has none the menu of its family."""
    sight = page.tabs.names(page.effects.lit())
    fields = {name for name, _ in page.tabs.variants(page.subject, page.picture, sight)}
    seen = [(name, widget) for name, widget in page.controls() if name.startswith(sight) and not widget.disabled]
    return [each for each in seen if each[0] in fields] or seen


def picked(page: Any, offered: list[tuple[str, Any]], named: Container[str] = ()) -> list[Control]:
    """At most two of the controls, with no more than MOST stops together. Two are of one component, or both are `named`."""
    found: list[Control] = []
    room, numbers = MOST, [float(one.replace(",", "")) for one in re.findall(r"\d[\d,]*(?:\.\d+)?", question_of(page))]
    two, played = sum(name in named for name, _ in offered) > 1, page.tabs.picture.played  # what plays is walked through, step by step
    for name, widget in offered:
        shares = two and not found and hasattr(widget, "readout") and name.rpartition(".")[2] not in played
        values = stops(widget, MOST // ENOUGH if shares else room, numbers)
        beside = not found or name in named or name.rpartition(".")[0] == found[0].name.rpartition(".")[0]
        beside = beside and all(name != other.name for other in found)
        if len(found) < 2 and beside and len(values) > 1:
            told, here = [words(widget, value) for value in values], values.index(nearest(widget, values))
            menu = not hasattr(widget, "readout")
            found.append(Control(name, widget.description, widget.tooltip or "", told, values, here, menu))
            room //= len(values)
    return found


def stops(widget: Any, most: int, numbers: Container[float] = ()) -> list[Any]:
    """Places of a control, the shown one among them: all where there are at most so many, else some of a slider, evenly spaced.

    What is among the `numbers` of a question is there too. None of a menu that is too long, of a text, and where so few would be left of
    a slider that they tell little.
    """
    import ipywidgets as W

    match widget:
        case W.Checkbox():
            whole: list[Any] = [False, True]
        case W.SelectionSlider():
            whole = [stop for _, stop in widget.options]
        case W.Dropdown():
            return list(widget.options) if len(widget.options) <= most else []
        case W.IntSlider():
            whole = list(range(widget.min, widget.max + 1))
        case W.FloatLogSlider() | W.FloatSlider():
            low, high, step = (float(end or 0) for end in (widget.min, widget.max, widget.step))
            places = [low + k * step for k in range(round((high - low) / step) + 1)]
            whole = [10**place for place in places] if isinstance(widget, W.FloatLogSlider) else places
        case _:
            return []
    most = min(most, SOME) if isinstance(widget, (W.FloatSlider, W.FloatLogSlider)) else most
    if len(whole) <= most or most < ENOUGH:
        return whole if len(whole) <= most else []
    told = {k for k, value in enumerate(whole) if float(words(widget, value)) in numbers}
    here, step = whole.index(nearest(widget, whole)), -(-len(whole) // max(most - 1 - len(told), 2))
    return [whole[k] for k in sorted({0, len(whole) - 1, *range(here % step, len(whole), step), *told})]


def nearest(widget: Any, values: list[Any]) -> Any:
    """The value that a control has, or the one next to it: a slider may stand a hair beside its steps."""
    numbers = isinstance(widget.value, (int, float))
    return min(values, key=lambda value: abs(value - widget.value)) if numbers else widget.value


def words(widget: Any, value: Any) -> str:
    """A value as it stands beside its control."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if hasattr(widget, "readout_format") and isinstance(value, float):
        return f"{value:{widget.readout_format}g}"
    named = hasattr(widget, "options") and hasattr(widget, "readout")  # a slider over stops that have words of their own
    return next(label for label, stop in widget.options if stop == value) if named else str(value)


def frame(page: Any, pictures: Path) -> Frame:
    """The state that an explorer shows. Its picture is a file, called after what is in it, with the very pixels that a kernel sends."""
    from PIL import Image

    out, shown = io.BytesIO(), page.shown
    # Without loss it is half as large as in quality 80: these pictures have few colours.
    Image.open(io.BytesIO(page.last_png)).convert("RGB").save(out, "WEBP", lossless=True, quality=50, method=4)
    name = f"{hashlib.sha256(out.getvalue()).hexdigest()[:16]}.webp"
    (pictures / name).write_bytes(out.getvalue())
    values = shown.picture.values(shown)
    told = [(BY_SYMBOL[s].say if s in BY_SYMBOL else "", text, values.get(s, "")) for s, text in shown.picture.formula(shown)]
    said = f"Not shown: {page.refused}" if page.refused else shown.picture.readout(shown)
    return Frame(name, page.alt, said, told, bool(page.refused), page.token())
