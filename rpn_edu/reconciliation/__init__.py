"""ψ, the parameter reconciliation: how do few numbers fill a large matrix?"""

from .base import Reconciliation as Reconciliation
from .factored import LPHM as LPHM, DualLPHM as DualLPHM, Kronecker as Kronecker, LowRank as LowRank
from .plain import Constant as Constant, Identity as Identity, Masked as Masked, RandomAdaption as RandomAdaption
