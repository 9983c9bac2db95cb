"""Learning: one training loop in plain sight, and the fit that needs no loop."""

import math
import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..shared import given, machine
from .before import checked, example, fitting, learned_by, tried_out
from .losses import Criterion, matched, named

SMALL = 200_000_000  # multiplications per step below which a second thread costs more than it gives, above all on a busy machine


def device(wanted: str | None = None) -> torch.device:
    """The device to work on: `wanted`, else RPN_EDU_DEVICE, else the CPU. "auto" takes what is there: cuda, mps, cpu.

    It moves nothing by itself. Data, models and fits are where you put them, with `device=...` or `.to(...)`, and everything that the
    package makes for them is made there. Fresh numbers are drawn on the CPU, so that a seed gives the same model on every device.
    Explorers, cards and stills are drawn on the CPU whatever the default device is: in float64, which Apple's GPU does not have.

    CUDA adds up sums over links and the gradients of picked numbers in no fixed order, so the last digits differ from run to run. With
    torch.use_deterministic_algorithms(True), and CUBLAS_WORKSPACE_CONFIG=:4096:8 in the environment, they do not: everything in the
    package has a form for it. ValueError for a device that is not there.
    """
    name = wanted or os.environ.get("RPN_EDU_DEVICE") or "cpu"
    return machine.device(name, "fit.device" if wanted else "RPN_EDU_DEVICE", computing=True)


def accuracy(output: Tensor, y: Tensor, above: float | None = None) -> float:
    """The share of rows whose largest output stands at the right class: (..., n), (...) → 0..1; nan where an output is NaN.

    y: class numbers 0..n-1, a column of them, or one-hot rows; rows with -100 do not count. One output has no largest: `above` says where
    class 1 begins, 0 for logits (loss="bce"), 0.5 for outputs that learned 0 and 1 (loss="mse").
    ValueError where outputs, y and `above` do not fit together, or no row counts; TypeError for what are no numbers.
    """
    output, y = given.tensor("accuracy.output", output), given.tensor("accuracy.y", y)
    if output.dim() < 2 or not output.numel():
        raise ValueError(f"accuracy.output must be rows of outputs, (rows, n), one for each class, got shape {tuple(output.shape)}")
    *rows, n = output.shape
    if (n == 1) != (above is not None):
        one = "one output has no largest: say where class 1 begins, above=0 for logits, above=0.5 for outputs near 0 and 1"
        raise ValueError(f"accuracy.above: {one if n == 1 else f'the largest of {n} outputs is asked for, got above={above!r}'}")
    y = given.classes("accuracy.y", y.to(output.device), (*rows, max(n, 2)))
    found = output.argmax(-1) if above is None else (output.squeeze(-1) > given.number("accuracy.above", above)).long()
    counted = y != given.SKIPPED
    if not (total := int(counted.sum())):
        raise ValueError("accuracy.y must hold a row that counts, got -100 in every row")
    return math.nan if output.is_floating_point() and output.isnan().any() else int((found == y)[counted].sum()) / total


class Record:
    """What happened in one step: its number, the loss that it met, `metric` if it was measured then, and the seconds since the first began.

    The loss, a tensor of one number, is read from the device only when somebody asks for it. `kept` are the numbers of the model after
    the step, by name, where they were to be kept.
    """

    def __init__(self, step: int, loss: Tensor, metric: float | None, seconds: float, kept: dict[str, Tensor] | None = None) -> None:
        self.step, self.metric, self.seconds, self.kept, self._loss = step, metric, seconds, kept, loss

    @property
    def loss(self) -> float:
        """The loss of the rows of this step. The first question waits until the device has computed it."""
        return self._loss.item()

    def restore(self, model: nn.Module) -> None:
        """Bring the model back to where it was after this step. ValueError where no numbers were kept."""
        if self.kept is None:
            raise ValueError(f"Record.restore: step {self.step} kept no numbers; fit(..., keep=True) keeps those of every `every`th step")
        model.load_state_dict(self.kept)

    def __repr__(self) -> str:
        metric = "" if self.metric is None else f", metric={self.metric:.4g}"
        return f"Record(step={self.step}, loss={self.loss:.4g}{metric}, seconds={self.seconds:.2f})"


