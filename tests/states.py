"""Random states of explorers, from a seed: the declared fields say what can be drawn."""

import random
from typing import Any

import torch

import rpn_edu as rpn
from rpn_edu.component import Field
from rpn_edu.expansion import Expansion
from rpn_edu.explore import Basis, Fabric, Fit, Flow, Picture
from rpn_edu.explore.controls import rows_of
from rpn_edu.reconciliation import Reconciliation
from rpn_edu.remainder import Remainder

KINDS: dict[type[Picture], type] = {Basis: Expansion, Fabric: Reconciliation, Flow: rpn.Formula, Fit: rpn.Formula}


def drawn(field: Field, random: random.Random) -> Any:
    """A value of a field: inside what is explored, at its ends, or any row of a family."""
    match field.kind:
        case "int":
            return random.randint(int(field.meta.low), int(field.meta.high))
        case "float":
            value = random.uniform(field.meta.low, field.meta.high)
            return random.choice([round(value, 2) or 0.5, *field.explored()])
        case "part":
            return state(random.choice(list(rows_of(field.base).values())), random)
    return random.choice(field.explored()) if field.kind in ("bool", "choice") else field.default


def state(row: type, random: random.Random) -> Any:
    """A random component of a row. Formulas move the three terms that explorers move."""
    moved = ("expansion", "reconciliation", "remainder") if row is rpn.Formula else [field.name for field in row.declared]
    for _ in range(100):
        try:
            return row(**{field.name: drawn(field, random) for field in row.declared if field.name in moved})
        except ValueError:  # fields that do not fit together
            continue
    raise AssertionError(f"no state of {row} found")


def fits(picture: Picture, subject: Any) -> bool:
    """Would an explorer show this state, or refuse it?"""
    try:
        sizes = picture.sizes(subject)
    except ValueError:
        return False
    return sizes["D"] < 100_000


def states(picture: type[Picture], count: int, seed: int = 0) -> list[tuple[Picture, Any]]:
    """Random pairs of picture and subject, and every row of every family at least once."""
    draw = random.Random(f"{picture.__name__} {seed}")
    found: list[tuple[Picture, Any]] = []
    while len(found) < count:
        rows = [rpn.Formula] if KINDS[picture] is rpn.Formula else list(rows_of(KINDS[picture]).values())
        pair = state(picture, draw), state(draw.choice(rows), draw)
        if fits(*pair):
            found.append(pair)
    families: dict[str, type] = {"expansion": Expansion, "reconciliation": Reconciliation, "remainder": Remainder}
    for term, base in families.items():
        for row in rows_of(base).values():
            subject: Any = rpn.Formula(**{term: row()}) if KINDS[picture] is rpn.Formula else row()
            if isinstance(subject, KINDS[picture]) and fits(picture(), subject):
                found.append((picture(), subject))
    return found


def flat(numbers: dict[str, Any]) -> dict[str, list[float]]:
    return {name: torch.as_tensor(value, dtype=torch.float64).flatten().tolist() for name, value in numbers.items()}
