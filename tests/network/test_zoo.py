"""Known models as settings of one formula, each against the model it claims to be."""

import numpy as np
import pytest
import sklearn.naive_bayes
import torch
import torch.nn.functional as F
from torch import nn

import rpn_edu as rpn
from rpn_edu import zoo
from tests.help import numbers

pytestmark = pytest.mark.quick


def weights(model):
    """ψ(w) of the first head of every layer."""
    return [layer.heads[0].matrix() for layer in model.layers]


def test_an_mlp_is_a_sequence_of_linear_layers_with_relu_between():
    theirs = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 3)).double()
    ours = zoo.mlp([4, 5, 5, 3]).double()
    with torch.no_grad():
        for layer, linear in zip(ours.layers, theirs[::2], strict=True):
            layer.heads[0].w.copy_(linear.weight.flatten()[None])
            layer.heads[0].bias.copy_(linear.bias)
    x = numbers(6, 4)
    torch.testing.assert_close(ours(x), theirs(x))
    assert [sum(p.numel() for p in zoo.mlp(dims).parameters()) for dims in ([8, 6, 3], [4, 3])] == [8 * 6 + 6 + 6 * 3 + 3, 15]


def test_a_hidden_layer_is_hidden_by_its_place_and_not_by_its_width():
    for model in (zoo.mlp([3, 3, 3], dropout=0.5, softmax="softmax"), zoo.gcn([3, 3, 3], ((0, 1),), dropout=0.5)):
        kinds = [[type(step).__name__ for step in layer.heads[0].output] for layer in model.layers]
        assert kinds == [["_Named", "Dropout"], ["Softmax" if model.name == "mlp" else "LogSoftmax"]]
    assert zoo.mlp([3, 3, 3]).layers[1].heads[0].output is None  # nothing squashes a regression


def test_a_kan_layer_is_splines_plus_silu_of_x_times_w():
    model, x = zoo.kan([3, 2], rpn.expansion.BSpline(intervals=4)).double(), numbers(5, 3)
    head = model.layers[0].heads[0]
    wanted = rpn.expansion.BSpline(intervals=4)(x) @ head.matrix().T + F.silu(x) @ head.w_remainder.view(2, 3).T
    torch.testing.assert_close(model(x), wanted)
    assert sum(p.numel() for p in zoo.kan([8, 6, 3]).parameters()) == 8 * 6 * 9 + 6 * 3 * 9


def test_naive_bayes_of_unit_variance_is_scikit_learns():
    rng = np.random.default_rng(0)
    means, y = np.array([[0.0, 1.0, -1.0], [1.0, 0.0, 1.0]]), rng.integers(2, size=400)
    x = rng.normal(size=(400, 3)) + means[y]
    judge = sklearn.naive_bayes.GaussianNB().fit(x, y)
    judge.var_[:] = 1.0
    # With unit variances the log odds are linear in x: differences of log densities around the two means give them.
    kappa = rpn.expansion.Normal()
    model = zoo.naive_bayes(3, 2, kappa, softmax="log_softmax").double()
    head, mu = model.layers[0].heads[0], judge.theta_
    with torch.no_grad():
        # f_0 and f_1 are the log densities around 0 and 1: f_1 - f_0 = x - 1/2, so (x - mu)² / -2 = f_0 + mu (f_1 - f_0) + (mu - mu²) / 2
        planes = np.zeros((2, 6, 3))
        planes[:, 0], planes[:, 1] = 1 - mu, mu
        head.w.copy_(torch.from_numpy(planes.reshape(1, -1)))
        head.bias.copy_(torch.from_numpy(((mu - mu**2) / 2).sum(1) + np.log(judge.class_prior_)))
    np.testing.assert_allclose(model(torch.from_numpy(x)).detach().numpy(), judge.predict_log_proba(x), atol=1e-9)


def test_a_pgm_sees_sets_of_inputs_and_an_svm_bumps():
    assert sum(p.numel() for p in zoo.pgm(8, 3).parameters()) == (8 + 28) * 3 + 3
    model, x = zoo.svm(2, 1).double(), numbers(4, 2)
    torch.testing.assert_close(model(x), rpn.expansion.GaussianRBF()(x) @ weights(model)[0].T + model.layers[0].heads[0].bias)


@pytest.mark.parametrize("hops", [1, 3])
def test_an_rnn_layer_adds_up_each_row_and_those_before_it(hops):
    model, x = zoo.rnn([2, 3, 1], hops=hops).double(), numbers(6, 2)
    summed = torch.stack([x[max(0, t - hops) : t + 1].sum(0) for t in range(6)])
    hidden = torch.tanh(summed @ weights(model)[0].T + model.layers[0].heads[0].bias)
    summed = torch.stack([hidden[max(0, t - hops) : t + 1].sum(0) for t in range(6)])
    torch.testing.assert_close(model(x), summed @ weights(model)[1].T + model.layers[1].heads[0].bias)


def test_a_gcn_multiplies_by_the_symmetrically_normalized_adjacency():
    links = ((0, 1), (1, 2), (2, 3), (0, 3), (3, 4))
    model, x = zoo.gcn([2, 3, 2], links, softmax="none").double(), numbers(5, 2)
    A = torch.eye(5, dtype=torch.float64)
    for i, j in links:
        A[i, j] = A[j, i] = 1
    A = A / (A.sum(0) * A.sum(1)[:, None]).sqrt()
    first, last = weights(model)
    torch.testing.assert_close(model(x), A @ torch.relu(A @ x @ first.T) @ last.T)


def test_a_transformer_layer_is_scaled_dot_product_attention_plus_a_linear_remainder():
    model, x = zoo.transformer([4, 3, 2]).double(), numbers(2, 6, 4)  # two sequences of six rows
    head, last = (layer.heads[0] for layer in model.layers)
    W = head.w_instance.view(4, 4)
    attended = F.scaled_dot_product_attention(x @ W.T, x, x) @ head.matrix().T + head.bias + x @ head.w_remainder.view(3, 4).T
    hidden = torch.relu(F.layer_norm(attended, (3,)))
    torch.testing.assert_close(model(x), hidden @ last.matrix().T + last.bias)
    assert len({id(head) for head in zoo.transformer([4, 3, 2], heads=3).layers[0].heads}) == 3


@pytest.mark.parametrize("model", [zoo.mlp([3, 4, 2]), zoo.kan([3, 2]), zoo.gcn([3, 2, 2], ((0, 1),)), zoo.rnn([3, 2, 2])], ids=str)
def test_a_model_of_the_zoo_is_an_ordinary_rpn_with_a_config(model):
    again = rpn.RPN.from_config(model.to_config())
    assert again.to_config() == model.to_config() and type(model) is rpn.RPN
