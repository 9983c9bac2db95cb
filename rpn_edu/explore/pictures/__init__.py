"""The pictures of explorers: one file for each."""

from .base import COLORS as COLORS, Numbers as Numbers, Picture as Picture
from .basis import Basis as Basis
from .digits import Digits as Digits
from .fabric import Fabric as Fabric
from .fit import Fit as Fit
from .flow import Flow as Flow
