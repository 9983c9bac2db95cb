"""Random states of explorers, from a seed: the declared fields say what can be drawn."""

import dataclasses
import itertools
import random
from typing import Any

import torch

import rpn_edu as rpn
from rpn_edu.component import CATALOGUE, Field
from rpn_edu.explore import Picture
from rpn_edu.explore.panel.components import classes_of

KINDS: dict[type[Picture], type] = {row: row.subject for row in CATALOGUE.values() if issubclass(row, Picture)}
"""Every picture of the package and what it shows."""


def drawn(field: Field, random: random.Random) -> Any:
    """A value of a field: inside what is explored, at its ends, or any row of a family."""
    match field.kind:
        case "int":
            return random.randint(int(field.meta.low), int(field.meta.high))
        case "float":
            value = random.uniform(field.meta.low, field.meta.high)
            return random.choice([round(value, 2) or 0.5, *field.explored()])
        case "part":
            return state(random.choice(list(classes_of(field.base).values())), random)
        case "parts":
            simple = [row for row in classes_of(field.base).values() if not any(f.kind == "parts" for f in row.declared)]
            return tuple(state(random.choice(simple), random) for _ in range(random.randint(1, 3)))
        case "table":
            return random.choice([field.meta.example] if field.default is dataclasses.MISSING else [field.meta.example, field.default])
    return random.choice(field.explored()) if field.kind in ("bool", "choice") else field.default


def state(row: type, random: random.Random, moved: tuple[str, ...] | None = None) -> Any:
    """A random component of a row. `moved` limits which of its fields are drawn: a Formula has those that its picture moves."""
    fields = [field for field in row.declared if moved is None or field.name in moved]
    for _ in range(100):
        try:
            return row(**{field.name: drawn(field, random) for field in fields})
        except ValueError:  # fields that do not fit together
            continue
    raise AssertionError(f"no state of {row.__name__} found in 100 tries: its fields never fit together")


def fits(picture: Picture, subject: Any) -> bool:
    """Would an explorer show this state, or refuse it?"""
    try:
        sizes = picture.sizes(subject)
    except ValueError:
        return False
    return sizes.get("D", 0) < 100_000 and not picture.refuses(subject)


def states(picture: type[Picture], count: int, seed: int = 0) -> list[tuple[Picture, Any]]:
    """Random pairs of picture and subject, and every row of every family that the picture moves at least once."""
    draw = random.Random(f"{picture.__name__} {seed}")
    base, moved = picture.subject, picture.moves if picture.subject is rpn.Formula else None
    rows = [rpn.Formula] if moved else list(classes_of(base).values()) or [base]
    drawn = ((state(picture, draw), state(draw.choice(rows), draw, moved)) for _ in range(100 * count))
    pairs = ((one, dataclasses.replace(subject, **one.fixed)) for one, subject in drawn)
    found = list(itertools.islice((pair for pair in pairs if fits(*pair)), count))
    if len(found) < count:
        raise AssertionError(f"{picture.__name__} refuses nearly everything: {len(found)} of {100 * count} states were shown")
    families = [(f.name, f.base) for f in rpn.Formula.declared if f.kind == "part" and f.name in moved] if moved else [("", base)]
    for name, part in families:
        for row in classes_of(part).values():
            subject: Any = rpn.Formula(**{name: row.example()}) if moved else dataclasses.replace(row.example(), **picture.fixed)
            if fits(picture(), subject):
                found.append((picture(), subject))
    return found


def flat(numbers: dict[str, Any]) -> dict[str, list[float]]:
    return {name: torch.as_tensor(value, dtype=torch.float64).flatten().tolist() for name, value in numbers.items()}
