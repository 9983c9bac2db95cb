"""What a reader may hand over: right numbers for what is plainly meant, one sentence for what is not, and nothing done before."""

import contextlib
import dataclasses
import functools
import json
import math
import os
import re
import tracemalloc

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import rpn_edu as rpn
from rpn_edu import data, zoo
from rpn_edu.explore import Fit
from rpn_edu.explore.stills import digit_sheet
from rpn_edu.learn import accuracy, fit, train

I, P, R, X = rpn.interdependence, rpn.remainder, rpn.reconciliation, rpn.expansion
generator = torch.Generator().manual_seed(0)
x = 2 * torch.rand(40, 2, generator=generator) - 1
line = 3 * x[:, 0] - 2 * x[:, 1]
labels = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()  # 0, 1, 2
yes = (x[:, 0] > 0).float()


def linear(n: int = 1, **options) -> rpn.RPN:
    torch.manual_seed(0)
    return rpn.RPN([2, n], rpn.Formula(bias=True, **options))


class Frame:
    """What a table of pandas or polars looks like from outside."""

    def __init__(self, rows):
        self.rows = np.asarray(rows)

    def to_numpy(self):
        return self.rows


class Arrayed:
    """What any other array looks like from outside."""

    def __init__(self, rows):
        self.rows = np.asarray(rows)

    def __array__(self, dtype=None, copy=None):
        return self.rows


def read_only(array):
    array.flags.writeable = False
    return array


# ---- what is plainly meant ----------------------------------------------------------------------------------------------------------

TARGETS = {
    "column": line[:, None],
    "row of numbers": line,
    "one axis more": line[:, None, None],
    "float64": line[:, None].double(),
    "float16": line[:, None].half().float(),
}


@pytest.mark.parametrize(
    "loss", ["mse", F.mse_loss, F.l1_loss, F.huber_loss, nn.MSELoss()], ids=lambda loss: getattr(loss, "__name__", str(loss))
)
@pytest.mark.parametrize("y", TARGETS.values(), ids=TARGETS)
def test_a_target_of_one_number_a_row_is_learned_as_a_column(y, loss):
    """The task is linear, so least squares is the truth."""
    model = linear()
    train(model, x, y, steps=400, lr=3e-2, weight_decay=0, loss=loss, progress=False)
    A = np.c_[x.numpy(), np.ones(40)]
    truth = A @ np.linalg.lstsq(A, line.numpy(), rcond=None)[0]
    assert np.sqrt(np.mean((model(x).detach().numpy()[:, 0] - truth) ** 2)) < (1e-3 if "mse" in str(loss).lower() else 2e-2)


