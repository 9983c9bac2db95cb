"""Modules of torch as settings of the formula: a layer of weights is a layer here, and what follows it is its output.

A batch or layer norm, an activation, dropout and a softmax go into the Output of the layer before, in this order. One that comes too late
for it begins a layer of its own, with ψ = I.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..expansion import WindowPooling, Windows
from ..fusion import Sum
from ..interdependence import Bilinear
from ..network.formula import Formula, Output
from ..network.model import RPN
from ..reconciliation import Eye, LowRank, Shared
from ..remainder import Linear
from ..shared.activation import ACTIVATIONS
from ..shared.words import did_you_mean
from .taken import Taken, built, one

PLACES = ("normalization", "activation", "dropout", "softmax")
"""What an Output does, in its order."""
EPS = 1e-5
"""What its norms add to a variance."""


class Read(NamedTuple):
    """What has been read so far: the layers, and the shape of what comes out of them for one row, such as (m,) or (c, h, w)."""

    layers: tuple[Taken, ...]
    shape: tuple[int, ...]
    name: str = ""
    """Which module is read now, for errors."""

    @property
    def n(self) -> int:
        """How many numbers that are."""
        return math.prod(self.shape)

    def then(self, layer: Taken, shape: tuple[int, ...] = ()) -> "Read":
        """One layer more. Its outputs have this shape, or stand in one row."""
        return Read((*self.layers, layer), shape or (layer.n,), self.name)

    def output(self, place: str, value: Any, **numbers: Any) -> "Read":
        """One step more of the output, with the numbers that it has."""
        last = self.layers[-1] if self.layers else None
        filled = [name for name in PLACES if last and getattr(last.formulas[0].output, name) != getattr(Output(), name)]
        late = bool(filled) and PLACES.index(filled[-1]) >= PLACES.index(place)
        if last is None or late or len(last.formulas) > 1:  # several heads each have an output of their own, before they are added
            return self.then(one(self.n, Formula(reconciliation=Eye())), self.shape).output(place, value, **numbers)
        formula = replace(last.formulas[0], output=replace(last.formulas[0].output, **{place: value}))
        layer = Taken(last.n, [formula], [last.numbers[0] | numbers])
        return self._replace(layers=(*self.layers[:-1], layer))

    def refuse(self, module: nn.Module, setting: str, reason: str) -> ValueError:
        """The error that names the module, where it stands, its setting and why no formula says it."""
        place = f" (layer {self.name})" if self.name else ""
        return ValueError(f"from_torch: {kind(module)}({setting}){place} is no formula here: {reason}")


def from_torch(module: nn.Module, example: Any = None) -> RPN:
    """A module of torch as an RPN in its dtype that gives the same numbers in eval mode: (..., b, m) → (..., b, n).

    `module` is one of KINDS or an nn.Sequential of them, nested too. Images come flattened, (b, c · h · w), and so do sequences of a
    Conv1d, (b, c · length); `example` gives the shape of one batch, such as (b, c, h, w), where no layer says it.

    Attention is that of a sequence to itself. A mask is said in a call and not taken: `interdependence.Attention` has a causal one. Scores
    are a Bilinear ξ, values a ψ of low rank, and heads are added. A bias of the queries multiplies a column of ones, which a layer of its
    own adds.

    In training it is not the same. Here the batch norm of an image has one mean for each number, where torch has one for each channel.
    Dropout inside of attention is left out. The bias of a convolution is one number for each output, where torch has one for each channel.

    TypeError for what is no module and for a kind that is not known; ValueError for a setting that no formula can say, for a shape that
    does not fit, and where `example` is needed.
    Source: RPN 1 (arXiv 2407.04819), "Unifying Base Models", MLP; RPN 2 (arXiv 2411.11162), CNN and Transformer. There a transformer
    is attention with a remainder; that of A. Vaswani et al. (2017) is this, a norm, and two layers that carry x along. With the norm first
    (R. Xiong et al., 2020) two heads hand on x and its norm side by side.
    """
    if not isinstance(module, nn.Module):
        raise TypeError(f"from_torch takes a module of torch, such as nn.Sequential(nn.Linear(4, 2)), got {module!r:.200}")
    found = [(name, leaf, known(name, leaf)) for name, leaf in leaves(module)]
    shape = tuple(map(int, example.shape[1:])) if example is not None else next(filter(None, (said_by(leaf) for _, leaf, _ in found)), ())
    if not shape:
        raise ValueError("from_torch needs an example here, one batch such as torch.zeros(1, c, h, w): no layer says the shape of a row")
    read = Read((), shape)
    for name, leaf, step in found:
        read = step(leaf, read._replace(name=name))
    layers = read.layers or (one(read.n, Formula(reconciliation=Eye())),)
    held = chain(module.parameters(), module.buffers(), [torch.zeros(())])
    numbers = next(value for value in held if value.is_floating_point())
    return built(math.prod(shape), layers, kind(module), numbers.dtype, Sum()).to(numbers.device)


# ---- who it is --------------------------------------------------------------------------------------------------------------------------


def kind(module: Any) -> str:
    """The name of its class."""
    return type(module).__name__


def leaves(module: Any, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The modules that are read one after the other, each with its name in the whole."""
    match kind(module):
        case "Sequential":
            children = list(module.named_children())
        case "TransformerEncoder":
            layers = [(f"layers.{i}", layer) for i, layer in enumerate(module.layers)]
            children = layers if module.norm is None else [*layers, ("norm", module.norm)]
        case _:
            yield name, module
            return
    for own, child in children:
        yield from leaves(child, f"{name}.{own}".strip("."))


