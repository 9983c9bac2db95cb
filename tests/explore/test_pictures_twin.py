"""Twin shows what scikit-learn itself says of every cell, and the formula says the same wherever the papers' condition holds."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import rpn_edu as rpn
from rpn_edu import data
from rpn_edu.explore import Explorer, Twin, borders
from rpn_edu.explore.pictures import plane, twin
from rpn_edu.explore.state.shown import computed

pytestmark = pytest.mark.filterwarnings("error")


def cells():
    """The middles of 48 columns and 33 rows of cells, from the top left: (1584, 2)."""
    across, up = np.meshgrid((np.arange(48) + 0.5) / 48 * 3.2 - 1.6, 1.1 - (np.arange(33) + 0.5) / 33 * 2.2)
    return np.column_stack([across.ravel(), up.ravel()])


def moons(points=40):
    x, y, *_ = data.moons(points, 0.2, 0)
    return x.round(decimals=3).numpy(), 1.0 - 2.0 * y.numpy()


def numbers(**fields):
    picture = Twin(**fields)
    return picture.numbers(rpn.Formula(), **picture.given())


JUDGES = {
    "ridge": (lambda: Ridge(0.5), "predict", {"found": "ridge", "penalty": 0.5}),
    "logistic regression": (lambda: LogisticRegression(C=2.0), "decision_function", {"found": "log loss", "penalty": 0.5}),
    "naive Bayes": (lambda: GaussianNB(), "predict_log_proba", {"found": "densities"}),
    "support vectors": (
        lambda: SVC(C=2.0, gamma=3.0), "decision_function", {"features": "likeness", "found": "hinge loss", "penalty": 0.5}),
    "kernel ridge": (
        lambda: KernelRidge(alpha=0.5, kernel="rbf", gamma=2.0), "predict",
        {"features": "likeness", "found": "ridge", "penalty": 0.5, "detail": 2}),
}  # fmt: skip


@pytest.mark.parametrize("name", JUDGES)
def test_both_borders_are_those_of_a_model_that_the_test_has_fitted_itself(name):
    make, method, fields = JUDGES[name]
    judge = make().fit(*moons())
    said = getattr(judge, method)(cells())
    said = said[:, 1] - said[:, 0] if said.ndim == 2 else said
    shown = numbers(**fields)
    for program in ("g", "ghost"):
        assert np.allclose(shown[program].flatten(), said.clip(-2, 2), rtol=0, atol=5e-3)  # descents end where they are near enough


def test_the_bars_are_the_coefficients():
    judge = Ridge(0.5).fit(*moons())
    assert numbers(found="ridge", penalty=0.5)["psi"].tolist() == pytest.approx(judge.coef_.tolist())


ALL = list(itertools.product(twin.Features.__args__, twin.Found.__args__, (False, True)))


@pytest.mark.parametrize("features, found, silu", [one for one in ALL if not one[2] or one[1] in ("least squares", "ridge")])
def test_two_programs_agree_to_ten_digits_for_every_kappa_and_every_way_to_find_psi(features, found, silu):
    assert numbers(features=features, found=found, silu=silu, points=20)["difference"] < 1e-10


@pytest.mark.parametrize("found", twin.Found.__args__)
def test_no_random_numbers_but_its_own_are_drawn(found):
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    numbers(features="likeness", found=found, points=21)
    assert torch.equal(torch.get_rng_state(), before[0]) and np.random.get_state()[1].tolist() == before[1]


def test_splines_differ_beyond_their_last_knot_and_there_alone():
    shown = numbers(features="splines", found="ridge", reach="the points")
    x, _ = moons()
    inside = torch.from_numpy(((cells() >= x.min(0)) & (cells() <= x.max(0))).all(1)).view(33, 48)
    apart = (shown["g"] - shown["ghost"]).abs()
    assert apart[inside].max() < 1e-10 and shown["difference"] > 0.1 and apart[~inside].max() > 0.1


def test_a_remainder_beside_what_has_none_is_refused():
    with pytest.raises(ValueError, match='Twin.silu needs found="least squares" or found="ridge".*got .log loss'):
        Twin(silu=True, found="log loss")
    page = Explorer(rpn.Formula(), Twin(found="ridge", silu=True))
    dict(page.controls())["picture.found"].value = "densities"
    assert "scikit-learn has no π beside others" in page.refused and page.failed is None


def test_a_move_changes_one_term_of_the_formula_line():
    def line(**fields):
        return Twin(**fields).formula(computed(rpn.Formula(), Twin(**fields)))

    def text(**fields):
        return "".join(piece for _, piece in line(**fields))

    assert text() == "g = ⟨ x , ψ(w) ⟩ + 0" and text(silu=True) == "g = ⟨ x , ψ(w) ⟩ + w' SiLU(x)"
    assert text(features="likeness") == "g = ⟨ k(x, p) , ψ(w) ⟩ + 0" and ("ξ", "k(x, p)") in line(features="likeness")
    assert text(found="densities") == "g = ⟨ (ln N(z), z) , ψ(w) ⟩ + 0  with z = x"
    assert text(found="two layers", features="splines") == "g = ⟨ h , ψ₂(w) ⟩ + 0  with h = tanh ⟨ splines(x) , ψ₁(w) ⟩"


def test_it_says_who_the_other_program_is_and_how_far_they_are_apart():
    page = Explorer(rpn.Formula(), Twin(features="monomials", found="ridge"))
    assert "scikit-learn: PolynomialFeatures → Ridge\n10 numbers taken over" in page.picture.readout(page.shown)
    assert "PolynomialFeatures → Ridge of scikit-learn, and 1 layer of the formula" in page.alt
    assert "The signs differ in 0 of 1584 cells" in page.alt


# ---- an estimator of one's own -----------------------------------------------------------------------------------------------------


OWN = {
    "a machine behind a scaler": (lambda: make_pipeline(StandardScaler(), SVC(gamma=2.0)), "StandardScaler → SVC"),
    "naive Bayes behind a scaler": (lambda: make_pipeline(StandardScaler(), GaussianNB()), "StandardScaler → GaussianNB"),
    "a regression": (lambda: Ridge(), "Ridge"),
    "a network": (lambda: MLPClassifier((4,), solver="lbfgs", max_iter=5000, random_state=0), "MLPClassifier"),
}


@pytest.mark.parametrize("name", OWN)
def test_a_fitted_estimator_of_ones_own_has_two_borders_that_are_one(name, monkeypatch):
    painted = []
    monkeypatch.setattr(plane, "paint", lambda canvas, axes, g, x, y, ghost: painted.append((g, ghost)))
    (make, named), (x, y) = OWN[name], moons()
    mine = make().fit(x, y)
    still = borders(mine, x, y)
    [(g, ghost)] = painted
    assert torch.equal(g > 0, ghost > 0)
    assert ((g > 0).flatten().numpy() == (mine.predict(cells()) > 0)).all()
    assert still.alt.startswith(
        f"The border of {named} and that of its formula: signs differ in 0 of 1584 cells, the outputs by less than 1e-10"
    )


def test_what_has_no_border_in_this_plane_is_refused():
    x, y = moons()
    with pytest.raises(ValueError, match=r"borders needs x \(rows, 2\) and y \(rows,\), got \(40,\) and \(40,\)"):
        borders(Ridge().fit(x, y), x[:, 0], y)
    with pytest.raises(ValueError, match="a border between two classes, and this estimator gives 3 numbers for each row"):
        borders(LogisticRegression().fit(x, np.arange(40) % 3), x, y)
    with pytest.raises(TypeError, match="DecisionTreeClassifier is no formula here: a tree cuts"):
        borders(DecisionTreeClassifier().fit(x, y), x, y)