ROWS = {
    "array": x.numpy(),
    "float64 array": x.double().numpy(),
    "frame": Frame(x.numpy()),
    "foreign array": Arrayed(x.numpy()),
    "lists": x.tolist(),
    "tuples": tuple(map(tuple, x.tolist())),
    "list of tensors": list(x),
    "list of arrays": list(x.numpy()),
    "float64": x.double(),
    "backwards in memory": x.numpy()[::-1][::-1],
    "columns first in memory": np.asfortranarray(x.numpy()),
    "read only": read_only(x.numpy().copy()),
    "the other byte order": x.double().numpy().astype(">f8"),
    "long double": x.numpy().astype(np.longdouble),
    "no entry masked": np.ma.masked_array(x.numpy(), mask=False),
    "a leaf of its own": x.clone().requires_grad_(),
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_rows_of_every_library_give_the_same_digits(rows):
    losses = [[record.loss for record in fit(linear(), each, line[:, None], steps=5)] for each in (x, rows)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_rows_made_in_inference_mode_are_rows():
    with torch.inference_mode():
        rows = x * 1
    assert [record.loss for record in fit(linear(), rows, line, steps=5)] == [record.loss for record in fit(linear(), x, line, steps=5)]


@pytest.mark.parametrize("double", [False, True])
def test_the_packages_own_data_fit_its_own_model(double):
    """float64 data, models of both dtypes; least squares and the cross entropy of the same numbers are the truth."""
    curve, moons = data.curve(), data.moons()
    model = rpn.RPN([1, 1], rpn.Formula(X.Chebyshev(degree=5), bias=True))
    model = model.double() if double else model
    records = train(model, *curve[:2], steps=1, lr=0, every=1, progress=False)
    right = F.mse_loss(model(curve.x_train.to(model.layers[0].heads[0].w.dtype)).double(), curve.y_train)
    assert records[0].loss == pytest.approx(right.item(), rel=1e-5)
    model = linear(2).double() if double else linear(2)
    (record,) = fit(model, *moons[:2], steps=1, loss="cross_entropy", lr=0)
    right = F.cross_entropy(model(moons.x_train.to(model.layers[0].heads[0].w.dtype)).double(), moons.y_train)
    assert record.loss == pytest.approx(right.item(), rel=1e-5)
    with pytest.raises(ValueError, match="this head has float(32|64) numbers, and x is float(64|32): x.to"):
        model(moons.x_train.float() if double else moons.x_train)


def test_autocast_brings_dtypes_together():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        records = list(fit(rpn.RPN([2, 4, 1]), x, line, steps=3))
        assert linear()(x.bfloat16()).isfinite().all() and records[-1].loss < records[0].loss


def test_a_psi_without_learned_numbers_takes_any_dtype():
    assert rpn.RPN([2, 2], rpn.Formula(reconciliation=R.Eye()))(x.double()).dtype == torch.float64


LABELS = {
    "int64": labels,
    **{str(kind): labels.to(kind) for kind in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.float32, torch.float64)},
    "column": labels[:, None],
    "column of floats": labels[:, None].double(),
    "one-hot": F.one_hot(labels),
    "one-hot bools": F.one_hot(labels).bool(),
    "one-hot floats": F.one_hot(labels).float(),
    "uint16 array": labels.numpy().astype(np.uint16),
    "series": Frame(labels.numpy()),
    "list": labels.tolist(),
}


@pytest.mark.parametrize("y", LABELS.values(), ids=LABELS)
def test_class_numbers_in_every_form_are_the_same_class_numbers(y):
    model = linear(3)
    truth = F.cross_entropy(model(x), labels).item()
    log = linear(3, output=rpn.Output(softmax="log_softmax"))
    for each, loss in ((model, "cross_entropy"), (model, nn.CrossEntropyLoss()), (log, "nll"), (log, "cross_entropy")):
        (record,) = fit(each, x, y, loss=loss, steps=1, lr=0)
        assert record.loss == pytest.approx(truth, rel=1e-6)
    assert accuracy(model(x), y) == np.mean(model(x).argmax(-1).numpy() == labels.numpy())


def test_two_classes_as_bools_and_with_one_output():
    answers = {"float": yes, "column": yes[:, None], "bool": yes.bool(), "int": yes.long(), "list": yes.tolist()}
    truth = F.binary_cross_entropy_with_logits(linear()(x)[:, 0], yes).item()
    for y in answers.values():
        for loss in ("bce", nn.BCEWithLogitsLoss(), F.binary_cross_entropy_with_logits):
            (record,) = fit(linear(), x, y, loss=loss, steps=1, lr=0)
            assert record.loss == pytest.approx(truth, rel=1e-6)
    two = linear(2)
    (record,) = fit(two, x, yes.bool(), loss="cross_entropy", steps=1, lr=0)
    assert record.loss == pytest.approx(F.cross_entropy(two(x), yes.long()).item())
    model = linear()
    train(model, x, yes, loss="bce", steps=300, lr=0.1, progress=False)
    assert accuracy(model(x), yes, above=0) > 0.95
    assert accuracy(model(x).sigmoid(), yes[:, None], above=0.5) == accuracy(model(x), yes, above=0)


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("rows", [(8, 3), (8, 5), (4, 3, 3)])
def test_the_classes_of_sequences_are_the_last_axis(rows, n):
    """The loss of the rows one below the other is the truth, also where steps and classes are as many."""
    xs, ys = torch.rand(*rows, 2), torch.randint(n, rows)
    for model in (zoo.rnn([2, 4, n]), zoo.transformer([2, 4, n]), nn.Sequential(nn.Linear(2, n), nn.LogSoftmax(-1))):
        model.eval()
        z = model(xs).detach()
        truth = -z.double().log_softmax(-1).reshape(-1, n)[torch.arange(ys.numel()), ys.flatten()].mean().item()
        for loss in ("cross_entropy", F.cross_entropy, nn.CrossEntropyLoss()) + (("nll",) if isinstance(model, nn.Sequential) else ()):
            for y in (ys, ys[..., None], F.one_hot(ys, n), F.one_hot(ys, n).float()):
                (record,) = fit(model, xs, y, loss=loss, steps=1, lr=0)
                assert record.loss == pytest.approx(truth, rel=1e-5)
                assert accuracy(z, y) == np.mean(z.argmax(-1).numpy() == ys.numpy())


def test_one_number_for_each_step_of_a_sequence_is_a_column_of_each():
    xs, ys = torch.rand(8, 3, 2), torch.rand(8, 3)
    model = zoo.rnn([2, 4, 1])
    for y in (ys, ys[..., None], ys[..., None, None], ys.numpy()):
        (record,) = fit(model, xs, y, steps=1, lr=0)
        assert record.loss == pytest.approx(float(((model(xs)[..., 0].detach() - ys) ** 2).mean()))


def test_rows_that_do_not_count_are_left_out():
    y = labels.clone()
    y[::2] = -100
    model = linear(3)
    (record,) = fit(model, x, y, loss="cross_entropy", steps=1, lr=0)
    assert record.loss == pytest.approx(F.cross_entropy(model(x)[1::2], labels[1::2]).item())
    assert accuracy(model(x), y) == accuracy(model(x)[1::2], labels[1::2])
    (record,) = fit(model, x, y.clone().where(y >= 0, 7), loss=nn.CrossEntropyLoss(ignore_index=7), steps=1, lr=0)
    assert record.loss == pytest.approx(F.cross_entropy(model(x)[1::2], labels[1::2]).item())


def test_probabilities_of_classes_are_learned_as_such():
    model, y = linear(3), torch.rand(40, 3).softmax(-1)
    (record,) = fit(model, x, y, loss="cross_entropy", steps=1, lr=0)
    assert record.loss == pytest.approx(-(y * model(x).log_softmax(-1)).sum(-1).mean().item())


def test_accuracy_needs_no_float64_and_shows_a_nan(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "double", lambda self: pytest.fail("there are devices without float64"))
    assert accuracy(torch.eye(3), torch.tensor([0, 1, 1])) == 2 / 3
    assert math.isnan(accuracy(torch.tensor([[math.nan, 1.0]]), torch.tensor([1])))


# ---- a loss of the reader's own -----------------------------------------------------------------------------------------------------

WHOLE = [
    lambda output, y: (output - y).square().mean(),
    lambda output, y: (output - y).abs().sum(),
    lambda output, y: F.mse_loss(output, y.expand_as(output)) if output.shape == y.shape else ((output - y) ** 2).mean(),
    lambda output, y: torch.sqrt(((y - output) ** 2).mean()),
    lambda output, y: F.mse_loss(output, y),
]


@pytest.mark.parametrize("loss", WHOLE)
def test_a_loss_of_ones_own_that_compares_all_with_all_is_refused_and_learns_from_a_column(loss):
    for far in (0.0, 1e4):
        with pytest.raises(ValueError, match=r"^fit.loss compares every output with every y.*give y as \(40, 1\)"):
            fit(linear(), x, line + far, loss=loss)
    (record,) = fit(linear(), x, line[:, None], loss=loss, steps=1)
    assert record.loss == pytest.approx(loss(linear()(x), line[:, None]).item())


@pytest.mark.parametrize("far", [0.0, 1e4])
def test_a_loss_of_ones_own_gets_y_as_it_is(far):
    weights = torch.rand(40)
    for loss in (
        lambda output, y: (output.squeeze(-1) - y).square().mean(),
        lambda output, y: F.l1_loss(output[:, 0], y),
        lambda output, y: (weights * (output[:, 0] - y) ** 2).mean(),
        lambda output, y: ((output[:, 0] - y) ** 2).mean().sqrt(),
    ):
        (record,) = fit(linear(), x, line + far, loss=loss, steps=1)
        assert record.loss == pytest.approx(loss(linear()(x), line + far).item())
    holes = line.clone()
    holes[3] = math.nan  # a loss may pass over what is missing
    records = list(fit(linear(), x, holes, loss=lambda output, y: ((output[:, 0] - y)[~y.isnan()] ** 2).mean(), steps=9, lr=0.1))
    assert records[-1].loss < records[0].loss


# ---- what is not ------------------------------------------------------------------------------------------------------------------------


def with_a(value, at=(3, 1)):
    rows = x.clone()
    rows[at] = value
    return rows


def softmaxed(kind="softmax"):
    return linear(3, output=rpn.Output(softmax=kind))


ragged = [[1.0, 2.0]] * 39 + [[1.0]]
dates = np.arange(80).reshape(40, 2).astype("datetime64[D]")
masked = np.ma.masked_array(x.numpy(), mask=x.numpy() > 0.9)
other_model = linear()
sgd = lambda model=None: torch.optim.SGD((model or other_model).parameters(), lr=0.1)  # noqa: E731
dropped = linear(output=rpn.Output(dropout=0.5))

FIT = [
    # x
    ({"x": with_a(math.nan)}, r"fit.x holds NaN, first in row 3, column 1"),
    ({"x": with_a(math.inf)}, r"fit.x holds an infinite number, first in row 3, column 1"),
    ({"x": with_a(math.nan).numpy()}, r"fit.x holds NaN, first in row 3"),
    ({"x": with_a(math.nan).tolist()}, r"fit.x holds NaN, first in row 3"),
    ({"x": with_a(1.0).double() * 1e300}, r"fit.x holds \S+, more than torch.float32 can hold"),
    ({"x": "data.csv"}, "fit.x must be numbers"),
    ({"x": None}, "fit.x must be numbers"),
    ({"x": 3.0}, "fit.x and fit.y must have the same number of rows"),
    ({"x": {"a": 1}}, "fit.x must be numbers"),
    ({"x": set("ab")}, "fit.x must be numbers"),
    ({"x": (row for row in x)}, "fit.x must be numbers"),
    ({"x": ragged}, "fit.x must be numbers .* rows of one length"),
    ({"x": [torch.zeros(2), torch.zeros(3)]}, "fit.x must be rows of one shape"),
    ({"x": [["a", "b"]] * 40}, "fit.x must be numbers.*'a' at .0, 0. is no number"),
    ({"x": Frame([[1.0, "b"]] * 40)}, "fit.x must be numbers.*no number"),
    ({"x": Frame(np.array([[1.0, None]] * 40, dtype=object))}, "fit.x must be numbers.*None at .0, 1. is no number"),
    ({"x": np.array([[1.0, 2.0]] * 40, dtype=object)}, r"fit.x must be numbers.*astype\(float\)"),
    ({"x": dates}, "fit.x must be numbers.*datetime64"),
    ({"x": masked}, "fit.x has masked entries, the first at"),
    ({"x": x.numpy().astype(complex)}, "fit.x must be numbers.*complex"),
    ({"x": x + 0j}, "fit.x must be real numbers"),
    ({"x": x.to_sparse()}, "fit.x must be a dense tensor"),
    ({"x": np.zeros(40, dtype=[("a", float)])}, "fit.x must be numbers"),
    ({"x": torch.utils.data.TensorDataset(x, line)}, "fit.x must be numbers"),
    ({"x": torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, line))}, "fit.x must be numbers"),
    ({"x": torch.Tensor}, "fit.x must be numbers"),
    ({"x": data.curve()}, "fit.x must be rows of one shape"),
    ({"x": x[:0], "y": line[:0]}, "fit.x and fit.y must have the same number of rows, at least one"),
    ({"x": x[:39]}, r"fit.x and fit.y must have the same number of rows.*\(39, 2\) and \(40, 1\)"),
    ({"x": torch.tensor(1.0)}, "fit.x and fit.y must have the same number of rows"),
    ({"x": x[:, :1]}, r"fit.x of shape \(40, 1\) and dtype float32 does not fit the model: this head takes rows of m = 2"),
    ({"x": x[:, 0], "model": rpn.RPN([1, 1])}, r"fit.x .* does not fit the model: .* rows of one number are x\[:, None\]"),
    ({"x": x[:, :1], "model": nn.Linear(2, 1)}, r"fit.x of shape \(40, 1\) and dtype float32 does not fit the model"),
    ({"x": x.to("meta")}, "fit.x lies on meta, the model on cpu"),
    ({"x": torch.rand(2, 2, requires_grad=True)[:, :2].repeat(20, 1) * 2}, "fit.x hangs on a computation"),
    # y
    ({"y": line.where(line < 3, math.nan)}, "fit.y holds NaN"),
    ({"y": line.where(line < 3, math.inf)}, "fit.y holds an infinite number"),
    ({"y": torch.cat([line[:, None]] * 2, 1)}, r"fit.y must have the shape of the outputs, \(40, 1\), got \(40, 2\)"),
    ({"y": line[:, None], "model": linear(2)}, r"fit.y must have the shape of the outputs, \(40, 2\), got \(40, 1\)"),
    ({"y": line, "model": linear(2)}, r"fit.y must have the shape of the outputs, \(40, 2\), got \(40,\)"),
    ({"y": line[None]}, "fit.x and fit.y must have the same number of rows"),
    ({"y": torch.cat([line[:, None]] * 2, 1), "loss": F.l1_loss}, "fit.y must have the shape"),
    ({"y": line[:, None], "model": linear(2), "loss": nn.L1Loss()}, "fit.y must have the shape"),
    ({"y": labels}, "fit.loss compares numbers, but y holds torch.int64"),
    ({"y": yes.bool()}, "fit.loss compares numbers, but y holds torch.bool"),
    ({"y": ["cat"] * 40}, "fit.y must be numbers.*'cat'"),
    ({"y": None}, "fit.y must be numbers"),
    ({"y": line.numpy().astype("datetime64[D]")}, "fit.y must be numbers"),
    ({"y": line.to("meta")}, "fit.y lies on meta"),
    ({"model": nn.Sequential(nn.Linear(2, 1), nn.Flatten(0), nn.Unflatten(0, (20, 2)))}, "fit.model gives 20 rows for 40 rows of x"),
    # classes
    ({"y": labels + 1, "loss": "cross_entropy", "model": linear(3)}, r"fit.y must be class numbers from 0 to 2.*got 3 in row .*take y - 1"),
    ({"y": labels, "loss": "cross_entropy", "model": linear(2)}, "fit.y must be class numbers from 0 to 1, since there are 2 outputs"),
    ({"y": labels - 1, "loss": "cross_entropy", "model": linear(3)}, "fit.y must be class numbers from 0 to 2.*got -1 in row"),
    ({"y": labels + 0.5, "loss": "cross_entropy", "model": linear(3)}, r"fit.y must be class numbers from 0 to 2.*got \d.5 in row 0"),
    ({"y": labels * math.nan, "loss": "cross_entropy", "model": linear(3)}, "fit.y must be class numbers.*got nan"),
    ({"y": ["0"] * 40, "loss": "cross_entropy", "model": linear(3)}, "fit.y must be numbers"),
    ({"y": F.one_hot(labels)[:, :2], "loss": "cross_entropy", "model": linear(3)}, r"fit.y must be class numbers of the shape \(40,\)"),
    ({"y": 2 * F.one_hot(labels), "loss": "cross_entropy", "model": linear(3)}, "fit.y has a column .* one-hot"),
    ({"y": torch.rand(40, 3) + 1, "loss": "cross_entropy", "model": linear(3)}, "fit.y must hold class numbers or probabilities"),
    ({"y": torch.rand(40, 3).softmax(-1), "loss": "nll", "model": softmaxed("log_softmax")}, "fit.y has a column .* one-hot"),
    ({"y": yes, "loss": "cross_entropy"}, "fit.loss needs an output for each class.*loss='bce'"),
    ({"y": yes[:, None], "loss": "cross_entropy"}, "fit.loss needs an output for each class.*loss='bce'"),
    ({"y": yes.long(), "loss": "nll"}, "fit.loss needs an output for each class"),
    ({"y": yes.long(), "loss": nn.CrossEntropyLoss()}, "fit.loss needs an output for each class"),
    ({"y": labels, "loss": "nll", "model": linear(3)}, "fit.loss='nll' reads log probabilities"),
    ({"y": labels, "loss": "nll", "model": softmaxed()}, "fit.loss='nll' reads log probabilities"),
    ({"y": labels, "loss": "cross_entropy", "model": softmaxed()}, "fit.loss='cross_entropy' takes the softmax itself"),
    ({"y": labels, "loss": "cross_entropy", "model": nn.Sequential(nn.Linear(2, 3), nn.Softmax(-1))}, "fit.loss='cross_entropy' takes"),
    ({"y": yes, "loss": "bce", "model": linear(2)}, "fit.loss='bce' answers yes or no.*loss='cross_entropy'"),
    ({"y": 2 * yes - 1, "loss": "bce"}, "fit.y must hold 0 and 1.*got -1 in row"),
    ({"y": yes + 1, "loss": "bce"}, "fit.y must hold 0 and 1.*got 2 in row"),
    ({"y": yes, "loss": "bce", "model": linear(output=rpn.Output(activation="sigmoid"))}, "fit.loss='bce' takes the sigmoid itself"),
    ({"y": yes, "loss": "bce", "model": nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())}, "fit.loss='bce' takes the sigmoid itself"),
    ({"y": yes, "loss": F.binary_cross_entropy, "model": nn.Sequential(nn.Linear(2, 1), nn.Threshold(9.0, 9.0))}, "fit.loss reads probab"),
    # loss
    ({"loss": "hinge"}, "fit.loss must be one of mse, cross_entropy, nll, bce or a function"),
    ({"loss": "crossentropy"}, "fit.loss must be one of .*did you mean cross_entropy?"),
    ({"loss": nn.MSELoss}, r"fit.loss must be a function of output and y.*did you forget the brackets of MSELoss\(\)"),
    ({"loss": None}, "fit.loss must be a function"),
    ({"loss": 3}, "fit.loss must be a function"),
    ({"loss": lambda output: output.mean()}, "fit.loss is called with output and y"),
    ({"loss": lambda output, y, weight: output.mean()}, "fit.loss is called with output and y.*weight"),
    ({"loss": nn.MSELoss(reduction="none")}, "fit.loss must give one number"),
    ({"loss": lambda output, y: (output - y[:, None]) ** 2}, r"fit.loss must give one number.*got shape \(40, 1\)"),
    ({"loss": lambda output, y: 3.0}, "fit.loss must give one number.*got float"),
    ({"loss": lambda output, y: (output.detach() - y).mean()}, "fit.loss must give a number that torch can follow"),
    ({"loss": lambda output, y: F.cross_entropy(output, y[:, None, None])}, "fit.loss does not take outputs of"),
    ({"loss": nn.CrossEntropyLoss(weight=torch.ones(2)), "y": labels, "model": linear(3)}, "fit.loss does not take outputs of"),
    # model
    ({"model": rpn.RPN}, "fit.model must be a model"),
    ({"model": "mlp"}, "fit.model must be a model"),
    ({"model": None}, "fit.model must be a model"),
    ({"model": rpn.Formula()}, "fit.model must be a model"),
    ({"model": lambda x: x}, "fit.model must be a model"),
    ({"model": rpn.RPN([2, 1], rpn.Formula(reconciliation=R.Constant()))}, "fit has nothing to train"),
    ({"model": nn.LSTM(2, 1)}, "fit.model must give one tensor"),
    # optimizer
    ({"optimizer": torch.optim.Adam}, "fit.optimizer must be an optimizer.*got <class"),
    ({"optimizer": "adam"}, "fit.optimizer must be an optimizer.*'adam'"),
    ({"optimizer": 0.1}, "fit.optimizer must be an optimizer"),
    ({"optimizer": sgd()}, "fit.optimizer holds no number that this model learns"),
    ({"optimizer": sgd(), "model": other_model, "lr": 0.1}, "fit.lr is for fit's own optimizer"),
    ({"optimizer": sgd(), "model": other_model, "lr": 3e-3}, "fit.lr is for fit's own optimizer"),
    ({"optimizer": sgd(), "model": other_model, "weight_decay": 0}, "fit.weight_decay is for fit's own optimizer"),
    ({"lr": -1e-3}, "fit.lr must be a finite number >= 0, got -0.001"),
    ({"lr": math.nan}, "fit.lr must be a finite number >= 0, got nan"),
    ({"lr": math.inf}, "fit.lr must be a finite number"),
    ({"lr": 10**400}, "fit.lr must be a finite number"),
    ({"lr": "1e-3"}, "fit.lr must be a finite number >= 0, got '1e-3'"),
    ({"lr": True}, "fit.lr must be a finite number"),
    ({"weight_decay": -1}, "fit.weight_decay must be a finite number >= 0"),
    # counts and the rest
    *(({name: bad}, f"fit.{name} must be int >= 1") for name in ("steps", "every", "batch") for bad in (0, -1, 1e2, 2.5, "10", True, [8])),
    ({"steps": None}, "fit.steps must be int >= 1, got None"),
    ({"steps": 1e2}, r"fit.steps must be int >= 1, got 100.0; did you mean 100\?"),
    *(({"seed": bad}, "fit.seed must be int") for bad in (None, 1.0, "a", torch.Generator(), 2**64)),
    ({"metric": "accuracy"}, "fit.metric must be a function of the model"),
    ({"metric": nn.MSELoss}, "fit.metric must be a function of the model"),
    ({"metric": accuracy}, "fit.metric is called with the model.*missing"),
    ({"metric": lambda: 1.0}, "fit.metric is called with the model"),
    ({"learning_rate": 1e-3}, "(fit|train) has no argument 'learning_rate'; did you mean lr. It has: model, x, y, steps"),
    ({"optimiser": None}, r"(fit|train) has no argument 'optimiser'; did you mean optimizer\?"),
    ({"batch": 1, "model": linear(output=rpn.Output("batch"))}, "fit.batch must leave more than one row"),
]  # fmt: skip