def said_by(module: Any) -> tuple[int, ...]:
    """The shape of a row that a module meets, where it is the module that says it: (m,), or () where it does not."""
    width = {"Linear": "in_features", "LayerNorm": "normalized_shape", "BatchNorm1d": "num_features", "MultiheadAttention": "embed_dim"}
    if kind(module) == "TransformerEncoderLayer":
        module = module.self_attn
    said = getattr(module, width.get(kind(module), ""), ())
    return (int(said),) if isinstance(said, int) else tuple(said)


def known(name: str, module: nn.Module) -> "Step":
    """The row of KINDS. TypeError with the reason, or with the near misses, where there is none."""
    own = kind(module)
    if own in KINDS:
        return KINDS[own]
    place = f" (layer {name})" if name else ""
    if own in BEYOND:
        raise TypeError(f"from_torch: {own}{place} is no formula here: {BEYOND[own]}")
    raise TypeError(f"from_torch does not know {own}{place} and reads no forward of one's own{did_you_mean(own, KINDS)}")


def changed(module: nn.Module, read: Read) -> None:
    """ValueError where a module has another setting than its class begins with."""
    settings = [name for name in getattr(module, "__constants__", ()) if name != "inplace"]
    fresh = type(module)()
    for name in settings:
        if (value := getattr(module, name)) != (usual := getattr(fresh, name)):
            raise read.refuse(module, f"{name}={value!r}", f"Output knows it with {name}={usual!r}")


# ---- layers of weights ------------------------------------------------------------------------------------------------------------------


def linear(module: Any, read: Read) -> Read:
    """<x, W> + b: κ is the identity, ψ dense. ValueError for rows that do not fit."""
    if read.shape != (module.in_features,):
        wanted = f"rows of {module.in_features} numbers come in, and what is before it gives {read.shape}"
        raise read.refuse(module, f"in_features={module.in_features}", f"{wanted}; nn.Flatten() makes one row of an image")
    return read.then(dense(module.weight, module.bias))


def dense(W: Tensor, b: Tensor | None = None, **formula: Any) -> Taken:
    """A layer of one head with a dense ψ: (n, m) and (n,) or None."""
    return one(len(W), Formula(bias=b is not None, **formula), W, () if b is None else b)


