"""What Microscope and Boundary show is what an RPN with the same numbers computes; the moons are those of scikit-learn."""

from typing import Any

import pytest
import torch
from sklearn.datasets import make_moons
from sklearn.linear_model import Ridge

import rpn_edu as rpn
from rpn_edu import data
from rpn_edu.explore import Boundary, Explorer, Microscope
from rpn_edu.explore.pictures.plane import border
from rpn_edu.explore.state.shown import computed
from tests.explore.driving import surface_of
from tests.explore.states import states

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder


def hooked(picture: Any, subject: rpn.Formula) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """H_1 ... H_K and the gradients of the first output there, from hooks of plain torch on a fresh model of the same seed."""
    with torch.random.fork_rng():
        torch.manual_seed(picture.seed)
        model = rpn.RPN(picture.widths(), subject).double()
    layers: list[torch.Tensor] = []

    def keep(_, __, H):
        H.retain_grad()
        layers.append(H)

    hooks = [layer.register_forward_hook(keep) for layer in model.layers]
    x = torch.tensor([[picture.x1, picture.x2]], dtype=torch.float64, requires_grad=True)
    model(x)[0, 0].backward()
    for hook in hooks:
        hook.remove()
    gradients = [torch.zeros_like(H) if H.grad is None else H.grad for H in layers]
    return [H.detach() for H in layers], gradients


def cut(picture, subject):
    return max(H.abs().max() for H in hooked(picture, subject)[0]) >= picture.reach


SEEN = states(Microscope, 30, seed=2)
WHOLE = [pair for pair in SEEN if not cut(*pair)]  # where numbers were cut, the picture says so: see below


@pytest.mark.parametrize("picture, subject", WHOLE, ids=lambda value: repr(value)[:60])
def test_the_microscope_shows_what_hooks_see(picture, subject):
    numbers = picture.numbers(subject)
    layers, gradients = hooked(picture, subject)
    # Frozen numbers of a model pass through float32.
    close = {"rtol": 1e-5, "atol": 1e-6}
    k = picture.layer - 1
    assert torch.allclose(numbers["H"], layers[k], **close) and torch.allclose(numbers["g"], layers[-1], **close)
    assert torch.allclose(numbers["slope"], gradients[k], **close)
    assert torch.allclose(numbers["inner"] + numbers["pi"], numbers["H"])
    assert torch.allclose(numbers["sizes"][1:], torch.stack([H.square().mean().sqrt() for H in layers]), **close)
    assert torch.allclose(numbers["slope_sizes"][1:], torch.stack([G.square().mean().sqrt() for G in gradients]), **close)


def test_most_of_these_states_are_not_cut():
    assert len(WHOLE) > len(SEEN) * 2 / 3


def test_where_numbers_are_cut_the_picture_says_so():
    page = Explorer(rpn.Formula(X.Chebyshev(degree=5)), Microscope(layer=6, depth=6, width=8))
    assert page.numbers["H"].abs().max() == Microscope.reach
    assert "cut at 30" in page.alt and "cut at 30" in surface_of(page)
    page = Explorer(rpn.Formula(), Microscope())
    assert "cut" not in page.alt


def test_a_layer_beyond_the_depth_is_refused_politely_and_recovers():
    page = Explorer(rpn.Formula(), Microscope(layer=3, depth=3))
    controls = dict(page.controls())
    controls["picture.depth"].value = 2
    assert page.failed is None and "there is no layer 3: this network has depth 2" in page.refused
    controls["picture.layer"].value = 2
    assert not page.refused and page.picture == Microscope(layer=2, depth=2)


def test_a_pin_compares_the_features_of_the_layer_under_the_lens():
    page = Explorer(rpn.Formula(X.Chebyshev(degree=3)), Microscope(layer=1, depth=3, width=4))
    page.face.pin.click()
    dict(page.controls())["picture.layer"].value = 2
    assert "D 6 → 12 (6 more)" in page.face.pin_text.value


