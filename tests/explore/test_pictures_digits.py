"""The digits an explorer reads are scikit-learn's, and so is what a dense matrix gets out of them."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import rpn_edu as rpn
from rpn_edu.explore import Digits, Explorer
from rpn_edu.explore.pictures.base import handwritten, tiled
from rpn_edu.learn import descend

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder


def numbers(psi=None, kappa=None, pi=None, **data):
    return Digits(**data).numbers(rpn.Formula(kappa or X.Identity(), psi or R.Identity(), pi or P.Zero()))


def split(seed=0, images=200):
    """The rows that the picture learns from and is judged by, drawn as it draws them."""
    with torch.random.fork_rng():
        torch.manual_seed(seed + 1000)
        order = torch.randperm(1797)
    x, y = load_digits(return_X_y=True)
    train, test = order[:images].numpy(), order[-500:].numpy()
    return x[train] / 16, y[train], x[test] / 16, y[test]


def test_the_images_are_those_of_scikit_learn():
    x, y = load_digits(return_X_y=True)
    assert torch.equal(handwritten()[0] * 16, torch.tensor(x)) and torch.equal(handwritten()[1], torch.tensor(y))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_dense_matrix_reads_as_logistic_regression_does(seed, monkeypatch):
    x, y, x_test, y_test = split(seed)
    typical = np.sqrt((x**2).mean())
    # Its penalty is ‖W‖²/2 + C · (sum of losses); ours is mean of losses + ridge ‖W‖².
    theirs = LogisticRegression(C=1 / (2 * 1e-3 * len(x)), fit_intercept=False, max_iter=5000, tol=1e-9).fit(x / typical, y)
    score = theirs.score(x_test / typical, y_test)
    assert numbers(seed=seed)["accuracy"].item() == pytest.approx(score, abs=0.015)  # twenty steps are near the end, not at it
    monkeypatch.setattr(Digits, "steps", 500)
    found = numbers(seed=seed)
    assert found["accuracy"].item() == pytest.approx(score, abs=0.004)
    assert torch.allclose(found["W"], torch.tensor(theirs.coef_), atol=0.01)


def test_accuracy_and_mistakes_are_of_the_500_rows_held_out():
    found = numbers(R.LowRank(rank=3))
    _, _, x_test, y_test = split()
    read = (torch.tensor(x_test) @ found["W"].mT).argmax(-1).numpy()
    assert (read == y_test).mean() == pytest.approx(found["accuracy"].item())
    wrong = np.flatnonzero(read != y_test)[:8]
    assert np.array_equal(found["images"], x_test[wrong])
    assert found["said"].tolist() == read[wrong].tolist() and found["is"].tolist() == y_test[wrong].tolist()


def test_the_dense_matrix_is_what_identity_learns_whatever_psi_is_shown():
    dense, thin = numbers(), numbers(R.LowRank(rank=2))
    assert torch.equal(dense["w"], dense["full"]) and torch.equal(thin["full"], dense["full"])
    assert thin["dense_accuracy"] == dense["accuracy"] and torch.linalg.matrix_rank(thin["W"]) == 2


def test_wrong_labels_are_random_and_the_rest_is_right():
    clean, noisy = numbers(ridge=1e-6), numbers(ridge=1e-6, wrong=0.5)
    assert clean["on_its_own_images"] == 1 and noisy["accuracy"] < clean["accuracy"] - 0.1


def test_a_remainder_learns_too_and_nothing_learned_is_no_error():
    assert numbers(R.Constant(), pi=P.Linear())["accuracy"] > 0.85
    assert len(numbers(R.Constant())["w"]) == 0


def test_more_features_than_a_slider_can_bear_are_refused_politely():
    page = Explorer(rpn.Formula(), Digits())
    page.set(rpn.Formula(X.Taylor(order=2)))
    assert "stops at D = 320 features, got 4,160" in page.refused and "pooled" in page.refused and page.failed is None
    page.set(rpn.Formula(X.Taylor(order=2)), Digits(pooled=True))
    assert not page.refused and page.shown.sizes["D"] == 272


@pytest.mark.parametrize("field, value, says", [("wrong", 1.5, "at most 1"), ("images", 1298, "leave 500")])
def test_shares_and_rows_that_do_not_exist_are_refused(field, value, says):
    with pytest.raises(ValueError, match=f"Digits.{field} must .*{says}"):
        Digits(**{field: value})


def test_tiles_stand_side_by_side_with_empty_lines_between_them():
    images = torch.arange(12.0).view(3, 2, 2)
    found = tiled(torch.cat((images, images[:1])), 2)
    assert found.shape == (5, 5) and torch.equal(found[3:, :2], images[2]) and found[2].isnan().all() and found[:, 2].isnan().all()


def test_descend_finds_the_minimum_and_leaves_its_start_alone():
    A = torch.diag(torch.tensor([1.0, 10.0, 100.0], dtype=torch.float64))
    start, c = torch.zeros(3, dtype=torch.float64), torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    with torch.no_grad():
        found = descend(lambda w: (w - c) @ A @ (w - c), start, 50)
    assert torch.allclose(found, c, atol=1e-6) and not found.requires_grad and not start.any()
