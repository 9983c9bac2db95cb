"""Checkpoints: arrays and a JSON config in one file, written whole or not at all, read without running anything."""

import json
import os
import pickle
import secrets
import shutil
import stat
import zipfile
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from ..component import did_you_mean
from ..shared.machine import path as written

FORMAT = "rpn_edu checkpoint 1"


def place(cache_dir: Any, checkpoint_file: Any, who: str) -> Path:
    """cache_dir/checkpoint_file, with ~ for the home folder.

    TypeError or ValueError for what names no file in cache_dir, NotADirectoryError where cache_dir is a file.
    """
    folder, file = written(cache_dir, f"{who}.cache_dir"), written(checkpoint_file, f"{who}.checkpoint_file")
    if file.anchor or not file.name or ".." in file.parts:
        raise ValueError(f"{who}.checkpoint_file must be the name of a file in cache_dir, got {checkpoint_file!r}")
    if folder.is_file():
        apart = f"{str(folder.parent)!r}, {folder.name!r}"
        raise NotADirectoryError(f"{who}.cache_dir must be a folder, but {folder} is a file: give folder and name apart, {who}({apart})")
    return folder / file


def write(path: Path, state: Mapping[str, Tensor], config: Mapping[str, Any] | None) -> None:
    """Save so that the file is at every moment the old one or the new one, even if the process or the machine dies.

    A state is tensors of any shape, (...), by name. A temporary file in the same folder is written, synced to the disk and then renamed
    over the old one. OSError says why it cannot be written; TypeError or ValueError, before anything is, what could not be read back.
    """
    for name, value in state.items():
        if not isinstance(value, Tensor) or value.is_meta:
            found = "on the meta device" if isinstance(value, Tensor) else repr(value)
            raise TypeError(f"a checkpoint holds tensors with numbers, but {name} is {found}")
    try:
        described = json.dumps(config, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise type(error)(f"to_config must give what JSON can hold: {error}") from error
    path = Path(os.path.realpath(path))  # through a link the file behind it is written, as `open` does
    with _explained(f"{path} cannot be written"):
        if _there(path) and not os.access(path, os.W_OK):
            raise PermissionError("the file that is there is write-protected")
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, {"format": FORMAT, "config": described, "state": dict(state)})


@contextmanager
def _explained(what: str) -> Generator[None]:
    """The same OSError, in one sentence of ours."""
    try:
        yield
    except OSError as error:
        sentence = f"{what}: {error.strerror or error}"
        raise (type(error)(sentence) if error.errno is None else OSError(error.errno, sentence)) from error


