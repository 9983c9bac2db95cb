"""The base model, deep stacking, and numbers that come back bit for bit."""

import copy
import pickle
import subprocess
import sys

import pytest
import torch

import rpn_edu as rpn
from tests.help import ROOT
from tools.contexts import group_of_one

pytestmark = pytest.mark.quick
E, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder


def model(formula=None, dims=(3, 4, 2), seed=0, **options):
    torch.manual_seed(seed)
    return rpn.RPN(dims, formula or rpn.Formula(E.Taylor(), R.LowRank(), P.Linear(), bias=True), **options)


X = torch.linspace(-1, 1, 15).view(5, 3)


class Doubler(rpn.Model):
    """The smallest model of a user: it says what it computes, not how it is built."""

    def __init__(self):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        return self.factor * x

    def to_config(self):
        return super().to_config()


def test_the_base_model_keeps_the_reference_api(tmp_path):
    with pytest.raises(TypeError, match="abstract"):
        rpn.Model()
    mine = Doubler()
    assert mine.name == "model_name" and mine.device == torch.device("cpu") and mine(3.0) == 6
    with pytest.raises(NotImplementedError, match="Doubler does not say how it is built"):
        mine.to_config()
    assert mine.save_ckpt(tmp_path / "deep" / "folder", "mine") is None
    with torch.no_grad():
        mine.factor.fill_(7)
    assert mine.load_ckpt(tmp_path / "deep" / "folder", "mine") is None and mine.factor == 2
    with pytest.raises(TypeError):
        mine.save_ckpt(folder="x")
    with pytest.raises(TypeError):
        rpn.RPN([2, 1], nmae="x")


def test_forward_and_to_config_of_the_base_raise_not_implemented():
    with pytest.raises(NotImplementedError, match="write forward"):
        rpn.Model.forward(Doubler())


def test_a_deep_model_is_its_layers_one_after_the_other_and_its_trace_shows_them():
    deep = model(dims=(3, 5, 4, 2))
    h = X
    for layer in deep.layers:
        h = layer(h)
    assert torch.equal(deep(X), h)
    traces = deep.trace(X)
    assert list(traces) == [(0, 0), (1, 0), (2, 0)] and torch.allclose(traces[2, 0].g, h)
    assert torch.equal(traces[1, 0].x, deep.layers[0](X)) and rpn.Trace._fields == ("x", "x_xi", "kappa", "kappa_xi", "inner", "pi", "g")


def test_formulas_come_as_one_as_one_for_each_layer_or_as_heads_for_each_layer():
    a, b = rpn.Formula(), rpn.Formula(E.Taylor())
    assert model(a).formulas == [[a], [a]] and model([a, b]).formulas == [[a], [b]] and model([[a, b], b]).formulas == [[a, b], [b]]
    for bad, error in (([a], ValueError), ([a, []], TypeError), (E.Taylor(), TypeError)):
        with pytest.raises(error, match="RPN.formula"):
            model(bad)


@pytest.mark.parametrize("dims", [[3], [], [3, 0], [3, 2.5], [True, 2], 5, None])
def test_dims_that_describe_no_network_are_refused(dims):
    with pytest.raises(ValueError, match="RPN.dims must be at least two widths"):
        rpn.RPN(dims)


def test_what_is_no_formula_and_no_fusion_is_refused_by_name():
    with pytest.raises(TypeError, match=r"RPN.fusion must be a component of fusion, such as Mean\(\), got <class"):
        rpn.RPN([2, 1], fusion=rpn.fusion.Mean)
    for make in (lambda: rpn.Head(2, 1, E.Taylor()), lambda: rpn.Layer(2, 1, rpn.Formula)):
        with pytest.raises(TypeError, match="Head.formula must be a Formula, got"):
            make()


@pytest.mark.parametrize("shape", [(3,), (5, 4), (2, 5, 2)])
def test_rows_of_another_width_are_refused_with_both_numbers(shape):
    with pytest.raises(ValueError, match="m = 3 numbers.*got shape"):
        model()(torch.zeros(shape))


def test_the_same_seed_gives_the_same_numbers_whatever_the_default_device():
    first = model()
    with torch.device("meta"):
        second = model()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    moved = model(device="meta")
    assert moved.device.type == "meta" and {value.device.type for value in moved.state_dict().values()} == {"meta"}


def test_config_and_device_and_copies():
    one = model(name="mine")
    again = rpn.RPN.from_config(one.to_config())
    assert again.to_config() == one.to_config() and again.name == "mine" and one.to("meta").device.type == "meta"
    one = model()
    for twin in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert torch.equal(twin(X), one(X))
    assert one.double()(X.double()).dtype == torch.float64
    with pytest.raises(ValueError, match="missing or unknown here: fusion"):
        rpn.RPN.from_config({k: v for k, v in one.to_config().items() if k != "fusion"})


