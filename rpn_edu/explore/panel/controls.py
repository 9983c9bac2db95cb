"""The control of a declared field: a number is a slider, a choice a menu, a table a text to paste into."""

import math
import re
from typing import Any

import ipywidgets as W

from ...component import Field

STYLE = {"description_width": "9em"}
WIDTH = "min(30em, calc(100% - 4px))"  # of which two to each side are margin


def control_of(field: Field, value: Any, prefix: str = "") -> Any:
    """The widget of a number, a switch, a choice or a table; its description is its name."""
    name = f"{prefix}{field.name.replace('_', ' ')}"
    common = {"description": name, "tooltip": field.doc, "style": STYLE, "layout": W.Layout(width=WIDTH)}
    match field.kind:
        case "int":
            if field.meta.zero:
                return stop_slider({stop: str(stop) for stop in span(field, value)}, value, common)
            return whole_slider(span(field, value), value, common)
        case "float":
            make = log_slider if field.meta.log else even_slider
            widget = make(field, value, common)
            watch(widget)
            put(widget, value)
            return widget
        case "bool":
            return W.Checkbox(value, indent=False, **common)
        case "table":
            return text_of_table(field, value, common)
    return W.Dropdown(options=list(field.base), value=value, **common)


def span(field: Field, value: int, end: int | None = None) -> range:
    """The whole numbers of a dial, as far as it goes, or to `end`, and at least to the value."""
    dial: Any = field.meta
    return range(int(min(dial.low, value)), int(max(dial.high if end is None else end, value)) + 1)


def whole_slider(whole: range, value: int, common: dict[str, Any]) -> W.IntSlider:
    """A slider over all of these whole numbers."""
    return W.IntSlider(value, min=whole[0], max=whole[-1], **common)


def stop_slider(stops: dict[int, str], value: int, common: dict[str, Any]) -> W.SelectionSlider:
    """A slider that knows only these numbers, each with the words that stand for it."""
    return W.SelectionSlider(options=options(stops), value=value, **common)


def player(slider: W.IntSlider) -> W.Play:
    """Buttons that let a slider run: a step each tenth of a second. A page that waits for a picture leaves steps out, never the last."""
    ends = {"min": slider.min, "max": slider.max, "disabled": slider.disabled}
    made = W.Play(slider.value, interval=100, show_repeat=False, description=f"play {slider.description}", **ends)
    made.add_class("rpn-non-visual")
    for name in ends:
        slider.observe(lambda change: setattr(made, change["name"], change["new"]), name)
    # Two observers and no `link` of traitlets: that one raises where a hand and a player move the slider in two threads.
    slider.observe(lambda change: setattr(made, "value", change["new"]), "value")
    made.observe(lambda change: setattr(slider, "value", change["new"]), "value")
    return made


def options(stops: dict[int, str]) -> tuple[tuple[str, int], ...]:
    """Numbers and their words as ipywidgets wants them, in ascending order."""
    return tuple((stops[stop], stop) for stop in sorted(stops))


def log_slider(field: Field, value: float, common: dict[str, Any]) -> W.FloatLogSlider:
    """A slider over powers of ten, in tenths, with the value on its steps."""
    dial: Any = field.meta
    low, high = exponents(dial.low, dial.high)
    within = min(max(value, dial.low), dial.high)
    return W.FloatLogSlider(within, base=10, min=on_grid(low, within), max=high, step=0.1, readout_format=".2", **common)


def even_slider(field: Field, value: float, common: dict[str, Any]) -> W.FloatSlider:
    """A slider in even steps, of which there are at most 120."""
    dial: Any = field.meta
    low, high = min(dial.low, value), max(dial.high, value)
    steps = [step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, (high - low) / 100) if (high - low) / step <= 120]
    # A browser moves a value that is off the slider's grid: the default at least must be on it.
    step = next((step for step in steps if abs(math.remainder(field.default - low, step)) < 1e-6 * step), steps[0])
    low = low if dial.allows(low) else low + step
    return W.FloatSlider(value, min=min(low, value), max=high, step=step, readout_format=".4", **common)


def text_of_table(field: Field, value: tuple, common: dict[str, Any]) -> W.Textarea:
    """A text to paste numbers into. `nested` says that its rows are rows of the table."""
    hint = "one row per line; numbers separated by spaces or commas"
    widget: Any = W.Textarea(written(value), placeholder=hint, continuous_update=False, rows=4, **common)
    widget.nested = isinstance(field.meta.example[0], tuple)
    return widget


def written(table: tuple) -> str:
    """A table as text: a line for each row, or all numbers in one line."""
    rows = table if table and isinstance(table[0], tuple) else (table,)
    return "\n".join(" ".join(map(repr, row)) for row in rows)


