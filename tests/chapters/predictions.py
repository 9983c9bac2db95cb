"""What is right for every question of the chapters, found by moving the explorer below it. No row reads `right=`.

A row is given the locked explorer and says for each choice whether it holds. The rows of a chapter stand in the order of its questions.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import torch

from rpn_edu.explore import Explorer
from rpn_edu.explore.pictures.plane import middles

Holds = dict[str, bool]
"""{"it grows": True, "it shrinks": False}: each choice, and whether it holds."""


def move(page: Explorer, **values: Any) -> dict[str, Any]:
    """Set controls, by the last word of their names, and read the numbers of the picture that they lead to."""
    for name, value in values.items():
        (widget,) = (widget for full, widget in page.controls() if full.rpartition(".")[2] == name)
        widget.value = value
    assert not page.refused, page.refused
    return page.numbers


def preset(page: Explorer, name: str) -> dict[str, Any]:
    """Choose a preset, and read the numbers of the picture that it leads to."""
    page.face.preset.value = name
    assert not page.refused, page.refused
    return page.numbers


def first(page: Explorer) -> dict[str, Any]:
    """Back at the start."""
    page.set(*page.first)
    return page.numbers


def trend(before: Any, after: Any, worse: str, same: str, better: str) -> Holds:
    """What became of an error: a change by a hundredth of it is none."""
    return {worse: bool(after > 1.01 * before), same: bool(abs(after - before) <= 0.01 * before), better: bool(after < 0.99 * before)}


def equals(value: Any, *choices: str, unit: str = "") -> Holds:
    """Choices that are numbers, with a word before or after them."""
    return {choice: choice == f"{value}{unit}" for choice in choices}


def nearest(value: float, choices: dict[str, float]) -> Holds:
    """Choices that say "about": the nearest holds, if it is near."""
    best = min(choices, key=lambda choice: abs(value / choices[choice] - 1))
    return {choice: choice == best and abs(value / choices[choice] - 1) < 0.03 for choice in choices}


# ---- 00 ---------------------------------------------------------------------------------------------------------------------------


def far_from_home(page: Explorer) -> Holds:
    bars = move(page, at=2.0)["kappa"].abs()
    return {
        "some grow far beyond 1": bool(bars.max() > 10),
        "they stay below 1": bool(bars.max() <= 1),
        "all become 0": not bars.any(),
    }


def one_rank_more(page: Explorer) -> Holds:
    return equals(len(move(page, rank=3)["w"]), "65", "96", "192")


def enough_degrees(page: Explorer) -> Holds:
    degrees = [degree for degree in range(1, 11) if move(page, degree=degree)["test_error"] < 0.1]
    return equals(degrees[0], "5", "7", "9")


def constant_added(page: Explorer) -> Holds:
    before = page.numbers["test_error"]
    after = move(page, remainder="Constant", value=1.0)["test_error"]
    return trend(before, after, "the fit gets worse", "the fit stays as it is", "the fit gets better")


def half_of_the_digits(page: Explorer) -> Holds:
    reached = next(step for step in range(61) if move(page, step=step)["accuracy"] > 0.5)
    return {"before step 10": reached < 10, "around step 30": 25 <= reached <= 35, "around step 50": 45 <= reached <= 55}


# ---- 01 ---------------------------------------------------------------------------------------------------------------------------


def one_period_on(page: Explorer) -> Holds:
    before = page.numbers["kappa"]
    after = move(page, at=2.3)["kappa"]
    return {
        "as they were at 0.3": torch.allclose(after, before),
        "larger": bool((after.abs() > before.abs() + 0.1).any()),
        "all 0": bool(after.abs().max() < 1e-9),
    }


def scale_or_number(page: Explorer) -> Holds:
    more = move(page, terms=10)["test_error"]
    first(page)
    shorter = move(page, period=2.0)["test_error"]
    return {"ten frequencies instead of five": bool(more < shorter), "the period 2 instead of 10": bool(shorter < more)}


def twenty_powers(page: Explorer) -> Holds:
    found = preset(page, "20 powers")["condition"].item()
    return nearest(found, {"about 100": 100, "about 400": 400}) | {"more than a million": found > 1e6}


def three_products(page: Explorer) -> Holds:
    """Order 3 is refused: what it would need is counted without a picture."""
    D = dataclasses.replace(page.first[0], order=3).width(784)
    return nearest(D, {"about 2 thousand": 2e3, "about 600 thousand": 6e5, "about 480 million": 4.8e8})


def one_after_the_other(page: Explorer) -> Holds:
    return equals(len(preset(page, "one after the other")["kappa"]), "7", "12", "16")


def five_of_each_pixel(page: Explorer) -> Holds:
    before = page.numbers["accuracy"].item()
    read = preset(page, "16 pixels, degree 5")["accuracy"].item()
    more = round(100 * read) - round(100 * before)
    return {"as many as now": abs(more) < 2, "about nine more in a hundred": 8 <= more <= 10, "nearly all": read > 0.98}


# ---- 02 ---------------------------------------------------------------------------------------------------------------------------


def nothing_saved(page: Explorer) -> Holds:
    costly = [rank for rank in range(1, 9) if len(move(page, rank=rank)["w"]) >= 8 * 24]
    return equals(f"rank {costly[0]}", "rank 6", "rank 8") | {"it always saves": not costly}


def column_meets_row(page: Explorer) -> Holds:
    numbers = move(page, p=8, q=1)
    assert len(numbers["w"]) == 32
    return equals(int(torch.linalg.matrix_rank(numbers["W"])), "8", "4", "1")


def under_the_mask(page: Explorer) -> Holds:
    before = len(page.numbers["w"])
    numbers = move(page, keep=0.5)
    assert (numbers["W"] == 0).sum() > 50
    l = len(numbers["w"])
    return {"as many as now": l == before, "about half as many": abs(l - before / 2) < before / 8, "none": l == 0}


def first_rank_that_reads(page: Explorer) -> Holds:
    read = {rank: move(page, rank=rank)["accuracy"] for rank in range(1, 9)}
    enough = [rank for rank, share in read.items() if share >= 0.8]
    return equals(f"rank {enough[0]}", "rank 2", "rank 4") | {"only the dense matrix": not enough}


def fewer_numbers_on_new_digits(page: Explorer) -> Holds:
    before = page.numbers["error"]
    numbers = move(page, reconciliation="LowRank", rank=4)
    assert len(numbers["w"]) == 256
    return trend(before, numbers["error"], "it rises", "it stays as it is", "it falls")


# ---- 03 ---------------------------------------------------------------------------------------------------------------------------


def what_powers_leave(page: Explorer) -> Holds:
    numbers = move(page, order=4)
    middle = numbers["x"].abs() <= 1
    pi, f = numbers["pi"][middle], numbers["f"][middle]
    near = {"nearly 0 everywhere": 0.0, "nearly the constant 1": 1.0, "nearly the function itself": f}
    return {choice: bool(((pi - to).abs() < 0.05).all()) for choice, to in near.items()}


def which_remainder_halves(page: Explorer) -> Holds:
    before = page.numbers["test_error"]
    errors = {"Identity": move(page, remainder="Identity"), "Linear without a bias": move(page, remainder="Linear", bias=False)}
    errors = {choice: numbers["test_error"] for choice, numbers in errors.items()}
    errors["Linear with a bias"] = move(page, remainder="Linear", bias=True)["test_error"]
    return {choice: bool(error < before / 2) for choice, error in errors.items()}


def constant_in_a_stack(page: Explorer) -> Holds:
    numbers = move(page, remainder="Constant", value=1.0)
    signal, gradient = (bool(end > 0.1) for end in (numbers["signal"][-1], numbers["gradient"][0]))
    return {
        "only the signal arrives": signal and not gradient,
        "only the gradient arrives": gradient and not signal,
        "both arrive": signal and gradient,
    }


def identity_where_nothing_reaches(page: Explorer) -> Holds:
    before = page.numbers["test_error"]
    return trend(before, move(page, remainder="Identity")["test_error"], "it rises", "it stays as it is", "it falls")


# ---- 04 ---------------------------------------------------------------------------------------------------------------------------


def rows_with_rows(page: Explorer) -> Holds:
    rows, columns = move(page, place="instance")["A"].shape
    return equals(f"{rows} × {columns}", "4 × 4", "6 × 4", "6 × 6")


def ever_wider(page: Explorer) -> Holds:
    errors = [move(page, sigma=sigma)["error"].item() for sigma in (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)]
    best = errors.index(min(errors))
    down, up = errors[: best + 1], errors[best:]
    one_valley = down == sorted(down, reverse=True) and up == sorted(up)
    return {
        "it falls": one_valley and best == len(errors) - 1,
        "it falls, then it rises": one_valley and 0 < best < len(errors) - 1,
        "it rises": one_valley and best == 0,
    }


def three_hops_of_a_beat(page: Explorer) -> Holds:
    beat = move(page, hops=3)["mixed"][0, 3:7]
    return equals(" ".join(f"{value:g}" for value in beat.tolist()), "1 1 1 1", "1 3 3 1", "1 2 4 8")


def sides_of_the_club(page: Explorer) -> Holds:
    before = int(page.numbers["right"])
    right = int(move(page, hops=3)["right"])
    return {"half of them": right == 17, "30, as now": right == before == 30, "all but one": right == 33, "all": right == 34}


def every_second(page: Explorer) -> Holds:
    return equals(preset(page, "every second")["mixed"].shape[1], "64", "32", "16")


def block_that_grows(page: Explorer) -> Holds:
    letters, before = slice(0, 5), slice(5, 10)
    psi = move(page, steps=12)["psi"].abs()
    blocks = {
        "its letter → its letter": psi[letters, letters].max(),
        "letter before → its letter": psi[before, letters].max(),
        "letter before → letter before": psi[before, before].max(),
    }
    return {choice: bool(size > 10) for choice, size in blocks.items()}


def alone_in_the_batch(page: Explorer) -> Holds:
    before = page.numbers["mixed"][0]
    numbers = preset(page, "flower 1 alone")
    row = numbers["mixed"][0]
    return {
        "flower 1 itself": torch.allclose(row, numbers["X"][0]),
        "the same as now": torch.allclose(row, before),
        "all zeros": not row.any(),
    }


# ---- 05 ---------------------------------------------------------------------------------------------------------------------------


def rank_of_a_mean(page: Explorer) -> Holds:
    return equals(int(move(page, channels=3)["rank"]), "1", "3", "6")


def largest_of_two_lines(page: Explorer) -> Holds:
    fused = move(page, fusion="Max")["curves"][2]
    bends = int((fused.diff().diff().abs() > 1e-9).sum())
    return {
        "a straight line": bends == 0,
        "two straight pieces with a bend": 1 <= bends <= 2,  # a bend between two points shows at both
        "a parabola": bends == len(fused) - 2,
    }


def wave_alone(page: Explorer) -> Holds:
    line = page.numbers["test_error"]
    wave = preset(page, "the wave alone")["test_error"]
    assert round(line.item(), 1) == 1.0
    return {
        "by less": bool(wave < 0.8 * line),
        "by about as much": bool(0.8 * line <= wave <= 1.2 * line),
        "by much more": bool(wave > 2 * line),
    }


def larger_of_two_heads(page: Explorer) -> Holds:
    line, _, both = page.numbers["errors"].tolist()
    assert round(both, 2) == 0.28
    largest = move(page, fusion="Max")["error"].item()
    return {
        "by less": largest < 0.95 * both,
        "by more than the line alone": largest > 1.05 * line,
        "by as much as the line alone": 0.95 * line <= largest <= 1.05 * line,
    }


def how_numbers_are_spent(page: Explorer) -> Holds:
    thin, l = preset(page, "four of rank 1")["rank"], page.shown.sizes["l"]
    first(page)
    dense = move(page, channels=1)["rank"]
    assert l == page.shown.sizes["l"] == 72
    return {"one dense channel": bool(dense > thin), "four channels of rank 1": bool(thin > dense), "neither of them": bool(dense == thin)}


# ---- 06 ---------------------------------------------------------------------------------------------------------------------------


def features_of_layer_2(page: Explorer) -> Holds:
    return equals(move(page, layer=2)["kappa"].shape[1], "6", "12", "20")


def gradient_past_the_product(page: Explorer) -> Holds:
    before = page.numbers["slope_sizes"][0]
    after = move(page, remainder="Identity")["slope_sizes"][0]
    return {
        "it becomes much larger": bool(after > 10 * before),
        "it stays as small as it is": bool(after < 2 * before),
        "it becomes exactly 1": bool(abs(after - 1) < 1e-9),
    }


def three_straight_layers(page: Explorer) -> Holds:
    before = page.numbers["fresh_accuracy"]
    numbers = move(page, depth=3)
    inside = numbers["g"].abs() < 2  # the picture cuts g there
    places = torch.nn.functional.pad(inside.nonzero().double(), (0, 1), value=1.0)
    plane = places @ torch.linalg.lstsq(places, numbers["g"][inside].unsqueeze(1)).solution
    bent = not torch.allclose(plane.squeeze(1), numbers["g"][inside], atol=1e-6)
    around = bool(numbers["fresh_accuracy"] > before + 0.05)
    return {
        "it bends around the moons": bent and around,
        "it stays a straight line": not bent,
        "it becomes three straight pieces": bent and not around,
    }


def each_further_layer(page: Explorer) -> Holds:
    shares = [100 * move(page, depth=depth)["fresh_accuracy"].item() for depth in (1, 2, 3, 4)]
    two, three, four = (after - before for before, after in zip(shares, shares[1:], strict=False))
    return {
        "about as much more at each layer": max(two, three, four) - min(two, three, four) < 2,
        "a leap at 2, then small ups and downs": two > 7 and max(abs(three), abs(four)) < two / 2,
        "little at 2, much at 4": two < 2 and four > 5,
    }


def four_layers_not_yet_found(page: Explorer) -> Holds:
    seen, fresh = page.numbers["accuracy"], page.numbers["fresh_accuracy"]
    numbers = preset(page, "four layers")
    whole, better = bool(numbers["accuracy"] == 1), bool(numbers["fresh_accuracy"] > fresh)
    return {
        "all, and more fresh points too": whole and better,
        "all, but fewer fresh points": whole and not better,
        "fewer of these, and fewer fresh points": bool(numbers["accuracy"] < seen) and not better,
    }


# ---- 07 ---------------------------------------------------------------------------------------------------------------------------


def to_the_last_step(page: Explorer) -> Holds:
    now = page.numbers["test_loss"]
    losses = move(page, step=100)["test_losses"]
    least, end = losses.min(), losses[-1]
    return {
        "it keeps falling to the end": bool(losses.argmin() >= 99),
        "it falls, and rises later": bool(least < 0.5 * now and end > 2 * least),
        "it stays": bool((losses[10:] / now - 1).abs().max() < 0.1),
    }


def twenty_times_as_far(page: Explorer) -> Holds:
    before = page.numbers["train_losses"]
    numbers = move(page, lr=2.0)
    losses = numbers["train_losses"]
    return {
        "it gets there in fewer steps": bool(losses.min() <= before[-1]),
        "it grows without bound": bool(losses[-1] > 1e6),
        "nothing changes": bool(abs(losses[-1] / before[-1] - 1) < 0.1),
    }


def start_of_zeros(page: Explorer) -> Holds:
    before = page.numbers["train_loss"]
    losses = move(page, scale=0.0)["train_losses"]
    return {
        "about as much as from here": bool(abs(losses[-1] / before - 1) < 0.2),
        "nothing at all": bool(losses[-1] == losses[0]),
        "more than from here": bool(losses[-1] < 0.8 * before),
    }


def up_to_a_hundred_features(page: Explorer) -> Holds:
    errors = preset(page, "100 features")["test_errors"]
    before, peak, end = errors[:12].max(), errors[15:25].max(), errors[-1]
    return {
        "it rises, and goes on rising": bool(end > 0.9 * errors.max()),
        "a peak near 20, then low": bool(peak > 10 * before and end < before),
        "it stays low": bool(errors[10:].max() < 2 * errors[9]),
    }


def g_where_all_features_are_0(page: Explorer) -> Holds:
    numbers = preset(page, "π = 0")
    there = float(numbers["curve"][99:101].mean())  # at x = -0.005 and 0.005
    assert float(numbers["truth"][99:101].mean()) > 0.99
    return {
        "near 1, the true height": abs(there - 1) < 0.1,
        "about 0.5, half the height": abs(there - 0.5) < 0.1,
        "0, whatever w is": abs(there) < 1e-3,
    }


# ---- 08 one formula ----------------------------------------------------------------------------------------------------------------


def other_losses(page: Explorer) -> Holds:
    """Where g is not cut off, three cells side by side tell whether it is a straight line."""
    bends = {}
    for found in ("ridge", "log loss", "hinge loss"):
        g = move(page, found=found)["g"]
        inside = (g.abs() < 1.99)[:, 2:] & (g.abs() < 1.99)[:, :-2]
        bends[found] = bool((g[:, 2:] - 2 * g[:, 1:-1] + g[:, :-2]).abs()[inside].max() > 1e-9)
    return {
        "it bends for log loss": bends["log loss"],
        "it bends for hinge loss": bends["hinge loss"],
        "it bends for none of them": not any(bends.values()),
    }


def degree_of_naive_bayes(page: Explorer) -> Holds:
    """The first difference along a row of cells that is 0 tells the degree."""
    g = move(page, found="densities")["g"]
    inside = {k: (g.abs() < 1.99).unfold(1, k + 1, 1).all(-1) for k in (2, 3, 4)}
    flat = {k: bool((g.diff(n=k).abs()[cells] < 1e-9).all()) for k, cells in inside.items()}
    return {
        "a straight line": flat[2],
        "a curve of degree 2": flat[3] and not flat[2],
        "a curve of degree 3": flat[4] and not flat[3],
    }


def numbers_of_hinge_loss(page: Explorer) -> Holds:
    return equals(len(move(page, found="hinge loss")["psi"]), "40", "25", "11")


def numbers_with_pi(page: Explorer) -> Holds:
    move(page, silu=True)
    return equals(page.shown.sizes["l"], "14", "15", "26")


def splines_that_end_at_the_points(page: Explorer) -> Holds:
    numbers = move(page, reach="the points")
    x, apart = numbers["x"], (numbers["g"] - numbers["ghost"]).abs() > 1e-9
    cells = middles()
    inside = ((cells >= x.min(0).values) & (cells <= x.max(0).values)).all(-1)
    return {
        "nowhere": not apart.any(),
        "only beyond the outermost points": bool(apart.any() and not apart[inside].any()),
        "in the whole picture": bool(apart[inside].any()),
    }


# ---- 09 ---------------------------------------------------------------------------------------------------------------------------


def numbers_of_wider_windows(page: Explorer) -> Holds:
    return equals(move(page, window_rows=4)["kernels"].numel(), "48", "192", "672")


def hops_added_up(page: Explorer) -> Holds:
    beat = move(page, hops=3)["mixed"][0, 3:7]
    return equals(" ".join(f"{value:g}" for value in beat.tolist()), "1 1 1 1", "1 2 2 1", "1 3 3 1")


def smallest_rank_that_looks_up(page: Explorer) -> Holds:
    preset(page, "low rank")
    found = [rank for rank in range(1, 6) if move(page, rank=rank)["found"] > 0.95]
    return equals(found[0], "2", "3", "4", "5")


def heard_from_the_other_side(page: Explorer) -> Holds:
    before = page.numbers["across"]
    assert 0.085 < before < 0.095
    left = move(page, step=40)["across"] / before
    return {
        "three times as much or more": bool(left > 3),
        "about as much as now": bool(0.5 < left < 2),
        "less than a third": bool(left < 1 / 3),
    }


def shuffled_neighbours(page: Explorer) -> Holds:
    names = ("share", "linear_share")
    before = [page.numbers[name].item() for name in names]
    after = move(page, shuffled=True)
    network, softmax = (was - after[name].item() > 0.02 for was, name in zip(before, names))
    return {
        "both clearly fewer": network and softmax,
        "both about as many": not network and not softmax,
        "the network fewer": network and not softmax,
    }


ROWS: dict[str, list[Callable[[Explorer], Holds]]] = {
    "00_start": [far_from_home, one_rank_more, enough_degrees, constant_added, half_of_the_digits],
    "01_expansion": [one_period_on, scale_or_number, twenty_powers, three_products, one_after_the_other, five_of_each_pixel],
    "02_reconciliation": [nothing_saved, column_meets_row, under_the_mask, first_rank_that_reads, fewer_numbers_on_new_digits],
    "03_remainder": [what_powers_leave, which_remainder_halves, constant_in_a_stack, identity_where_nothing_reaches],
    "04_interdependence": [
        *(rows_with_rows, ever_wider, three_hops_of_a_beat, sides_of_the_club),
        *(every_second, block_that_grows, alone_in_the_batch),
    ],
    "05_heads_and_channels": [rank_of_a_mean, largest_of_two_lines, wave_alone, larger_of_two_heads, how_numbers_are_spent],
    "06_depth": [features_of_layer_2, gradient_past_the_product, three_straight_layers, each_further_layer, four_layers_not_yet_found],
    "07_learning": [to_the_last_step, twenty_times_as_far, start_of_zeros, up_to_a_hundred_features, g_where_all_features_are_0],
    "08_one_formula": [other_losses, degree_of_naive_bayes, numbers_of_hinge_loss, numbers_with_pi, splines_that_end_at_the_points],
    "09_structured_data": [
        *(numbers_of_wider_windows, hops_added_up, smallest_rank_that_looks_up, heard_from_the_other_side, shuffled_neighbours)
    ],
}
