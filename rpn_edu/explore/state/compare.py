"""Two states side by side: which controls differ, and what that did to the figures, in words."""

from collections.abc import Iterator

from ...component import Component


def changes(old: Component, new: Component, name: str = "") -> Iterator[str]:
    """The fields in which two components differ: `degree 4 → 7`, `expansion Chebyshev → BSpline`."""
    if type(old) is not type(new):
        yield f"{name or old.term} {type(old).__name__} → {type(new).__name__}"
        return
    for field in old.declared:
        before, after = getattr(old, field.name), getattr(new, field.name)
        yield from _changed(before, after, " ".join((name, field.name.replace("_", " "))).strip())


def _changed(before: object, after: object, name: str) -> Iterator[str]:
    if isinstance(before, Component) and isinstance(after, Component):
        yield from changes(before, after, name)
    elif isinstance(before, tuple) and isinstance(after, tuple) and before != after:
        if len(before) == len(after) and all(isinstance(item, Component) for item in (*before, *after)):
            for number, pair in enumerate(zip(before, after), 1):
                yield from _changed(*pair, f"{name} {number}")
        else:
            yield f"{name} {len(before)} → {len(after)} entries" if len(before) != len(after) else f"other {name}"
    elif before != after:
        yield f"{name} {_said(before)} → {_said(after)}"


def compared(old: dict[str, float], new: dict[str, float]) -> Iterator[str]:
    """The figures of two states: `error 0.21 → 0.089 (58 % lower)`. Equal ones are left out."""
    for name in (name for name in new if name in old):
        before, after = (0.0 if isinstance(value, float) and abs(value) < 1e-9 else value for value in (old[name], new[name]))  # rounding
        if _said(before) == _said(after):
            continue
        if not (before and after):  # nothing is a share of nothing
            yield f"{name} {_said(before)} → {_said(after)}"
            continue
        ratio = after / before
        if ratio > 0 and not isinstance(before, int):
            share = f"{ratio:.3g} times" if ratio >= 2 else f"{abs(ratio - 1):.0%} {'higher' if ratio > 1 else 'lower'}".replace("%", " %")
        else:
            share = f"{_said(abs(after - before))} {'more' if after > before else 'less'}"
        yield f"{name} {_said(before)} → {_said(after)} ({share})"


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
