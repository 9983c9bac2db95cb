"""What a state costs, told before anything is allocated."""

from collections.abc import Iterator
from typing import Any

from ...component import Component
from ...reconciliation.base import Reconciliation
from ...shared import given

BUDGET = 256 * 2**20  # bytes that a state may allocate


def ledger(picture: Any, subject: Component) -> dict[str, int]:
    """All sizes of a state with the bytes they cost. ValueError above the budget, before anything is allocated.

    m b n D are the sides of arrays, every other size counts numbers. What each ψ of the `subject` makes beside its matrix counts too, and
    so does what the picture makes on the way.
    """
    sizes = picture.sizes(subject)
    counted = {name: size for name, size in sizes.items() if name not in ("m", "b", "n", "D")}
    matrix = {"n · D": sizes["n"] * sizes["D"]} if "D" in sizes else {}
    psis = [part for part in parts(subject) if isinstance(part, Reconciliation)] if matrix else []
    beside = {
        "frozen": sum(psi.scratch(sizes["n"], max(sizes["m"], sizes["D"])) for psi in psis),
        "numbers on the way": picture.cost(sizes),
    }
    beside = {name: size for name, size in beside.items() if size}
    size = 8 * (sizes["b"] * sizes.get("D", sizes["m"]) + sum({**matrix, **counted, **beside}.values()))
    if size > BUDGET:
        needed, limit = f"{given.figure(size // 2**20)} MB" + (f" (D = {given.figure(sizes['D'])})" if matrix else ""), BUDGET // 2**20
        raise ValueError(
            f"this state would need {needed}; this explorer stops at {limit} MB. Choose a lower degree or other smaller numbers."
        )
    return {**sizes, **matrix, **beside, "bytes": size}


def parts(component: Component) -> Iterator[Component]:
    """A component and all that it is made of."""
    yield component
    for field in component.declared:
        value = getattr(component, field.name)
        for part in value if field.kind == "parts" else [value] if field.kind == "part" else []:
            yield from parts(part)
