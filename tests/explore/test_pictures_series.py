"""Taylor's theorem as a picture: derivatives by autograd, and a bound that holds."""

import math

import pytest
import torch

from rpn_edu.expansion import Taylor
from rpn_edu.explore import Explorer, Series
from rpn_edu.explore.pictures.series import FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("a", [-1.0, 0.0, 0.3])
def test_w_are_the_derivatives_that_autograd_finds(function, a):
    numbers = Series(function=function, a=a).numbers(Taylor(order=4))
    x = torch.tensor(a, dtype=torch.float64, requires_grad=True)
    y, found = FUNCTIONS[function](x), []
    for k in range(1, 5):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        found.append(y.item() / math.factorial(k))
    torch.testing.assert_close(numbers["w"], torch.tensor(found, dtype=torch.float64))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("order", range(1, 9))
@pytest.mark.parametrize("a", [-1.0, -0.4, 0.0, 1.0])
def test_the_bound_holds_everywhere(function, order, a):
    numbers = Series(function=function, a=a).numbers(Taylor(order=order))
    constant = FUNCTIONS[function](torch.tensor(a, dtype=torch.float64))
    missing = (numbers["pi"] - constant).abs()
    assert (missing <= 10 ** numbers["log_bound"] * (1 + 1e-9) + 1e-12).all()


def test_a_higher_order_starts_beyond_the_slider_and_stays():
    page = Explorer(Taylor(order=1), Series(), presets={"order 8": Taylor(order=8)})
    page.face.preset.value = "order 8"
    assert page.subject == Taylor(order=8) and abs(page.numbers["missing_at"]) < 1e-5
