"""κ, the data expansion: what does a model see of its input?"""

from .base import Expansion as Expansion
from .combine import Extended as Extended, Nested as Nested
from .density import Normal as Normal
from .local import BSpline as BSpline, GaussianRBF as GaussianRBF
from .pointwise import Fourier as Fourier, Identity as Identity, Taylor as Taylor
from .recurrence import Chebyshev as Chebyshev, Hermite as Hermite, Legendre as Legendre
