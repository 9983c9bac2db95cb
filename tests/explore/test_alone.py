"""What is drawn depends on its state alone: no global setting of torch changes it, and everybody's random numbers stay as they were."""

import ast
import contextlib
from pathlib import Path

import numpy as np
import pytest
import torch

import rpn_edu as rpn
from rpn_edu.component import CATALOGUE
from rpn_edu.explore import Basis, Explorer, Flow, contact_sheet, digit_sheet, learning_curve
from rpn_edu.explore.gallery import DRAWN
from rpn_edu.learn import Record, train
from rpn_edu.shared.alone import seeded
from tests.explore.driving import STARTS

pytestmark = pytest.mark.usefixtures("few_steps")


def told(page):
    """All that an explorer shows, with a pin and in its folds, all that it stores, and its numbers."""
    page.rest()
    face = page.face
    face.pin.click()
    for fold in range(len(face.fold_names)):
        face.folds.selected_index = fold
    shown = [face.surface.above, face.surface.below, face.pin_text.value, face.code_text.value, face.ledger_text.value]
    shown += [page._repr_mimebundle_()["text/html"]]
    shown += [page.token(), page.code(), page.call(), sorted(name for name, widget in page.controls() if widget.disabled)]
    return shown, dict(page.numbers)


SHEETS = {f"sheet of {term}": lambda term=term: (contact_sheet(term)._repr_html_(), {}) for term in DRAWN}
STILLS = {
    "learning curve": lambda: learning_curve([Record(step, torch.tensor(1.0 / step), step / 4, 0.0) for step in (1, 2, 3)]),
    "sheet of digits": lambda: digit_sheet(DIGITS.x_test[:30], DIGITS.y_test[:30], 0 * DIGITS.y_test[:30]),
}
DIGITS = rpn.data.digits()
DRAW = {name: lambda start=start: told(start()) for name, start in STARTS.items()} | SHEETS
DRAW |= {name: lambda still=still: (still()._repr_mimebundle_()["text/html"], {}) for name, still in STILLS.items()}
draw = pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)


@contextlib.contextmanager
def all_floats_double():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@draw
def test_nothing_that_is_drawn_changes_with_the_global_settings_or_anybodys_random_numbers(draw, device):
    def random_numbers():
        return [torch.get_rng_state(), torch.get_device_module(device).get_rng_state()]

    plain = draw()
    torch.manual_seed(11)
    torch.rand(3), torch.rand(3, device=device)  # away from where a seed puts them
    before = random_numbers()
    with device, all_floats_double():
        (shown, numbers), (shown_before, numbers_before) = draw(), plain
    assert shown == shown_before
    torch.testing.assert_close(numbers, numbers_before, rtol=1e-9, atol=1e-9)  # the last digits depend on where in memory they lie
    assert all(map(torch.equal, random_numbers(), before))


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_chapter_may_ask_a_picture_for_its_numbers_under_any_global_setting(start, device):
    page = start()
    given, numbers = page.picture.given(), page.picture.numbers(page.subject, **page.picture.given())
    with device, all_floats_double():
        again, numbers_again = page.picture.given(), page.picture.numbers(page.subject, **page.picture.given())
    torch.testing.assert_close((again, numbers_again), (given, numbers), rtol=1e-9, atol=1e-9)
    assert not any(value.requires_grad for value in numbers.values() if torch.is_tensor(value))


def test_a_seed_holds_inside_and_is_forgotten_even_after_an_error():
    torch.manual_seed(5)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    with seeded(5):
        with pytest.raises(KeyError), seeded(6):
            torch.rand(1)
            raise KeyError
        assert torch.equal(torch.rand(2), wanted)
    assert torch.equal(torch.get_rng_state(), before)


def test_nobody_in_the_package_seeds_all_devices():
    files = sorted(Path(rpn.__file__).parent.rglob("*.py"))
    calls = [
        (file.name, ast.unparse(node.func))
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]
    seeds = ("torch.manual_seed", "torch.seed", "torch.random.manual_seed", "np.random.seed", "random.seed")
    assert len(calls) > 1000 and [call for call in calls if call[1] in seeds] == []


def test_learning_and_fitting_leave_the_random_numbers_of_every_device_alone(device):
    torch.manual_seed(11)
    data, model = rpn.data.iris(device=device), rpn.RPN([4, 3], device=device)
    before = [torch.get_rng_state(), torch.get_device_module(device).get_rng_state(), np.random.get_state()[1].copy()]
    train(model, data.x_train, data.y_train, steps=3, batch=10, loss="cross_entropy", progress=False)
    for method in ("pca", "svd", "random_projection", "variance", "agglomeration"):
        rpn.expansion.Affine.fit(method, 2, data.x_train)
    after = [torch.get_rng_state(), torch.get_device_module(device).get_rng_state(), np.random.get_state()[1]]
    assert all((a == b).all() for a, b in zip(after, before, strict=True))


def test_numbers_that_a_reader_learns_are_drawn_without_their_graph():
    """A component of one's own may hold a parameter, and images may ask for gradients: NumPy takes neither, and a graph is kept in vain."""
    learned = torch.nn.Parameter(torch.tensor(2.0, dtype=torch.float64))

    @rpn.component
    class Learned(rpn.expansion.Expansion):
        """κ(x) = learned · x"""

        def width(self, m):
            return m

        def __call__(self, x, frozen=None):
            return learned * x

    try:
        for page in (Explorer(Learned()), Explorer(rpn.Formula(Learned()), Flow())):
            assert page.failed is None and not any(value.requires_grad for value in page.numbers.values())
        assert Basis(at=0.25).numbers(Learned())["kappa"].numpy() == [0.5]
    finally:
        del CATALOGUE["expansion.Learned"]
    x, y = torch.rand(2, 64), torch.tensor([1, 2])
    plain, asking = (digit_sheet(rows, y, y + 1) for rows in (x, x.clone().requires_grad_()))
    assert asking.png == plain.png
