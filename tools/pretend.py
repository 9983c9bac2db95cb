"""A GPU without a GPU: the device "pretend" computes on the CPU, and refuses what CUDA refuses.

    from tools import pretend
    pretend.plug_in()
    torch.ones(3, device="pretend") + torch.ones(3)     # RuntimeError: ... two devices, pretend:0 and cpu

Its tensors meet others of their own device alone (and, as on CUDA, numbers without a dimension and indices), NumPy cannot read them, no
generator of the CPU draws for them, and they have a stream of random numbers of their own, which `torch.manual_seed` seeds with all others.
Which operation has a kernel on CUDA is read from the list that comes with torch. `as_mps()` plays Apple's device in one thing: it has no
float64.

`python -m tools.pretend` drives all there is on it: tests/network/test_devices.py as CUDA, as MPS and with deterministic
algorithms, then every cell of every chapter. With RPN_EDU_DEVICE=cuda it does so on a real one.
"""

import contextlib
import functools
import inspect
import json
import os
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch.utils._pytree import tree_leaves, tree_map

from rpn_edu import learn

NAME = "pretend"
ROOT = Path(__file__).parent.parent
DOUBLES = {torch.float64, torch.complex128}
INDEXED = {"index", "_unsafe_index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index_put"}
"""Operations whose indices may lie on the CPU."""
MOVED = {"copy_", "_copy_from", "_to_copy"}
"""Operations that lead from one device to another."""
FILLED = {"fill", "fill_", "masked_fill", "masked_fill_", "index_fill", "index_fill_"}
"""Operations beside the elementwise ones that take one number from the CPU."""
PRODUCTS = {"mm", "bmm", "addmm", "baddbmm", "addmv", "mv", "dot"}
"""Operations that CUDA knows for floats alone."""
UNSURE = {"cumsum", "cumsum_", "median.dim", "nanmedian.dim", "histc", "bincount", "put_"}
"""Operations that `torch.use_deterministic_algorithms(True)` refuses on CUDA, as its docstring says."""

_plays = "cuda"
_stream = torch.Generator("cpu")
_kept: list[torch.library.Library] = []


class Pretended(torch.Tensor):
    """A tensor of the pretended device; `there` are its numbers."""

    there: torch.Tensor

    @staticmethod
    def __new__(cls, there: torch.Tensor) -> "Pretended":
        layout = {"strides": there.stride(), "storage_offset": there.storage_offset(), "dtype": there.dtype, "layout": there.layout}
        made = torch.Tensor._make_wrapper_subclass(cls, there.size(), device=f"{NAME}:0", **layout)
        made.there = there
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return computed(func, args, kwargs or {})

    # What a tensor of torch does, where torch asks for the type first.

    def __repr__(self) -> str:
        return f"{repr(self.there)[:-1]}, device='{self.device}')"

    def __format__(self, spec: str) -> str:
        return format(self.item() if self.dim() == 0 else repr(self), spec)

    def numpy(self, *_: Any, **__: Any) -> Any:
        raise TypeError(
            f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
        )

    __array__ = numpy

    def tolist(self) -> Any:
        return self.there.tolist()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return torch._utils._rebuild_device_tensor_from_cpu_tensor, (self.there, self.dtype, str(self.device), self.requires_grad)

    def __tensor_flatten__(self) -> Any:
        return ["there"], None

    @staticmethod
    def __tensor_unflatten__(inner: Any, meta: Any, size: Any, stride: Any) -> "Pretended":
        return Pretended(inner["there"])