@contextmanager
def threads_for(multiplications: float) -> Generator[None]:
    """One thread for tiny problems: waking a second one takes longer than the work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1 if multiplications < SMALL else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def learning(modules: list[nn.Module]) -> Generator[None]:
    """Train mode inside, eval mode on every way out: flags, since train() and eval() walk through the model, which takes longer."""
    try:
        for module in modules:
            module.training = True
        yield
    finally:
        for module in modules:
            module.training = False


@given.with_near_misses()
def fit(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    steps: int = 1000,
    batch: int | None = None,
    loss: str | Criterion = "mse",
    metric: Callable[[nn.Module], float] | None = None,
    every: int = 20,
    lr: float | None = None,
    weight_decay: float | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    seed: int = 0,
    keep: bool = False,
) -> Iterator[Record]:
    """Train step by step and yield a Record after each: `for record in fit(model, x, y): ...`

    x: (rows, m), or (rows, ..., m). y: (rows, n), or (rows,) for one output; class numbers (rows,) or one-hot rows for losses of classes,
    which are the last axis of the outputs. Tensors, arrays, tables and lists are taken. Floats are cast to the dtype of the model, arrays
    go to its device; nothing is broadcast. `batch` rows are drawn for each step (None: all), the same ones for the same `seed` on every
    device.

    loss: "mse"; "cross_entropy" for class numbers 0..n-1 (-100: a row that does not count); "nll" for them after a log_softmax; "bce" for
    yes or no (0, 1) and one output; or a function of output and y, which gets both as they are: there y has to have the output's shape.
    `lr` (None: 0.003) and `weight_decay` (None: 0.0001) are those of AdamW; an `optimizer` of one's own brings its own.
    `metric` is called with the model every `every` steps and after the last one. With `keep` the records of these steps hold a copy of all
    numbers of the model: `record.restore(model)` walks back to one of them, such as the one of the best metric.

    The model is in train mode during a step and in eval mode whenever the reader has it: in `metric`, between two steps, and afterwards,
    however the loop ends. What does not fit together is told at the call, before anything is computed: ValueError and TypeError.
    FloatingPointError explains a loss that is no longer a number.
    """
    given.instance("fit.model", model, nn.Module, "a model such as RPN([2, 1])")
    steps, every, seed = given.count("fit.steps", steps), given.count("fit.every", every), given.seed("fit.seed", seed, least=-(2**63))
    batch = None if batch is None else given.count("fit.batch", batch)
    given.instance("fit.keep", keep, bool, "True or False")
    if metric is not None:
        given.function("fit.metric", metric, "the model", "lambda model: accuracy(model(x_test), y_test)")
    criterion, kind = named(loss)
    settings = checked(optimizer, learned_by(model), lr=lr, weight_decay=weight_decay)
    x, y = fitting("fit.x", x, model), fitting("fit.y", y, model)
    if not (x.dim() and y.dim() and len(x) == len(y) and len(x)):
        shapes = f"{tuple(x.shape)} and {tuple(y.shape)}"
        raise ValueError(f"fit.x and fit.y must have the same number of rows, at least one, got shapes {shapes}")
    given.finite("fit.x", x)
    rows = min(batch or len(x), len(x))
    with tried_out(model):
        output, few = example(model, x, rows, whole=kind == "own")
        criterion, y = matched(criterion, kind, model, output, y, few, drawn=rows < len(x))
    if optimizer is None:
        optimizer = torch.optim.AdamW(model.parameters(), lr=settings["lr"], weight_decay=settings["weight_decay"], fused=True)
    return _steps(model, x, y, steps, rows, criterion, metric, every, optimizer, seed, keep)


def _steps(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    steps: int,
    rows: int,
    criterion: Criterion,
    metric: Callable[[nn.Module], float] | None,
    every: int,
    optimizer: torch.optim.Optimizer,
    seed: int,
    keep: bool,
) -> Iterator[Record]:
    """The loop itself; `fit` has checked its arguments, so that a mistake is told at the call and not at the first step."""
    order = torch.Generator(device="cpu").manual_seed(seed)
    work = rows * sum(p.numel() for p in model.parameters())
    start = time.perf_counter()
    chosen: Any = slice(None)  # everything

    def value_and_slope() -> Tensor:
        """The loss of the chosen rows; the slopes go to the parameters. A function, since some optimizers ask several times in a step."""
        optimizer.zero_grad(set_to_none=True)
        value = criterion(model(x[chosen]), y[chosen])
        value.backward()
        return value

    modules = [module for module in model.train().modules() if module.training]  # a model may keep parts of it out of train mode
    model.eval()
    for step in range(1, steps + 1):
        # No DataLoader: the tensors are here already, and picking rows by index costs nothing beside the step.
        if rows < len(x):
            chosen = torch.randint(len(x), (rows,), generator=order, device="cpu").to(x.device)
        measured = None
        with threads_for(work):  # given back before each yield: the reader's own code between two steps has all threads
            with learning(modules):
                value: Any = optimizer.step(value_and_slope)  # type: ignore[arg-type]
            look = step % every == 0 or step == steps
            if look and not math.isfinite(value.item()):
                raise FloatingPointError(
                    f"the loss became {value.item()} by step {step}: the numbers grew without bound. Try a smaller lr than "
                    f"{optimizer.param_groups[0]['lr']:g}, a lower degree of κ, or inputs scaled into the domain of κ"
                )
            if look and metric:
                with torch.no_grad():
                    measured = given.measured("fit.metric", metric(model))
        kept = {name: number.clone() for name, number in model.state_dict().items()} if keep and look else None
        yield Record(step, value.detach(), measured, time.perf_counter() - start, kept)


@given.with_near_misses(fit)
def train(
    model: nn.Module, x: Tensor, y: Tensor, *, steps: int = 1000, progress: bool = True, every: int = 20, **options: Any
) -> list[Record]:
    """Run `fit` to its end with a progress bar and give back the records of every `every`th step and the last.

    x: (rows, m), or (rows, ..., m). y: (rows, n), or (rows,). `options` are those of `fit`: batch, loss, metric, lr, weight_decay,
    optimizer, seed, keep. Stopping it (the stop button, Ctrl-C) keeps the numbers of the last whole step and says so.
    Raises what `fit` raises: ValueError and TypeError at once, FloatingPointError on the way.
    """
    steps, every = given.count("fit.steps", steps), given.count("fit.every", every)
    given.instance("train.progress", progress, bool, "True or False")
    records = fit(model, x, y, steps=steps, every=every, **options)  # refuses what does not fit, before there is a bar
    kept: list[Record] = []
    done = 0
    bar = _bar(steps) if progress else None
    try:
        for record in records:
            done = record.step
            if done % every == 0 or done == steps:
                kept.append(record)
                if bar is not None:
                    bar.update(done - bar.n)
                    bar.set_postfix(loss=f"{record.loss:.3g}", refresh=False)
    except KeyboardInterrupt:
        print(f"Stopped after step {done} of {steps}. The model keeps what it has learned so far and can be used or trained further.")
    finally:
        if bar is not None:
            bar.close()
    return kept


def _bar(steps: int) -> Any:
    """The progress bar; None in the base install, which has no tqdm: nothing is learned from a bar."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=steps, leave=False, desc="training")


