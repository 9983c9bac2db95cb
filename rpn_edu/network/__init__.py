"""Where the terms meet: a formula chooses them, a head holds its numbers, layers are stacked into a model and saved."""

from .formula import Formula as Formula, Output as Output
from .head import Head as Head, Trace as Trace
from .layer import Layer as Layer
from .model import RPN as RPN, Model as Model
