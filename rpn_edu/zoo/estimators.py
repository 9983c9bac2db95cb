"""Fitted estimators of scikit-learn as settings of the formula.

A pipeline is read from the left. What its steps make of x is κ, followed by a linear map that waits: a scaler, a projection or the
coefficients of a model only multiply it and move it. At the end the map is ψ and the bias. So a scaler before a linear model is no term of
its own, and before a kernel it is an Affine inside of κ.
"""

import math
from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement, pairwise
from typing import Any, NamedTuple

import numpy as np
import torch

from ..expansion import Affine, BSpline, Expansion, Extended, Fourier, Identity, Landmarks, Nested, Normal, Taylor
from ..expansion.density import HALF_LOG_TAU
from ..interdependence.kernel import (
    AnisotropicRBF,
    Cosine,
    Exponential,
    HyperbolicTangent,
    Kernel,
    Laplacian,
    LinearKernel,
    Polynomial,
)
from ..network.formula import Formula, Output
from ..network.model import RPN
from ..shared.words import did_you_mean
from .taken import Taken, built, one


class Features(NamedTuple):
    """What has been made of x so far: layers that are closed, then κ_K(... κ_1(.)), then z → z Mᵀ + c, which waits."""

    layers: tuple[Taken, ...]
    parts: tuple[Expansion, ...]
    M: np.ndarray  # (features, D)
    c: np.ndarray  # (features,)

    @classmethod
    def of(cls, m: int, layers: tuple[Taken, ...] = ()) -> "Features":
        """m inputs as they are."""
        return cls(layers, (), np.eye(m), np.zeros(m))

    def affine(self, M: Any, c: Any = 0.0) -> "Features":
        """Mapped on: z → z Mᵀ + c, with M (n, features) and c (n,) or one number."""
        M = dense(M)
        return self._replace(M=M @ self.M, c=M @ self.c + c)

    def then(self, *kappas: Expansion) -> "Features":
        """Expanded on. The map that waited becomes an Affine, unless it changes nothing."""
        still = np.array_equal(self.M, np.eye(len(self.M))) and not self.c.any()
        parts = (*self.parts, *(() if still else (Affine(self.M, self.c if self.c.any() else ()),)), *kappas)  # type: ignore[arg-type]
        width = len(self.M)
        for kappa in kappas:
            width = kappa.width(width)
        return Features(self.layers, parts, np.eye(width), np.zeros(width))

    def closed(self, output: Output = Output()) -> "Features":  # noqa: B008
        """What is open becomes a layer: ψ = M and the bias c."""
        kappa = self.parts[0] if len(self.parts) == 1 else Nested(self.parts) if self.parts else Identity()
        n = len(self.M)
        return Features.of(n, (*self.layers, one(n, Formula(kappa, bias=True, output=output), self.M, self.c)))


def from_sklearn(estimator: Any) -> RPN:
    """A fitted estimator of scikit-learn as an RPN in float64 that gives the same numbers: (b, m) → (b, n).

    A regressor gives what `predict` gives, in columns; a transformer what `transform` gives; a classifier `decision_function`, else
    `predict_joint_log_proba` (naive Bayes) or `predict_proba` (MLPClassifier). `estimator` may be a Pipeline. KINDS lists what is known.

    The numbers are equal for every x, with these conditions:

    - SVC with more than two classes gives its values for each pair of classes (decision_function_shape="ovo")
    - BernoulliNB: x holds 0 and 1 alone, since a threshold is a step and no κ has one at a given place
    - SplineTransformer: x lies within its knots; what lies beyond them fades out here, as in a KAN
    - a GaussianProcessRegressor gives its mean, without the deviation

    TypeError for what is no fitted estimator, and for a kind that is not known; ValueError for a setting that no formula can say.
    Source: RPN 1 (arXiv 2407.04819), "Unifying Base Models". It writes an SVM and naive Bayes by features of single attributes, which
    is the same function for a linear SVM and for densities that such features span; a kernel of whole rows needs `expansion.Landmarks`.
    """
    steps = list(steps_of(estimator))
    if not steps:
        raise ValueError("from_sklearn: a Pipeline without a step has nothing to say")
    m = int(getattr(steps[0], "n_features_in_", 0))
    found = Features.of(m)
    for step in steps:
        found = known(step)(fitted(step), found)
    if not m:
        raise ValueError(f"from_sklearn: {kind(steps[0])} does not say how many inputs it has: fit it on a table of numbers")
    untouched = bool(found.layers) and not found.parts and np.array_equal(found.M, np.eye(len(found.M))) and not found.c.any()
    return built(m, (found if untouched else found.closed()).layers, kind(steps[-1]), torch.float64)