def computed(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What the pretended device makes of an operation: the CPU's answer, or the refusal."""
    refuse(func, args, kwargs)
    back: dict[int, torch.Tensor] = {}

    def taken(value: Any) -> Any:
        if isinstance(value, Pretended):
            back[id(value.there)] = value
            return value.there
        if isinstance(value, torch.Tensor):
            back[id(value)] = value
        return torch.device("cpu") if isinstance(value, torch.device) and value.type == NAME else value

    away = "device" in kwargs and kwargs["device"] is not None and torch.device(kwargs["device"]).type != NAME  # the result lies elsewhere
    own = torch.Tag.nondeterministic_seeded in func.tags
    with own_random_numbers() if own else contextlib.nullcontext():
        found = func(*tree_map(taken, args), **tree_map(taken, {k: v for k, v in kwargs.items() if k != "pin_memory"}))

    def given(value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        known = back.get(id(value))
        if isinstance(known, Pretended) and known.shape != value.shape:  # x.squeeze_(): the wrapper follows
            with torch._C._DisableTorchDispatch():
                known.as_strided_(value.size(), value.stride(), value.storage_offset())
        if _plays == "mps" and value.dtype in DOUBLES and not away:
            raise TypeError(f"{func}: MPS has no {value.dtype}")
        return known if known is not None else value if away else Pretended(value)

    return tree_map(given, found)


def refuse(func: Any, args: Any, kwargs: Any) -> None:
    """Raise what CUDA would raise."""
    full = func.name().partition("::")[2]  # median.dim
    name = full.partition(".")[0]
    given = tree_leaves((args, kwargs))
    tensors = [argument for argument in given if isinstance(argument, torch.Tensor)]
    if any(isinstance(argument, torch.Generator) for argument in given):
        raise RuntimeError(f"{func}: Expected a '{NAME}' device type for generator but found 'cpu'")
    theirs = [argument for argument in tensors if not isinstance(argument, Pretended)]
    if theirs and name not in MOVED:
        if name in INDEXED:
            theirs = [args[0], *args[2:3]]
            theirs = [tensor for tensor in theirs if not isinstance(tensor, Pretended)]
        numbers = torch.Tag.pointwise in func.tags or name in INDEXED | FILLED or name.startswith("_foreach")
        written = [a for declared, a in zip(func._schema.arguments, args) if declared.alias_info and declared.alias_info.is_write]
        if any(tensor.dim() or not numbers or any(tensor is other for other in written) for tensor in theirs):
            raise RuntimeError(f"{func}: Expected all tensors to be on the same device, but found two devices, {NAME}:0 and cpu")
    if not has_kernel(full):
        raise NotImplementedError(f"{func}: Could not run it with arguments from the 'CUDA' backend")
    if name in PRODUCTS and not tensors[0].is_floating_point() and not tensors[0].is_complex():
        raise RuntimeError(f'{func}: "{name}_cuda" not implemented for {tensors[0].dtype}')
    if name == "linalg_lstsq":
        if kwargs.get("driver") not in (None, "gels"):
            raise RuntimeError(f"{func}: parameter `driver` should be one of (gels) on CUDA")
        if (torch.linalg.matrix_rank(args[0].there) < min(args[0].shape[-2:])).any():
            raise RuntimeError(f"{func}: the only driver on CUDA, gels, assumes full rank")
    unsure = {name, full} & UNSURE and (not full.startswith("cumsum") or tensors[0].is_floating_point())
    if unsure and torch.are_deterministic_algorithms_enabled():
        raise RuntimeError(f"{func} does not have a deterministic implementation on CUDA")


@functools.cache
def kernels() -> dict[str, set[str]]:
    """For every operation, the backends that have a kernel of their own, as torch's list says: {"median.dim_values": {"CPU", "CUDA"}}."""
    import torchgen
    import yaml

    listed = (Path(torchgen.__file__).parent / "packaged/ATen/native/native_functions.yaml").read_text(encoding="utf-8")
    rows = {row["func"].partition("(")[0]: row for row in yaml.load(listed, getattr(yaml, "CSafeLoader", yaml.SafeLoader))}
    return {
        name: {key.strip() for keys in rows[row.get("structured_delegate", name)].get("dispatch", {}) for key in keys.split(",")}
        for name, row in rows.items()
    }


def has_kernel(operation: str) -> bool:
    keys = kernels().get(operation, set())
    return "CPU" not in keys or "CUDA" in keys or any(key.startswith("Composite") for key in keys)


@contextlib.contextmanager
def own_random_numbers() -> Iterator[None]:
    """The device draws from its own stream and leaves the CPU's alone."""
    before = torch.default_generator.get_state()
    torch.default_generator.set_state(_stream.get_state())
    try:
        yield
    finally:
        _stream.set_state(torch.default_generator.get_state())
        torch.default_generator.set_state(before)


@contextlib.contextmanager
def as_mps() -> Iterator[None]:
    """Inside, the device has no float64, as Apple's has none."""
    global _plays
    before, _plays = _plays, "mps"
    try:
        yield
    finally:
        _plays = before


def kernel(func: Any, *args: Any, **kwargs: Any) -> Any:
    return computed(func, args, kwargs)


def plug_in() -> torch.device:
    """Make the device known to torch, before the first gradient: then autograd counts the devices. It stays for the life of the process."""
    if not _kept:
        module = types.SimpleNamespace(
            is_available=lambda: True,
            is_initialized=lambda: True,
            _is_in_bad_fork=lambda: False,
            device_count=lambda: 1,
            current_device=lambda: 0,
            manual_seed_all=_stream.manual_seed,
            get_rng_state=lambda device=None: _stream.get_state(),
            set_rng_state=lambda state, device=None: _stream.set_state(state),
        )
        torch.utils.backend_registration._setup_privateuseone_for_python_backend(NAME, module)
        everything, aten = torch.library.Library("_", "IMPL"), torch.library.Library("aten", "IMPL")
        everything.fallback(kernel, "PrivateUse1")
        aten.impl("_copy_from", lambda source, target, _=False: computed(torch.ops.aten.copy_.default, (target, source), {}), "PrivateUse1")
        for name, func in factories():  # else torch builds them of an empty tensor that grows, which a wrapper cannot
            aten.impl(name, functools.partial(kernel, func), "PrivateUse1")
        _kept.extend((everything, aten))
        torch.load = _loading(torch.load)
        torch.utils.swap_tensors = _swapping(torch.utils.swap_tensors)
        torch.accelerator.synchronize = lambda device=None: None  # all is computed at once; torch.utils.benchmark asks
    return torch.device(NAME)


def factories() -> Iterator[tuple[str, Any]]:
    """The operations that make a tensor of none, on a device that is named."""
    for name in torch._C._dispatch_get_all_op_names():
        packet, _, overload = name.removeprefix("aten::").partition(".")
        if name.startswith("aten::") and not re.search("sparse|quantized|cudnn|mkldnn|nested|token|from_file", name):
            func = getattr(getattr(torch.ops.aten, packet, None), overload or "default", None)
            words = [(argument.name, str(argument.type)) for argument in func._schema.arguments] if func else []
            if any(word == "device" for word, _ in words) and not any("Tensor" in kind for _, kind in words):
                yield name.removeprefix("aten::"), func


def _swapping(swap: Any) -> Any:
    """How model.to(device) moves a parameter: also one that an old graph of gradients still knows, as between the CPU and CUDA."""

    @functools.wraps(swap)
    def swapped(one: torch.Tensor, other: torch.Tensor) -> None:
        ours = isinstance(one, Pretended) or isinstance(other, Pretended)
        with mock.patch.object(torch.Tensor, "_use_count", lambda _: 1) if ours else contextlib.nullcontext():
            swap(one, other)

    return swapped


def _loading(load: Any) -> Any:
    """torch.load for a device without memory of its own: read on the CPU, then moved."""

    @functools.wraps(load)
    def loaded(*args: Any, map_location: Any = None, **options: Any) -> Any:
        ours = isinstance(map_location, (str, torch.device)) and torch.device(map_location).type == NAME
        content = load(*args, map_location="cpu" if ours else map_location, **options)
        return tree_map(lambda part: part.to(NAME) if isinstance(part, torch.Tensor) else part, content) if ours else content

    return loaded


def sweep() -> int:
    """All that the package has on the device that RPN_EDU_DEVICE names, or on the pretended one; prints what was driven and every fault.

    Gives back how many faults there are.
    """
    named = learn.device()
    device = named if named.type != "cpu" else plug_in()
    print(f"on {device}", flush=True)
    faults = 0
    for played in ("plainly", "as mps", "deterministic")[:: 2 if device is named else 1]:
        command = [sys.executable, "-m", "pytest", "tests/network/test_devices.py", "-q", "--tb=line"]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PRETEND": played}, capture_output=True, text=True)
        faults += done.returncode != 0
        print(f"{played}: {done.stdout if done.returncode else done.stdout.splitlines()[-1]}", flush=True)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells, found = chapter(path, device)
        faults += len(found)
        print(f"{path.stem}: {cells} cells", *found, sep="\n  ", flush=True)
    print(f"{faults} faults")
    return faults


@contextlib.contextmanager
def all_there(device: torch.device) -> Iterator[None]:
    """Every tensor, data set and model that a cell makes lies on the device, though its text names none: as if each said `device=device()`.

    torch's own tensors follow the default device. Ours ask for the CPU, and here for that default too, which explorers set to the CPU.
    """
    import rpn_edu as rpn

    def where_the_default_is(make: Any) -> Any:
        @functools.wraps(make)
        def made(*args: Any, **kwargs: Any) -> Any:
            given = inspect.signature(make).bind(*args, **kwargs)
            given.arguments.setdefault("device", torch.get_default_device())
            return make(*given.args, **given.kwargs)

        return made

    def at(device: Any, value: Any) -> Any:
        return tree_map(lambda part: part.to(device) if isinstance(part, (torch.Tensor, torch.nn.Module)) else part, value)

    def moved(make: Any) -> Any:
        @functools.wraps(make)
        def made(self: Any, *args: Any, **kwargs: Any) -> Any:
            with torch.device("cpu"):  # what a part makes is not moved before the whole, and pictures compute there
                found = make(self, *at("cpu", args), **at("cpu", kwargs))
            at(torch.get_default_device(), self)
            return at(torch.get_default_device(), found)

        return made

    with contextlib.ExitStack() as stack:

        def replace(owner: Any, name: str, by: Any) -> None:
            stack.enter_context(mock.patch.object(owner, name, by))

        for owner in (rpn.data, rpn.zoo, rpn.RPN, rpn.data.Equation):
            for name, make in list(vars(owner).items()):
                if inspect.isfunction(make) and "device" in inspect.signature(make).parameters:
                    replace(owner, name, where_the_default_is(make))
        kinds = {kind for row in rpn.CATALOGUE.values() for kind in row.__mro__}
        made = [(kind, name) for kind in kinds for name in ("init", "given", "numbers") if name in vars(kind)]
        for owner, name in [*made, (rpn.Head, "__init__"), (rpn.Layer, "__init__")]:
            replace(owner, name, moved(vars(owner)[name]))
        replace(learn, "device", lambda wanted=None: device)
        stack.enter_context(device)
        yield


def chapter(path: Path, device: torch.device) -> tuple[int, list[str]]:
    """How many code cells a chapter has, and what they raise where all they make lies on the device."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    found, before, main = [], os.getcwd(), sys.modules["__main__"]
    shell = InteractiveShell.instance()  # its notebook is __main__ from now on
    shell.reset()
    os.chdir(path.parent)
    try:
        cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
        for number, cell in enumerate(cells):
            with capture_output(), all_there(device):
                done = shell.run_cell("".join(cell["source"]), store_history=False)
            if error := done.error_before_exec or done.error_in_exec:
                found.append(f"code cell {number}: {type(error).__name__}: {error}")
    finally:
        os.chdir(before)
        InteractiveShell.clear_instance()
        sys.modules["__main__"] = main
    return len(cells), found


if __name__ == "__main__":
    from tests import pretend  # the module that others import, and not its double that runs

    sys.exit(pretend.sweep())
