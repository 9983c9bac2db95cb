"""Where the terms meet: a formula chooses them, a head holds its numbers, layers are stacked into a model and saved."""

from .formula import Formula as Formula, Output as Output, Trace as Trace
from .head import Head as Head
from .layer import Layer as Layer
from .model import RPN as RPN, Model as Model