PLACES = ("model", "x", "y")


@pytest.mark.parametrize("change, says", FIT, ids=[says[:60] for _, says in FIT])
def test_fit_and_train_refuse_at_the_call_what_does_not_fit_together(change, says):
    arguments = {"model": dropped, "x": x, "y": line if "loss" in change else line[:, None], **change}
    model = arguments["model"]
    modules = list(model.modules()) if isinstance(model, nn.Module) else []
    state = {name: value.clone() for name, value in model.state_dict().items()} if modules else {}
    before = torch.get_rng_state()
    for module in modules:
        module.train()
    for call in (fit, lambda *given, **options: train(*given, progress=False, **options)):
        with pytest.raises((ValueError, TypeError)) as refused:
            call(*(arguments[name] for name in PLACES), **{name: arguments[name] for name in arguments if name not in PLACES})
        assert re.match(says, str(refused.value)), refused.value
    assert torch.equal(torch.get_rng_state(), before)
    assert all(module.training for module in modules), "a refusal changes no mode"
    assert all(torch.equal(value, state[name]) for name, value in (model.state_dict() if modules else {}).items())


# ---- the loop and the reader ----------------------------------------------------------------------------------------------------------


def quiet(model: nn.Module) -> bool:
    """Is the model in use, and not in training: does it give the same numbers twice?"""
    return not any(module.training for module in model.modules()) and torch.equal(model(x), model(x))