# ---- who it is --------------------------------------------------------------------------------------------------------------------------


def kind(estimator: Any) -> str:
    """The name of its class."""
    return type(estimator).__name__


def steps_of(estimator: Any) -> Iterator[Any]:
    """The estimators of a pipeline in their order, those inside of it too; those that pass everything through are left out."""
    if kind(estimator) != "Pipeline":
        yield estimator
        return
    for _, step in estimator.steps:
        if step is not None and step != "passthrough":
            yield from steps_of(step)


def fitted(estimator: Any) -> Any:
    """The estimator, if it has learned something. TypeError if it has not."""
    if not any(name.endswith("_") and not name.startswith("_") for name in getattr(estimator, "__dict__", ())):
        raise TypeError(f"from_sklearn takes a fitted estimator: call fit first, got {estimator!r:.200}")
    return estimator


def known(estimator: Any) -> "Step":
    """The row of KINDS. TypeError with the reason, or with the near misses, where there is none."""
    name = kind(estimator)
    if name in KINDS:
        return KINDS[name]
    if reason := next((why for names, why in BEYOND.items() if name in names.split()), ""):
        raise TypeError(f"from_sklearn: {name} is no formula here: {reason}")
    raise TypeError(f"from_sklearn does not know {name}{did_you_mean(name, KINDS)}")


def refuse(estimator: Any, setting: str, reason: str) -> ValueError:
    """The error that names the estimator, its setting and why no formula says it."""
    return ValueError(f"from_sklearn: {kind(estimator)}({setting}) is no formula here: {reason}")


def dense(numbers: Any) -> np.ndarray:
    """An array of any kind, sparse ones too, in float64."""
    return np.asarray(numbers.toarray() if hasattr(numbers, "toarray") else numbers, dtype=np.float64)


# ---- maps -------------------------------------------------------------------------------------------------------------------------------


def linear(model: Any, z: Features) -> Features:
    """<x, coef> + intercept: κ is the identity, ψ the coefficients."""
    return z.affine(np.atleast_2d(dense(model.coef_)), dense(model.intercept_))


def scaled(z: Features, center: Any, scale: Any) -> Features:
    """(x - center) / scale, with None for what is not done."""
    factor = np.ones(len(z.M)) if scale is None else 1 / dense(scale)
    return z.affine(np.diag(factor), 0.0 if center is None else -factor * dense(center))


def min_max(model: Any, z: Features) -> Features:
    """x · scale + min. ValueError where numbers are cut off."""
    if model.clip:
        raise refuse(model, "clip=True", "numbers are cut off at both ends, which is no linear map")
    return z.affine(np.diag(dense(model.scale_)), dense(model.min_))


def unchanged(model: Any, z: Features) -> Features:
    """x as it is. ValueError for a function of one's own."""
    if model.func is not None:
        raise refuse(model, f"func={model.func!r:.40}", "a function of Python may do anything")
    return z


def projection(model: Any, z: Features) -> Features:
    """<x - mean, components>, each divided by its deviation where it is whitened."""
    M = dense(model.components_)
    if getattr(model, "whiten", False):
        M = M / np.sqrt(dense(model.explained_variance_))[:, None]
    mean = getattr(model, "mean_", None)
    return z.affine(M, 0.0 if mean is None else -M @ dense(mean))


# ---- features ---------------------------------------------------------------------------------------------------------------------------


def monomials(model: Any, z: Features) -> Features:
    """κ = Taylor with each monomial once; of these a matrix picks those that the transformer has, and the constant."""
    m, powers = len(z.M), np.asarray(model.powers_)
    order = max(1, int(powers.sum(1).max(initial=0)))
    choices = [choice for k in range(1, order + 1) for choice in combinations_with_replacement(range(m), k)]
    place = {tuple(np.bincount(choice, minlength=m)): number for number, choice in enumerate(choices)}
    M = np.zeros((len(powers), len(choices)))
    for row, power in enumerate(map(tuple, powers)):
        if any(power):
            M[row, place[power]] = 1.0
    return z.then(Taylor(order, unique=True)).affine(M, (powers.sum(1) == 0).astype(float))


