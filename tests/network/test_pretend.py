"""The pretended device itself: it finds every planted fault of a program that was never on a GPU, and lets the innocent pass."""

import copy
import io
import json
import sys

import numpy as np
import pytest
import torch
from torch import nn

from rpn_edu import RPN
from tools import pretend

FAULTS = {
    "a tensor made on the CPU": lambda x: x + torch.ones(3),
    "a matrix made on the CPU": lambda x: torch.eye(3) @ x,
    "joined with a tensor of the CPU": lambda x: torch.cat((x, torch.zeros(1))),
    "a number of the CPU where elements are not taken one by one": lambda x: torch.stack((x[0], torch.tensor(1.0))),
    "a buffer left behind": lambda x: Scaled(left=True).to(x.device)(x),
    "a model left behind": lambda x: nn.Linear(3, 2)(x),
    "a generator of the CPU": lambda x: torch.rand(3, device=x.device, generator=torch.Generator()),
    "a generator of the CPU, in place": lambda x: torch.empty_like(x).normal_(generator=torch.Generator()),
    "rows of the CPU picked by the device": lambda x: torch.ones(3)[x.long()],
    "picked by name with an index of the CPU": lambda x: x.index_select(0, torch.tensor([0])),
    "gathered with an index of the CPU": lambda x: x.gather(0, torch.tensor([0])),
    "written with values of the CPU": lambda x: x.clone().index_put_((torch.tensor([0, 1]),), torch.ones(2)),
    "a tensor of the CPU changed by the device": lambda x: torch.zeros(3).add_(x),
    "a number of the CPU changed by the device": lambda x: torch.tensor(0.0).add_(x[0]),
    "a weight of the CPU in a loss": lambda x: nn.functional.cross_entropy(x[None], torch.tensor([1], device=x.device), torch.ones(3)),
    "NumPy": lambda x: x.numpy(),
    "NumPy, in passing": lambda x: np.asarray(x),
    "no kernel": lambda x: torch.histogram(x, 2),
    "a product of whole numbers": lambda x: x.long()[None] @ x.long()[:, None],
    "lstsq of redundant columns": lambda x: torch.linalg.lstsq(x.expand(3, 3), x[:, None]),
    "a driver of lstsq that CUDA has not": lambda x: torch.linalg.lstsq(x[:, None], x[:, None], driver="gelsd"),
    "within jacrev": lambda x: torch.func.jacrev(lambda v: v * torch.ones(3))(x),
    "within vmap": lambda x: torch.func.vmap(lambda v: v + torch.ones(3))(x.expand(2, 3)),
}
INNOCENT = {
    "a number": lambda x: x + 2,
    "a number of the CPU": lambda x: x * torch.tensor(2.0) + torch.where(x > 0, torch.tensor(1.0), x),
    "a number of the CPU that fills": lambda x: x.masked_fill(x > 0, torch.tensor(2.0)),
    "an index of the CPU": lambda x: x[torch.tensor([2, 0])],
    "an index of the CPU, written": lambda x: x.clone().index_put_((torch.tensor([0, 1]),), torch.tensor(7.0)),
    "a slice, a mask and steps": lambda x: torch.cat((x[1:], x[x > 1], x[::2])),
    "made where the data are": lambda x: x + torch.ones(3, device=x.device) + torch.arange(3, device=x.device) + x.new_zeros(3),
    "made with the default device": lambda x: x + torch.linspace(0, 1, 3, device=torch.empty(0, device=x.device).device),
    "moved": lambda x: x + torch.tensor([1.0, 2.0, 3.0]).to(x) + torch.as_tensor([1.0], device=x.device),
    "copied": lambda x: torch.zeros(3, device=x.device).copy_(torch.ones(3)) + x,
    "a buffer that moved along": lambda x: Scaled().to(x.device)(x),
    "another shape in place": lambda x: x.clone().unsqueeze_(0).t_().mul_(2).squeeze_(1) + x @ x.expand(3, 3),
    "changed in a view": lambda x: (lambda y: (y.view(3, 1)[1:].mul_(2), y)[1])(x.clone()),
    "solved": lambda x: torch.linalg.solve(torch.diag(x), x) + torch.linalg.lstsq(torch.diag(x), x[:, None]).solution[:, 0],
    "several transforms": lambda x: torch.func.vmap(torch.func.jacrev(lambda v: (v * x).sin().sum()))(x.expand(2, 3)),
}


class Scaled(nn.Module):
    def __init__(self, left=False):
        super().__init__()
        self.factor = torch.full((3,), 2.0)
        if not left:
            del self.factor
            self.register_buffer("factor", torch.full((3,), 2.0))

    def forward(self, x):
        return self.factor * x


@pytest.fixture(scope="module")
def device():
    return pretend.plug_in()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_refused(fault, device):
    x = torch.tensor([1.0, 2.0, 3.0])
    with pytest.raises((RuntimeError, TypeError, NotImplementedError)):
        fault(x.to(device))


@pytest.mark.parametrize("innocent", INNOCENT.values(), ids=INNOCENT)
def test_the_innocent_pass_with_the_numbers_of_the_cpu(innocent, device):
    x = torch.tensor([1.0, 2.0, 3.0])
    there = innocent(x.to(device))
    assert there.device.type == device.type
    assert torch.equal(there.cpu(), innocent(x))