def left(how: str, model: nn.Module) -> None:
    """Leave the loop in one of all ways."""

    def breaks(output, y):
        calls.append(1)
        if len(calls) == 4:
            raise ZeroDivisionError if how == "error" else KeyboardInterrupt
        return (output - y).square().mean()

    def broken_metric(model):
        raise ZeroDivisionError

    calls, y = [], line[:, None]
    options = {"loss": breaks} if how in ("error", "interrupt") else {"metric": broken_metric, "every": 2} if how == "metric" else {}
    steps = fit(model, x * 1e30 if how == "no number" else x, y, steps=4, **options)
    if how in ("error", "interrupt", "metric", "no number"):
        with pytest.raises((ZeroDivisionError, KeyboardInterrupt, FloatingPointError)):
            list(steps)
    elif how == "end":
        list(steps)
    elif how == "break":
        for _ in steps:
            break
    elif how == "error of the reader":
        with pytest.raises(KeyError):
            for _ in steps:
                raise KeyError
    elif how == "thrown":
        next(steps)
        with pytest.raises(KeyError):
            steps.throw(KeyError())
    elif how == "close":
        next(steps)
        steps.close()
    elif how == "next":
        next(steps)
    elif how == "train interrupted":
        assert train(model, x, y, steps=9, every=1, progress=False, loss=breaks)[-1].step == 2