def splines(model: Any, z: Features) -> Features:
    """κ = BSpline on [-1, 1], after each attribute has been brought there from its own first and last knot.

    ValueError for knots that go round or are not evenly spaced.
    """
    m, degree = len(z.M), int(model.degree)
    knots = [dense(spline.t) for spline in model.bsplines_]
    inner = np.stack([t[degree : len(t) - degree] for t in knots])  # (m, intervals + 1)
    low, high, steps = inner[:, :1], inner[:, -1:], np.diff(np.stack(knots), axis=1)
    if model.extrapolation == "periodic":
        raise refuse(model, "extrapolation='periodic'", "its splines go round in a circle, and those of BSpline end")
    if not np.allclose(steps, steps[:, :1], rtol=1e-9, atol=0):
        raise refuse(model, f"knots={model.knots!r:.40}", "BSpline has evenly spaced knots: take knots='uniform'")
    intervals = inner.shape[1] - 1
    K = intervals + degree
    kept = K if model.include_bias else K - 1
    M = np.zeros((m * kept, m * K))
    for j in range(m):  # theirs go attribute by attribute, ours spline by spline
        M[j * kept + np.arange(kept), np.arange(kept) * m + j] = 1.0
    width = (high - low).ravel()
    z = z.affine(np.diag(2 / width), -(high + low).ravel() / width)
    return z.then(BSpline(intervals, degree, -1.0, 1.0)).affine(M)


def fourier(model: Any, z: Features) -> Features:
    """√(2 / D) cos(x W + phase) by the sine and cosine of x W, a Fourier series of one term: the phase becomes part of the map."""
    W, phase = dense(model.random_weights_), dense(model.random_offset_)
    turned = np.hstack([np.diag(np.cos(phase)), -np.diag(np.sin(phase))])
    return z.affine(W.T).then(Fourier(1, 2 * math.pi)).affine(math.sqrt(2 / len(phase)) * turned)


# ---- kernels ----------------------------------------------------------------------------------------------------------------------------


def kernel_of(model: Any, m: int, gamma: float | None, degree: float | None, coef0: float | None) -> tuple[float, Kernel]:
    """(c, k) where the kernel of a model is c · k, for m attributes. ValueError for one that ξ does not have.

    (gamma <x, p> + coef0)^degree is gamma^degree (<x, p> + coef0 / gamma)^degree.
    """
    g, d, c = 1.0 / m if gamma is None else float(gamma), 3 if degree is None else degree, 1.0 if coef0 is None else float(coef0)
    match model.kernel:
        case "linear":
            return 1.0, LinearKernel()
        case "rbf":
            return 1.0, Exponential(g)
        case "laplacian":
            return 1.0, Laplacian(1 / g)
        case "poly" | "polynomial":
            if d != int(d) or d < 1:
                raise refuse(model, f"degree={d}", "Polynomial has whole degrees from 1 on")
            return g ** int(d), Polynomial(int(d), c / g)
        case "sigmoid":
            return 1.0, HyperbolicTangent(g, c)
        case "cosine":
            return 1.0, Cosine()
        case other:
            known = "linear, rbf, laplacian, poly, polynomial, sigmoid and cosine"
            raise refuse(model, f"kernel={other!r:.60}", f"the kernels of ξ that it may have are {known}")


def likeness(model: Any, z: Features, points: Any, gamma: float | None) -> Features:
    """How alike x is to each of the points, (s, m), by the kernel of the model: κ = Landmarks."""
    rows = dense(points)
    factor, kernel = kernel_of(model, rows.shape[1], gamma, getattr(model, "degree", None), getattr(model, "coef0", None))
    return z.then(Landmarks(rows, kernel)).affine(factor * np.eye(len(rows)))  # type: ignore[arg-type]


def support_vectors(model: Any, z: Features) -> Features:
    """κ compares x with the support vectors, ψ holds their dual coefficients; of several classes, a row for each pair of them.

    The linear kernel compares nothing: there κ is the identity, and ψ the sum of the support vectors, each times its coefficient.
    """
    if model.kernel == "linear":
        return linear(model, z)
    z = likeness(model, z, model.support_vectors_, model._gamma)
    dual, intercept = np.atleast_2d(dense(model.dual_coef_)), dense(model.intercept_)
    if len(dual) == 1:
        return z.affine(dual, intercept)
    ends = np.concatenate([[0], np.cumsum(model.n_support_)])  # the vectors lie class by class
    own = [slice(start, end) for start, end in pairwise(ends)]
    rows = []
    for i in range(len(own)):  # in row j - 1 the vectors of class i have their coefficients against class j, and in row i those of j
        for j in range(i + 1, len(own)):
            row = np.zeros(dual.shape[1])
            row[own[i]], row[own[j]] = dual[j - 1, own[i]], dual[i, own[j]]
            rows.append(row)
    return z.affine(np.stack(rows), intercept)