def passed(module: Any, read: Read) -> Read:
    """Nothing."""
    return read


# ---- outputs ----------------------------------------------------------------------------------------------------------------------------


def activation(name: str) -> "Step":
    """A function of one number, by the name that Output has for it."""

    def step(module: nn.Module, read: Read) -> Read:
        changed(module, read)
        return read.output("activation", name)

    return step


def leaky_relu(module: Any, read: Read) -> Read:
    """slope · x + (1 - slope) · max(x, 0), the first by ψ and the second by π; Output knows it with a slope of 0.01."""
    slope = module.negative_slope
    if slope == 0.01:
        return read.output("activation", "leaky_relu")
    formula = Formula(reconciliation=Shared(read.n), remainder=Linear(Shared(read.n), activation="relu", activate="before"))
    return read.then(one(read.n, formula, np.array(slope), w_remainder=np.array(1 - slope)), read.shape)


def softmax(name: str) -> "Step":
    """Over the outputs of a row. ValueError for another axis."""

    def step(module: Any, read: Read) -> Read:
        if module.dim not in (-1, 1) or len(read.shape) > 1:
            raise read.refuse(module, f"dim={module.dim}", "Output has a softmax over all outputs of a row, dim=-1")
        return read.output("softmax", name)

    return step


def dropout(module: Any, read: Read) -> Read:
    """In training alone."""
    return read.output("dropout", module.p) if module.p else read


def batch_norm(module: Any, read: Read) -> Read:
    """With the mean and variance that it remembers; those of a channel for each of its places. ValueError where it remembers none.

    Output adds EPS to a variance. What a module adds beyond it becomes part of the variance.
    """
    if module.running_mean is None:
        raise read.refuse(module, "track_running_stats=False", "in eval mode it would depend on the other rows of the batch")
    if module.num_features != read.shape[0]:
        raise read.refuse(module, f"{module.num_features}", f"what is before it gives {read.shape}")
    repeats = read.n // module.num_features
    names = ("weight", "bias", "running_mean", "running_var")
    numbers = {f"output.0.{name}": value.repeat_interleave(repeats) for name in names if (value := getattr(module, name)) is not None}
    numbers["output.0.running_var"] = numbers["output.0.running_var"] + (module.eps - EPS)
    return read.output("normalization", "batch", **numbers)


def layer_norm(module: Any, read: Read) -> Read:
    """Over all numbers of a row. ValueError as `over_all`.

    Output adds EPS to the variance. Another eps is the same where x comes in √(EPS / eps) times as large.
    """
    over_all(module, read)
    numbers = {f"output.0.{name}": value for name in ("weight", "bias") if (value := getattr(module, name, None)) is not None}
    if module.eps != EPS:
        read = read.then(one(read.n, Formula(reconciliation=Shared(read.n)), np.array(math.sqrt(EPS / module.eps))), read.shape)
    return read.output("normalization", "layer", **numbers)


def over_all(module: Any, read: Read) -> None:
    """ValueError for a layer norm over a part of a row, and where it adds nothing to the variance."""
    if not module.eps:
        raise read.refuse(module, "eps=0", f"Output adds {EPS} to the variance")
    if tuple(module.normalized_shape) != read.shape:
        wanted = f"Output normalizes all numbers of a row, and what is before it gives {read.shape}"
        raise read.refuse(module, f"{tuple(module.normalized_shape)}", wanted)


def flatten(module: Any, read: Read) -> Read:
    """Nothing: a row is flat here. What comes after it knows no image any more.

    ValueError where it leaves no rows.
    """
    if (module.start_dim, module.end_dim) not in ((1, -1), (1, len(read.shape))):
        raise read.refuse(module, f"start_dim={module.start_dim}, end_dim={module.end_dim}", "it must leave rows: start_dim=1, end_dim=-1")
    return read._replace(shape=(read.n,))


# ---- images -----------------------------------------------------------------------------------------------------------------------------