WAYS = "end, break, error, interrupt, metric, no number, error of the reader, thrown, close, next, train interrupted".split(", ")


@pytest.mark.parametrize("how", WAYS)
def test_whenever_the_reader_has_the_model_it_is_at_rest(how, capsys):
    model = linear(output=rpn.Output(dropout=0.5))
    left(how, model)
    assert how == "no number" or quiet(model)
    assert not model.training


def test_between_two_steps_the_model_is_at_rest_and_within_a_step_it_learns():
    model, modes = linear(output=rpn.Output(dropout=0.5)), []
    model.layers[0].register_forward_hook(lambda module, *_: modes.append(module.training))
    for _ in fit(model, x, line, steps=3):
        assert quiet(model)
        modes[-2:] = []
    assert modes == [False, True, True, True], "the trial at the call, then the steps"


def test_trying_a_model_out_changes_nothing_of_it():
    class Restless(nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = linear(output=rpn.Output("batch", dropout=0.5))

        def forward(self, rows):
            return self.inside(rows) + torch.randn(len(rows), 1)

    model, before = Restless(), torch.get_rng_state()
    model.inside.layers[0].eval()
    state, modes = {k: v.clone() for k, v in model.state_dict().items()}, [module.training for module in model.modules()]
    fit(model, x, line, loss=lambda output, y: output.mean())
    assert torch.equal(torch.get_rng_state(), before) and modes == [module.training for module in model.modules()]
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_fit_asked_for_without_gradients_has_them_all_the_same():
    with torch.no_grad():
        without = [record.loss for record in fit(linear(), x, line, steps=3)]
    assert without == [record.loss for record in fit(linear(), x, line, steps=3)]
    with torch.inference_mode(), pytest.raises(ValueError, match="^fit needs gradients, which torch.inference_mode"):
        fit(linear(), x, line)


def test_numbers_that_are_broken_already_are_not_blamed_on_the_learning_rate():
    model = linear()
    with torch.no_grad():
        model.layers[0].heads[0].w[0, 1] = math.nan
    with pytest.raises(ValueError, match=r"^fit.model holds numbers that are no longer finite, in layers.0.heads.0.w: make it anew"):
        fit(model, x, line)


@pytest.mark.parametrize("make", [torch.optim.LBFGS, torch.optim.SGD, torch.optim.Adam, torch.optim.Rprop, torch.optim.Adagrad], ids=str)
def test_every_optimizer_of_torch_learns(make):
    model = linear()
    records = list(fit(model, x, line, steps=20, optimizer=make(model.parameters(), lr=0.1)))
    assert records[-1].loss < 0.7 * records[0].loss
    if make is torch.optim.LBFGS:
        assert records[-1].loss < 1e-9  # the task is quadratic


def test_an_optimizer_may_train_a_part_of_the_model_and_more_than_the_model():
    model, scale = rpn.RPN([2, 3, 1]), nn.Parameter(torch.ones(()))
    first = [value.clone() for value in model.parameters()]
    optimizer = torch.optim.SGD([*model.layers[1].parameters(), scale], lr=0.1)
    list(fit(model, x, line, steps=2, optimizer=optimizer, loss=lambda output, y: (scale * output[:, 0] - y).square().mean()))
    assert [torch.equal(a, b) for a, b in zip(first, model.parameters())] == [True, False] and scale != 1


@pytest.mark.parametrize("given, kept", [(0.5, 0.5), (torch.tensor([0.25]), 0.25), (np.float32(2), 2), (None, None), (math.nan,) * 2])
def test_a_metric_gives_a_number_or_nothing(given, kept):
    (record,) = fit(linear(), x, line, steps=1, metric=lambda model: given)
    assert record.metric == kept or (math.isnan(record.metric) and math.isnan(kept))
    with pytest.raises(TypeError, match="^fit.metric must give one number, got 'good'"):
        list(fit(linear(), x, line, steps=1, metric=lambda model: "good"))


def test_rows_that_see_one_another_are_tried_out_as_they_are_learned():
    """A graph of as many nodes as rows, a fixed batch, a chain: two rows alone would not do, or say something else."""
    links = tuple((i, i + 1) for i in range(39))
    models = [
        zoo.gcn([2, 3, 2], links, nodes=40),
        rpn.RPN([2, 1], rpn.Formula(instance=I.Parameterized(), batch=40)),
        rpn.RPN([2, 1], rpn.Formula(instance=I.Constant(np.eye(40)))),
        zoo.rnn([2, 3, 1]),
    ]
    for model in models:
        y, loss = (labels.clamp(max=1), "nll") if model.name == "gcn" else (line, "mse")
        records = list(fit(model, x, y, loss=loss, steps=5, lr=0.05))
        assert records[-1].loss < records[0].loss
    (record,) = fit(models[1], torch.cat([x, x])[:40], line, steps=1, batch=40)
    for size, says in ((20, "made for a batch of 40 rows"), (None, "20 rows|40 rows|made for 40")):
        with pytest.raises(ValueError, match=says):
            fit(models[1], x[:20], line[:20], batch=size)
    pooled = rpn.RPN([2, 1], rpn.Formula(instance=I.Constant(np.ones((40, 3)))))
    with pytest.raises(ValueError, match=r"fit.model gives 3 rows for 40 rows of x"):
        fit(pooled, x, line)


# ---- widths, counts, sizes ------------------------------------------------------------------------------------------------------------

THREES = [3, np.int64(3), np.uint8(3), np.array([0, 1, 2]).max() + 1, np.array(3), torch.tensor(3), labels.max() + 1]


@pytest.mark.parametrize("three", THREES, ids=lambda three: type(three).__name__)
def test_a_count_may_come_from_numpy_and_torch(three):
    models = [
        rpn.RPN([2, three]),
        rpn.RPN((three, three), rpn.Formula(channels=three, batch=three, fusion=rpn.fusion.Concat())),
        rpn.RPN([2, 6], [[rpn.Formula(X.Taylor(order=three), R.LowRank(rank=three))] * 3]),
        zoo.mlp([2, three, 1]), zoo.kan([2, three]), zoo.svm(2, three), zoo.naive_bayes(2, three), zoo.pgm(three, three, order=three),
        zoo.rnn([2, three, 1], hops=three), zoo.gcn([2, three], ((0, 1),), nodes=three), zoo.transformer([2, three, 1], heads=three),
    ]  # fmt: skip
    for model in models:
        assert rpn.RPN.from_config(json.loads(json.dumps(model.to_config()))).dims == model.dims
    layers = [rpn.Layer(three, three).heads[0], rpn.Head(three, three)]
    assert [(type(each.m), each.m, type(each.n), each.n) for each in layers] == [(int, 3, int, 3)] * 2
    assert len(data.curve(three).x_train) == 3 and len(data.equation("E.0").sample(three, seed=three).x_train) == 1
    assert torch.equal(data.moons(three, seed=three).x_train, data.moons(3, seed=3).x_train)
    assert data.digits(seed=three).y_train[0] == data.digits(seed=3).y_train[0]
    records = list(fit(linear(), x, line, steps=three, every=three, batch=three, seed=three))
    assert [(type(record.step), record.step, record.loss) for record in records] == [
        (int, record.step, record.loss) for record in fit(linear(), x, line, steps=3, every=3, batch=3, seed=3)
    ]
    assert len(X.Affine.fit("variance", three, torch.rand(5, 4)).matrix) == 3


def test_widths_may_come_as_an_array():
    for dims in (np.array([2, 3, 1]), torch.tensor([2, 3, 1]), (2, 3, 1), range(1, 4)):
        assert rpn.RPN(dims).dims == [int(d) for d in dims] and zoo.mlp(dims).dims == [int(d) for d in dims]


HUGE = {
    "Taylor": lambda: rpn.RPN([64, 32], rpn.Formula(X.Taylor(order=6))),
    "Taylor, thin": lambda: rpn.RPN([64, 32], rpn.Formula(X.Taylor(order=6), R.LowRank())),
    "Taylor, nothing learned": lambda: rpn.RPN([64, 32], rpn.Formula(X.Taylor(order=8), R.Constant())),
    "Taylor, beyond words": lambda: rpn.RPN([64, 32], rpn.Formula(X.Taylor(order=1000))),
    "Taylor, unique": lambda: rpn.RPN([600, 32], rpn.Formula(X.Taylor(order=6, unique=True))),
    "sets": lambda: rpn.RPN([600, 2], rpn.Formula(X.CombinatorialNormal(order=6))),
    "sampled sets": lambda: rpn.RPN([600, 2], rpn.Formula(X.SampledSubsets(order=6))),
    "nested": lambda: rpn.RPN([64, 2], rpn.Formula(X.Nested((X.Taylor(order=4), X.Taylor(order=4))))),
    "extended": lambda: rpn.RPN([64, 2], rpn.Formula(X.Extended((X.Taylor(order=4), X.Taylor(order=7))))),
    "wavelets": lambda: rpn.RPN([64, 2], rpn.Formula(X.Haar(scales=10**6, shifts=10**7))),
    "products of wavelets": lambda: rpn.RPN([64, 2], rpn.Formula(X.Haar(scales=10**4, shifts=10**4, order=2))),
    "bumps": lambda: rpn.RPN([64, 2], rpn.Formula(X.GaussianRBF(centers=10**13))),
    "splines": lambda: rpn.RPN([64, 2], rpn.Formula(X.BSpline(intervals=10**13))),
    "frequencies": lambda: rpn.RPN([64, 2], rpn.Formula(X.Fourier(terms=10**13))),
    "polynomials": lambda: rpn.RPN([64, 2], rpn.Formula(X.Chebyshev(degree=10**13))),
    "patches": lambda: rpn.RPN([10**12, 2], rpn.Formula(X.Patches(rows=10**6, columns=10**6))),
    "inputs": lambda: rpn.RPN([10**13, 2]),
    "outputs": lambda: rpn.RPN([2, 10**13]),
    "beyond words": lambda: rpn.Head(10**4000, 2),
    "layers together": lambda: rpn.RPN([int((memory() / 12) ** 0.5)] * 4),
    "heads together": lambda: rpn.RPN([int((memory() / 12) ** 0.5)] * 2 + [1], [[rpn.Formula()] * 3, rpn.Formula()]),
    "channels": lambda: rpn.RPN([1000, 1000], rpn.Formula(channels=10**7)),
    "mask": lambda: rpn.RPN([int((memory() / 20) ** 0.5)] * 2, rpn.Formula(reconciliation=R.Masked())),
    "adaption": lambda: rpn.RPN([2, 2], rpn.Formula(reconciliation=R.RandomAdaption(rank=10**12))),
    "hypernet": lambda: rpn.RPN([10**6, 10**4], rpn.Formula(reconciliation=R.Hypernet())),
    "hidden of a hypernet": lambda: rpn.RPN([2, 2], rpn.Formula(reconciliation=R.Hypernet(hidden=10**12))),
    "thin hypernet": lambda: rpn.RPN([10**6, 10**6], rpn.Formula(reconciliation=R.RandomHypernet())),
    "attributes": lambda: rpn.RPN([10**6, 2], rpn.Formula(attribute=I.Parameterized())),
    "instances": lambda: rpn.RPN([2, 2], rpn.Formula(instance=I.Parameterized(), batch=10**7)),
    "scores": lambda: rpn.RPN([10**6, 2], rpn.Formula(instance=I.Bilinear())),
    "expanded": lambda: rpn.RPN([64, 2], rpn.Formula(instance=I.Expanded(X.Taylor(order=6)), batch=64)),
    "remainder": lambda: rpn.RPN([10**6, 10**6], rpn.Formula(reconciliation=R.LowRank(), remainder=P.Linear())),
    "fusion": lambda: rpn.RPN([2, 10**6], rpn.Formula(channels=2, reconciliation=R.LowRank(), fusion=rpn.fusion.Parameterized())),
    "heads and their fusion": lambda: rpn.Layer(2, 10**6, [rpn.Formula(reconciliation=R.LowRank())] * 2, rpn.fusion.Parameterized()),
    "zoo": lambda: zoo.pgm(600, 2, order=6),
    "points": lambda: data.curve(10**13),
    "points of moons": lambda: data.moons(10**13),
    "rows": lambda: data.equation("E.0").sample(10**13),
    "products kept": lambda: X.Taylor(order=6, unique=True)(torch.zeros(1, 600)),
    "a step": lambda: fit(rpn.RPN([2, 1], rpn.Formula(X.Chebyshev(degree=10**6))), torch.zeros(10**6, 2), torch.zeros(10**6)),
}  # fmt: skip


def memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="this system does not say how much memory it has")
@pytest.mark.parametrize("make", HUGE.values(), ids=HUGE)
def test_more_memory_than_there_is_is_told_before_anything_is_allocated(make):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"^\S+ needs \S+ numbers or \S+ GB for .*, and this machine has \d+ GB: choose "):
            make()
        assert tracemalloc.get_traced_memory()[1] < 2**25
    finally:
        tracemalloc.stop()


