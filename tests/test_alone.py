"""What is drawn depends on its state alone: no global setting of torch changes it, and everybody's random numbers stay as they were."""

import contextlib

import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import contact_sheet, digit_sheet, learning_curve
from rpn_edu.explore.gallery import DRAWN
from rpn_edu.fit import Record
from tests.driving import STARTS

pytestmark = pytest.mark.usefixtures("few_steps")


def told(page):
    """All that an explorer shows, with a pin and in its folds, all that it stores, and its numbers."""
    page.pin.click()
    for fold in range(len(page.fold_names)):
        page.folds.selected_index = fold
    shown = [page.surface.value, page.pin_text.value, page.code_text.value, page.ledger_text.value, page._repr_mimebundle_()["text/html"]]
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
