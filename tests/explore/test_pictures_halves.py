"""Halves is ridge regression: of full rank as scikit-learn finds it, of a low rank in closed form."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import Ridge

import rpn_edu as rpn
from rpn_edu.explore import Explorer, Halves
from rpn_edu.explore.code.snippet import as_code
from tests.explore.states import flat

R = rpn.reconciliation


def split(images=200, noise=0.5):
    """Upper and lower halves of the digits that the picture learns from, and of the 500 new ones, drawn as it draws them."""
    with torch.random.fork_rng():
        torch.manual_seed(1000)
        order = torch.randperm(1797).numpy()
        added = noise * torch.randn(images, 32, dtype=torch.float64).numpy()
    x = load_digits().data / 16
    learned, new = x[order[:images]], x[order[-500:]]
    return learned[:, :32], learned[:, 32:] + added, new[:, :32], new[:, 32:]


def rms(values):
    return np.sqrt((values**2).mean())


@pytest.mark.parametrize("ridge", [0.1, 10.0])
def test_a_dense_matrix_is_the_ridge_regression_of_scikit_learn(ridge):
    upper, lower, upper_new, lower_new = split()
    theirs = Ridge(alpha=ridge).fit(upper, lower)
    found = Halves(ridge=ridge).numbers(R.Identity())
    np.testing.assert_allclose(found["W"], theirs.coef_, atol=1e-8)
    assert found["error"] == found["dense_error"] == pytest.approx(rms(theirs.predict(upper_new) - lower_new))
    assert found["own_error"] == pytest.approx(rms(theirs.predict(upper) - lower))
    assert found["mean_error"] == pytest.approx(rms(lower.mean(0) - lower_new))


@pytest.mark.parametrize("rank", [1, 4])
def test_a_low_rank_is_reduced_rank_regression(rank, monkeypatch):
    """The best matrix of a rank, A. J. Izenman (1975): the dense one, on the strongest directions of what it says of the data."""
    upper, lower, upper_new, lower_new = split()
    theirs = Ridge(alpha=0.1).fit(upper, lower)
    rows = np.concatenate((upper - upper.mean(0), np.sqrt(0.1) * np.eye(32)))  # a ridge is 32 more rows
    V = np.linalg.svd(rows @ theirs.coef_.T)[2][:rank]
    best = V.T @ V @ theirs.coef_
    error = rms((upper_new - upper.mean(0)) @ best.T + lower.mean(0) - lower_new)
    assert Halves().numbers(R.LowRank(rank=rank))["error"] == pytest.approx(error, abs=1e-3)  # sixty steps are near the end, not at it
    monkeypatch.setattr(Halves, "steps", 1000)
    found = Halves().numbers(R.LowRank(rank=rank))
    assert found["error"] == pytest.approx(error, abs=1e-5) and np.linalg.matrix_rank(found["W"]) == rank
    np.testing.assert_allclose(found["W"], best, atol=2e-3)


def test_what_is_shown_are_ten_new_digits_and_their_guesses():
    upper, lower, upper_new, lower_new = split()
    found = Halves().numbers(R.LowRank(rank=2))
    for k, (true, guess) in enumerate(zip(found["shown"].numpy(), found["guessed"].numpy(), strict=True)):
        place = np.flatnonzero((upper_new == true[:32]).all(1) & (lower_new == true[32:]).all(1))
        assert len(place) and load_digits().target[(load_digits().data / 16 == true).all(1)].tolist() == [k]
        np.testing.assert_allclose(guess, [*true[:32], *((true[:32] - upper.mean(0)) @ found["W"].numpy().T + lower.mean(0))])


def test_few_numbers_gain_where_data_are_few_and_a_ridge_does_too():
    low, many, priced = (Halves(**data).numbers(R.LowRank(rank=4)) for data in ({}, {"images": 1000}, {"ridge": 10.0}))
    assert low["error"] < low["mean_error"] < low["dense_error"] and low["own_error"] > low["own_error_of_dense"]
    assert many["dense_error"] < many["error"] + 0.005 and priced["dense_error"] < low["error"]


@pytest.mark.parametrize("psi", [R.Identity(), R.Kronecker(), R.Eye(), R.Hypernet()], ids=str)
def test_as_code_guesses_the_same(psi):
    place = {}
    exec(as_code(Halves(), psi), place)
    for name, values in flat(Halves().numbers(psi)).items():
        assert flat(place["numbers"])[name] == pytest.approx(values), name


def test_the_dense_dot_stays_where_another_psi_is_chosen():
    page = Explorer(R.Identity(), Halves())
    before = page.numbers["dense_error"]
    page.set(R.Eye())
    assert page.numbers["dense_error"] == before and not len(page.numbers["w"]) and not page.refused


def test_more_digits_than_leave_500_are_refused():
    with pytest.raises(ValueError, match="Halves.images must leave 500"):
        Halves(images=1298)
