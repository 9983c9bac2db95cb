"""ψ, the parameter reconciliation: how do few numbers fill a large matrix?"""

from ..component import misspelt
from .base import Reconciliation as Reconciliation
from .factored import (
    DiagonalPadding as DiagonalPadding, DualLPHM as DualLPHM, DuplicatedPadding as DuplicatedPadding, Kronecker as Kronecker, LPHM as LPHM,
    LowRank as LowRank, Shared as Shared,
)  # fmt: skip
from .hyper import Hypernet as Hypernet, RandomHypernet as RandomHypernet
from .plain import Constant as Constant, Eye as Eye, Identity as Identity, Masked as Masked, RandomAdaption as RandomAdaption

__getattr__ = misspelt("reconciliation")
