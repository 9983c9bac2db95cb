"""Explorers: components under the learner's hand. The only folder that imports matplotlib and ipywidgets."""

from .explorer import Explorer as Explorer, Predict as Predict
from .pictures import Basis as Basis, Digits as Digits, Fabric as Fabric, Fit as Fit, Flow as Flow, Picture as Picture
from .stills import Still as Still, digit_sheet as digit_sheet, learning_curve as learning_curve
