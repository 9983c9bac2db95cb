"""ξ, the interdependence: which columns or rows depend on which?"""

from ..component import misspelt
from .base import Interdependence
from .combine import Hybrid
from .fixed import Chain, Constant, ExponentialChain, Graph, Independent, InverseChain, PageRank
from .grid import Grid
from .kernel import (
    AnisotropicRBF, Canberra, Chebyshev, Cosine, Euclidean, Exponential, GaussianRBF, HyperbolicTangent, KLDivergence, Laplacian,
    LinearKernel, Manhattan, Minkowski, MutualInformation, Pearson, Polynomial, RVCoefficient,
)  # fmt: skip
from .learned import Bilinear, Expanded, Parameterized

__getattr__ = misspelt("interdependence")
