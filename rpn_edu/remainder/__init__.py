"""π, the remainder: what does the inner product leave out?"""

from ..component import misspelt
from .base import Remainder as Remainder
from .plain import Constant as Constant, Identity as Identity, Linear as Linear, Zero as Zero

__getattr__ = misspelt("remainder")