def kernel_ridge(model: Any, z: Features) -> Features:
    """κ compares x with all training rows."""
    return likeness(model, z, model.X_fit_, model.gamma).affine(np.atleast_2d(dense(model.dual_coef_).T))


def nystroem(model: Any, z: Features) -> Features:
    """κ compares x with a few training rows. ValueError for kernels with arguments of their own."""
    if model.kernel_params:
        raise refuse(model, "kernel_params=...", "give gamma, degree and coef0 by their own names")
    return likeness(model, z, model.components_, model.gamma).affine(dense(model.normalization_))


def summands(model: Any, kernel: Any, m: int) -> list[tuple[float, Kernel | None]]:
    """[(c, k), ...] of a Gaussian process's kernel c_1 k_1 + c_2 k_2 + ...; k is None where it is 1 everywhere. ValueError for others."""
    match kind(kernel):
        case "RBF":
            inverse = 0.5 / dense(kernel.length_scale) ** 2
            return [(1.0, Exponential(float(inverse)) if inverse.ndim == 0 else AnisotropicRBF(tuple(inverse.tolist())))]
        case "ConstantKernel":
            return [(float(kernel.constant_value), None)]
        case "DotProduct":
            return [(1.0, Polynomial(1, float(kernel.sigma_0) ** 2))]
        case "WhiteKernel":
            return []  # noise of the training rows alone
        case "Sum":
            return [*summands(model, kernel.k1, m), *summands(model, kernel.k2, m)]
        case "Product":
            pairs = [(a, b) for a in summands(model, kernel.k1, m) for b in summands(model, kernel.k2, m)]
            if all(None in (k1, k2) for (_, k1), (_, k2) in pairs):
                return [(c1 * c2, k1 or k2) for (c1, k1), (c2, k2) in pairs]
        case _:
            pass
    kinds = "RBF, DotProduct, ConstantKernel and WhiteKernel, and their sums and multiples"
    raise refuse(model, f"kernel={kernel!r:.80}", f"the kernels of ξ that it may have are {kinds}")


def gaussian_process(model: Any, z: Features) -> Features:
    """The mean: κ compares x with all training rows, ψ holds alpha. Kernels that are added stand side by side.

    ValueError for kernels that ξ does not have, and for one that compares nothing.
    """
    points, alpha = dense(model.X_train_), dense(model.alpha_)
    alpha = alpha.reshape(len(points), -1).T  # (n, s)
    terms = summands(model, model.kernel_, points.shape[1])
    kappas = [(c, Landmarks(points, k)) for c, k in terms if k is not None]  # type: ignore[arg-type]
    if not kappas:
        raise refuse(model, f"kernel={model.kernel_!r:.80}", "it compares nothing: its mean is the same everywhere")
    M = np.hstack([c * alpha for c, _ in kappas])
    bias = sum(c for c, k in terms if k is None) * alpha.sum(1)
    scale, mean = dense(model._y_train_std).reshape(-1), dense(model._y_train_mean).reshape(-1)
    kappa = kappas[0][1] if len(kappas) == 1 else Extended(tuple(each for _, each in kappas))
    return z.then(kappa).affine(scale[:, None] * M, scale * bias + mean)


# ---- naive Bayes ------------------------------------------------------------------------------------------------------------------------


def normal_bayes(model: Any, z: Features) -> Features:
    """κ = ln N(x; 0, 1) and x: they span every normal log density, whose weights are ψ. Its constants and the log prior are the bias.

    ln N(x; μ, σ) = ln N(x; 0, 1) / σ² + x μ / σ² + h / σ² - μ² / 2σ² - ln σ - h, with h = ln(2π) / 2.
    """
    mean, variance = dense(model.theta_), dense(model.var_)
    constant = HALF_LOG_TAU / variance - mean**2 / (2 * variance) - np.log(variance) / 2 - HALF_LOG_TAU
    z = z.then(Extended((Normal(naive=True), Identity())))
    return z.affine(np.hstack([1 / variance, mean / variance]), constant.sum(1) + np.log(dense(model.class_prior_)))


def bernoulli_bayes(model: Any, z: Features) -> Features:
    """For x of 0 and 1: ψ holds the log odds of each attribute, the bias the log probability of a row of zeros.

    ValueError for a threshold that does not part 0 from 1.
    """
    if model.binarize is not None and not 0 <= model.binarize < 1:
        raise refuse(model, f"binarize={model.binarize}", "0 and 1 would fall on one side of it")
    yes = dense(model.feature_log_prob_)
    no = np.log1p(-np.exp(yes))
    return z.affine(yes - no, no.sum(1) + dense(model.class_log_prior_))


