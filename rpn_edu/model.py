"""The base model, and the reconciled polynomial network: H_k = <κ_ξ,k(H_k-1), ψ_k(w_k)> + π_k(H_k-1)."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Self, cast

import torch
from torch import Tensor, nn

from . import checkpoint
from .component import from_config
from .formula import Formula
from .fusion import Fusion, Mean
from .head import Head, Trace
from .layer import Layer


class Model(nn.Module, ABC):
    """A model with a name that can be described, saved and loaded. Subclasses write `forward` and `to_config`."""

    def __init__(self, name: str = "model_name", device: str | torch.device = "cpu") -> None:
        super().__init__()
        self.name = name
        self._first_device = torch.device(device)

    @property
    def device(self) -> torch.device:
        """Where the numbers are now; true after `.to()` as well."""
        return next((tensor.device for tensor in chain(self.parameters(), self.buffers())), self._first_device)

    @abstractmethod
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the model computes; call the model itself."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: write forward")

    @abstractmethod
    def to_config(self) -> dict[str, Any]:
        """What JSON can hold and from which the model can be built again, without its numbers."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is built: write to_config")

    def save_ckpt(self, cache_dir: str | Path = "./ckpt", checkpoint_file: str = "checkpoint") -> None:
        """Write all numbers and the config to cache_dir/checkpoint_file. The folder is made; an older file stays whole till the end."""
        try:
            config = self.to_config()
        except NotImplementedError:
            config = None
        checkpoint.write(Path(cache_dir) / checkpoint_file, self.state_dict(), config)

    def load_ckpt(self, cache_dir: str | Path = "./ckpt", checkpoint_file: str = "checkpoint", strict: bool = True) -> None:
        """Read numbers back. With `strict`, names must match and so must the config: equal shapes alone can hide another κ.

        FileNotFoundError; ValueError for a file that is damaged or describes another model; RuntimeError for numbers that do not fit.
        """
        path = Path(cache_dir) / checkpoint_file
        state, config = checkpoint.read(path, self.device)
        if strict and config is not None:
            try:
                own = json.loads(json.dumps(self.to_config()))  # as the file holds it: tuples are lists there
            except NotImplementedError:
                own = config
            if difference := first_difference(own, config, ignored=("name",)):
                raise ValueError(f"{path} was saved by another model: {difference}. Load it with strict=False to try all the same")
        self.load_state_dict(checkpoint.under_names_of(state, self.state_dict().keys()), strict=strict)


def first_difference(ours: Any, theirs: Any, ignored: Sequence[str] = (), where: str = "") -> str:
    """The first place where two configs differ, in words; empty if they agree."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        names = [name for name in dict.fromkeys((*ours, *theirs)) if name not in ignored]
        found = (first_difference(ours.get(name), theirs.get(name), where=f"{where}.{name}".lstrip(".")) for name in names)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        found = (first_difference(a, b, where=f"{where}[{i}]") for i, (a, b) in enumerate(zip(ours, theirs, strict=True)))
    else:
        return "" if ours == theirs else f"{where or 'the config'} is {theirs!r} there and {ours!r} here"
    return next(filter(None, found), "")


Formulas = Formula | Sequence[Formula | Sequence[Formula]] | None


class RPN(Model):
    """A reconciled polynomial network of K layers with the widths [d_0, ..., d_K].

    H_0 = x and H_k = <κ_ξ,k(H_k-1), ψ_k(w_k)> + π_k(H_k-1). `formula` is one for all layers, a list with one for each layer, or a list
    with a list of heads for each layer; `fusion` joins heads. Source: RPN 1 (arXiv 2407.04819), "Deep RPN"; RPN 2 (arXiv 2411.11162).
    """

    def __init__(
        self,
        dims: Sequence[int],
        formula: Formulas = None,
        fusion: Fusion | None = None,
        name: str = "Reconciled_Polynomial_Network",
        device: str | torch.device = "cpu",
    ) -> None:
        super().__init__(name, device)
        self.dims, self.fusion = list(dims) if isinstance(dims, Sequence) else [], fusion or Mean()
        if len(self.dims) < 2 or not all(isinstance(d, int) and not isinstance(d, bool) and d > 0 for d in self.dims):
            raise ValueError(f"RPN.dims must be at least two widths [d_0, ..., d_K] of 1 or more, got {dims!r}")
        self.formulas = _per_layer(formula, len(self.dims) - 1)
        sizes = zip(pairwise(self.dims), self.formulas, strict=True)
        self.layers = nn.ModuleList(Layer(m, n, heads, self.fusion) for (m, n), heads in sizes)
        self.to(device)

    def forward(self, x: Tensor) -> Tensor:
        """(..., b, d_0) → (..., b, d_K)."""
        for layer in self.layers:
            x = layer(x)
        return x

    def trace(self, x: Tensor) -> dict[tuple[int, int], Trace]:
        """The trace of every head, by (layer, head)."""
        traces = {}
        for k, layer in enumerate(cast(list[Layer], self.layers)):
            traces |= {(k, h): cast(Head, head).trace(x) for h, head in enumerate(layer.heads)}
            x = layer(x)
        return traces

    def to_config(self) -> dict[str, Any]:
        formulas = [[formula.to_config() for formula in heads] for heads in self.formulas]
        return {"type": "RPN", "name": self.name, "dims": self.dims, "formulas": formulas, "fusion": self.fusion.to_config()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], device: str | torch.device = "cpu") -> Self:
        """The model that `to_config` described, with fresh numbers."""
        if not isinstance(config, Mapping) or config.get("type") != "RPN":
            raise ValueError(f"a config of an RPN has the type 'RPN', got {config!r}")
        if unknown := config.keys() ^ {"type", "name", "dims", "formulas", "fusion"}:
            raise ValueError(
                f"a config of an RPN holds type, name, dims, formulas and fusion; missing or unknown here: {', '.join(sorted(unknown))}"
            )
        formulas = [[from_config(formula) for formula in heads] for heads in config["formulas"]]
        return cls(config["dims"], formulas, from_config(config["fusion"]), config["name"], device)

    @classmethod
    def from_ckpt(cls, cache_dir: str | Path = "./ckpt", checkpoint_file: str = "checkpoint", device: str | torch.device = "cpu") -> Self:
        """The saved model, built and filled from its file alone."""
        path = Path(cache_dir) / checkpoint_file
        state, config = checkpoint.read(path, device)
        if config is None:
            raise ValueError(f"{path} holds numbers but no config: build the model first, then load_ckpt")
        model = cls.from_config(config, device)
        example = next((value.dtype for value in state.values() if value.is_floating_point()), torch.get_default_dtype())
        model.to(example).load_state_dict(checkpoint.under_names_of(state, model.state_dict().keys()))
        return model


def _per_layer(formula: Formulas, depth: int) -> list[list[Formula]]:
    """A list of heads for each layer, whatever of the three forms was given."""
    if formula is None or isinstance(formula, Formula):
        return [[formula or Formula()] for _ in range(depth)]
    layers = [[entry] if isinstance(entry, Formula) else entry for entry in formula] if isinstance(formula, Sequence) else [formula]
    for heads in layers:
        if not isinstance(heads, Sequence) or not heads or not all(isinstance(head, Formula) for head in heads):
            raise TypeError(f"RPN.formula must be a Formula, a list with one for each layer, or a list of lists of heads, got {heads!r}")
    if len(layers) != depth:
        raise ValueError(f"RPN.formula lists {len(layers)} layers, but dims describe {depth}")
    return [list(heads) for heads in layers]