def read(text: str, nested: bool) -> tuple:
    """The table of a text: numbers separated by spaces, commas, semicolons or tabs. ValueError names the line and the word.

    A comma inside of a number that other signs separate is a decimal comma in half of the world: it is refused, since nobody knows.
    """
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        row = []
        if nested and (doubt := re.search(r"(?<=[\s;])[+-]?\d+,\d+(?![\d,])|[+-]?\d+,\d+(?=[\s;]+\S)", line.strip())):
            meant = doubt.group().replace(",", ".")
            raise ValueError(f"line {number}: is {doubt.group()!r} one number? Write {meant}; two are separated as all others are")
        for word in re.split(r"[\s,;]+", line.strip(" \t,;")) if line.strip(" \t,;") else []:
            try:
                value = int(word) if re.fullmatch(r"[+-]?\d+", word) else float(word)
            except ValueError:
                value = math.nan
            if not math.isfinite(value):
                raise ValueError(f"line {number}: {word!r} is no number. Wanted: numbers separated by spaces or commas")
            row.append(value)
        rows += [tuple(row)] if row else []
    if nested and len({len(row) for row in rows}) > 1:
        raise ValueError(f"all rows must have the same length, got {', '.join(map(str, sorted({len(row) for row in rows})))} numbers")
    return tuple(rows) if nested else tuple(number for row in rows for number in row)


def watch(widget: Any) -> None:
    """Keep the digits of a float slider readable: `plain` is the format of its steps, `given` the number that was put there."""
    widget.plain, widget.given = widget.readout_format, None
    widget.observe(lambda _: readable(widget), "value")


def give(widget: Any, value: Any) -> None:
    """Set a control, and remember of a float slider which number was given: it is read with all its digits."""
    if not hasattr(widget, "given"):
        widget.value = value
        return
    widget.given = value
    widget.value = value
    readable(widget)  # also where the value stayed


def readable(widget: Any) -> None:
    """A value that was given is read with all its digits, one that was moved to with those of the steps."""
    digits, value = int(widget.plain[1:]), widget.value
    exact = next((f".{k}" for k in range(digits, 18) if float(f"{value:.{k}g}") == value), ".17")
    widget.readout_format = exact if value == widget.given else widget.plain


def exponents(low: float, high: float) -> tuple[float, float]:
    """Powers of ten that hold both numbers: rounded outwards, since a slider would clip what lies a hair beyond."""
    low_exponent, high_exponent = math.log10(low), math.log10(high)
    while 10**low_exponent > low:
        low_exponent = math.nextafter(low_exponent, -math.inf)
    while 10**high_exponent < high:
        high_exponent = math.nextafter(high_exponent, math.inf)
    return low_exponent, high_exponent


def on_grid(low: float, value: float, step: float = 0.1) -> float:
    """The lowest exponent of a slider, moved down until the value lies on its steps: a browser moves a value that does not."""
    steps = (math.log10(value) - low) / step
    return low if abs(steps - round(steps)) < 1e-6 else math.log10(value) - math.ceil(steps) * step


def put(widget: Any, value: Any) -> None:
    """Move a control to exactly this value, beyond what is explored if need be."""
    if isinstance(widget, W.FloatLogSlider):
        low, high = exponents(value, value)
        widget.min, widget.max = on_grid(min(widget.min, low), value), max(widget.max, high)
    elif isinstance(widget, W.SelectionSlider):
        stops = {stop: words for words, stop in widget.options}
        if value not in stops:
            widget.options = options({**stops, value: str(value)})
    elif isinstance(widget, (W.IntSlider, W.FloatSlider)):
        widget.min, widget.max = min(widget.min, value), max(widget.max, value)
    give(widget, written(value) if isinstance(widget, W.Textarea) else value)


def nearest(widget: Any, value: Any) -> Any:
    """The value of a slider that is nearest to this one: within its ends, and on its steps. Other controls take any value."""
    if isinstance(widget, W.SelectionSlider):
        return min((stop for _, stop in widget.options), key=lambda stop: abs(stop - value))
    if not isinstance(widget, (W.IntSlider, W.FloatSlider)):
        return value
    within = min(max(value, widget.min), widget.max)
    return within if isinstance(widget, W.IntSlider) else widget.min + widget.step * round((within - widget.min) / widget.step)


def value_of(widget: Any) -> Any:
    """The value of a control as it stands beside it: a slider's 0.30000000000000004 reads 0.3, so the component gets 0.3.

    ValueError for a text that is no table.
    """
    if hasattr(widget, "nested"):
        return read(widget.value, widget.nested)
    if isinstance(widget, (W.FloatLogSlider, W.FloatSlider)):
        return float(f"{widget.value:{widget.readout_format}g}")
    return widget.value


def others(field: Field, value: Any) -> list[Any]:
    """Some values that are not this one: enough to see whether the field matters."""
    dial: Any = field.meta
    match field.kind:
        case "int":
            low, high = int(dial.low), int(dial.high)
            found = range(low, high + 1) if high - low <= 12 else (high, low, value + 1, value - 1)
        case "float":
            found = (dial.high, dial.low, (dial.low + dial.high) / 2)
        case "bool":
            found = (not value,)
        case _:
            found = field.base
    return [other for other in found if other != value]
