"""Learning: the loop, its failures, its devices, and the fit that needs no loop."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

import rpn_edu as rpn
from rpn_edu.learn import Record, accuracy, device, fit, least_squares, threads_for, train


def line(rows: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(rows, 3, generator=generator)
    return x, x @ torch.tensor([[1.0], [-2.0], [0.5]])


def linear(seed: int = 0) -> torch.nn.Linear:
    torch.manual_seed(seed)
    return torch.nn.Linear(3, 1)


# ---- fit -------------------------------------------------------------------------------------------------------------------------


def test_a_record_of_every_step():
    records = list(fit(linear(), *line(), steps=45, every=20, metric=lambda model: 0.5))
    assert [record.step for record in records] == list(range(1, 46))
    assert [record.step for record in records if record.metric is not None] == [20, 40, 45]
    assert records[-1].loss < records[0].loss and all(a.seconds <= b.seconds for a, b in zip(records, records[1:]))
    assert repr(Record(3, torch.tensor(0.25), 0.5, 1.0)) == "Record(step=3, loss=0.25, metric=0.5, seconds=1.00)"
    assert repr(Record(3, torch.tensor(0.25), None, 1.0)) == "Record(step=3, loss=0.25, seconds=1.00)"


def test_weight_decay_is_that_of_adamw():
    (x, y), ours, theirs = line(), linear(), linear()
    for _ in fit(ours, x, y, steps=30, lr=0.05, weight_decay=0.5):
        pass
    adamw = torch.optim.AdamW(theirs.parameters(), lr=0.05, weight_decay=0.5)
    for _ in range(30):
        adamw.zero_grad()
        torch.nn.functional.mse_loss(theirs(x), y).backward()
        adamw.step()
    torch.testing.assert_close(list(ours.parameters()), list(theirs.parameters()), rtol=1e-4, atol=1e-5)


class WithRest(torch.nn.Sequential):
    """A norm with the means that it has, whatever mode the model is in: its own train() says so."""

    def train(self, mode=True):
        super().train(mode)
        self[0].eval()
        return self


def test_what_a_model_keeps_at_rest_stays_at_rest():
    model = WithRest(torch.nn.BatchNorm1d(3), linear())
    for _ in fit(model, *line(), steps=5):
        pass
    assert model[0].num_batches_tracked == 0 and not model[0].running_mean.any()


@pytest.mark.parametrize("batch", [None, 16])
def test_the_same_seed_gives_the_same_digits(batch):
    runs = []
    for seed in (3, 3, 4):
        model = linear()
        torch.manual_seed(len(runs))  # the global random numbers do not matter
        losses = [record.loss for record in fit(model, *line(), steps=12, batch=batch, seed=seed)]
        runs.append((losses, model.weight.tolist()))
    assert runs[0] == runs[1]
    assert (runs[0] != runs[2]) == (batch is not None), "all rows are the same rows for every seed"


def test_no_batch_is_all_rows_and_a_large_batch_too():
    everything, large = ([record.loss for record in fit(linear(), *line(), steps=5, batch=batch)] for batch in (None, 1000))
    assert everything == large
    seen = []

    class Watched(torch.nn.Linear):
        def forward(self, x):
            seen.append(len(x))
            return super().forward(x)

    list(fit(Watched(3, 1), *line(64), steps=3, batch=10))
    assert seen == [2, 10, 10, 10], "two rows tell what the model gives, then come the steps"


def test_the_metric_sees_the_model_at_rest():
    model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Dropout(0.5))
    seen = []
    for _ in fit(model, *line(), steps=4, every=2, metric=lambda model: seen.append((model.training, torch.is_grad_enabled())) or 1.0):
        pass
    assert seen == [(False, False)] * 2 and not model.training


def test_a_loss_that_is_no_number_is_explained():
    with pytest.raises(FloatingPointError, match=r"smaller lr than 1e\+06.*lower degree of κ"):
        x, y = line()
        model = rpn.RPN([3, 8, 1], rpn.Formula(expansion=rpn.expansion.Taylor(order=3)))
        list(fit(model, x * 100, y, steps=200, every=5, lr=1e6))
    with pytest.raises(FloatingPointError, match=r"by step 1\b"):
        list(fit(linear(), line()[0] * 1e30, line()[1], steps=1))


@pytest.mark.parametrize(
    "options, says",
    [
        ({"loss": "hinge"}, "one of mse, cross_entropy, nll, bce or a function"),
        ({"steps": 0}, "fit.steps must be int >= 1, got 0"),
        ({"every": 0}, "fit.every must be int >= 1, got 0"),
        ({"batch": 0}, "fit.batch must be int >= 1, got 0"),
    ],
)
def test_bad_arguments(options, says):
    with pytest.raises(ValueError, match=says):
        fit(linear(), *line(), **options)
    with pytest.raises(ValueError, match="the same number of rows, at least one"):
        fit(linear(), torch.zeros(3, 3), torch.zeros(2, 1))
    with pytest.raises(ValueError, match="at least one"):
        fit(linear(), torch.zeros(0, 3), torch.zeros(0, 1))
    with pytest.raises(TypeError):
        fit(linear(), *line(), learning_rate=1.0)  # type: ignore[call-arg]


def test_a_loss_and_an_optimizer_of_ones_own():
    model = linear()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    records = list(fit(model, *line(), steps=60, loss=lambda output, y: (output - y).abs().mean(), optimizer=optimizer))
    assert records[-1].loss < 0.1 < records[0].loss


def test_threads_are_given_back():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with threads_for(1):
            assert torch.get_num_threads() == 1
        with threads_for(1e12):
            assert torch.get_num_threads() == 2
        with pytest.raises(KeyError), threads_for(1):
            raise KeyError
        assert torch.get_num_threads() == 2
        list(fit(linear(), *line(), steps=2))
        assert torch.get_num_threads() == 2
        for record in fit(linear(), *line(), steps=100):
            if record.step == 3:
                break
        assert torch.get_num_threads() == 2, "an abandoned loop"
        steps = fit(linear(), *line(), steps=100)
        next(steps)
        assert torch.get_num_threads() == 2, "between two steps the reader's own code has all threads"
        with pytest.raises(FloatingPointError):
            list(fit(linear(), line()[0] * 1e30, line()[1], steps=1))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_models_with_empty_buffers_train():
    formula = rpn.Formula(expansion=rpn.expansion.Taylor(), remainder=rpn.remainder.Zero(), bias=True)
    model = rpn.RPN([3, 4, 1], formula)
    assert any(buffer.numel() == 0 for buffer in model.buffers())
    records = list(fit(model, *line(), steps=30, lr=1e-2))
    assert records[-1].loss < records[0].loss


def test_digits_are_learned_in_a_few_steps():
    digits = rpn.data.digits()
    torch.manual_seed(0)
    first = rpn.Formula(expansion=rpn.expansion.Chebyshev(degree=2), reconciliation=rpn.reconciliation.LowRank(rank=8), bias=True)
    model = rpn.RPN([64, 32, 10], [first, rpn.Formula(bias=True)])

    def measure(model):
        return accuracy(model(digits.x_test), digits.y_test)

    before = measure(model)
    records = train(model, digits.x_train, digits.y_train, steps=60, lr=1e-2, loss="cross_entropy", metric=measure, progress=False)
    assert before < 0.3 and measure(model) > 0.8
    assert records[-1].metric == measure(model)


# ---- train -----------------------------------------------------------------------------------------------------------------------


def test_train_keeps_every_few_records(capsys):
    records = train(linear(), *line(), steps=25, every=10, progress=False)
    assert [record.step for record in records] == [10, 20, 25]
    train(linear(), *line(), steps=25, every=10, progress=True)
    out, err = capsys.readouterr()
    assert not out and "training" in err


def test_stopping_keeps_a_usable_model(capsys):
    model, steps = linear(), []

    def interrupted(output, y):
        steps.append(1)
        if len(steps) == 9:  # the first call comes before the first step: does the function take what the model gives?
            raise KeyboardInterrupt
        return torch.nn.functional.mse_loss(output, y)

    records = train(model, *line(), steps=50, every=5, loss=interrupted, progress=False)
    assert [record.step for record in records] == [5]
    assert "Stopped after step 7 of 50. The model keeps what it has learned" in capsys.readouterr().out
    assert not model.training and model(line()[0]).isfinite().all()
    assert train(model, *line(), steps=5, every=5, progress=False)[0].loss < records[0].loss


def test_what_was_kept_can_be_walked_and_a_step_without_numbers_says_so():
    (x, y), model, seen = line(), torch.nn.Sequential(torch.nn.BatchNorm1d(3), linear()), {}
    records = []
    for record in fit(model, x, y, steps=7, every=3, keep=True):
        records.append(record)
        seen[record.step] = model(x).detach()
    assert [record.step for record in records if record.kept] == [3, 6, 7]
    for record in reversed(records):
        if record.kept:
            record.restore(model)
            assert torch.equal(model(x), seen[record.step])
    with pytest.raises(ValueError, match="step 2 kept no numbers"):
        records[1].restore(model)


def test_the_records_of_a_training_that_was_stopped_can_be_walked_too():
    x, y = line()
    model = linear()

    def stopped(model):
        if (y - model(x)).square().mean() < 1:
            raise KeyboardInterrupt
        return 0.0

    records = train(model, x, y, steps=5000, every=10, progress=False, metric=stopped, keep=True)
    assert 1 < len(records) < 500 and (y - model(x)).square().mean() < 1
    records[0].restore(model)
    assert (y - model(x)).square().mean() > 1


def test_an_error_in_train_is_not_swallowed():
    def broken(output, y):
        calls.append(1)
        return 1 / 0 if len(calls) == 3 else (output - y).square().mean()

    model, calls = linear(), []
    with pytest.raises(ZeroDivisionError):
        train(model, *line(), steps=4, progress=False, loss=broken)
    assert not model.training


# ---- least squares ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ridge", [1e-6, 0.3, 20.0])
def test_one_step_is_ridge_regression(ridge):
    generator = torch.Generator().manual_seed(0)
    A, y = torch.randn(30, 6, generator=generator, dtype=torch.float64), torch.randn(30, generator=generator, dtype=torch.float64)
    start = torch.randn(6, generator=generator, dtype=torch.float64)  # the answer does not depend on it
    w = least_squares(lambda w: A @ w, start, y, ridge, 1)
    judge = Ridge(alpha=ridge, fit_intercept=False, solver="cholesky").fit(A.numpy(), y.numpy())
    np.testing.assert_allclose(w.numpy(), judge.coef_, rtol=1e-9)


def test_without_ridge_one_step_is_least_squares():
    generator = torch.Generator().manual_seed(0)
    A, y = torch.randn(30, 6, generator=generator, dtype=torch.float64), torch.randn(30, generator=generator, dtype=torch.float64)
    w = least_squares(lambda w: A @ w, torch.zeros(6, dtype=torch.float64), y, 0.0, 1)
    torch.testing.assert_close(w, torch.linalg.lstsq(A, y.unsqueeze(-1)).solution.squeeze(-1))
    many = least_squares(lambda w: A @ w, torch.zeros(6, dtype=torch.float64), y, 0.0, 30)
    torch.testing.assert_close(many, w)


def test_several_steps_reach_a_known_optimum():
    x = torch.linspace(0, 3, 40, dtype=torch.float64)
    truth = torch.tensor([2.5, 1.3, -0.4], dtype=torch.float64)

    def decay(w):
        return w[0] * torch.exp(-w[1] * x) + w[2]

    w = least_squares(decay, torch.tensor([1.0, 0.3, 0.0], dtype=torch.float64), decay(truth), 1e-14, 60)
    torch.testing.assert_close(w, truth, rtol=1e-6, atol=1e-6)


def test_a_step_that_does_not_help_is_not_taken():
    errors = []

    def steep(w):
        return torch.stack((10 * (w[1] - w[0] ** 2), 1 - w[0]))  # Rosenbrock's valley

    for steps in (2, 4, 8, 16, 32, 64):
        w = least_squares(steep, torch.tensor([-1.2, 1.0], dtype=torch.float64), torch.zeros(2, dtype=torch.float64), 0.0, steps)
        errors.append(float((steep(w) ** 2).sum()))
    assert errors == sorted(errors, reverse=True) and errors[-1] < 1e-12


# ---- device ----------------------------------------------------------------------------------------------------------------------


def test_the_device_comes_from_the_environment(monkeypatch):
    monkeypatch.delenv("RPN_EDU_DEVICE", raising=False)
    assert device() == torch.device("cpu")
    for name, wanted in {"cpu": "cpu", "cuda": "cuda", "cuda:1": "cuda:1", "mps": "mps"}.items():
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
        monkeypatch.setenv("RPN_EDU_DEVICE", name)
        assert device() == torch.device(wanted)
        assert device("cpu") == torch.device("cpu"), "an argument wins"


@pytest.mark.parametrize("cuda, mps, wanted", [(True, False, "cuda"), (False, True, "mps"), (True, True, "cuda"), (False, False, "cpu")])
def test_auto_takes_what_is_there(monkeypatch, cuda, mps, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setenv("RPN_EDU_DEVICE", "auto")
    assert device() == torch.device(wanted)


@pytest.mark.parametrize("name", ["gpu", "CPU", "cuda:x", "cuda:", "meta", "cpu:1:2", "auto:0"])
def test_a_wrong_device_is_refused(monkeypatch, name):
    monkeypatch.setenv("RPN_EDU_DEVICE", name)
    with pytest.raises(ValueError, match=f"must be cpu, cuda, mps or auto, got '{name}'"):
        device()


def test_a_missing_device_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("RPN_EDU_DEVICE", "cuda")
    with pytest.raises(ValueError, match="'cuda' is not there.*auto"):
        device()


def test_class_numbers_under_mse_and_a_model_without_numbers_are_told_before_the_first_step():
    x, y = torch.zeros(4, 2), torch.tensor([0, 1, 1, 0])
    with pytest.raises(ValueError, match="choose loss='cross_entropy'"):
        fit(rpn.RPN([2, 2]), x, y)
    with pytest.raises(ValueError, match="no learned numbers"):
        fit(rpn.RPN([2, 2], rpn.Formula(reconciliation=rpn.reconciliation.Eye())), x, x)


@pytest.mark.parametrize("ridge, steps", [(1e-3, 1), (0.5, 1), (1e-6, 40)])
def test_a_fit_with_more_unknowns_than_rows_is_ridge_regression_too(ridge, steps):
    generator = torch.Generator().manual_seed(0)
    A, y, w = (torch.randn(*size, dtype=torch.float64, generator=generator) for size in ((10, 30), (10,), (30,)))
    truth = torch.linalg.solve(A.T @ A + ridge * torch.eye(30, dtype=torch.float64), A.T @ y)
    found = least_squares(lambda w: A @ w, w, y, ridge, steps)
    torch.testing.assert_close(found, truth, rtol=1e-6, atol=1e-6)
