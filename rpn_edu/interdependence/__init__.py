"""ξ, the interdependence: which columns or rows depend on which?"""

from ..component import misspelt
from .base import Interdependence as Interdependence
from .combine import Hybrid as Hybrid
from .fixed import (
    Chain as Chain, Constant as Constant, ExponentialChain as ExponentialChain, Graph as Graph, Independent as Independent,
    InverseChain as InverseChain, PageRank as PageRank,
)  # fmt: skip
from .grid import Grid as Grid
from .kernel import (
    AnisotropicRBF as AnisotropicRBF, Canberra as Canberra, Chebyshev as Chebyshev, Cosine as Cosine, Euclidean as Euclidean,
    Exponential as Exponential, GaussianRBF as GaussianRBF, HyperbolicTangent as HyperbolicTangent, KLDivergence as KLDivergence,
    Laplacian as Laplacian, LinearKernel as LinearKernel, Manhattan as Manhattan, Minkowski as Minkowski,
    MutualInformation as MutualInformation, Pearson as Pearson, Polynomial as Polynomial, RVCoefficient as RVCoefficient,
)  # fmt: skip
from .learned import Attention as Attention, Bilinear as Bilinear, Expanded as Expanded, Parameterized as Parameterized

__getattr__ = misspelt("interdependence")