def test_the_refusal_of_a_huge_model_says_D():
    with pytest.raises(ValueError, match=r"D = 69,810,262,080.*lower degree of κ"):
        rpn.RPN([64, 32], rpn.Formula(X.Taylor(order=6)))


@pytest.mark.parametrize("part", [part for row in rpn.CATALOGUE.values() if row.term == "expansion" for part in row.samples()], ids=str)
def test_a_width_is_counted_as_it_is_made(part):
    for m in (part.made_for,) if part.made_for else (1, 2, 3, 5):
        with contextlib.suppress(ValueError):  # a κ that wants more inputs
            assert part.width(m) == part(torch.zeros(1, m)).shape[-1]


# ---- everything else that takes something -----------------------------------------------------------------------------------------------

law = data.equation("E.0")
DRAWS = (data.curve, data.moons, data.digits, data.iris, law.sample)
DEEP = (rpn.RPN, zoo.mlp, zoo.kan, zoo.rnn, zoo.transformer, lambda dims: zoo.gcn(dims, ()))
FLAT = (rpn.Head, rpn.Layer, zoo.svm, zoo.naive_bayes, zoo.pgm)
DIMS = (
    "23",
    [2, "3"],
    {2: 3},
    [2, 3.0],
    [2, None],
    np.array([2.0, 3.0]),
    torch.tensor(3),
    [2, -1],
    [2, [3]],
    iter([2, 3]),
    np.eye(2),
)
NO_FORMULA = (rpn.Formula, 0, "", False, X.Taylor(), {}, "abc", rpn.expansion)
NO_FUSION = (0, "", "mean", rpn.fusion.Mean, [])
NO_ROWS = ("abc", [[1.0], [1.0, 2.0]], masked, dates, x + 0j, x[:0], x[0], None)
NO_COUNT = ("9", 9.0, None, True, [9], -1)
NO_PAIRS = ("abc", 3, [1, 2, 3, 4], [[1, 2]] * 3, [["a", 1]] * 4, with_a(math.nan), masked, dates, [[1, 2]] * 3 + [[1]], x + 0j, x[:, :1])


