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
from .formula import Formula as Formula, Output as Output
from .head import Head as Head, Trace as Trace
from .layer import Layer as Layer
from .model import RPN as RPN, Model as Model
