"""rpn_edu: reconciled polynomial networks, to learn with.

g(x|w) = <κ_ξ(x), ψ(w)> + π(x)        expansion κ, interdependence ξ, reconciliation ψ, remainder π: one folder each
"""

__version__ = "0.1.0"  # pyproject.toml reads it here

from . import (
    data as data,
    expansion as expansion,
    fusion as fusion,
    interdependence as interdependence,
    reconciliation as reconciliation,
    remainder as remainder,
    zoo as zoo,
)
from .component import (
    CATALOGUE as CATALOGUE,
    Component as Component,
    Dial as Dial,
    Table as Table,
    component as component,
    family as family,
    from_config as from_config,
)
from .network import RPN as RPN, Formula as Formula, Head as Head, Layer as Layer, Model as Model, Output as Output, Trace as Trace
