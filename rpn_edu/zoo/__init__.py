"""Known models as settings of one formula, and fitted models of other libraries as the same function in that formula."""

from .estimators import from_sklearn as from_sklearn
from .modules import from_torch as from_torch
from .models import (
    cnn as cnn, gat as gat, gcn as gcn, kan as kan, linear_regression as linear_regression, logistic_regression as logistic_regression,
    mlp as mlp, naive_bayes as naive_bayes, pgm as pgm, rnn as rnn, svm as svm, transformer as transformer,
)  # fmt: skip