def _there(path: Path) -> bool:
    """Whether a file is there. A folder or a device is refused: it is neither read nor renamed away."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        raise IsADirectoryError("a folder is there") if stat.S_ISDIR(mode) else OSError("what is there is no file")
    return True


def _replace(path: Path, content: dict[str, Any]) -> None:
    partial = path.with_name(f".{secrets.token_hex(8)}.partial")  # no longer than any name that the folder allows
    try:
        with open(partial, "xb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    if hasattr(os, "O_DIRECTORY"):  # the rename itself reaches the disk with its folder; Windows has no such call
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any] | None]:
    """(state, config) of a file. The tensors of a state keep their shapes, (...), and are on the CPU.

    A plain state dict of torch is read too; its config is None.

    OSError, such as FileNotFoundError, where there is no file to read; ValueError if it is damaged, of another kind, or holds anything
    but arrays: code in it is never run.
    """
    with _explained(f"{path} cannot be read"):
        if not _there(path):
            raise FileNotFoundError(f"there is no such file{_nearby(path)}")
        with open(path, "rb") as file:
            kind = _foreign(file)
        if kind:
            raise ValueError(f"{path} is no checkpoint: it {kind}")
        try:
            content = torch.load(path, map_location=torch.device("cpu"), weights_only=True)
        except OSError:
            raise
        except pickle.UnpicklingError as error:
            cure = "torch.save(model) makes such files: save model.state_dict() instead, or by save_ckpt"
            raise ValueError(f"{path} holds more than arrays and text, or is damaged; nothing in it was run. {cure}") from error
        except Exception as error:  # torch tells a damaged file by whatever its reader stumbles over
            raise ValueError(f"{path} is a damaged checkpoint: {type(error).__name__}: {error}") from error
    config = None
    if isinstance(content, dict) and "format" in content:
        if content["format"] != FORMAT:
            raise ValueError(f"{path} has the format {content['format']!r}, this version of rpn_edu reads {FORMAT!r}")
        try:
            config, content = json.loads(content["config"]), content["state"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged: its config or its state cannot be read") from error
    if not isinstance(content, Mapping) or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in content.items()):
        held = f", it holds {', '.join(map(repr, list(content)[:5]))}" if isinstance(content, Mapping) else ""
        raise ValueError(f"{path} holds no state of a model: a mapping from names to tensors was wanted{held}")
    return dict(content), config


def _nearby(path: Path) -> str:
    """What may have been meant: the names nearest to it, else those that are there."""
    if not path.parent.is_dir():
        return f" and no folder {path.parent}"
    there = sorted(os.listdir(path.parent))
    return did_you_mean(path.name, there) or (f"; the folder holds {', '.join(there[:5])}" if there else "; the folder is empty")


def _foreign(file: BinaryIO) -> str:
    """What a file is that is neither torch's zip file nor a pickle; empty for one of these two."""
    start = file.read(512)
    if not start:
        return "is empty"
    if start.startswith(b"PK"):
        try:
            names = zipfile.ZipFile(file).namelist()
        except Exception:  # there are as many kinds as ways to break one
            return "is cut off or damaged"
        return "" if any(name.endswith("data.pkl") for name in names) else f"is a zip file that holds {', '.join(names[:3]) or 'nothing'}"
    if start.startswith(b"\x80"):
        return ""
    if start.startswith(b"\x93NUMPY"):
        return "is an array of NumPy: numpy.load reads it"
    if start.startswith(b"\x89HDF"):
        return "is an HDF5 file"
    if start[8:9] == b"{":
        return "is a safetensors file: give what safetensors.torch.load_file reads to load_state_dict"
    return "is a text" if all(byte in b"\t\n\r\f" or byte >= 32 for byte in start) else "begins as none does"


def under_names_of(state: Mapping[str, Tensor], names: Collection[str]) -> dict[str, Tensor]:
    """The state under a model's own names, whichever of the two torch.compile (`_orig_mod.`) or data-parallel (`module.`) has wrapped.

    The tensors themselves, (...), are handed on.
    """
    free = {_unwrapped(name): name for name in names if name not in state}
    return {name if name in names else free.pop(_unwrapped(name), name): value for name, value in state.items()}


def misfits(state: Mapping[str, Tensor], own: Mapping[str, Tensor], strict: bool) -> str:
    """Why a state cannot be loaded over a model's own. Empty if it can.

    A tensor, (...), fits the model's own of that name if it has the same shape and no number that the other dtype cannot hold.
    `strict` asks for every name, and for no other.
    """
    told = [f"{name} is missing" for name in own if name not in state] + [f"{name} is left over" for name in state if name not in own]
    told = told if strict else []
    for name in state.keys() & own.keys():
        theirs, ours = state[name], own[name]
        if is_lazy(ours):  # it takes any shape
            continue
        if theirs.shape != ours.shape:
            told.append(f"{name} has the shape {tuple(theirs.shape)} there and {tuple(ours.shape)} here")
        elif ours.is_meta or _lost(theirs, ours.dtype):
            told.append(f"{name} holds {theirs.dtype} there, which {'a meta tensor' if ours.is_meta else ours.dtype} here cannot hold")
    return "; ".join(told[:4]) + (f"; and {len(told) - 4} more" if len(told) > 4 else "")


def _lost(value: Tensor, dtype: torch.dtype) -> bool:
    """Whether numbers become others in this dtype, not only rounded ones."""
    if value.is_complex() != dtype.is_complex or value.is_floating_point() != dtype.is_floating_point:
        return True
    cast = value.to(dtype)
    return bool((value.isfinite() & ~cast.isfinite()).any() if value.is_floating_point() else (cast.to(value.dtype) != value).any())


def _unwrapped(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in ("module", "_orig_mod"))