def test_the_composition_grows_with_the_layer():
    assert Microscope(layer=1, depth=2).lines() == ["H₁ = <κ(x), ψ(w₁)> + π(x)"]
    assert Microscope(layer=2, depth=2).lines()[1:] == ["H₂ = <κ(H₁), ψ(w₂)> + π(H₁)  = g(x)"]
    said = ["".join(text for _, text in Microscope(layer=k).formula(computed(rpn.Formula(), Microscope(layer=k)))) for k in (1, 3)]
    assert said == ["H₁ = ⟨ κ(x) , ψ(w₁) ⟩ + π(x)", "H₃ = ⟨ κ(H₂) , ψ(w₃) ⟩ + π(H₂)"]


# ---- two moons ---------------------------------------------------------------------------------------------------------------------


def test_without_noise_the_moons_lie_on_the_half_circles_of_scikit_learn():
    theirs, labels = make_moons(400, noise=None)
    theirs, labels = torch.tensor((theirs - [0.5, 0.25]) / 1.5), torch.tensor(labels)
    split = data.moons(300, noise=0)
    assert len(split.x_train) == 300 and len(split.x_test) == 200
    for x, y in ((split.x_train, split.y_train), (split.x_test, split.y_test)):
        for label in (0, 1):
            assert abs(int((y == label).sum()) - len(y) / 2) <= 1
            nearest = torch.cdist(x[y == label], theirs[labels == label]).min(-1).values
            assert nearest.max() < 0.006, "theirs are half a degree apart"


def test_noise_is_normal_and_of_the_size_that_was_asked_for():
    quiet, loud, louder = (data.moons(5000, noise=noise, seed=3).x_train for noise in (0.0, 0.1, 0.2))
    assert torch.allclose(louder - quiet, 2 * (loud - quiet))
    assert torch.allclose(1.5 * (loud - quiet).std(0), torch.full((2,), 0.1, dtype=torch.float64), rtol=0.05)


def test_more_points_keep_the_earlier_ones_and_the_fresh_ones():
    few, many = data.moons(20, seed=4), data.moons(80, seed=4)
    assert torch.equal(few.x_train, many.x_train[:20]) and torch.equal(few.x_test, many.x_test)
    assert not torch.equal(few.x_train, data.moons(20, seed=5).x_train)


@pytest.mark.parametrize(
    "wrong, says", [({"points": 1}, "moons.points must be int >= 2"), ({"noise": -1.0}, "moons.noise must be a finite")]
)
def test_wrong_moons_are_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        data.moons(**wrong)


# ---- the border --------------------------------------------------------------------------------------------------------------------


def shown(subject, **fields):
    picture = Boundary(**fields)
    return picture, picture.numbers(subject, **picture.given())


def test_one_linear_layer_is_ridge_regression():
    picture, numbers = shown(rpn.Formula(), depth=1)
    truth = Ridge(alpha=picture.ridge, fit_intercept=False, solver="cholesky").fit(numbers["x"], numbers["y"])
    assert numbers["w"].tolist() == pytest.approx(truth.coef_.tolist())
    assert picture.readout(computed(rpn.Formula(), picture)).endswith("2 learned numbers, 1 step")


def test_one_layer_whose_remainder_has_factors_needs_more_than_a_step():
    """Its factors can be any numbers, so it finds what the two numbers of a plain remainder find."""
    thin = rpn.Formula(X.Taylor(order=2), remainder=P.Linear(R.LowRank(rank=1)))
    errors = [shown(subject, depth=1)[1]["error"].item() for subject in (thin, rpn.Formula(X.Taylor(order=2), remainder=P.Linear()))]
    assert errors[0] == pytest.approx(errors[1], rel=1e-3)


