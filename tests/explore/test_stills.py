"""Pictures without controls: every list of records, and words in which one is one."""

import dataclasses
import itertools
import math
import re

import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import contact_sheet, digit_sheet, learning_curve
from rpn_edu.explore.canvas import Canvas
from rpn_edu.explore.state.shown import Refusal, computed
from rpn_edu.learn import Record, train
from tests.explore.driving import STARTS

LOSSES = {
    "falling": [2.0, 0.5, 0.1],
    "constant": [0.2427, 0.2427, 0.2427],
    "one": [1.0, 1.0, 1.0],
    "none": [0.0, 0.0, 0.0],
    "below 0": [-1.0, -5.0, 3.0],
    "tiny": [1e-30, 1e-290, 1e-9],
    "huge": [1e299, 1.0, 1e30],
    "lost": [math.nan, math.inf, -math.inf],
    "partly lost": [2.0, math.nan, 0.3],
}
METRICS = LOSSES | {
    "share": [0.1, 0.5, 0.97],
    "rmse": [5.0, 4.2, 3.8],
    "missing": [None, 0.5, None],
}


def records(losses, metrics, first=1):
    return [
        Record(first + 10 * i, torch.tensor(loss, dtype=torch.float64), metric, 0.0)
        for i, (loss, metric) in enumerate(zip(losses, metrics))
    ]


@pytest.mark.parametrize("count, first", [(3, 10), (1, 1), (3, 1000)])
def test_a_learning_curve_holds_all_that_it_is_given(count, first, monkeypatch):
    kept, png = [], Canvas.png
    monkeypatch.setattr(Canvas, "png", lambda self, *colors: kept.append(self) or png(self, *colors))
    pairs = [(losses, METRICS["share"]) for losses in LOSSES.values()] + [(LOSSES["falling"], metrics) for metrics in METRICS.values()]
    for losses, metrics in pairs:
        still = learning_curve(records(losses[:count], metrics[:count], first), "score")
        canvas = kept.pop()
        for name, plot in (("loss", canvas.plots[0]), ("metric", canvas.plots[1])):
            x, y = (torch.as_tensor(part, dtype=torch.float64) for part in canvas.artists[name].get_data())
            (left, right), (bottom, top) = plot.get_xlim(), plot.get_ylim()
            seen = y[~y.isnan()]
            assert left < right and bottom < top and ((left <= x) & (x <= right)).all() and ((bottom <= seen) & (seen <= top)).all()
            assert len(seen) == sum(value is not None and abs(value) < 1e300 for value in (losses if name == "loss" else metrics)[:count])
        start, end = re.search(r"from (.*?) to (.*?)\.(?: |$)", still.alt).groups()
        assert (start == end) or losses[0] != losses[:count][-1]
        assert ("over 1 step," in still.alt) == (count == 1 and first == 1) and "nan" not in still.alt and "inf" not in still.alt


def test_what_train_gives_back_is_drawn_whatever_the_metric():
    x = torch.rand(20, 2)
    found = train(rpn.RPN([2, 1]), x, x[:, :1], steps=1, metric=lambda model: 7.25, progress=False)
    assert learning_curve(found, "rmse").alt.endswith("The rmse ends at 7.25.") and "over 1 step," in learning_curve(found).alt
    assert learning_curve(train(rpn.RPN([2, 1]), x, x[:, :1], steps=3, progress=False)).alt.startswith("The loss over 3 steps")


@pytest.mark.parametrize("given", [[], (), "steps", None, Record, [Record], [1.0], records([1.0], [None])[0], {"a": 1}])
def test_what_is_no_list_of_records_is_refused(given):
    with pytest.raises((TypeError, ValueError), match="^learning_curve.records must be"):
        learning_curve(given)
    with pytest.raises(TypeError, match="^learning_curve.metric must be the name"):
        learning_curve(records([1.0], [None]), given if not isinstance(given, str) else 3)  # type: ignore[arg-type]


def test_a_sheet_of_digits_counts_in_words_and_refuses_what_is_none():
    x, y = torch.rand(3, 64), torch.tensor([1, 2, 3])
    assert digit_sheet(x, y, torch.tensor([1, 2, 4])).alt == "1 of 3 images is read wrongly; the first 1: 3 read as 4."
    assert digit_sheet(x, y, y).alt == "0 of 3 images are read wrongly."
    for wrong in ((x.tolist()[0], y, y), (x, "123", y), (x, y, None), (x[:, :5], y, y), (x, y[:2], y), (x[0], y, y)):
        with pytest.raises((TypeError, ValueError), match="^digit_sheet"):
            digit_sheet(*wrong)


def ones(component):
    """The component with each of its counts at 1, where that is allowed, and all that they are made of."""
    yield component
    for field in component.declared:
        value = getattr(component, field.name)
        for other in [1] if field.kind == "int" and field.name != "seed" else list(ones(value)) if field.kind == "part" else []:
            try:
                yield dataclasses.replace(component, **{field.name: other})
            except ValueError:
                continue


ONES = r"(?<![\d.,/×·=-])(?<!× )\b1 (?:by 1 )?(?!is\b|has\b|this\b|its\b)[a-z]+s\b(?! \d)"
FEW = r"(?<![\d.,] )\b(?!1\b)\d+ (?:feature|number|layer|row|step|block)\b"


@pytest.mark.parametrize("name", [name for name in STARTS if name != "digits"])
def test_one_of_a_kind_is_told_in_the_singular(name):
    page, seen = STARTS[name](), 0
    for picture, subject in itertools.product(ones(page.picture), ones(page.subject)):
        try:
            shown = computed(subject, picture)
        except Refusal:
            continue
        for text in (picture.alt(shown), picture.readout(shown), *picture.values(shown).values()):
            seen += 1
            assert not re.search(f"{ONES}|{FEW}", text), text
    assert seen >= 3


@pytest.mark.parametrize("term", ["expansion", "reconciliation", "remainder", "interdependence", "fusion"])
def test_a_card_tells_one_of_a_kind_in_the_singular(term):
    told = contact_sheet(term)._repr_html_()
    for text in re.findall(r'alt="([^"]*)"', told):
        assert not re.search(f"{ONES}|{FEW}", text), text
