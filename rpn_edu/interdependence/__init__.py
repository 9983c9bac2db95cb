"""ξ, the interdependence: which columns or rows depend on which?"""

from .base import Interdependence as Interdependence
from .fixed import Chain as Chain, Constant as Constant, Graph as Graph, Independent as Independent
from .kernel import Cosine as Cosine, GaussianRBF as GaussianRBF, Pearson as Pearson
from .learned import Bilinear as Bilinear, Parameterized as Parameterized