def each(says, makers, name, values):
    """A row for each function and each value of its argument `name`, or of its arguments in place."""
    given = [((), {name: value}) if name else (value, {}) for value in values]
    return [(functools.partial(make, *places, **words), says) for make in makers for places, words in given]


NO_TABLE = (5.0, 5, "abc", {1: 2}, np.array(3), np.ma.masked_array([[1.0]], mask=True), x + 0j, dates, [[[1.0]]], [[1.0], [1.0, 2.0]])
PARTS = [row.example() for row in rpn.CATALOGUE.values()]
TABLES = [(part, field.name) for part in PARTS for field in part.declared if field.kind == "table"]


BAD = [
    (lambda: accuracy(torch.zeros(3, 1), torch.zeros(3)), "accuracy.above: one output has no largest"),
    (lambda: accuracy(torch.zeros(3, 2), torch.zeros(3), above=0.0), "accuracy.above: the largest of 2 outputs"),
    (lambda: accuracy(torch.zeros(3, 1), torch.zeros(3), above="0"), "accuracy.above must be a finite number"),
    (lambda: accuracy(torch.zeros(3, 2), torch.tensor([0, 1, 2])), "accuracy.y must be class numbers from 0 to 1"),
    (lambda: accuracy(torch.zeros(3, 2), torch.zeros(1, 3)), "accuracy.y must be class numbers of the shape"),
    (lambda: accuracy(torch.zeros(3, 2), torch.zeros(2)), "accuracy.y must be class numbers of the shape"),
    (lambda: accuracy(torch.zeros(3, 2).argmax(-1), torch.zeros(3)), "accuracy.output must be rows"),
    (lambda: accuracy(torch.zeros(3, 2), torch.rand(3, 2)), "accuracy.y has a column"),
    (lambda: accuracy(torch.zeros(0, 2), torch.zeros(0)), "accuracy.output must be rows"),
    (lambda: accuracy(torch.tensor(1.0), torch.tensor(0)), "accuracy.output must be rows"),
    (lambda: accuracy(torch.zeros(3, 2), torch.full((3,), -100)), "accuracy.y must hold a row that counts"),
    (lambda: accuracy("abc", torch.zeros(3)), "accuracy.output must be numbers"),
    (lambda: accuracy(torch.zeros(3, 2), ["a", "b", "c"]), "accuracy.y must be numbers"),
    (lambda: accuracy(linear(2), labels), "accuracy.output must be numbers"),
    # data
    *each("E.0.x must be", [law], "", [("abc",), ([[1.0, 2.0], [1.0]],), (x.to_sparse(),), (x + 0j,), (None,)]),
    *each(r"\S+.dtype must be a floating point dtype", DRAWS, "dtype", ["float32", float, None, torch.int64]),
    *each(r"\S+.device must be cpu, cuda, mps or auto", [*DRAWS, data.karate], "device", ["gpu", 1.5, [], ""]),
    *each(r"\S+.device='cuda:77' is not there", [*DRAWS, data.karate], "device", ["cuda:77"]),
    *each(r"\S+.noise must be a finite number >= 0", DRAWS[:2], "noise", ["a", True, None, math.nan, math.inf, -0.1]),
    *each(r"\S+.points must be int", DRAWS[:2], "points", [*NO_COUNT, 0]),
    *each(r"\S+.rows must be int", [law.sample], "rows", [*NO_COUNT, 1]),
    *each(r"\S+.seed must be int", DRAWS, "seed", [*NO_COUNT, 2**64]),
    *each(r"\S+.test must", DRAWS[2:], "test", ["9", 1, None, True, math.nan, -0.1]),
    *each("curve.shape must be one of", [data.curve], "shape", [["waves"], None, "wave", 3]),
    # models
    *each("RPN.dims must be at least two widths", [rpn.RPN], "dims", DIMS),
    *each("RPN.dims must be at least two widths", DEEP, "dims", [[2], 7, None, [2, 0]]),
    *each(r"\S+ must be", FLAT, "", [(2.0, 3), (2, 0), ("2", 3), (None, 3), (True, 3)]),
    *each(r"RPN.formula (must|lists)", [rpn.RPN], "", [([2, 2], bad) for bad in NO_FORMULA]),
    *each(r"(Head|Layer).formulas? must", [rpn.Layer, rpn.Head], "", [(2, 2, bad) for bad in NO_FORMULA]),
    *each(r"\S+.fusion must be a component of fusion", [rpn.RPN], "", [([2, 2], None, bad) for bad in NO_FUSION]),
    *each(r"\S+.fusion must be a component of fusion", [rpn.Layer], "", [(2, 2, None, bad) for bad in NO_FUSION]),
    *each("RPN.name must be a text", [functools.partial(rpn.RPN, [2, 2])], "name", [3, None, b"a"]),
    *each("transformer.heads must be int >= 1", [functools.partial(zoo.transformer, [2, 2, 2])], "heads", [*NO_COUNT, 0]),
    (lambda: rpn.RPN([1, 1])(torch.zeros(3)), r"this head takes rows of m = 1 numbers.*x\[:, None\]"),
    (lambda: rpn.RPN([3, 1])(torch.zeros(3)), r"this head takes rows of m = 3 numbers.*x\[None\]"),
    (lambda: rpn.RPN([3, 1])(torch.zeros(2, 3).double()), r"this head has float32 numbers, and x is float64: x.to\(torch.float32\)"),
    (lambda: rpn.RPN([3, 1]).half()(torch.zeros(2, 3)), r"this head has float16 numbers, and x is float32"),
    (lambda: rpn.RPN([3, 1]).trace(torch.zeros(2, 3).double()), r"this head has float32 numbers, and x is float64"),
    # projections and pictures
    (lambda: X.Affine.fit("pca", 1, with_a(math.nan)), "Affine.fit x holds NaN, first in row 3, column 1"),
    *each(
        "Affine.fit x",
        [X.Affine.fit],
        "",
        [("pca", 1, bad) for bad in NO_ROWS],
    ),
    *each("Affine.fit seed must be int", [functools.partial(X.Affine.fit, "svd", 1, x)], "seed", NO_COUNT),
    *each("Affine.fit width must be an int from 1 to 2", [functools.partial(X.Affine.fit, "pca", x=x)], "width", [*NO_COUNT, 3]),
    (lambda: digit_sheet(torch.zeros(3, 64), torch.zeros(3), torch.zeros(3, 1)), "digit_sheet needs x"),
    (lambda: digit_sheet(torch.zeros(3, 8, 8), torch.zeros(3), torch.zeros(3)), "digit_sheet needs x"),
    (lambda: digit_sheet(torch.zeros(3, 64), ["a"] * 3, torch.zeros(3)), "digit_sheet.y must be numbers"),
    *each("Fit.own must", [Fit], "own", NO_PAIRS),
    *(
        row
        for part, name in TABLES
        for row in each(rf"(\w+\.)?{type(part).__name__}.{name}", [functools.partial(dataclasses.replace, part)], name, NO_TABLE)
    ),
]