def pair(value: Any, flat: bool, rows: int = 1) -> tuple[int, int]:
    """What is said of rows and of columns. A sequence, which is `flat`, is an image of one row, of which `rows` is said."""
    numbers = value if isinstance(value, tuple) else (value,) * (2 - flat)
    return (rows, *numbers) if flat else numbers


def windows(module: Any, read: Read, padding: Any) -> tuple[dict[str, int], tuple[int, ...]]:
    """The fields of Windows for a module and what is before it, and how many windows stand along rows and columns.

    ValueError where no image comes in, and no sequence for a module of 1d.
    """
    flat = kind(module).endswith("1d")
    if len(read.shape) != 3 - flat:
        wanted = "sequences (c, length)" if flat else "images (c, h, w)"
        reason = f"{wanted} come in, and what is before it gives {read.shape}; example says the shape of a batch"
        raise read.refuse(module, f"kernel_size={module.kernel_size}", reason)
    channels, rows, columns = (read.shape[0], 1, read.shape[1]) if flat else read.shape  # type: ignore[misc]
    size, stride, margin = pair(module.kernel_size, flat), pair(module.stride, flat), pair(padding, flat, 0)
    fields = {"rows": rows, "columns": columns, "channels": channels, "window_rows": size[0], "window_columns": size[1]}
    fields |= {"row_stride": stride[0], "column_stride": stride[1], "row_padding": margin[0], "column_padding": margin[1]}
    return fields, Windows(**fields).places