def test_a_tensor_says_where_it_is_and_shows_its_numbers(device):
    x = torch.tensor([1.5, 2.0], device=device)
    assert x.device == torch.device("pretend:0") and "device='pretend:0'" in repr(x)
    assert f"{x.sum():.2f}" == "3.50" and x.tolist() == [1.5, 2.0] and float(x[0]) == 1.5 and x.cpu().device.type == "cpu"


def test_a_model_learns_there_as_it_learns_here(device):
    def learned(where):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2))
        first = model[0].weight
        model = copy.deepcopy(model.to(where))
        assert model[0].weight is not first and model[0].weight.device.type == torch.device(where).type
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)
        x, y = torch.linspace(-1, 1, 15).view(5, 3).to(where), torch.tensor([0, 1, 0, 1, 1]).to(where)
        for _ in range(5):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        return [number.detach().cpu() for number in model.state_dict().values()]

    for there, here in zip(learned(device), learned("cpu"), strict=True):
        torch.testing.assert_close(there, here)


def test_a_model_moves_while_gradients_of_before_are_known_and_its_optimizer_follows(device):
    model, x = nn.Linear(3, 2), torch.ones(4, 3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    here = model(x)
    before = model.weight.detach().clone()
    there = model.to(device)(x.to(device))
    assert torch.equal(there.cpu(), here)
    there.sum().backward()
    optimizer.step()
    assert model.weight.device.type == device.type and not torch.equal(model.weight.cpu(), before)


def test_a_file_is_read_where_it_is_asked_for(device):
    written = {"here": torch.ones(2), "there": torch.ones(2, device=device)}
    for target in (device, torch.device("cpu")):
        file = io.BytesIO()
        torch.save(written, file)
        file.seek(0)
        read = torch.load(file, map_location=target, weights_only=True)
        assert {value.device.type for value in read.values()} == {target.type} and read["there"].tolist() == [1.0, 1.0]


def test_it_has_random_numbers_of_its_own_which_the_one_seed_of_torch_seeds(device):
    torch.manual_seed(3)
    here = torch.get_rng_state()
    drawn = torch.rand(2, device=device), torch.rand(2, device=device), nn.functional.dropout(torch.ones(9, device=device))
    assert torch.equal(torch.get_rng_state(), here) and not torch.equal(drawn[0], drawn[1])
    torch.manual_seed(3)
    assert torch.equal(torch.rand(2, device=device), drawn[0])
    state = torch.get_device_module(device).get_rng_state()
    with torch.random.fork_rng(devices=[]):  # the trap: it gives back the CPU's numbers alone
        torch.manual_seed(4)
    assert not torch.equal(torch.get_device_module(device).get_rng_state(), state)


def test_without_a_deterministic_form_it_refuses_as_cuda_does(device):
    x = torch.tensor([1.0, 2.0, 2.0], device=device)
    torch.use_deterministic_algorithms(True)
    try:
        for unsure in (lambda: x.cumsum(0), lambda: x.median(0), lambda: x.histc(2)):
            with pytest.raises(RuntimeError, match="deterministic"):
                unsure()
        assert x.long().cumsum(0).tolist() == [1, 3, 5] and x.median() == 2 and x.sort().values.tolist() == [1.0, 2.0, 2.0]
        assert x.index_add(0, torch.tensor([0, 0], device=device), x[:2]).tolist() == [4.0, 2.0, 2.0]
    finally:
        torch.use_deterministic_algorithms(False)


def test_apples_device_has_no_float64(device):
    x = torch.ones(2)
    with pretend.as_mps():
        assert (x.to(device) + 1).sum().item() == 4
        for double in (
            lambda: x.to(device).double(),
            lambda: torch.ones(2, dtype=torch.float64, device=device),
            lambda: x.double().to(device),
        ):
            with pytest.raises(TypeError, match="float64"):
                double()


def test_a_cell_of_a_chapter_that_leaves_something_on_the_cpu_is_found_and_the_others_are_not(tmp_path):
    cells = [
        "import torch, rpn_edu as rpn\nfrom rpn_edu.explore import Explorer, Fit",
        "x = torch.rand(5, 2)\nmodel = rpn.RPN([2, 3, 1], rpn.Formula(bias=True))\nassert model(x).device.type == 'pretend'",
        "psi = rpn.reconciliation.LowRank()\nassert (x @ psi.matrix(psi.init(3, 2), 3, 2).mT).device.type == 'pretend'",
        "page = Explorer(rpn.Formula(), Fit(points=20))\nassert page.numbers['w'].device.type == 'cpu' and page.refused == ''",
        "picture = Fit(points=20)\nassert picture.numbers(rpn.Formula(), **picture.given())['w'].device.type == 'pretend'",
        "assert rpn.data.curve().x_train.device.type == rpn.zoo.mlp([2, 1]).device.type == 'pretend'",
        "x + torch.ones(5, 2, device='cpu')",
        "x.numpy()",
    ]
    book = {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    (tmp_path / "book.ipynb").write_text(json.dumps(book))
    main = sys.modules["__main__"]
    count, faults = pretend.chapter(tmp_path / "book.ipynb", torch.device(pretend.NAME))
    assert sys.modules["__main__"] is main, "torch.export, in a later test, asks it for its spec"
    assert count == 8 and [fault.partition(":")[0] for fault in faults] == ["code cell 6", "code cell 7"]
    assert torch.get_default_device() == torch.device("cpu") and RPN([2, 1]).device.type == "cpu"
