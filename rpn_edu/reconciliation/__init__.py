"""ψ, the parameter reconciliation: how do few numbers fill a large matrix?"""

from ..component import misspelt
from .base import Reconciliation
from .factored import DiagonalPadding, DualLPHM, DuplicatedPadding, Kronecker, LPHM, LowRank
from .hyper import Hypernet, RandomHypernet
from .plain import Constant, Eye, Identity, Masked, RandomAdaption

__getattr__ = misspelt("reconciliation")