def multinomial_bayes(model: Any, z: Features) -> Features:
    """ψ holds the log probability of each word, the bias the log prior."""
    return z.affine(dense(model.feature_log_prob_), dense(model.class_log_prior_))


# ---- networks ---------------------------------------------------------------------------------------------------------------------------

ACTIVATION = {"identity": Output(), "relu": Output(activation="relu"), "tanh": Output(activation="tanh")}
ACTIVATION |= {"logistic": Output(activation="sigmoid"), "softmax": Output(softmax="softmax")}


def perceptron(model: Any, z: Features) -> Features:
    """A layer for each matrix: κ is the identity, ψ dense. Of two classes the probabilities are the softmax of (0, z)."""
    *hidden, last = zip(map(dense, model.coefs_), map(dense, model.intercepts_), strict=True)
    for W, b in hidden:
        z = z.affine(W.T, b).closed(ACTIVATION[model.activation])
    (W, b), end = last, model.out_activation_
    if end == "logistic" and model.n_outputs_ == 1:
        W, b, end = np.hstack([0 * W, W]), np.concatenate([0 * b, b]), "softmax"
    return z.affine(W.T, b).closed(ACTIVATION[end])


# ---- the table --------------------------------------------------------------------------------------------------------------------------

Step = Callable[[Any, Features], Features]
ROWS: dict[str, Step] = {
    "LinearRegression Ridge RidgeCV Lasso LassoCV ElasticNet ElasticNetCV BayesianRidge HuberRegressor LinearSVR SGDRegressor": linear,
    "LogisticRegression LogisticRegressionCV RidgeClassifier LinearSVC SGDClassifier Perceptron LinearDiscriminantAnalysis": linear,
    "SVC SVR NuSVC NuSVR OneClassSVM": support_vectors,
    "KernelRidge": kernel_ridge,
    "GaussianProcessRegressor": gaussian_process,
    "GaussianNB": normal_bayes,
    "BernoulliNB": bernoulli_bayes,
    "MultinomialNB": multinomial_bayes,
    "MLPClassifier MLPRegressor": perceptron,
    "PCA IncrementalPCA TruncatedSVD": projection,
    "StandardScaler": lambda model, z: scaled(z, model.mean_ if model.with_mean else None, model.scale_),
    "RobustScaler": lambda model, z: scaled(z, model.center_, model.scale_),
    "MaxAbsScaler": lambda model, z: scaled(z, None, model.scale_),
    "MinMaxScaler": min_max,
    "FunctionTransformer": unchanged,
    "PolynomialFeatures": monomials,
    "SplineTransformer": splines,
    "Nystroem": nystroem,
    "RBFSampler": fourier,
}
KINDS: dict[str, Step] = {name: step for names, step in ROWS.items() for name in names.split()}
"""Every kind of estimator by the name of its class, and what it makes of the features before it."""

TREE = "a tree cuts at thresholds of its own, and no κ has steps at given places"
BEYOND: dict[str, str] = {
    "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor RandomForestClassifier RandomForestRegressor "
    "ExtraTreesClassifier ExtraTreesRegressor GradientBoostingClassifier GradientBoostingRegressor HistGradientBoostingClassifier "
    "HistGradientBoostingRegressor AdaBoostClassifier AdaBoostRegressor IsolationForest": TREE,
    "KNeighborsClassifier KNeighborsRegressor RadiusNeighborsClassifier RadiusNeighborsRegressor NearestCentroid": (
        "it picks the nearest rows, and a choice among rows is no weighted sum of features"
    ),
    "KMeans MiniBatchKMeans": "it picks the nearest centre, and a choice is no weighted sum of features",
    "Normalizer": "it divides each row by a length of its own, and ψ multiplies all rows alike",
    "Binarizer KBinsDiscretizer QuantileTransformer": "a threshold is a step, and no κ has one at a given place",
    "TSNE MDS SpectralEmbedding": "it places the rows it was given and has no map for a new one",
    "ColumnTransformer FeatureUnion": "it sets other estimators side by side; give each of them alone",
    "OneHotEncoder OrdinalEncoder LabelEncoder": "it reads names, and x is numbers",
    "GaussianProcessClassifier": "its probability is an integral over the normal density of a decision, not the decision's function",
}
"""What is known to be none of it, and why."""
