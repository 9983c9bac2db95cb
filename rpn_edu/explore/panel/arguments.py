"""What an Explorer is given, judged before anything is made."""

from collections.abc import Sequence
from typing import Any

from ...component import Component, brackets, demand, did_you_mean
from ...network.formula import Formula
from ..pictures import Basis, Fabric, Flow, Mix, Picture
from ..state.predict import Predict


def plainest_of(start: Any) -> Picture:
    """The picture that shows a start if none is named. TypeError for a start that no explorer shows."""
    for kind in (Basis, Fabric, Mix, Flow):
        if isinstance(start, kind.subject):
            return kind()
    wanted = "an expansion, a reconciliation, an interdependence or a Formula"
    raise TypeError(f"an Explorer starts from {wanted}, got {start!r:.200}{brackets(start)}")


def check(picture: Any, terms: Any, hide: Any, question: Any, presets: Any, flags: dict[str, Any]) -> None:
    """TypeError for an argument of an Explorer that is of another kind."""
    names = (tuple, list, set, frozenset)
    demand(isinstance(picture, Picture), "Explorer.picture", "a picture such as Fit()", picture)
    demand(terms is None or isinstance(terms, names), "Explorer.terms", 'names in brackets such as ("expansion",)', terms)
    demand(isinstance(hide, names), "Explorer.hide", 'names in brackets such as ("seed",)', hide)
    demand(question is None or isinstance(question, Predict), "Explorer.question", "a Predict(...)", question)
    demand(presets is None or isinstance(presets, dict), "Explorer.presets", 'a dict such as {"wild": Chebyshev(degree=9)}', presets)
    for name, flag in flags.items():
        demand(isinstance(flag, bool), f"Explorer.{name}", "True or False", flag)


def check_names(terms: Sequence[str], hide: Sequence[str], start: Component, picture: Picture) -> None:
    """ValueError for a term that the picture does not move, or a hidden field that neither it nor a start that is no Formula has."""
    fields = tuple(field.name for field in (*picture.declared, *(() if isinstance(start, Formula) else start.declared)))
    moved = [field.name for field in Formula.declared if field.name not in picture.unseen] if isinstance(start, Formula) else picture.moves
    for name, known in [(term, moved) for term in terms] + [(field, fields) for field in hide]:
        if name not in known:
            raise ValueError(f"Explorer: {name!r} is none of {', '.join(known)}{did_you_mean(name, known)}")
