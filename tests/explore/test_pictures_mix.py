"""Mix: what ξ makes of data, against NumPy, the head's trace and closed forms."""

import numpy as np
import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import Explorer, Mix
from rpn_edu.explore.code.snippet import as_code
from rpn_edu.explore.pictures.mix import folded
from tests.explore.states import flat

xi = rpn.interdependence
CLUB = rpn.data.karate()
GRAPH = xi.Graph(nodes=34, links=CLUB.links, normalization="symmetric")
MORE = [  # what no slider reaches: given tables, one size, other data
    (GRAPH, Mix(data="karate", place="instance")),
    (xi.PageRank(nodes=34, links=CLUB.links), Mix(data="karate", place="instance")),
    (xi.Grid(rows=8, columns=8), Mix(data="digit")),
    (xi.Grid(rows=8, columns=8, mode="aggregate", packing="complete_square", normalization="column"), Mix(data="digit")),
    (xi.Constant(((1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 2.0))), Mix()),
    (xi.AnisotropicRBF(scales=(1.0, 0.5, 2.0, 0.0)), Mix(place="instance")),
    (xi.InverseChain(both_ways=True), Mix(data="sequence")),
    (xi.Bilinear(normalization="softmax"), Mix(place="instance")),
    (xi.Expanded(expansion=rpn.expansion.Taylor(order=2)), Mix()),
    (xi.Hybrid(parts=(xi.Parameterized(), xi.Chain()), fusion=rpn.fusion.Weighted()), Mix()),
]


def numbers(subject, picture):
    return picture.numbers(subject, **picture.given())


def test_columns_are_mixed_by_the_correlation_that_numpy_finds():
    found = numbers(xi.Pearson(), Mix())
    assert np.allclose(found["A"], np.corrcoef(found["X"].T)) and np.allclose(found["mixed"], found["X"] @ found["A"])


@pytest.mark.parametrize("subject, picture", MORE, ids=str)
def test_the_mixed_data_are_those_of_a_head(subject, picture):
    found = numbers(subject, picture)
    X, term = found["X"], picture.place
    head = rpn.Head(X.shape[1], 1, rpn.Formula(**{term: subject}, batch=len(X))).double()
    with torch.no_grad():
        if len(found["w"]):
            getattr(head, f"w_{term}").copy_(found["w"])
        trace = head.trace(X)
    assert torch.allclose(trace.x_xi if term == "attribute" else trace.kappa_xi, found["mixed"])


@pytest.mark.parametrize("subject, picture", MORE, ids=str)
def test_as_code_gives_the_same_numbers(subject, picture):
    place = {}
    exec(as_code(picture, subject), place)
    for name, values in flat(numbers(subject, picture)).items():
        assert flat(place["numbers"])[name] == pytest.approx(values), name


@pytest.mark.parametrize("subject, picture", MORE, ids=str)
def test_it_shows_what_no_slider_reaches(subject, picture):
    page = Explorer(subject, picture)
    assert page.failed is None and not page.refused and str(page.shown.sizes["b"]) in page.alt


@pytest.mark.parametrize(
    "subject, picture, message",
    [
        (GRAPH, Mix(), "made for 34 columns, got 4"),
        (GRAPH, Mix(data="karate"), "made for 34 columns, got 1"),
        (GRAPH, Mix(data="karate", place="instance", missing=1), "made for 34 columns, got 33"),
        (xi.Grid(), Mix(data="digit"), "made for 16 numbers"),
        (xi.AnisotropicRBF(scales=(1.0,)), Mix(), "made for 1 rows, got 6"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_computed(subject, picture, message):
    with pytest.raises(ValueError, match=message):
        picture.sizes(subject)


def test_the_club_is_read_from_two_members():
    right = [
        int(numbers(xi.Graph(nodes=34, links=CLUB.links, normalization="row", hops=h), Mix(data="karate", place="instance"))["right"])
        for h in (1, 2, 3)
    ]
    A = np.eye(34)
    for i, j in CLUB.links:
        A[i, j] = A[j, i] = 1
    A /= A.sum(1, keepdims=True)
    start = np.zeros(34)
    start[[0, 33]] = 1, -1
    side = 1 - 2 * CLUB.faction.numpy()
    assert right == [int((np.linalg.matrix_power(A.T, h) @ start * side > 0).sum()) for h in (1, 2, 3)] == [30, 32, 33]


def test_copies_of_an_image_lie_side_by_side():
    sheet = folded(torch.arange(8.0), 4)
    assert sheet.tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]
    assert folded(torch.arange(16.0), 16).tolist() == torch.arange(16.0).view(4, 4).tolist()
    assert folded(torch.arange(5.0), 4).isnan().sum() == 1


@pytest.mark.parametrize(
    "subject, output, left, top",
    [
        (xi.Grid(rows=8, columns=8, mode="aggregate"), 12, 3, 1),  # 8 + 4
        (xi.Grid(rows=8, columns=8, mode="aggregate", stride=2), 12, 3, 2),  # 2 · 4 + 4
        (xi.Grid(rows=8, columns=8), 64 * 4 + 11, 8 + 2, 8 + 1),  # the copy in the middle of nine
    ],
)
def test_the_pixel_that_a_column_makes_has_a_frame(subject, output, left, top):
    page = Explorer(subject, Mix(data="digit", output=output))
    x, y = page.canvas.artists["frame 2"].get_data()
    assert (min(x), max(x), min(y), max(y)) == (left - 0.5, left + 0.5, top - 0.5, top + 0.5)
