"""The base model, and the reconciled polynomial network: H_k = <κ_ξ,k(H_k-1), ψ_k(w_k)> + π_k(H_k-1)."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import torch
from torch import Tensor, nn

from ..component import from_config
from ..fusion import Fusion, Mean
from ..shared import given, machine
from . import checkpoint
from .formula import Formula, Trace
from .head import Fixed, Head
from .layer import Layer


class Model(nn.Module, ABC):
    """A model with a name that can be described, saved and loaded. Subclasses write `forward` and `to_config`.

    ValueError for a device that is not there.
    """

    def __init__(self, name: str = "model_name", device: str | torch.device = "cpu") -> None:
        super().__init__()
        self.name = name
        self._first_device = machine.device(device, f"{type(self).__name__}.device")

    @property
    def device(self) -> torch.device:
        """Where the numbers are now; true after `.to()` as well."""
        return next((tensor.device for tensor in chain(self.parameters(), self.buffers())), self._first_device)

    @abstractmethod
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the model computes; call the model itself. NotImplementedError where a subclass hands the call on to this one."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: write forward")

    @abstractmethod
    def to_config(self) -> dict[str, Any]:
        """What JSON can hold and from which the model can be built again, without its numbers.

        NotImplementedError where a subclass hands the call on to this one: then files hold numbers alone.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it is built: write to_config")

    def save_ckpt(self, cache_dir: str | Path = "./ckpt", checkpoint_file: str = "checkpoint") -> None:
        """Write all numbers and the config to cache_dir/checkpoint_file. The folder is made; an older file stays whole till the end.

        ~ is the home folder. OSError where nothing can be written; TypeError or ValueError for a path, a config or a state that cannot be
        read back. Whether a parameter learns (`requires_grad`) is no part of the file.
        """
        path = checkpoint.place(cache_dir, checkpoint_file, "save_ckpt")
        try:
            config = self.to_config()
        except NotImplementedError:
            config = None
        checkpoint.write(path, self.state_dict(), config)

    def load_ckpt(
        self, cache_dir: str | Path = "./ckpt", checkpoint_file: str = "checkpoint", strict: bool = True
    ) -> tuple[list[str], list[str]] | None:
        """Read numbers back, into the model's own dtypes. With `strict`, names must match and so must the config: equal shapes alone can
        hide another κ. Otherwise torch's answer of `load_state_dict` is returned: (missing_keys, unexpected_keys).

        OSError, such as FileNotFoundError, where there is no file to read; TypeError or ValueError for what is no path; ValueError for a
        file that is damaged or describes another model; RuntimeError, before anything is loaded, for numbers that do not fit. Rounding to
        the model's dtype is no misfit, infinity is: `from_ckpt` takes over the dtypes of the file.
        """
        path = checkpoint.place(cache_dir, checkpoint_file, "load_ckpt")
        state, config = checkpoint.read(path)
        if strict and config is not None:
            try:
                own = json.loads(json.dumps(self.to_config()))  # as the file holds it: tuples are lists there
            except NotImplementedError:
                own = config
            if difference := first_difference(own, config, ignored=("name",)):
                raise ValueError(f"{path} was saved by another model: {difference}. Load it with strict=False to try all the same")
        loaded = self._load(path, state, strict)
        return None if strict else loaded

    def _load(self, path: Path, state: Mapping[str, Tensor], strict: bool = True) -> tuple[list[str], list[str]]:
        """All that fits, or nothing."""
        own = self.state_dict()
        state = checkpoint.under_names_of(state, own.keys())
        if misfits := checkpoint.misfits(state, own, strict):
            raise RuntimeError(f"{path} does not fit this model, and nothing was loaded: {misfits}")
        return self.load_state_dict(state, strict)


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
"""One formula for all layers, a list with one for each layer, or a list with a list of heads for each; None is Formula()."""


