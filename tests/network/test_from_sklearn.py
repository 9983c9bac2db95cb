"""A fitted estimator and its formula are two programs for one function: random shapes, weights and data, kind by kind."""

import json

import numpy as np
import pytest
import sklearn.decomposition as decomposition
import sklearn.discriminant_analysis as discriminant
import sklearn.gaussian_process as process
import sklearn.kernel_approximation as approximation
import sklearn.kernel_ridge as ridge
import sklearn.linear_model as linear
import sklearn.naive_bayes as bayes
import sklearn.neural_network as network
import sklearn.preprocessing as preprocessing
import sklearn.svm as svm
import torch
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, Matern, WhiteKernel
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

import rpn_edu as rpn
from rpn_edu.zoo import estimators, from_sklearn

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # a fit need not be a good one here


class Data:
    """Rows of one seed: X is normal, `counts` holds whole numbers, `y` numbers, `two` and `four` classes."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.rng, m = rng, int(rng.integers(2, 6))
        self.X = rng.normal(size=(40, m)) * rng.uniform(0.5, 3, m) + rng.normal(size=m)
        self.counts = rng.poisson(2, (40, m)).astype(float)
        self.y = np.sin(self.X).sum(1)
        self.several = np.stack([self.y, self.X[:, 0] ** 2, self.X.sum(1)], 1)
        self.two = (self.y > np.median(self.y)).astype(int)
        self.four = np.digitize(self.y, np.quantile(self.y, [0.25, 0.5, 0.75]))
        self.scale = preprocessing.StandardScaler


def number(rng, low, high):
    return float(rng.uniform(low, high))


def gp(kernel):
    return lambda d: process.GaussianProcessRegressor(kernel(d), optimizer=None, normalize_y=True, alpha=0.1).fit(d.X, d.y)


def anisotropic(d):
    return ConstantKernel(2.0) * RBF(d.rng.uniform(0.5, 2, d.X.shape[1])) + WhiteKernel(0.3) + ConstantKernel(0.5)


def machine(kind, kernel, **more):
    def fit(d):
        gamma, coef0 = number(d.rng, 0.05, 0.3), number(d.rng, 0.5, 1.5)
        y = getattr(d, more.get("of", "y"))
        return make_pipeline(d.scale(), kind(kernel=kernel, gamma=gamma, coef0=coef0, **more.get("how", {}))).fit(d.X, y)

    return fit


def perceptron(kind, activation, y):
    def fit(d):
        sizes = tuple(map(int, d.rng.integers(2, 9, int(d.rng.integers(1, 4)))))
        return kind(hidden_layer_sizes=sizes, activation=activation, max_iter=3, random_state=int(d.rng.integers(99))).fit(
            d.X, getattr(d, y)
        )

    return fit


def after(*steps, last=None):
    """A pipeline of steps made for the data, and a linear model or another at its end."""
    return lambda d: make_pipeline(*(step(d) for step in steps), (last or (lambda d: linear.Ridge(0.1)))(d)).fit(d.X, d.y)


SVC, SVR, MLPC, MLPR = svm.SVC, svm.SVR, network.MLPClassifier, network.MLPRegressor
POLY = preprocessing.PolynomialFeatures
FOUR = {"decision_function_shape": "ovo"}
CASES = {
    "LinearRegression": ("predict", lambda d: linear.LinearRegression().fit(d.X, d.y)),
    "LinearRegression of several outputs": ("predict", lambda d: linear.LinearRegression(fit_intercept=False).fit(d.X, d.several)),
    "Ridge": ("predict", lambda d: linear.Ridge(number(d.rng, 0.1, 10)).fit(d.X, d.y)),
    "Lasso": ("predict", lambda d: linear.Lasso(0.1).fit(d.X, d.several)),
    "ElasticNet": ("predict", lambda d: linear.ElasticNet(0.1).fit(d.X, d.y)),
    "LogisticRegression": ("decision_function", lambda d: linear.LogisticRegression().fit(d.X, d.two)),
    "LogisticRegression of four classes": ("decision_function", lambda d: linear.LogisticRegression().fit(d.X, d.four)),
    "LinearSVC": ("decision_function", lambda d: svm.LinearSVC().fit(d.X, d.four)),
    "LinearSVR": ("predict", lambda d: svm.LinearSVR(max_iter=99999).fit(d.X, d.y)),
    "RidgeClassifier": ("decision_function", lambda d: linear.RidgeClassifier().fit(d.X, d.two)),
    "SGDClassifier": ("decision_function", lambda d: linear.SGDClassifier().fit(d.X, d.four)),
    "LinearDiscriminantAnalysis": ("decision_function", lambda d: discriminant.LinearDiscriminantAnalysis().fit(d.X, d.four)),
    "SVC linear": ("decision_function", machine(SVC, "linear", of="two")),
    "SVC rbf": ("decision_function", machine(SVC, "rbf", of="two")),
    "SVC rbf of four classes": ("decision_function", machine(SVC, "rbf", of="four", how=FOUR)),
    "SVC poly": ("decision_function", machine(SVC, "poly", of="four", how=FOUR | {"degree": 2})),
    "SVC sigmoid": ("decision_function", machine(SVC, "sigmoid", of="two")),
    "NuSVC": ("decision_function", machine(svm.NuSVC, "rbf", of="four", how=FOUR)),
    "SVR linear": ("predict", machine(SVR, "linear")),
    "SVR rbf": ("predict", machine(SVR, "rbf")),
    "SVR poly": ("predict", machine(SVR, "poly")),
    "OneClassSVM": ("decision_function", machine(lambda **how: svm.OneClassSVM(**how), "rbf")),
    **{f"KernelRidge {k}": ("predict", machine(ridge.KernelRidge, k, of="several")) for k in ("rbf", "poly", "laplacian", "cosine")},
    "GaussianProcessRegressor RBF": ("predict", gp(lambda d: RBF(number(d.rng, 0.5, 2)))),
    "GaussianProcessRegressor of a sum": ("predict", gp(anisotropic)),
    "GaussianProcessRegressor of products": ("predict", gp(lambda d: DotProduct(0.7) * ConstantKernel(0.2) + RBF(1.5))),
    "GaussianNB": ("predict_joint_log_proba", lambda d: bayes.GaussianNB().fit(d.X, d.four)),
    "BernoulliNB": ("predict_joint_log_proba", lambda d: bayes.BernoulliNB().fit(d.counts > 1, d.four)),
    "MultinomialNB": ("predict_joint_log_proba", lambda d: bayes.MultinomialNB().fit(d.counts, d.four)),
    "MLPClassifier relu": ("predict_proba", perceptron(MLPC, "relu", "two")),
    "MLPClassifier logistic of four classes": ("predict_proba", perceptron(MLPC, "logistic", "four")),
    "MLPRegressor tanh": ("predict", perceptron(MLPR, "tanh", "several")),
    "MLPRegressor identity": ("predict", perceptron(MLPR, "identity", "y")),
    "PCA": ("transform", lambda d: decomposition.PCA(2, whiten=bool(d.rng.integers(2))).fit(d.X)),
    "TruncatedSVD": ("transform", lambda d: decomposition.TruncatedSVD(1).fit(d.X)),
    "StandardScaler": ("transform", lambda d: d.scale(with_mean=bool(d.rng.integers(2))).fit(d.X)),
    "RobustScaler, MinMaxScaler, MaxAbsScaler": (
        "predict",
        after(*(lambda d, k=k: k() for k in (preprocessing.RobustScaler, preprocessing.MinMaxScaler, preprocessing.MaxAbsScaler))),
    ),
    "FunctionTransformer": ("predict", after(lambda d: preprocessing.FunctionTransformer())),
    "PolynomialFeatures": ("predict", after(lambda d: d.scale(), lambda d: POLY(3))),
    "PolynomialFeatures of interactions": ("predict", after(lambda d: POLY((0, 2), interaction_only=True), lambda d: d.scale())),
    "SplineTransformer": ("predict", after(lambda d: preprocessing.SplineTransformer(int(d.rng.integers(2, 7)), include_bias=False))),
    "Nystroem": ("predict", after(lambda d: d.scale(), lambda d: approximation.Nystroem(n_components=7, random_state=0))),
    "RBFSampler": ("predict", after(lambda d: approximation.RBFSampler(gamma=0.2, n_components=9, random_state=0))),
    "PCA before an SVR": ("predict", after(lambda d: d.scale(), lambda d: decomposition.PCA(2), last=lambda d: SVR(gamma=0.3))),
    "PCA, a passed step, MLPRegressor": (
        "predict",
        after(
            lambda d: d.scale(),
            lambda d: "passthrough",
            lambda d: decomposition.PCA(2),
            last=lambda d: MLPR(hidden_layer_sizes=(5,), max_iter=3),
        ),
    ),
    "PCA after PolynomialFeatures": ("predict", after(lambda d: d.scale(), lambda d: POLY(2), lambda d: decomposition.PCA(3))),
}
CONDITIONS = {
    "SVC rbf of four classes": "one against one",
    "SVC poly": "one against one",
    "NuSVC": "one against one",
    "BernoulliNB": "x of 0 and 1",
    "SplineTransformer": "x within the knots",
    "GaussianProcessRegressor RBF": "the mean",
    "GaussianProcessRegressor of a sum": "the mean",
    "GaussianProcessRegressor of products": "the mean",
}


def rows_for(name, d):
    """Rows that the estimator has not seen, within its condition."""
    if name == "BernoulliNB":
        return d.rng.integers(0, 2, (30, d.X.shape[1])).astype(float)
    if name == "SplineTransformer":
        return d.rng.uniform(d.X.min(0), d.X.max(0), (30, d.X.shape[1]))
    return d.rng.poisson(2, (30, d.X.shape[1])).astype(float) if name == "MultinomialNB" else d.X[:30] + d.rng.normal(size=(30, 1)) / 4


def difference(ours, theirs):
    """The largest difference, relative to the largest output."""
    theirs = theirs.reshape(len(theirs), -1)
    assert tuple(ours.shape) == theirs.shape
    return float(np.abs(ours.detach().double().numpy() - theirs).max() / np.abs(theirs).max())


@pytest.mark.parametrize("name", CASES)
def test_an_estimator_and_its_formula_give_the_same_numbers(name, tmp_path):
    method, fit = CASES[name]
    worst = dict.fromkeys((torch.float32, torch.float64), 0.0)
    for seed in range(3):
        d = Data(seed)
        judge = fit(d)
        X = rows_for(name, d)
        theirs = getattr(judge, method)(X)
        model = from_sklearn(judge)
        config = json.loads(json.dumps(model.to_config()))
        for dtype in worst:
            x = torch.tensor(X, dtype=dtype)
            made = model.to(dtype)
            made.save_ckpt(tmp_path)
            again = rpn.RPN.from_ckpt(tmp_path).eval()
            assert again.to_config() == model.to_config() and torch.equal(again(x), made(x))
            worst[dtype] = max(worst[dtype], difference(made(x), theirs))
            model = from_sklearn(judge)
        refilled = rpn.RPN.from_config(config).double().eval()
        refilled.load_state_dict(model.state_dict())
        torch.testing.assert_close(refilled(torch.tensor(X)), model(torch.tensor(X)), rtol=1e-12, atol=0)
        traces = model.trace(torch.tensor(X))
        assert traces[0, 0].x.shape == X.shape and len(model.layers) == len(traces)
    print(f"\n{name} | {worst[torch.float32]:.0e} | {worst[torch.float64]:.0e} | {CONDITIONS.get(name, '')}")  # the table: pytest -s
    assert worst[torch.float32] <= 1e-5 and worst[torch.float64] <= 1e-10


def test_every_kind_of_the_table_is_among_the_cases_or_is_one_of_a_row_that_is():
    met = {step for _, fit in CASES.values() for est in [fit(Data(0))] for step in map(estimators.known, estimators.steps_of(est))}
    assert met == set(estimators.KINDS.values()) and len(estimators.KINDS) >= 30


def test_a_scaler_before_a_linear_model_is_no_term_and_before_a_kernel_it_is_part_of_kappa():
    d, E = Data(1), rpn.expansion
    formulas = [from_sklearn(make_pipeline(d.scale(), last).fit(d.X, d.y)).formulas[0][0] for last in (linear.Ridge(), SVR(gamma=0.5))]
    assert formulas[0].expansion == E.Identity()
    assert [type(part) for part in formulas[1].expansion.parts] == [E.Affine, E.Landmarks]
    assert formulas[1].expansion.parts[1].kernel == rpn.interdependence.Exponential(gamma=0.5)


def test_a_linear_machine_compares_x_with_no_row():
    d = Data(1)
    model = from_sklearn(svm.SVC(kernel="linear").fit(d.X, d.four))
    assert model.formulas[0][0].expansion == rpn.expansion.Identity() and model.dims == [d.X.shape[1], 6]


def test_weights_that_were_taken_over_learn_on():
    d = Data(2)
    model = from_sklearn(make_pipeline(d.scale(), SVR(gamma=0.5)).fit(d.X, d.y))
    assert not model.training and len(list(model.parameters())) == 2
    rpn_before = model(d.X).detach()
    torch.optim.SGD(model.parameters(), 0.1).zero_grad()
    model(d.X).square().mean().backward()
    torch.optim.SGD(model.parameters(), 0.1).step()
    assert not torch.equal(model(d.X), rpn_before)


def test_the_random_numbers_of_the_reader_are_as_before():
    d = Data(0)
    judge = linear.Ridge().fit(d.X, d.y)
    before = torch.get_rng_state()
    from_sklearn(judge)
    assert torch.equal(torch.get_rng_state(), before)


REFUSED = {
    "TypeError: from_sklearn takes a fitted estimator: call fit first, got Ridge()": lambda d: linear.Ridge(),
    "TypeError: from_sklearn does not know int": lambda d: 3,
    "TypeError: from_sklearn: DecisionTreeRegressor is no formula here: a tree cuts at thresholds of its own, and no κ": lambda d: (
        DecisionTreeRegressor().fit(d.X, d.y)
    ),
    "TypeError: from_sklearn: KNeighborsClassifier is no formula here: it picks the nearest rows": lambda d: KNeighborsClassifier().fit(
        d.X, d.two
    ),
    "TypeError: from_sklearn: Normalizer is no formula here: it divides each row by a length of its own": after(
        lambda d: preprocessing.Normalizer()
    ),
    "TypeError: from_sklearn does not know KernelCenterer": lambda d: preprocessing.KernelCenterer().fit(d.X @ d.X.T),
    "TypeError: from_sklearn takes a fitted estimator: call fit first, got StandardScaler()": lambda d: make_pipeline(d.scale(), SVR()),
    "TypeError: from_sklearn does not know Rigde; did you mean Ridge": lambda d: type("Rigde", (linear.Ridge,), {})().fit(d.X, d.y),
    "ValueError: from_sklearn: SVR(kernel=": lambda d: SVR(kernel=lambda a, b: a @ b.T).fit(d.X, d.y),
    "ValueError: from_sklearn: Nystroem(kernel='chi2') is no formula here: the kernels of ξ that it may have are linear, rbf,": lambda d: (
        approximation.Nystroem(kernel="chi2", n_components=3).fit(d.counts)
    ),
    "ValueError: from_sklearn: Nystroem(kernel_params=...) is no formula here: give gamma, degree and coef0 by their own": lambda d: (
        approximation.Nystroem(kernel="rbf", kernel_params={"gamma": 1.0}, n_components=3).fit(d.X)
    ),
    "ValueError: from_sklearn: KernelRidge(degree=2.5) is no formula here: Polynomial has whole degrees from 1 on": lambda d: (
        ridge.KernelRidge(kernel="poly", degree=2.5).fit(np.abs(d.X), d.y)
    ),
    "ValueError: from_sklearn: GaussianProcessRegressor(kernel=Matern(": gp(lambda d: Matern()),
    "ValueError: from_sklearn: GaussianProcessRegressor(kernel=RBF(length_scale=1) * RBF(length_scale=2))": gp(lambda d: RBF(1) * RBF(2)),
    "ValueError: from_sklearn: GaussianProcessRegressor(kernel=1**2) is no formula here: it compares nothing": gp(
        lambda d: ConstantKernel(1)
    ),
    "ValueError: from_sklearn: BernoulliNB(binarize=1.5) is no formula here: 0 and 1 would fall on one side of it": lambda d: (
        bayes.BernoulliNB(binarize=1.5).fit(d.X, d.two)
    ),
    "ValueError: from_sklearn: FunctionTransformer(func=<ufunc 'exp'>) is no formula here: a function of Python may": lambda d: (
        preprocessing.FunctionTransformer(np.exp).fit(d.X)
    ),
    "ValueError: from_sklearn: MinMaxScaler(clip=True) is no formula here: numbers are cut off at both ends": lambda d: (
        preprocessing.MinMaxScaler(clip=True).fit(d.X)
    ),
    "ValueError: from_sklearn: SplineTransformer(knots='quantile') is no formula here: BSpline has evenly spaced knots": lambda d: (
        preprocessing.SplineTransformer(knots="quantile").fit(d.X)
    ),
    "ValueError: from_sklearn: SplineTransformer(extrapolation='periodic') is no formula here: its splines go round in": lambda d: (
        preprocessing.SplineTransformer(extrapolation="periodic").fit(d.X)
    ),
    "ValueError: from_sklearn: a Pipeline without a step has nothing to say": lambda d: make_pipeline("passthrough").fit(d.X),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_no_formula_says_is_refused_with_its_name_and_the_reason(sentence):
    error, _, words = sentence.partition(": ")
    with pytest.raises((TypeError, ValueError)) as refused:
        from_sklearn(REFUSED[sentence](Data(0)))
    assert type(refused.value).__name__ == error and str(refused.value).startswith(words)
