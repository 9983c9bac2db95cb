"""Explorers: components under the learner's hand. The only folder that imports matplotlib and ipywidgets."""

from ..shared.machine import needs

needs("rpn_edu.explore", "ipywidgets", "anywidget", "PIL", "matplotlib")

from .explorer import Explorer as Explorer
from .gallery import contact_sheet as contact_sheet
from .pictures import (
    Attend as Attend,
    Basis as Basis,
    Boundary as Boundary,
    Club as Club,
    Condition as Condition,
    Digits as Digits,
    DoubleDescent as DoubleDescent,
    Fabric as Fabric,
    Filters as Filters,
    Fit as Fit,
    Flow as Flow,
    Growth as Growth,
    Halves as Halves,
    Heads as Heads,
    Learning as Learning,
    Microscope as Microscope,
    Mix as Mix,
    Picture as Picture,
    Series as Series,
    Smooth as Smooth,
    Stack as Stack,
    TwoHeads as TwoHeads,
    Training as Training,
    Twin as Twin,
)
from .state.predict import Predict as Predict
from .stills import Still as Still, borders as borders, digit_sheet as digit_sheet, learning_curve as learning_curve

# `import *` hands over what is imported here, and not the modules, whose names (state, question) readers use for their own.
__all__ = [name for name, value in vars().items() if getattr(value, "__module__", "").startswith(__name__)]  # pyright: ignore
