"""Data that need no download: a noisy curve, two small real sets, a social network, and 161 equations with their ranges.

Everything random is drawn on the CPU from its own seed, in float64, and cast at the end: every device and every dtype sees the same rows.
Where the facts come from, and what every column of the tables means: `data/README.md`.
"""

from .sets import Karate as Karate, curve as curve, digits as digits, iris as iris, karate as karate, moons as moons
from .split import Split as Split
from .tables import Equation as Equation, equation as equation, equations as equations

__all__ = ["Equation", "Karate", "Split", "curve", "digits", "equation", "equations", "iris", "karate", "moons"]
