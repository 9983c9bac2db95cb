"""What the picture of ψ says about its matrix is true of the matrix."""

import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import Explorer, Fabric
from rpn_edu.explore.pictures.fabric import letters

R = rpn.reconciliation


def texts(page, begins):
    return {name: words.get_text() for name, words in page.canvas.artists.items() if name.startswith(begins)}


def test_every_exact_zero_is_crossed_out_and_nothing_else():
    page = Explorer(R.Masked(keep=0.3), Fabric(n=5, D=7))
    column, row = page.canvas.artists["zeros"].get_data()
    crossed = torch.zeros(5, 7, dtype=torch.bool)
    crossed[row, column] = True
    assert torch.equal(crossed, page.numbers["W"] == 0) and 0 < len(row) < 35
    assert f"{len(row)} of them are exactly 0" in page.alt


@pytest.mark.parametrize(
    "psi, names, kinds",
    [
        (R.LowRank(rank=3), ["A: 8 × 3", "B: 3 × 24"], set()),
        (R.Kronecker(p=2, q=4), ["A: 2 × 4", "B: 4 × 6"], {"A1,1 · B"}),
        (R.LPHM(p=2, q=3), ["A: 2 × 3", "S: 4 × 2", "T: 2 × 8"], {"A1,1 · ST"}),
        (R.DuplicatedPadding(p=2, q=2), ["w: 4 × 12"], {"w"}),
        (R.Identity(), ["192 numbers"], set()),
    ],
)
def test_the_factors_and_the_blocks_are_named(psi, names, kinds):
    page = Explorer(psi, Fabric(n=8, D=24))
    assert list(texts(page, "factor").values()) == names
    assert set(texts(page, "block ").values()) == kinds, "only the first block is named: names must not hide the entries"


@pytest.mark.parametrize("psi", [R.Kronecker(p=2, q=4), R.LPHM(p=2, q=4), R.DualLPHM(p=2, q=4), R.DuplicatedPadding(p=2, q=4)])
def test_block_i_j_is_what_its_name_says(psi):
    W, w, n, D = Fabric(n=8, D=24).numbers(psi)["W"], Fabric(n=8, D=24).numbers(psi)["w"], 8, 24
    left, right = psi.factors(w, n, D)
    A = torch.linalg.multi_dot(left) if len(left) > 1 else left[0] if left else torch.ones(2, 4)
    B = torch.linalg.multi_dot(right) if len(right) > 1 else right[0]
    p, q, s, t = psi.blocks(n, D)
    blocks = W.unflatten(0, (p, s)).unflatten(2, (q, t)).transpose(1, 2)  # (p, q, s, t)
    assert torch.allclose(blocks, A[:, :, None, None] * B)
    assert [len(side) for side in letters(psi, n, D)] == [len(left), len(right)]


def test_borders_are_where_the_blocks_meet():
    page = Explorer(R.DiagonalPadding(), Fabric(n=4, D=24))
    x, y = (torch.as_tensor(values) for values in page.canvas.artists["blocks"].get_data())
    whole = ~(x.isnan() | y.isnan())
    assert set(x[whole].tolist()) == {-0.5, 5.5, 11.5, 17.5, 23.5} and set(y[whole].tolist()) == {-0.5, 0.5, 1.5, 2.5, 3.5}


@pytest.mark.parametrize("psi, n, D, share", [(R.Kronecker(), 8, 24, 32 / 192), (R.Eye(), 8, 24, 0), (R.Hypernet(inputs=64), 2, 2, 16)])
def test_the_bar_compares_l_with_the_frame(psi, n, D, share):
    page = Explorer(psi, Fabric(n=n, D=D))
    bar, frame = (max(page.canvas.artists[name].get_xdata()) for name in ("l", "n D"))
    assert bar / frame == pytest.approx(share) and max(bar, frame) == pytest.approx(2 / 3)


def test_nothing_learned_is_said():
    assert texts(Explorer(R.Constant(), Fabric()), "none") == {"none": "nothing is learned"}
    assert not texts(Explorer(R.LowRank(), Fabric()), "none")