@pytest.mark.parametrize("between", ["none", "tanh", "relu"])
@pytest.mark.parametrize("subject", [rpn.Formula(X.Taylor(order=2), remainder=P.Linear()), rpn.Formula(X.BSpline(), R.LowRank())])
def test_what_the_border_shows_is_an_rpn_with_these_numbers(between, subject):
    picture, numbers = shown(subject, depth=3, between=between)
    hidden = rpn.Formula(subject.expansion, subject.reconciliation, subject.remainder, output=rpn.Output(activation=between))
    model = rpn.RPN(picture.widths(), [hidden, hidden, subject]).double()
    # In this order the picture's numbers are those of the heads: w, then π's.
    heads = [head for layer in model.layers for head in layer.heads]
    parts = [part for head in heads for part in (head.w, head.w_remainder)]
    torch.nn.utils.vector_to_parameters(numbers["w"], [part for part in parts if part.numel()])
    given = picture.given()
    with torch.no_grad():
        for rows, y, name in (("x", "y", "accuracy"), ("fresh_x", "fresh_y", "fresh_accuracy")):
            g = model(given[rows]).squeeze(-1)
            assert ((g > 0) == (given[y] > 0)).double().mean() == numbers[name]
        corner = torch.tensor([[-1.6 + 1.6 / 48, 1.1 - 1.1 / 33]], dtype=torch.float64)  # the middle of the first cell
        assert model(corner).clamp(-2, 2).item() == pytest.approx(numbers["g"][0, 0].item())


def test_the_readout_of_every_layer_says_the_size_of_the_gradient_at_x():
    for shown in (1, 3):
        picture = Microscope(layer=shown, depth=3)
        torch.manual_seed(0)
        one, two, three = (layer.heads[0].matrix() for layer in rpn.RPN(picture.widths()).double().layers)
        gradient = (three @ two @ one)[0]  # κ is the identity: g is a product of matrices
        said = f"size of the gradient at x: {gradient.square().mean().sqrt().item():.3g}"
        assert said in picture.readout(computed(rpn.Formula(), picture))


def test_the_readout_tells_the_points_learned_from_and_the_fresh_ones_apart():
    picture, numbers = shown(rpn.Formula(X.Taylor(order=2)), depth=1, points=20, noise=0.5)
    own, fresh = numbers["accuracy"].item(), numbers["fresh_accuracy"].item()
    said = picture.readout(computed(rpn.Formula(X.Taylor(order=2)), picture))
    assert own != fresh and said.startswith(f"right on {own:.1%} of these points, {fresh:.1%} of 200 fresh ones")


def test_the_border_lies_where_the_sign_changes():
    g = torch.ones(33, 48)
    g[:, 12:] = -1
    x, y = border(g)
    ends = ~y.isnan()  # between the edges the line has gaps
    assert torch.allclose(x[ends], torch.full((66,), -0.8, dtype=torch.float64)) and y[ends].min() == -1.1 and y[ends].max() == 1.1
    x, y = border(g.T.reshape(33, 48) * 0 + 1)
    assert len(x) == len(y) == 0


def test_linear_layers_say_no_more_than_one_and_a_bend_or_a_kappa_does():
    def fresh(subject, between, depth):
        return shown(subject, depth=depth, between=between)[1]["fresh_accuracy"].item()

    straight = [fresh(rpn.Formula(), "none", depth) for depth in (1, 2, 3)]
    assert max(straight) < 0.88
    assert fresh(rpn.Formula(X.Taylor(order=2)), "none", 2) > 0.9
    assert fresh(rpn.Formula(), "tanh", 3) > 0.9


def test_a_state_that_would_magnify_the_last_digit_is_refused_and_says_what_helps():
    page = Explorer(rpn.Formula(X.Chebyshev(degree=9)), Boundary(points=20))
    controls = dict(page.controls())
    controls["picture.between"].value = "none"
    assert page.failed is None and "choose tanh there, or a lower degree" in page.refused
    controls["picture.between"].value = "tanh"
    assert not page.refused


def test_an_image_may_have_edges_in_numbers():
    page = Explorer(rpn.Formula(), Boundary(depth=1))
    artist = page.canvas.artists["g"]
    assert artist.get_extent() == [-1.6, 1.6, -1.1, 1.1]
    x, y = (torch.tensor(values) for values in page.canvas.artists["g negative"].get_data())
    model = page.numbers["w"]
    assert ((x * model[0] + y * model[1]) < 0).all(), "the dashes lie where g is negative"
