"""Club: two layers of a graph network, against dense matrices, torch's own attention and the zoo."""

import math

import pytest
import torch
import torch.nn.functional as F

import rpn_edu as rpn
from rpn_edu.explore import Club, Explorer
from rpn_edu.explore.code.snippet import as_code
from rpn_edu.explore.pictures.club import LR, STEPS, trained
from rpn_edu.explore.pictures.mix import PLACES
from tests.explore.states import flat

CLUB = rpn.data.karate()
GRAPH = rpn.interdependence.Graph(nodes=34, links=CLUB.links, normalization="symmetric")
SIDE = 1 - 2 * CLUB.faction.double()


def numbers(subject=GRAPH, **fields):
    return Club(**fields).numbers(subject, **Club().given())


def linked():
    A = torch.eye(34, dtype=torch.float64)
    for i, j in CLUB.links:
        A[i, j] = A[j, i] = 1
    return A


def test_the_fixed_weights_and_what_is_told_are_those_of_dense_matrices():
    A = linked()
    norm = A / (A.sum(0).sqrt() * A.sum(1, keepdim=True).sqrt())
    found = numbers(step=25, hidden=5)
    first, second = found["w"].split([34 * 5, 10])
    said = norm @ (norm @ first.view(5, 34).mT).relu() @ second.view(2, 5).mT
    told = said.softmax(-1)
    assert torch.allclose(found["A"], norm) and torch.allclose(found["told"], told[:, 0] - told[:, 1])
    assert found["loss"].item() == pytest.approx(-(told[0, 0].log() + told[33, 1].log()).item() / 2)


def test_the_learned_weights_are_those_of_torchs_attention_along_the_links():
    found = numbers(step=25, hidden=5, attention=True)
    W1, psi1, W2, psi2 = found["w"].split([170, 34 * 34, 10, 25])
    X, mask = torch.eye(34, dtype=torch.float64), linked().bool()

    def attended(V, psi):
        return F.scaled_dot_product_attention(V @ psi.view(V.shape[1], -1).mT, V, V, attn_mask=mask)

    H = (attended(X, psi1) @ W1.view(5, 34).mT).relu()
    told = (attended(H, psi2) @ W2.view(2, 5).mT).softmax(-1)
    assert torch.allclose(found["told"], told[:, 0] - told[:, 1])
    scores = H @ psi2.view(5, 5) @ H.mT / math.sqrt(5)
    assert torch.allclose(found["A"], scores.masked_fill(~mask, -torch.inf).softmax(0))


@pytest.mark.parametrize("attention", [False, True])
def test_every_step_is_that_of_the_zoo(attention):
    with torch.random.fork_rng():
        torch.manual_seed(4)
        made = rpn.zoo.gat if attention else rpn.zoo.gcn
        model = made([34, 8, 2], CLUB.links).double()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=1e-4)
    for step in range(STEPS + 1):
        said = model(torch.eye(34, dtype=torch.float64))
        told = said.exp()
        found = numbers(step=step, attention=attention, seed=4)
        assert torch.allclose(found["told"], told[:, 0] - told[:, 1], atol=1e-9)
        assert found["right"] == ((told[:, 0] > 0.5) == (SIDE > 0))[1:33].sum() == found["rights"][-1] and len(found["rights"]) == step + 1
        optimizer.zero_grad()
        F.nll_loss(said[[0, 33]], torch.tensor([0, 1])).backward()
        optimizer.step()


def test_the_nearer_leader_is_the_one_that_fewest_links_reach():
    friends = {i: {b if a == i else a for a, b in CLUB.links if i in (a, b)} for i in range(34)}

    def hops(start):
        found, border = {start: 0}, {start}
        while border:
            border = {there for here in border for there in friends[here]} - found.keys()
            found |= {there: max(found.values()) + 1 for there in border}
        return found

    instructor, officers = hops(0), hops(33)
    ahead = [(officers[i] - instructor[i]) * SIDE[i].item() for i in range(1, 33)]
    found = numbers()
    assert found["near_right"] == sum(one > 0 for one in ahead) == 26 and found["near_even"] == sum(one == 0 for one in ahead) == 6


def test_attention_learns_to_hear_less_from_the_other_side():
    for seed in range(4):
        before, after = (numbers(step=step, attention=True, seed=seed) for step in (0, STEPS))
        assert after["across"] < before["across"] / 2 and after["right"] == 31
        fixed = [numbers(step=step, seed=seed)["across"] for step in (0, STEPS)]
        assert fixed[0] == fixed[1]


def test_shares_of_a_member_are_those_of_its_column_and_sum_to_one():
    for attention in (False, True):
        found = numbers(step=7, attention=attention, member=12)
        assert torch.allclose(found["weights"], found["A"][:, 11] / found["A"][:, 11].sum()) and found[
            "weights"
        ].sum().item() == pytest.approx(1)
        assert found["weights"].nonzero().flatten().tolist() == [0, 11]  # member 12 has one friend


def test_links_are_as_wide_as_their_share():
    page = Explorer(GRAPH, Club(step=STEPS, attention=True, member=9))
    A, mask = page.numbers["A"], linked().bool()
    ratio = A * mask.sum(0)
    own = {"9-34": ratio[33, 8], "9-1": ratio[0, 8]}
    assert own["9-34"] > 1.25 > 0.75 > own["9-1"]
    lines = {name: artist for name, artist in page.canvas.artists.items() if name.startswith("links")}
    ends = {name: {tuple(end) for end in zip(line.get_xdata(), line.get_ydata())} for name, line in lines.items()}
    wide = next(name for name in ends if name.endswith("True") and PLACES[33] in ends[name])
    thin = next(name for name in ends if name.endswith("True") and PLACES[0] in ends[name])
    assert lines[wide].get_linewidth() > lines[thin].get_linewidth()


@pytest.mark.parametrize(
    "subject", [GRAPH, rpn.interdependence.Graph(nodes=34, links=CLUB.links, directed=True, self_loops=False)], ids=["club", "directed"]
)
@pytest.mark.parametrize("attention", [False, True])
def test_as_code_gives_the_same_numbers(subject, attention):
    picture, place = Club(step=5, attention=attention, hidden=3), {}
    code = as_code(picture, subject)
    exec(code, place)
    assert "rpn_edu" not in code
    for name, values in flat(numbers(subject, step=5, attention=attention, hidden=3)).items():
        assert flat(place["numbers"])[name] == pytest.approx(values), name


def test_a_step_of_the_same_training_is_looked_up():
    page = Explorer(GRAPH, Club())
    before = trained.cache_info().misses
    for step in (3, STEPS, 0):
        page.set(GRAPH, Club(step=step, member=20))
    assert trained.cache_info().misses == before


def test_a_member_is_chosen_by_a_press_and_the_step_by_a_drag():
    page = Explorer(GRAPH, Club(step=3))
    step, *members = page.picture.handles(page.shown)
    assert step.move(17.4, 0).step == 17 and step.move(-5, 0).step == 0 and step.move(500, 0).step == STEPS
    assert [handle.move(0, 0).member for handle in members] == [*range(1, 35)]


def test_a_graph_of_another_size_is_refused():
    with pytest.raises(ValueError, match="Club brings its own data, for which Graph.nodes must be 34, got 5"):
        Explorer(rpn.interdependence.Graph(nodes=5), Club())
    with pytest.raises(ValueError, match="was made for 5 columns, got 34"):
        Club().sizes(rpn.interdependence.Graph(nodes=5))
