"""π, the remainder: what does the inner product leave out?"""

from ..component import misspelt
from .base import Remainder
from .plain import Constant, Identity, Linear, Zero

__getattr__ = misspelt("remainder")
