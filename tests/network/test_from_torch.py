"""A module and its formula are two programs for one function: random shapes, weights and data, kind by kind."""

import itertools
import json

import numpy as np
import pytest
import torch
from torch import nn

import rpn_edu as rpn
from rpn_edu.zoo import from_torch, modules


class Draw:
    """Sizes and modules of one seed; every parameter and every running number is drawn anew."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        self.rng = np.random.default_rng(seed)

    def size(self, low=1, high=6):
        return int(self.rng.integers(low, high + 1))

    def one_of(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def drawn(self, module):
        for name, value in [*module.named_parameters(), *module.named_buffers()]:
            if value.is_floating_point():
                value.data = torch.rand_like(value) + 0.5 if "running_var" in name else torch.randn_like(value) / max(1, value.dim())
        return module.eval()


def mlp(*between):
    def build(d):
        a, b, c = d.size(), d.size(), d.size()
        steps = (module(b) for module in between)
        return nn.Sequential(nn.Linear(a, b, bias=bool(d.size(0, 1))), *steps, nn.Linear(b, c)), (5, a), None

    return build


def attention(d):
    heads = d.size(1, 3)
    E = heads * d.size(1, 3)
    module = nn.MultiheadAttention(E, heads, bias=bool(d.size(0, 1)), batch_first=True, dropout=0.1)
    return module, (2, d.size(1, 6), E), None


def encoder(layers, activation, **settings):
    def build(d):
        heads = d.size(1, 2)
        E = heads * d.size(2, 3)
        how = {"activation": activation, "bias": bool(d.size(0, 1)), "layer_norm_eps": d.one_of(1e-5, 0.02), **settings}
        layer = nn.TransformerEncoderLayer(E, heads, d.size(2, 7), batch_first=True, **how)
        whole = nn.TransformerEncoder(layer, layers, nn.LayerNorm(E), enable_nested_tensor=False) if layers > 1 else layer
        return whole, (2, d.size(2, 5), E), None

    return build


def alone(module, *sizes):
    """A module without a width of its own."""
    return lambda d: (module(), (4, *(sizes or (3,))), torch.zeros(1, *(sizes or (3,))))


def image(layer):
    """One layer, or several, on random images: `layer(d, c)` for c channels."""

    def build(d):
        c, h, w = d.size(1, 3), d.size(4, 7), d.size(4, 7)
        return layer(d, c), (3, c, h, w), torch.zeros(1, c, h, w)

    return build


def sequence(layer):
    """The same on random sequences."""

    def build(d):
        c, length = d.size(1, 3), d.size(5, 9)
        return layer(d, c), (3, c, length), torch.zeros(1, c, length)

    return build


def convolution(d, c):
    size, padding = (d.size(1, 4), d.size(1, 4)), (d.size(0, 2), d.size(0, 2))
    return nn.Conv2d(c, d.size(1, 3), size, (d.size(1, 3), d.size(1, 3)), padding, bias=bool(d.size(0, 1)))


def pooled(pool):
    return lambda d, c: pool(d.size(2, 3), d.one_of(None, 1, 2), d.size(0, 1))


def network(d, c):
    """A small network for images, as people write it."""
    first = [nn.Conv2d(c, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*first, nn.Conv2d(4, 3, 2), nn.Tanh(), nn.Flatten(), nn.LazyLinear(5), nn.LogSoftmax(-1))


def network_for_images(d):
    module, shape, example = image(network)(d)
    module(torch.zeros(2, *shape[1:]))  # the lazy layer learns its width
    return module, shape, example


ACTIVATIONS = [nn.ReLU, nn.SiLU, nn.GELU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.ELU, nn.LeakyReLU]
CASES = {
    "Linear": lambda d: (nn.Linear(a := d.size(), d.size()), (2, 5, a), None),
    **{module.__name__: mlp(lambda b, module=module: module()) for module in ACTIVATIONS},
    "LeakyReLU of any slope": mlp(lambda b: nn.LeakyReLU(0.3), lambda b: nn.LeakyReLU(0.0), lambda b: nn.LeakyReLU(-1.5)),
    "Softmax": lambda d: (nn.Sequential(nn.Linear(a := d.size(), d.size(2)), nn.Softmax(-1)), (5, a), None),
    "LogSoftmax": lambda d: (nn.Sequential(nn.Linear(a := d.size(), d.size(2)), nn.LogSoftmax(1)), (5, a), None),
    "Dropout": mlp(lambda b: nn.Dropout(0.5), lambda b: nn.ReLU()),
    "BatchNorm1d": mlp(lambda b: nn.BatchNorm1d(b), lambda b: nn.Tanh()),
    "BatchNorm2d": lambda d: (nn.BatchNorm2d(2), (4, 2, 3, 2), torch.zeros(1, 2, 3, 2)),
    "BatchNorm1d without weights": lambda d: (nn.Sequential(nn.BatchNorm1d(a := d.size(), affine=False)), (5, a), None),
    "BatchNorm1d after the activation": mlp(lambda b: nn.ReLU(), lambda b: nn.BatchNorm1d(b), lambda b: nn.Dropout(0.1)),
    "BatchNorm1d of any eps": mlp(lambda b: nn.BatchNorm1d(b, eps=0.7), lambda b: nn.BatchNorm1d(b, eps=1e-9)),
    "LayerNorm": mlp(lambda b: nn.LayerNorm(b), lambda b: nn.GELU()),
    "LayerNorm of any eps": mlp(lambda b: nn.LayerNorm(b, eps=0.7), lambda b: nn.LayerNorm(b, 1e-3, elementwise_affine=False)),
    "LayerNorm of an image": lambda d: (nn.LayerNorm((2, 3)), (4, 2, 3), torch.zeros(1, 2, 3)),
    "Identity": alone(nn.Identity),
    "Flatten": lambda d: (nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), (4, 3, 2, 2), torch.zeros(9, 3, 2, 2)),
    "Conv2d": image(convolution),
    "Conv2d same": image(lambda d, c: nn.Conv2d(c, 2, d.one_of(1, 3), padding="same")),
    "Conv1d": sequence(lambda d, c: nn.Conv1d(c, d.size(1, 3), d.size(1, 4), d.size(1, 2), d.size(0, 2))),
    "MaxPool2d": image(pooled(nn.MaxPool2d)),
    "AvgPool2d": image(pooled(nn.AvgPool2d)),
    "MaxPool1d": sequence(pooled(nn.MaxPool1d)),
    "AvgPool1d": sequence(pooled(nn.AvgPool1d)),
    "a network for images": network_for_images,
    "Sequential, nested": lambda d: (
        nn.Sequential(nn.Sequential(nn.Dropout(0.0), nn.Linear(3, 4)), nn.Sequential(nn.Sequential(nn.ReLU()), nn.Linear(4, 2))),
        (5, 3),
        None,
    ),
    "MultiheadAttention": attention,
    "TransformerEncoderLayer relu": encoder(1, "relu"),
    "TransformerEncoderLayer gelu": encoder(1, "gelu"),
    "TransformerEncoderLayer, norm first": encoder(1, "relu", norm_first=True),
    "TransformerEncoder": encoder(2, "gelu"),
    "TransformerEncoder, norm first": encoder(2, "gelu", norm_first=True),
}
CONDITIONS = {
    "Dropout": "eval mode",
    **{name: "eval mode" for name in CASES if name.startswith("BatchNorm")},
    "MultiheadAttention": "self-attention, batch first, no mask",
    **{name: "no mask" for name in CASES if name.startswith("TransformerEncoder")},
}


@pytest.mark.parametrize("name", CASES)
def test_a_module_and_its_formula_give_the_same_numbers(name, tmp_path):
    worst = dict.fromkeys((torch.float32, torch.float64), 0.0)
    for seed, dtype in itertools.product(range(4), worst):
        d = Draw(seed)
        module, shape, example = CASES[name](d)
        module, X = d.drawn(module.double()), torch.randn(shape, dtype=torch.float64)
        with torch.no_grad():
            theirs = module(X, X, X, need_weights=False)[0] if isinstance(module, nn.MultiheadAttention) else module(X)
        flat, theirs = (X, theirs) if example is None else (X.flatten(1), theirs.flatten(1))
        model, x = from_torch(module.to(dtype), example).to(dtype), flat.to(dtype)
        assert not model.training and model(x).shape == theirs.shape and model(x).dtype == dtype
        worst[dtype] = max(worst[dtype], float((model(x).detach().double() - theirs).abs().max() / theirs.abs().max()))
        model.save_ckpt(tmp_path)
        again = rpn.RPN.from_ckpt(tmp_path).eval().to(dtype)
        assert again.to_config() == model.to_config() and torch.equal(again(x), model(x))
        assert rpn.RPN.from_config(json.loads(json.dumps(model.to_config()))).formulas == model.formulas
        *_, last = model.trace(x).values()
        assert last.g.shape == theirs.shape
    print(f"\n{name} | {worst[torch.float32]:.0e} | {worst[torch.float64]:.0e} | {CONDITIONS.get(name, '')}")  # the table: pytest -s
    assert worst[torch.float32] <= 1e-5 and worst[torch.float64] <= 1e-10


def test_every_kind_of_the_table_is_among_the_cases():
    met = {type(leaf).__name__ for build in CASES.values() for _, leaf in modules.leaves(build(Draw(0))[0])}
    assert modules.KINDS.keys() - met == set()


IMAGE = torch.zeros(1, 2, 5, 5)
REFUSED = {
    "TypeError: from_torch takes a module of torch, such as nn.Sequential(nn.Linear(4, 2)), got 3": lambda: from_torch(3),
    "TypeError: from_torch does not know Linaer and reads no forward of one's own; did you mean Linear": lambda: from_torch(
        type("Linaer", (nn.Linear,), {})(2, 2)
    ),
    "TypeError: from_torch: LSTM is no formula here: each step goes through a function and back into the next step": lambda: from_torch(
        nn.LSTM(2, 2), torch.zeros(1, 4, 2)
    ),
    "TypeError: from_torch: GRU (layer 0) is no formula here": lambda: from_torch(nn.Sequential(nn.GRU(2, 2)), torch.zeros(1, 2)),
    "TypeError: from_torch: RNN is no formula here: each step goes through a function and back into the next step. ξ adds": lambda: (
        from_torch(nn.RNN(2, 2, batch_first=True), torch.zeros(1, 4, 2))
    ),
    "TypeError: from_torch: RNNCell is no formula here": lambda: from_torch(nn.RNNCell(2, 2)),
    "TypeError: from_torch: LSTMCell is no formula here": lambda: from_torch(nn.LSTMCell(2, 2)),
    "TypeError: from_torch: GRUCell is no formula here": lambda: from_torch(nn.GRUCell(2, 2)),
    "TypeError: from_torch: TransformerDecoderLayer is no formula here: it attends to another table": lambda: from_torch(
        nn.TransformerDecoderLayer(4, 2, 3)
    ),
    "TypeError: from_torch: TransformerDecoder is no formula here": lambda: from_torch(
        nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 3), 1)
    ),
    "TypeError: from_torch: Transformer is no formula here": lambda: from_torch(nn.Transformer(4, 2, 1, 1, 3, batch_first=True)),
    "TypeError: from_torch: Embedding (layer 0) is no formula here: it reads names of words": lambda: from_torch(
        nn.Sequential(nn.Embedding(4, 2), nn.Linear(2, 2))
    ),
    "ValueError: from_torch needs an example here, one batch such as torch.zeros(1, c, h, w)": lambda: from_torch(nn.ReLU()),
    "ValueError: from_torch: Linear(in_features=4) is no formula here: rows of 4 numbers come in, and what is before it": lambda: (
        from_torch(nn.Linear(4, 2), torch.zeros(1, 3, 4))
    ),
    "ValueError: from_torch: GELU(approximate='tanh') (layer 1) is no formula here: Output knows it with approximate='none'": lambda: (
        from_torch(nn.Sequential(nn.Linear(2, 2), nn.GELU("tanh")))
    ),
    "ValueError: from_torch: Softmax(dim=0) (layer 1) is no formula here: Output has a softmax over all outputs": lambda: from_torch(
        nn.Sequential(nn.Linear(2, 2), nn.Softmax(0))
    ),
    "ValueError: from_torch: BatchNorm1d(track_running_stats=False) is no formula here: in eval mode it would depend": lambda: from_torch(
        nn.BatchNorm1d(3, track_running_stats=False)
    ),
    "ValueError: from_torch: BatchNorm1d(3) (layer 1) is no formula here: what is before it gives (2,)": lambda: from_torch(
        nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(3))
    ),
    "ValueError: from_torch: LayerNorm(eps=0) is no formula here: Output adds 1e-05 to the variance": lambda: from_torch(
        nn.LayerNorm(3, eps=0.0)
    ),
    "ValueError: from_torch: LayerNorm((3,)) is no formula here: Output normalizes all numbers of a row, and what": lambda: from_torch(
        nn.LayerNorm(3), torch.zeros(1, 2, 3)
    ),
    "ValueError: from_torch: Flatten(start_dim=0, end_dim=-1) is no formula here: it must leave rows": lambda: from_torch(
        nn.Flatten(0), torch.zeros(1, 2)
    ),
    "ValueError: from_torch: Conv2d(dilation=(2, 2)) is no formula here: Windows has no gaps": lambda: from_torch(
        nn.Conv2d(1, 1, 2, dilation=2), IMAGE
    ),
    "ValueError: from_torch: Conv2d(groups=2) is no formula here: ψ reads all channels of a window": lambda: from_torch(
        nn.Conv2d(2, 2, 2, groups=2), IMAGE
    ),
    "ValueError: from_torch: Conv2d(padding_mode='reflect') is no formula here: beyond the border": lambda: from_torch(
        nn.Conv2d(2, 2, 2, padding_mode="reflect"), IMAGE
    ),
    "ValueError: from_torch: Conv2d(padding='same') is no formula here: an even window has no middle": lambda: from_torch(
        nn.Conv2d(2, 2, 2, padding="same"), IMAGE
    ),
    "ValueError: from_torch: Conv2d(in_channels=3) is no formula here: what is before it gives (2, 5, 5)": lambda: from_torch(
        nn.Conv2d(3, 2, 2), IMAGE
    ),
    "ValueError: from_torch: Conv2d(kernel_size=(2, 2)) (layer 1) is no formula here: images (c, h, w) come in, and": lambda: from_torch(
        nn.Sequential(nn.Linear(2, 4), nn.Conv2d(3, 2, 2))
    ),
    "ValueError: from_torch needs an example here, one batch such as torch.zeros(1, c, h, w): no": lambda: from_torch(nn.Conv2d(3, 2, 2)),
    "ValueError: from_torch: MaxPool2d(ceil_mode=True) is no formula here: WindowPooling knows it with ceil_mode=False": lambda: from_torch(
        nn.MaxPool2d(2, ceil_mode=True), IMAGE
    ),
    "ValueError: from_torch: AvgPool2d(count_include_pad=False) is no formula here: its mean divides by all": lambda: from_torch(
        nn.AvgPool2d(2, padding=1, count_include_pad=False), IMAGE
    ),
    "ValueError: from_torch: MultiheadAttention(batch_first=False) is no formula here: the rows of one sequence": lambda: from_torch(
        nn.MultiheadAttention(4, 2)
    ),
    "ValueError: from_torch: MultiheadAttention(kdim=3, vdim=4) is no formula here: ξ compares the rows of one x": lambda: from_torch(
        nn.MultiheadAttention(4, 2, kdim=3, batch_first=True)
    ),
    "ValueError: from_torch: MultiheadAttention(add_zero_attn=True) is no formula here: it adds a row that is no row": lambda: from_torch(
        nn.MultiheadAttention(4, 2, add_zero_attn=True, batch_first=True)
    ),
    "ValueError: from_torch: MultiheadAttention(add_bias_kv=True) is no formula here: it adds a row that is no row": lambda: from_torch(
        nn.MultiheadAttention(4, 2, add_bias_kv=True, batch_first=True)
    ),
    "ValueError: from_torch: MultiheadAttention(embed_dim=4) is no formula here: what is before it gives (3,)": lambda: from_torch(
        nn.MultiheadAttention(4, 2, batch_first=True), torch.zeros(1, 5, 3)[0]
    ),
    "ValueError: from_torch: TransformerEncoderLayer(activation=": lambda: from_torch(
        nn.TransformerEncoderLayer(4, 2, 3, batch_first=True, activation=torch.sigmoid)
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_no_formula_says_is_refused_with_its_name_and_the_reason(sentence):
    error, _, words = sentence.partition(": ")
    with pytest.raises((TypeError, ValueError)) as refused:
        REFUSED[sentence]()
    assert type(refused.value).__name__ == error and str(refused.value).startswith(words)


def test_weights_are_taken_over_one_by_one_and_in_place_of_each_stands_a_term():
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.1), nn.Linear(4, 2), nn.LogSoftmax(-1))
    model = from_torch(module)
    assert [layer.heads[0].formula.output for layer in model.layers] == [
        rpn.Output(activation="relu", dropout=0.1),
        rpn.Output(softmax="log_softmax"),
    ]
    assert all(torch.equal(layer.heads[0].matrix(), module[i].weight) for layer, i in zip(model.layers, (0, 3), strict=True))
    heads = from_torch(nn.MultiheadAttention(6, 2, batch_first=True)).layers[-1].heads
    assert len(heads) == 2 and heads[0].formula.instance.normalization == "softmax" and heads[0].formula.reconciliation.rank == 3


def test_a_model_that_was_read_is_another_model_and_the_module_stays_as_it_was():
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    model = from_torch(module)
    with torch.no_grad():
        for value in model.parameters():
            value.add_(1)
    assert module.training and all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
