"""κ, the data expansion: what does a model see of its input?"""

from ..component import misspelt
from .base import Expansion as Expansion
from .pointwise import (
    Identity as Identity, Linear as Linear, Reciprocal as Reciprocal, Fourier as Fourier, Trigonometric as Trigonometric,
    ArcTrigonometric as ArcTrigonometric, Hyperbolic as Hyperbolic, ArcHyperbolic as ArcHyperbolic,
)  # fmt: skip
from .products import Taylor as Taylor
from .recurrence import (
    Chebyshev as Chebyshev, Legendre as Legendre, Hermite as Hermite, Laguerre as Laguerre, Gegenbauer as Gegenbauer, Jacobi as Jacobi,
    Bessel as Bessel, ReverseBessel as ReverseBessel, Fibonacci as Fibonacci, Lucas as Lucas,
)  # fmt: skip
from .local import BSpline as BSpline, GaussianRBF as GaussianRBF, InverseQuadraticRBF as InverseQuadraticRBF
from .density import (
    Normal as Normal, Cauchy as Cauchy, Laplace as Laplace, Exponential as Exponential, Gamma as Gamma, ChiSquared as ChiSquared,
    HybridDensity as HybridDensity, CombinatorialNormal as CombinatorialNormal,
)  # fmt: skip
from .wavelet import (
    Haar as Haar, Shannon as Shannon, Meyer as Meyer, Ricker as Ricker, DifferenceOfGaussians as DifferenceOfGaussians,
    BetaWavelet as BetaWavelet,
)  # fmt: skip
from .combine import Extended as Extended, Nested as Nested
from .patches import PatchPooling as PatchPooling, Patches as Patches, WindowPooling as WindowPooling, Windows as Windows
from .compress import (
    Affine as Affine, Max as Max, Mean as Mean, Median as Median, Min as Min, Prod as Prod, Sampled as Sampled,
    SampledSubsets as SampledSubsets, Sum as Sum,
)  # fmt: skip
from .landmarks import Landmarks as Landmarks  # last: it reads kernels of ξ, whose package reads the κ above

__getattr__ = misspelt("expansion")