def convolution(module: Any, read: Read) -> Read:
    """κ = Windows, ψ = one kernel for all of them. ValueError for dilation, groups and another padding than zeros."""
    for name, usual, reason in (
        ("dilation", 1, "Windows has no gaps"),
        ("groups", 1, "ψ reads all channels of a window"),
        ("padding_mode", "zeros", "beyond the border Windows sees zeros"),
    ):
        if (value := getattr(module, name)) not in (usual, (usual,), (usual, usual)):
            raise read.refuse(module, f"{name}={value!r}", reason)
    size = module.kernel_size
    if module.padding == "same" and any(each % 2 == 0 for each in size):
        raise read.refuse(module, "padding='same'", "an even window has no middle, and Windows is padded alike at both ends")
    same, none = tuple((each - 1) // 2 for each in size), (0,) * len(size)
    fields, places = windows(module, read, {"same": same, "valid": none}.get(module.padding, module.padding))
    patches, n = math.prod(places), module.out_channels * math.prod(places)
    if module.in_channels != fields["channels"]:
        raise read.refuse(module, f"in_channels={module.in_channels}", f"what is before it gives {read.shape}")
    formula = Formula(Windows(**fields), Shared(patches), bias=module.bias is not None)
    bias = () if module.bias is None else module.bias.repeat_interleave(patches)
    return read.then(one(n, formula, module.weight, bias), (module.out_channels, *places[-len(size) :]))


def pooling(metric: Any) -> "Step":
    """κ = WindowPooling, ψ = I. ValueError for what WindowPooling does not have."""

    def step(module: Any, read: Read) -> Read:
        for name, usual in {"dilation": 1, "ceil_mode": False, "return_indices": False, "divisor_override": None}.items():
            if getattr(module, name, usual) != usual:
                raise read.refuse(module, f"{name}={getattr(module, name)}", f"WindowPooling knows it with {name}={usual}")
        padded = any(pair(module.padding, False))
        if padded and not getattr(module, "count_include_pad", True):
            raise read.refuse(module, "count_include_pad=False", "its mean divides by all places of a window, count_include_pad=True")
        fields, places = windows(module, read, module.padding)
        formula = Formula(WindowPooling(**fields, metric=metric), Eye())
        shape = (fields["channels"], *places) if len(read.shape) == 3 else (fields["channels"], places[1])
        return read.then(one(math.prod(shape), formula), shape)

    return step


# ---- attention --------------------------------------------------------------------------------------------------------------------------


def self_attention(module: Any, read: Read, reads: Tensor | None = None, **first: Any) -> Read:
    """Each head: A = softmax(Vᵀ ψ' V / √r) as ξ among the rows, ψ of low rank. The heads are added, and the first has bias and π.

    A score is <W_k v_i, W_q v_j + b_q> / √d: what b_k adds is the same for all i, and no softmax sees it. b_q needs a column of ones.
    `reads`, (d, n), says what V are of the n numbers that come in; without it they are all of these.
    ValueError for another attention than that of a sequence to itself.
    """
    E, heads = module.embed_dim, module.num_heads
    for setting, wrong, reason in (
        ("batch_first=False", not module.batch_first, "the rows of one sequence stand one after the other: batch_first=True"),
        (f"kdim={module.kdim}, vdim={module.vdim}", (module.kdim, module.vdim) != (E, E), "ξ compares the rows of one x"),
        ("add_bias_kv=True", module.bias_k is not None, "it adds a row that is no row of x"),
        ("add_zero_attn=True", module.add_zero_attn, "it adds a row that is no row of x"),
        (f"embed_dim={E}", reads is None and read.shape != (E,), f"what is before it gives {read.shape}"),
    ):
        if wrong:
            raise read.refuse(module, setting, reason)
    Wq, Wk, Wv = (W.view(heads, -1, E) for W in module.in_proj_weight.detach().chunk(3))  # (heads, d, E) each
    if reads is not None:
        Wq, Wk, Wv = (W @ reads for W in (Wq, Wk, Wv))
    d, r = E // heads, read.n
    Wo = module.out_proj.weight.detach().view(E, heads, d)
    bias = module.out_proj.bias.detach() if module.out_proj.bias is not None else Wo.new_zeros(E)
    if module.in_proj_bias is not None:
        bq, _, bv = module.in_proj_bias.detach().chunk(3)
        one_more = torch.eye(r + 1, dtype=Wo.dtype, device=Wo.device)
        read = read.then(dense(one_more[:, :r], one_more[:, r]))
        r, bias = r + 1, bias + Wo.flatten(1) @ bv
        Wq = torch.cat((Wq, bq.view(heads, d, 1)), -1)
        Wk, Wv = (torch.cat((W, W.new_zeros(heads, d, 1)), -1) for W in (Wk, Wv))
    formula = Formula(reconciliation=LowRank(d), instance=Bilinear(LowRank(d), normalization="softmax"))
    formulas = [replace(formula, bias=True, **first), *[formula] * (heads - 1)]
    numbers = []
    for h in range(heads):
        scores = torch.cat((Wk[h].mT.flatten() * math.sqrt(r / d), Wq[h].flatten()))  # Bilinear divides by √r
        numbers.append({"w": torch.cat((Wo[:, h].flatten(), Wv[h].flatten())), "w_instance": scores, "bias": bias})
    return read.then(Taken(E, formulas, numbers))


def beside_its_norm(module: Any, read: Read) -> Read:
    """[x, norm(x)] by two heads: [x, 0] + [0, norm(x)].

    The second normalizes all that it makes, which is [-c, c] with c = x - mean(x): their mean is 0, and their variance is that of x.
    ValueError as `layer_norm`.
    """
    over_all(module, read)
    same = torch.eye(read.n, dtype=module.weight.dtype, device=module.weight.device)
    c = (same - 1 / read.n) * math.sqrt(EPS / module.eps)
    numbers = {
        f"output.0.{name}": torch.cat((0 * value, value)) for name in ("weight", "bias") if (value := getattr(module, name)) is not None
    }
    formulas = [Formula(reconciliation=Eye()), Formula(output=Output(normalization="layer"))]
    return read.then(Taken(2 * read.n, formulas, [{}, {"w": torch.cat((-c, c)), **numbers}]))


def encoder_layer(module: Any, read: Read) -> Read:
    """h = norm(x + attention(x)), then norm(h + W_2 activation(W_1 h + b_1) + b_2); or x and h are normed first, and their sums are not.

    The second sum reaches over two layers, so h goes along: π makes [activation(W_1 h + b_1), 0], the inner product [0, h], and the next ψ
    is [W_2, I]. ValueError for an activation that is not 0 at 0.
    """
    names = [name for name, known in ACTIVATIONS.items() if module.activation is known or KINDS_OF[name] == kind(module.activation)]
    if not names or bool(ACTIVATIONS[names[0]](torch.zeros(()))):
        raise read.refuse(module, f"activation={module.activation!r:.60}", "it must be one of Output's, and 0 at 0, where x goes along")
    W1, W2, b1, b2 = module.linear1.weight, module.linear2.weight, module.linear1.bias, module.linear2.bias
    F, E = W1.shape
    first, after = (beside_its_norm, passed) if module.norm_first else (passed, layer_norm)

    read = first(module.norm1, read)
    x = torch.eye(E, read.n, dtype=W1.dtype, device=W1.device)  # of what has come in, [x, norm(x)] or x, the first E numbers
    read_by = x.roll(read.n - E, 1)  # and the last
    read = after(module.norm1, self_attention(module.self_attn, read, read_by if module.norm_first else None, remainder=Linear(Eye())))

    read = first(module.norm2, read)
    pi = torch.cat((W1 @ read_by, 0 * x)).flatten()
    pi = pi if b1 is None else torch.cat((pi, b1, W1.new_zeros(E)))
    formula = Formula(remainder=Linear(bias=b1 is not None, activation=names[0]))  # type: ignore[arg-type]
    read = read.then(one(F + E, formula, torch.cat((W1.new_zeros(F, read.n), x)), w_remainder=pi))
    same = torch.eye(E, dtype=W1.dtype, device=W1.device)
    return after(module.norm2, read.then(dense(torch.cat((W2, same), 1), b2)))


# ---- the table --------------------------------------------------------------------------------------------------------------------------

Step = Callable[[Any, Read], Read]
KINDS_OF = {
    "relu": "ReLU", "silu": "SiLU", "gelu": "GELU", "tanh": "Tanh", "sigmoid": "Sigmoid", "softplus": "Softplus", "elu": "ELU",
    "leaky_relu": "LeakyReLU",
}  # fmt: skip
"""The activations of Output, and the modules that are the same function."""
KINDS: dict[str, Step] = {
    "Linear": linear,
    **{module: activation(name) for name, module in KINDS_OF.items()},
    "LeakyReLU": leaky_relu,
    "Softmax": softmax("softmax"),
    "LogSoftmax": softmax("log_softmax"),
    "Dropout": dropout,
    "BatchNorm1d": batch_norm,
    "BatchNorm2d": batch_norm,
    "LayerNorm": layer_norm,
    "Flatten": flatten,
    "Conv1d": convolution,
    "Conv2d": convolution,
    "MaxPool1d": pooling("max"),
    "MaxPool2d": pooling("max"),
    "AvgPool1d": pooling("mean"),
    "AvgPool2d": pooling("mean"),
    "Identity": passed,
    "MultiheadAttention": self_attention,
    "TransformerEncoderLayer": encoder_layer,
}
"""Every kind of module by the name of its class, and what it adds to the layers before it."""

FEEDBACK = "each step goes through a function and back into the next step. ξ adds up earlier rows by a matrix, which is a recurrence "
FEEDBACK += "without that function: a sum over hops, as in zoo.rnn"
BEYOND: dict[str, str] = {
    **dict.fromkeys(("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"), FEEDBACK),
    "Embedding": "it reads names of words, and x is numbers; a one-hot row with nn.Linear is the same",
    **dict.fromkeys(
        ("TransformerDecoderLayer", "TransformerDecoder", "Transformer"), "it attends to another table, and ξ compares rows of one x"
    ),
}
"""What is known to be none of it, and why."""