def least_squares(predict: Callable[[Tensor], Tensor], w: Tensor, y: Tensor, ridge: float, steps: int) -> Tensor:
    """w that makes ‖predict(w) - y‖² + ridge ‖w‖² small: (l,), (rows,) → (l,).

    Where predict is linear in w (dense ψ, one layer), one step from anywhere is the exact answer: ridge regression. FloatingPointError
    where it hangs on digits that the numbers of this type do not have. Otherwise it is Levenberg and Marquardt's method: a step that
    does not help is tried again with more damping. Sources: A. E. Hoerl and R. W. Kennard, "Ridge Regression: Biased Estimation for
    Nonorthogonal Problems" (1970); D. W. Marquardt, "An Algorithm for Least-Squares Estimation of Nonlinear Parameters" (1963).
    """

    def slopes(w: Tensor) -> Tensor:
        """(rows, l): row by row, or column by column where those are fewer, so that no table here has rows × rows numbers."""
        if len(w) < len(y):
            pulled = torch.func.vjp(predict, w)[1]  # u ↦ Jᵀ u
            return torch.func.jacrev(lambda u: pulled(u)[0])(y).mT
        return torch.func.jacrev(predict)(w)

    if steps == 1:
        # The start is no matter, and random numbers times features of size 1e16 would drown y in rounding errors.
        w = 0 * w
        now, J = predict(w), slopes(w)  # (rows,), (rows, l)
        w = ridge_regression(J, y - now, ridge)
        told_by_digits(J, w, y - now)
        return w
    now, J = predict(w), slopes(w)  # (rows,), (rows, l)
    damping = 1e-3
    error = ((now - y) ** 2).sum() + ridge * (w**2).sum()
    for _ in range(steps):
        total = ridge + damping
        shrunk = ridge / total * w
        candidate = w - shrunk + ridge_regression(J, y - now + J @ shrunk, total)
        then = predict(candidate)
        new_error = ((then - y) ** 2).sum() + ridge * (candidate**2).sum()
        if new_error < error:
            done = error - new_error < 1e-10 * error
            w, now, error, damping = candidate, then, new_error, damping / 10
            if done:
                break
            J = slopes(w)
        else:
            damping = damping * 10
    return w