def test_a_model_of_every_psi_gives_the_same_bits_in_a_new_process(tmp_path):
    psis = [row() for row in rpn.CATALOGUE.values() if row.term == "reconciliation"]
    for i, psi in enumerate(psis):
        made = model(rpn.Formula(E.Taylor(), psi), dims=(4, 4, 4))
        made.save_ckpt(tmp_path, f"model{i}")
        torch.save(made(torch.linspace(-1, 1, 20).view(5, 4)), tmp_path / f"y{i}")
    code = f"""
import torch, rpn_edu as rpn
for i in range({len(psis)}):
    y = rpn.RPN.from_ckpt({str(tmp_path)!r}, f"model{{i}}")(torch.linspace(-1, 1, 20).view(5, 4))
    assert torch.equal(y, torch.load(f"{tmp_path}/y{{i}}")), i
print("equal")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "equal", done.stderr


def test_another_kappa_with_equal_shapes_is_refused_unless_not_strict(tmp_path):
    model(rpn.Formula(E.Chebyshev(3))).save_ckpt(tmp_path)
    other = model(rpn.Formula(E.Legendre(3)), seed=1)
    with pytest.raises(
        ValueError, match=r"another model: formulas\[0\]\[0\].expansion.type is 'expansion.Chebyshev' there and 'expansion.Legendre' here"
    ):
        other.load_ckpt(tmp_path)
    other.load_ckpt(tmp_path, strict=False)
    assert torch.equal(other.layers[0].heads[0].w, model(rpn.Formula(E.Chebyshev(3))).layers[0].heads[0].w)


def test_a_state_dict_of_plain_torch_loads(tmp_path):
    one, two = model(), model(seed=1)
    torch.save(one.state_dict(), tmp_path / "checkpoint")
    two.load_ckpt(tmp_path)
    assert torch.equal(one(X), two(X))
    with pytest.raises(ValueError, match="holds numbers but no config"):
        rpn.RPN.from_ckpt(tmp_path)


def test_a_compiled_model_saves_and_loads(tmp_path):
    one, two = model(), model(seed=1)
    compiled = torch.compile(one, backend="eager")
    assert torch.allclose(compiled(X), one(X))
    compiled.save_ckpt(tmp_path)
    two.load_ckpt(tmp_path)
    assert torch.equal(two(X), one(X))
    torch.save(compiled.state_dict(), tmp_path / "prefixed")  # names start with _orig_mod.
    three = model(seed=2)
    three.load_ckpt(tmp_path, "prefixed")
    assert torch.equal(three(X), one(X))


class Own(rpn.Model):
    """A user's model with an attribute that bears a wrapper's name, and a config with tuples."""

    def __init__(self):
        super().__init__()
        self.module = torch.nn.Linear(2, 3)

    def forward(self, x):
        return self.module(x)

    def to_config(self):
        return {"type": "Own", "dims": (2, 3)}


def test_a_users_model_loads_its_own_names_and_its_own_config(tmp_path):
    one, two = Own(), Own()
    one.save_ckpt(tmp_path)
    two.load_ckpt(tmp_path)
    assert torch.equal(one.module.weight, two.module.weight)


def test_a_single_compiled_layer_loads_and_is_loaded(tmp_path):
    one, two, three = model(), model(seed=1), model(seed=2)
    for each in (one, three):
        each.layers[0] = torch.compile(each.layers[0], backend="eager")
    one.save_ckpt(tmp_path)
    two.load_ckpt(tmp_path)
    two.save_ckpt(tmp_path, "plain")
    three.load_ckpt(tmp_path, "plain")
    assert torch.equal(two(X), one(X)) and torch.equal(three(X), one(X))
    assert torch.equal(rpn.RPN.from_ckpt(tmp_path)(X), one(X))


def test_a_data_parallel_model_trains_saves_and_loads(tmp_path):
    group_of_one()
    one = model(rpn.Formula(E.Taylor(), R.RandomAdaption(), P.Linear()))
    wrapped = torch.nn.parallel.DistributedDataParallel(one)
    wrapped(X).sum().backward()
    assert all(parameter.grad is not None for parameter in one.parameters())
    torch.save(wrapped.state_dict(), tmp_path / "wrapped")  # names start with module.
    two = model(rpn.Formula(E.Taylor(), R.RandomAdaption(), P.Linear()), seed=1)
    two.load_ckpt(tmp_path, "wrapped")
    assert torch.equal(two(X), one(X))
