"""A training that is played back is the one that torch's own layer goes through."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import rpn_edu as rpn
from rpn_edu.explore import Explorer, Training
from rpn_edu.explore.pictures.training import STEPS, trained

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder


def numbers(formula=None, **fields):
    return Training(**fields).numbers(formula or rpn.Formula())


def test_every_step_is_that_of_a_linear_layer_of_torch():
    x, y = (torch.from_numpy(part) for part in load_digits(return_X_y=True))
    with torch.random.fork_rng():
        torch.manual_seed(1000)
        order = torch.randperm(1797)
    x, y = x[order] / 16, y[order]
    layer = torch.nn.Linear(64, 10, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(numbers(step=0, lr=0.03)["w"].view(10, 64))
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.03, weight_decay=1e-4)
    for step in range(STEPS + 1):
        found = numbers(step=step, lr=0.03)
        assert torch.allclose(found["W"], layer.weight)
        loss = torch.nn.functional.cross_entropy(layer(x[:200]), y[:200])
        assert found["loss"].item() == pytest.approx(loss.item())
        assert found["accuracy"].item() == pytest.approx((layer(x[-500:]).argmax(-1) == y[-500:]).double().mean().item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_the_ten_images_show_the_ten_digits_and_are_read_by_the_w_of_the_step():
    x, y = load_digits(return_X_y=True)
    found = numbers(step=20)
    rows = [np.flatnonzero((x / 16 == image).all(-1))[0] for image in found["images"].numpy()]
    assert y[rows].tolist() == list(range(10))
    assert found["said"].tolist() == (found["images"] @ found["W"].mT).argmax(-1).tolist()


def test_a_step_of_the_same_training_is_looked_up():
    page = Explorer(rpn.Formula(X.Identity(), R.LowRank()), Training(images=20, pooled=True))
    before = trained.cache_info().misses
    for step in (3, 60, 0):
        page.set(page.subject, Training(step=step, images=20, pooled=True))
        assert page.numbers["loss"] == page.numbers["losses"][-1] and len(page.numbers["losses"]) == step + 1
    assert trained.cache_info().misses == before


def test_only_the_past_is_shown():
    page = Explorer(rpn.Formula(), Training(step=7, images=20, pooled=True))
    lines = [page.canvas.artists[name].get_xdata() for name in ("losses", "shares")]
    assert [[*line] for line in lines] == [[*range(8)]] * 2


def test_a_formula_that_learns_nothing_stays_as_it_is():
    found = numbers(rpn.Formula(X.Identity(), R.Eye()), images=20)
    assert not len(found["w"]) and len(set(found["losses"].tolist())) == 1


def test_too_many_images_or_features_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="Training.images must leave 500"):
        Training(images=1298)
    with pytest.raises(ValueError, match="stops at D = 320 features, got 4,160"):
        Explorer(rpn.Formula(X.Taylor(order=2)), Training())