def ridge_regression(K: Tensor, y: Tensor, ridge: float) -> Tensor:
    """w of the least ‖K w - y‖² + ridge ‖w‖²; without a ridge the shortest of them: (rows, l), (rows,) → (l,).

    K itself and not KᵀK is solved, since that would lose half of the digits. Columns are brought to length 1: beside one of
    size 1e16, one of size 1 would be taken for a rounding error. No method here asks whether K has full rank, as some devices must.
    """
    rows, l = K.shape
    if ridge == 0:
        sizes = K.norm(dim=0)
        sizes = torch.where(sizes > 0, sizes, 1)
        U, S, Vt = torch.linalg.svd(K / sizes, full_matrices=False)
        known = S / S.max() > max(rows, l) * torch.finfo(K.dtype).eps
        return shortest((Vt * sizes)[known].mT, (U.mT @ y / S)[known])
    one = torch.eye(min(rows, l), dtype=K.dtype, device=K.device)
    # More unknowns than rows: the shortest (√ridge w, errors) with K w + errors = y, instead of l × l equations.
    if l > rows:
        return shortest(torch.cat((K.mT / ridge**0.5, one)), y)[:l] / ridge**0.5
    stacked = torch.cat((K, ridge**0.5 * one))
    sizes = stacked.norm(dim=0)
    Q, R = torch.linalg.qr(stacked / sizes)
    return torch.linalg.solve_triangular(R, (Q[:rows].mT @ y).unsqueeze(-1), upper=True).squeeze(-1) / sizes


def told_by_digits(K: Tensor, w: Tensor, y: Tensor) -> None:
    """FloatingPointError where what rounding leaves uncertain of K w would be seen: it may take two thirds of the digits.

    (rows, l), (l,), (rows,): the slopes, the answer, and the y that K w should come to.
    """
    eps, terms = torch.finfo(w.dtype).eps, K.abs() @ w.abs()  # (rows,)
    if not eps ** (2 / 3) * terms.norm() <= y.norm():
        raise FloatingPointError(
            f"the terms of this fit are as large as {terms.max():.0e} and cancel each other, and a computer keeps "
            f"{-math.log10(eps):.0f} digits of them. Choose a lower degree of κ, a larger ridge or more points"
        )


def shortest(A: Tensor, z: Tensor) -> Tensor:
    """The shortest w with Aᵀ w = z: (l, k), (k,) → (l,), for k columns of A none of which is a mixture of others.

    Its largest rows come first: with a small one there, their rounding errors would spread to all that follow.
    """
    sizes = A.norm(dim=0)
    A, z = A / sizes, z / sizes
    order = A.norm(dim=1).argsort(descending=True, stable=True)
    Q, R = torch.linalg.qr(A[order])
    return (Q @ torch.linalg.solve_triangular(R.mT, z.unsqueeze(-1), upper=False)).squeeze(-1)[order.argsort()]


def descend(loss: Callable[[Tensor], Tensor], w: Tensor, steps: int) -> Tensor:
    """w that makes loss(w) small: `steps` steps of the L-BFGS method, which finds the length of each step by itself. For small problems.

    (l,) → (l,), where loss: (l,) → one number. Source: D. C. Liu and J. Nocedal, "On the Limited Memory BFGS Method for Large Scale
    Optimization" (1989).
    """
    w = w.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([w], max_iter=steps, history_size=10, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss(w)
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(closure)  # type: ignore[arg-type]
    return w.detach()
