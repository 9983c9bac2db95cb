"""κ, the data expansion: what does a model see of its input?"""

from ..component import misspelt
from .base import Expansion
from .pointwise import Identity, Linear, Reciprocal, Fourier, Trigonometric, ArcTrigonometric, Hyperbolic, ArcHyperbolic
from .products import Taylor
from .recurrence import Chebyshev, Legendre, Hermite, Laguerre, Gegenbauer, Jacobi, Bessel, ReverseBessel, Fibonacci, Lucas
from .local import BSpline, GaussianRBF, InverseQuadraticRBF
from .density import Normal, Cauchy, Laplace, Exponential, Gamma, ChiSquared, HybridDensity, CombinatorialNormal
from .wavelet import Haar, Shannon, Meyer, Ricker, DifferenceOfGaussians, BetaWavelet
from .combine import Extended, Nested
from .patches import PatchPooling, Patches
from .compress import Affine, Max, Mean, Median, Min, Prod, Sampled, SampledSubsets, Sum

__getattr__ = misspelt("expansion")
