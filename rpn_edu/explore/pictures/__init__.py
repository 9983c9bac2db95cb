"""The pictures of explorers: one file for each."""

from .base import COLORS as COLORS, Numbers as Numbers, Picture as Picture
from .attend import Attend as Attend
from .basis import Basis as Basis
from .boundary import Boundary as Boundary
from .club import Club as Club
from .condition import Condition as Condition
from .digits import Digits as Digits
from .double_descent import DoubleDescent as DoubleDescent
from .fabric import Fabric as Fabric
from .filters import Filters as Filters
from .fit import Fit as Fit
from .flow import Flow as Flow
from .growth import Growth as Growth
from .halves import Halves as Halves
from .heads import Heads as Heads
from .learning import Learning as Learning
from .microscope import Microscope as Microscope
from .mix import Mix as Mix
from .series import Series as Series
from .smooth import Smooth as Smooth
from .stack import Stack as Stack
from .two_heads import TwoHeads as TwoHeads
from .training import Training as Training
from .twin import Twin as Twin
