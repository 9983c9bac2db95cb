"""κ, the data expansion: what does a model see of its input?"""

from .base import Expansion
from .combine import Extended, Nested
from .compress import Affine, Max, Mean, Median, Min, Prod, Sampled, SampledSubsets, Sum
from .density import Cauchy, ChiSquared, CombinatorialNormal, Exponential, Gamma, HybridDensity, Laplace, Normal
from .local import BSpline, GaussianRBF, InverseQuadraticRBF
from .patches import PatchPooling, Patches
from .pointwise import ArcHyperbolic, ArcTrigonometric, Fourier, Hyperbolic, Identity, Linear, Reciprocal, Trigonometric
from .products import Taylor
from .recurrence import Bessel, Chebyshev, Fibonacci, Gegenbauer, Hermite, Jacobi, Laguerre, Legendre, Lucas, ReverseBessel
from .wavelet import BetaWavelet, DifferenceOfGaussians, Haar, Meyer, Ricker, Shannon