class RPN(Model, Fixed):
    """A reconciled polynomial network of K layers with the widths [d_0, ..., d_K]: (..., b, d_0) → (..., b', d_K).

    H_0 = x and H_k = <κ_ξ,k(H_k-1), ψ_k(w_k)> + π_k(H_k-1). `formula` is one for all layers, a list with one for each layer, or a list
    with a list of heads for each layer; `fusion` joins heads.
    TypeError for what is no Formula, no fusion or no name; ValueError for dims that are no widths, for a device that is not there, where
    formulas do not fit the layers and their widths, or where this machine has too little memory.
    Source: RPN 1 (arXiv 2407.04819), "Deep RPN"; for ξ RPN 2 (arXiv 2411.11162).
    """

    fixed: ClassVar[frozenset[str]] = frozenset({"dims", "formulas", "fusion", "layers"})

    def __init__(
        self,
        dims: Sequence[int],
        formula: Formulas = None,
        fusion: Fusion | None = None,
        name: str = "Reconciled_Polynomial_Network",
        device: str | torch.device = "cpu",
    ) -> None:
        super().__init__(given.instance("RPN.name", name, str, "a text"), device)
        self.dims = given.widths("RPN.dims", dims)
        self.fusion = given.instance("RPN.fusion", Mean() if fusion is None else fusion, Fusion, "a component of fusion, such as Mean()")
        self.formulas = _per_layer(formula, len(self.dims) - 1)
        sizes = list(zip(pairwise(self.dims), self.formulas, strict=True))
        if len(sizes) > 1:  # one layer counts for itself
            widths = [(m, self.fusion.part_width(n, len(heads)), heads) for (m, n), heads in sizes]
            learned = sum(head.affordable(m, n).learned for m, n, heads in widths for head in heads)
            given.affordable("RPN", "all of its layers", learned, "choose smaller widths, or a ψ that learns fewer")
        self.layers = nn.ModuleList(Layer(m, n, heads, self.fusion) for (m, n), heads in sizes)
        self.to(self._first_device)

    def forward(self, x: Tensor) -> Tensor:
        """(..., b, d_0) → (..., b', d_K). ValueError and TypeError for an x that does not fit."""
        for layer in self.layers:
            x = layer(x)
        return x

    def trace(self, x: Tensor) -> dict[tuple[int, int], Trace]:
        """The trace of every head for one x, (..., b, d_0), by (layer, head), counted from 0.

        ValueError and TypeError for an x that does not fit.
        """
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
        """The model that `to_config` described, with fresh numbers.

        ValueError and TypeError for what describes no RPN that can be built here, LookupError for a component that is not in the catalogue.
        """
        if not isinstance(config, Mapping) or config.get("type") != "RPN":
            raise ValueError(f"a config of an RPN has the type 'RPN', got {config!r}")
        if unknown := config.keys() ^ {"type", "name", "dims", "formulas", "fusion"}:
            raise ValueError(
                f"a config of an RPN holds type, name, dims, formulas and fusion; missing or unknown here: {', '.join(sorted(unknown))}"
            )
        layers = config["formulas"]
        if not isinstance(layers, Sequence) or not all(isinstance(heads, Sequence) for heads in layers):
            raise TypeError(f"RPN.from_config: formulas must be a list of heads for each layer, got {layers!r}")
        formulas = [[from_config(formula) for formula in heads] for heads in layers]
        return cls(config["dims"], formulas, from_config(config["fusion"]), config["name"], device)

    @classmethod
    def from_ckpt(cls, cache_dir: str | Path = "./ckpt", checkpoint_file: str = "checkpoint", device: str | torch.device = "cpu") -> Self:
        """The saved model, built and filled from its file alone: every number in the dtype in which it was saved.

        Raises what `load_ckpt` raises; LookupError for a component that is not in the catalogue, ValueError for a device that is not there.
        """
        there = machine.device(device, f"{cls.__name__}.from_ckpt.device")
        path = checkpoint.place(cache_dir, checkpoint_file, "from_ckpt")
        state, config = checkpoint.read(path)
        if config is None:
            raise ValueError(f"{path} holds numbers but no config: build the model first, then load_ckpt")
        try:
            model = cls.from_config(config)
        except (LookupError, TypeError, ValueError) as error:
            raise type(error)(f"{path} describes a model that cannot be built here: {error}") from error
        dtypes = {value.dtype for value in state.values() if value.is_floating_point()}
        if len(dtypes) == 1:
            model.to(dtypes.pop())  # what is derived, and in no file, becomes as precise
        own = model.state_dict(keep_vars=True)
        for name, value in checkpoint.under_names_of(state, own.keys()).items():
            if name in own and value.is_floating_point():
                own[name].data = own[name].data.to(value.dtype)
        model._load(path, state)
        return model.to(there)


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
