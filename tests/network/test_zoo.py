"""Known models as settings of one formula, each against the model it claims to be."""

import numpy as np
import pytest
import sklearn.linear_model
import sklearn.naive_bayes
import torch
import torch.nn.functional as F
from scipy.interpolate import BSpline
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


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_a_kan_is_one_of_scipys_splines_and_one_of_plain_torch(degree):
    intervals, low, high = 6, -1.5, 2.0
    spline, x = rpn.expansion.BSpline(intervals, degree, low, high), numbers(40, 3, low=low, high=high - 1e-9)
    model = zoo.kan([3, 4, 2], spline).double()
    knots = low + (high - low) / intervals * torch.arange(-degree, intervals + degree + 1, dtype=torch.float64)

    def efficient(h):
        """B-splines of every input by the recursion of Cox and de Boor, all of them at once: (b, m) → (b, m, intervals + degree)."""
        h = h.unsqueeze(-1)
        bases = ((h >= knots[:-1]) & (h < knots[1:])).double()
        for d in range(1, degree + 1):
            left = (h - knots[: -d - 1]) / (knots[d:-1] - knots[: -d - 1])
            right = (knots[d + 1 :] - h) / (knots[d + 1 :] - knots[1:-d])
            bases = left * bases[..., :-1] + right * bases[..., 1:]
        return bases

    h = x
    for layer, head in [(layer, layer.heads[0]) for layer in model.layers]:
        n, m = layer.n, layer.m
        coefficients = head.matrix().view(n, -1, m)  # ours go spline by spline
        made = torch.einsum("bjk,nkj->bn", efficient(h), coefficients) + F.silu(h) @ head.w_remainder.view(n, m).T
        inside = torch.where((h >= low) & (h < high), h, low).detach().numpy()  # SciPy's matrix knows no place beyond its knots
        theirs = np.stack([BSpline.design_matrix(column, knots.numpy(), degree).toarray() for column in inside.T], 1)
        within = torch.as_tensor((inside == h.detach().numpy()).all(1))
        torch.testing.assert_close(efficient(h)[within].detach(), torch.from_numpy(theirs)[within])
        torch.testing.assert_close(layer(h), made)
        h = made
    torch.testing.assert_close(model(x), h)


def test_linear_and_logistic_regression_are_scikit_learns():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.integers(3, size=60)
    judge = sklearn.linear_model.LogisticRegression().fit(X, y)
    model = zoo.logistic_regression(3, 3).double()
    straight, line = sklearn.linear_model.LinearRegression().fit(X, y), zoo.linear_regression(3).double()
    for ours, theirs in ((model, judge), (line, straight)):
        with torch.no_grad():
            ours.layers[0].heads[0].w.copy_(torch.from_numpy(theirs.coef_.reshape(1, -1)))
            ours.layers[0].heads[0].bias.copy_(torch.as_tensor(theirs.intercept_))
    np.testing.assert_allclose(model(torch.from_numpy(X)).detach(), judge.predict_log_proba(X), atol=1e-12)
    np.testing.assert_allclose(line(torch.from_numpy(X)).detach()[:, 0], straight.predict(X), atol=1e-12)


@pytest.mark.parametrize("window, pool", [(3, 2), (1, 1), (5, 3)])
def test_a_cnn_is_a_sequence_of_torchs_convolutions_and_poolings(window, pool):
    blocks = [
        [nn.Conv2d(a, b, window, padding=window // 2), nn.Tanh(), *([nn.MaxPool2d(pool)] if pool > 1 else [])] for a, b in ((2, 3), (3, 4))
    ]
    rows, columns = 9 // pool // pool, 10 // pool // pool
    theirs = nn.Sequential(*blocks[0], *blocks[1], nn.Flatten(), nn.Linear(4 * rows * columns, 5)).double()
    ours = zoo.cnn(9, 10, (2, 3, 4), 5, window, pool, activation="tanh").double()
    learned = [layer.heads[0] for layer in ours.layers if layer.heads[0].w.numel()]
    with torch.no_grad():
        for head, module in zip(learned, [m for m in theirs if isinstance(m, (nn.Conv2d, nn.Linear))], strict=True):
            head.w.copy_(module.weight.flatten()[None])
            head.bias.copy_(module.bias.repeat_interleave(head.n // len(module.bias)))
    x = numbers(4, 180)
    torch.testing.assert_close(ours(x), theirs(x.view(4, 2, 9, 10)))
    with pytest.raises(ValueError, match="cnn.window must be odd, since it stands around a cell, got 2"):
        zoo.cnn(8, 8, window=2)


@pytest.mark.parametrize("heads", [1, 3])
def test_a_gat_is_scaled_dot_product_attention_with_the_links_as_its_mask(heads):
    links = ((0, 1), (1, 2), (2, 3), (0, 3), (3, 4))
    model, x = zoo.gat([2, 3, 2], links, heads=heads, softmax="none").double(), numbers(6, 2)  # node 5 has no link but to itself
    mask = torch.eye(6, dtype=torch.bool)
    for i, j in links:
        mask[i, j] = mask[j, i] = True

    def attended(head, h):
        W = head.w_instance.view(head.m, head.m)
        return F.scaled_dot_product_attention(h @ W.T, h, h, attn_mask=mask) @ head.matrix().T

    hidden = torch.stack([torch.relu(attended(head, x)) for head in model.layers[0].heads]).mean(0)
    torch.testing.assert_close(model(x), attended(model.layers[1].heads[0], hidden))


def test_attention_among_earlier_rows_is_torchs_causal_attention():
    part, x = rpn.interdependence.Attention(), numbers(2, 5, 4)
    w = numbers(16, seed=1)
    wanted = F.scaled_dot_product_attention(x @ w.view(4, 4).T, x, x, is_causal=True)
    torch.testing.assert_close(part.mix(x.mT, x.mT, w).mT, wanted)
    alone = rpn.interdependence.Attention(among=rpn.interdependence.Graph(nodes=5, links=((0, 1),), directed=True, self_loops=False))
    V = x[0].mT.clone().requires_grad_()
    A = alone.matrix(V, w)
    assert A.sum() == A[0, 1] == 1 and torch.autograd.grad(A.sin().sum(), V)[0].isfinite().all()


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


@pytest.mark.parametrize(
    "model",
    [zoo.mlp([3, 4, 2]), zoo.kan([3, 2]), zoo.gcn([3, 2, 2], ((0, 1),)), zoo.rnn([3, 2, 2]), zoo.cnn(4, 4), zoo.gat([3, 2], ((0, 1),))],
    ids=str,
)
def test_a_model_of_the_zoo_is_an_ordinary_rpn_with_a_config(model):
    again = rpn.RPN.from_config(model.to_config())
    assert again.to_config() == model.to_config() and type(model) is rpn.RPN