@pytest.mark.parametrize("ask, says", BAD, ids=[says for _, says in BAD])
def test_whatever_takes_something_refuses_what_it_cannot_take(ask, says):
    with pytest.raises((ValueError, TypeError)) as refused:
        ask()
    assert re.match(says, str(refused.value)), refused.value


def test_data_of_other_libraries_are_taken_everywhere():
    rows = x.double().numpy()
    taken = [Frame(rows), Arrayed(rows), rows.tolist(), tuple(map(tuple, rows.tolist())), torch.from_numpy(rows)]
    assert all(torch.equal(law(each), law(torch.from_numpy(rows))) for each in taken)
    assert len({X.Affine.fit("pca", 1, each) for each in taken}) == 1
    assert len({Fit(own=each) for each in taken}) == 1
    assert len({X.Affine(matrix=each) for each in (Frame([[1.0, 2.0]]), Arrayed([[1.0, 2.0]]).rows, [[1.0, 2.0]])}) == 1
    assert accuracy(np.eye(3), [0, 1, 1]) == 2 / 3
    assert digit_sheet(np.zeros((3, 64)), [1, 2, 3], np.array([1, 2, 4])).alt == "1 of 3 images is read wrongly; the first 1: 3 read as 4."


# ---- what people type ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [[[1, 2], [3, 4]], np.array([[1, 2], [3, 4]]), np.array([[1.0, 2.0], [3.0, 4.0]]), [torch.tensor([1, 2]), torch.tensor([3, 4])]],
    ids=["list", "whole array", "float64 array", "list of tensors"],
)
def test_a_model_takes_rows_as_fit_takes_them(rows):
    for dtype in (torch.float32, torch.float64):
        model = rpn.RPN([2, 3, 1], [[rpn.Formula(), rpn.Formula(bias=True)], rpn.Formula()]).to(dtype)
        assert torch.equal(model(rows), model(torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=dtype)))
        assert model.trace(rows)[1, 0].g.dtype == dtype


def test_what_is_no_row_of_numbers_is_told_by_models_and_components():
    for wrong, says in (("ab", "x must be numbers"), (None, "x must be numbers"), (rpn.RPN([2, 1]), "got a model: call it, model")):
        with pytest.raises(TypeError, match=says):
            rpn.RPN([2, 1])(wrong)
    for row in rpn.CATALOGUE.values():
        if row.term in ("expansion", "fusion", "remainder") and row.__module__.startswith("rpn_edu."):
            for wrong in ([[1.0, 2.0]], 5.0, "ab"):
                with pytest.raises(TypeError, match=f"{row.qualified_name()} takes tensors, got {type(wrong).__name__}"):
                    row.example()(wrong, torch.zeros(0), *[2] * (row.term == "remainder"))


def test_the_cure_of_labels_for_bce_is_the_one_for_these_labels():
    x = 2 * torch.rand(30, 2) - 1
    yes = x[:, 0] > 0
    for y, cure in ((yes.long() + 1, "take y == 2"), (2 * yes.long() - 1, "take y == 1"), (yes * 5.0 + x[:, 1], "take y > c")):
        with pytest.raises(ValueError, match=cure):
            fit(rpn.RPN([2, 1]), x, y, loss="bce")
    fit(rpn.RPN([2, 1]), x, (yes.long() + 1) == 2, loss="bce")


def test_a_step_that_might_see_no_row_that_counts_is_refused_before_the_first():
    x, y = torch.rand(9, 2), torch.tensor([0, 1, 0, 1, -100, -100, -100, -100, -100])
    with pytest.raises(ValueError, match="fit.batch may draw rows of which none counts, such as row 4 .* leave such rows out"):
        fit(rpn.RPN([2, 2]), x, y, loss="cross_entropy", batch=2)
    with pytest.raises(ValueError, match="must hold a row that counts, got -100 in every row"):
        fit(rpn.RPN([2, 2]), x[4:], y[4:], loss="cross_entropy")
    assert all(math.isfinite(record.loss) for record in fit(rpn.RPN([2, 2]), x, y, loss="cross_entropy", steps=5))
    assert all(math.isfinite(r.loss) for r in fit(rpn.RPN([2, 2]), x[y >= 0], y[y >= 0], loss="cross_entropy", steps=20, batch=1))


@pytest.mark.parametrize("call, says", [
    (lambda: fit(rpn.RPN([2, 1]), [[1, 2]], [[1.0]], loss="mae"), "did you mean torch.nn.functional.l1_loss"),
    (lambda: fit(rpn.RPN([2, 1]), [[1, 2]], [[1.0]], loss="binary_cross_entropy"), "did you mean bce"),
    (lambda: fit(rpn.RPN([2, 1]), [[1, 2]], [[1.0]], learning_rate=1), "did you mean lr"),
    (lambda: fit(rpn.RPN([2, 1]), [[1, 2]], [[1.0]], epochs=1), "did you mean steps"),
    (lambda: fit(rpn.RPN([2, 1]).requires_grad_(False), [[1, 2]], [[1.0]]), "are frozen, and requires_grad_.True. frees them"),
    (lambda: fit(rpn.RPN([2, 2]), [[1, 2]] * 2, ["a", "b"], loss="cross_entropy"), "numpy.unique"),
    (lambda: fit(rpn.zoo.gcn([3, 2], [(0, 1), (1, 2)], nodes=3), torch.eye(3), [0, 1, 0], loss="nll", batch=2), "leave batch out"),
], ids=["mae", "bce", "lr", "steps", "frozen", "texts", "graph"])  # fmt: skip
def test_words_of_other_libraries_lead_to_ours(call, says):
    with pytest.raises((TypeError, ValueError), match=says):
        call()
