"""Filters: a convolution as torch has it, and what it learns against a linear softmax of torch."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

import rpn_edu as rpn
from rpn_edu.explore import Explorer, Filters
from rpn_edu.explore.code.snippet import as_code
from rpn_edu.explore.pictures.filters import IMAGES, LR, NEW, STEPS, trained
from tests.explore.states import flat

Windows = rpn.expansion.Windows
SAME = Windows(8, 8, 1, 3, 3, row_padding=1, column_padding=1)
OTHERS = [SAME, Windows(8, 8, 1, 2, 4, row_stride=3), Windows(8, 8, 1, 8, 2), Windows(8, 8, 1, 1, 1, row_stride=2, column_padding=1)]


def split(seed, shuffled=False):
    """The images and digits that are learned from, and those that judge."""
    x, y = (torch.from_numpy(part) for part in load_digits(return_X_y=True))
    with torch.random.fork_rng():
        torch.manual_seed(seed + 1000)
        order, pixels = torch.randperm(1797), torch.randperm(64)
    x = x[:, pixels] if shuffled else x
    return x[order[:IMAGES]] / 16, y[order[:IMAGES]], x[order[-NEW:]] / 16, y[order[-NEW:]]


@pytest.mark.parametrize("subject", OTHERS, ids=str)
def test_map_and_pooling_are_those_of_torch_at_every_place(subject):
    found = Filters(digit=7, filter=2, row=2, column=3).numbers(subject)
    size = subject.window_rows, subject.window_columns
    kernels = found["kernels"].view(4, 1, *size)
    steps, margins = (subject.row_stride, subject.column_stride), (subject.row_padding, subject.column_padding)
    maps = F.conv2d(found["image"][None, None], kernels, stride=steps, padding=margins)[0]
    assert torch.allclose(found["map"], maps[1].relu(), atol=1e-12)
    down, across = maps.shape[1:]
    assert torch.allclose(found["pooled"], F.max_pool2d(maps.relu(), (min(2, down), min(2, across)))[1], atol=1e-12)
    i, j = min(2, down) - 1, min(3, across) - 1
    assert found["sum"].item() == pytest.approx(maps[1, i, j].item())
    assert torch.equal(found["products"], found["window"] * kernels[1, 0])


def test_what_is_learned_is_what_torch_learns_from_the_same_start():
    x, y, x_new, y_new = split(3)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        w = [torch.randn(36) / 3, torch.randn(640) / 8, torch.zeros(10), torch.randn(640) / 8, torch.zeros(10)]
    kernels, W, bias, linear, own = (part.double().requires_grad_() for part in w)

    def network(x):
        maps = F.conv2d(x.view(-1, 1, 8, 8), kernels.view(4, 1, 3, 3), padding=1)
        return F.linear(F.max_pool2d(maps.relu(), 2).flatten(1), W.view(10, 64), bias)

    for model, parts, share in (
        (network, [kernels, W, bias], "share"),
        (lambda x: x @ linear.view(10, 64).mT + own, [linear, own], "linear_share"),
    ):
        optimizer = torch.optim.AdamW(parts, lr=LR, weight_decay=1e-4)
        for _ in range(STEPS):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        found = Filters(seed=3).numbers(SAME)
        assert found[share].item() == pytest.approx((model(x_new).argmax(-1) == y_new).double().mean().item())
    assert torch.allclose(found["kernels"].flatten(), kernels)


def test_the_image_is_one_that_was_not_learned_from_and_shows_its_digit():
    for shuffled in (False, True):
        x, _, x_new, y_new = split(0, shuffled)
        for digit in range(10):
            image = Filters(digit=digit, shuffled=shuffled).numbers(SAME)["image"].flatten()
            assert y_new[(x_new == image).all(-1)].tolist() == [digit] and not (x == image).all(-1).any()


def test_shuffled_pixels_cost_the_network_more_than_the_linear_softmax():
    mean = {}
    for shuffled in (False, True):
        found = [Filters(shuffled=shuffled, seed=seed).numbers(SAME) for seed in range(4)]
        mean[shuffled] = [sum(one[name].item() for one in found) / 4 for name in ("share", "linear_share")]
    (plain, plain_linear), (shuffled, shuffled_linear) = mean[False], mean[True]
    assert plain - shuffled > 0.02 and abs(plain_linear - shuffled_linear) < 0.01


@pytest.mark.parametrize("subject", OTHERS[:2], ids=str)
def test_as_code_gives_the_same_numbers(subject):
    picture, place = Filters(digit=2, filter=3, row=8, column=8, shuffled=True), {}
    code = as_code(picture, subject)
    exec(code, place)
    assert "rpn_edu" not in code
    for name, values in flat(picture.numbers(subject)).items():
        assert flat(place["numbers"])[name] == pytest.approx(values), name


def test_to_move_the_window_is_only_looked_up():
    page = Explorer(SAME, Filters())
    before = trained.cache_info().misses
    for picture in (Filters(row=8, column=1), Filters(digit=9), Filters(filter=4)):
        page.set(SAME, picture)
    assert trained.cache_info().misses == before


def test_a_dragged_window_goes_to_the_nearest_place_and_no_further():
    page = Explorer(Windows(8, 8, 1, 2, 2, row_stride=2, column_stride=2), Filters())
    window, place, *filters = page.picture.handles(page.shown)
    assert (window.move(4.6, 0.4).row, window.move(4.6, 0.4).column) == (1, 3)
    assert (window.move(99, -99).row, window.move(99, -99).column) == (1, 4)
    assert (place.move(1.2, 2.9).row, place.move(1.2, 2.9).column) == (4, 2)
    assert [handle.move(0, 0).filter for handle in filters] == [1, 2, 3, 4]


def test_the_readout_says_the_product_and_what_a_dense_psi_would_need():
    page = Explorer(SAME, Filters())
    said = page.picture.readout(page.shown)
    assert "9 products, sum 1.225, relu makes 1.225" in said and "l = 36   dense: 256 · 576 = 147,456" in said


def test_what_the_digits_settle_has_no_control():
    names = [name for name, _ in Explorer(SAME, Filters()).controls()]
    assert "expansion.window_rows" in names and not {"expansion.rows", "expansion.columns", "expansion.channels"} & {*names}


def test_what_is_no_digit_or_too_large_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="Filters brings its own data, for which Windows.rows must be 8, got 4"):
        Explorer(Windows(4, 16, 1, 2, 2), Filters())
    with pytest.raises(ValueError, match="stops at D = 1,000 features, got 2,376"):
        Explorer(Windows(8, 8, 1, 6, 4, row_padding=4, column_padding=2), Filters())
