"""Checkpoints: arrays and a JSON config in one file, written whole or not at all, read without running anything."""

import json
import os
import pickle
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

FORMAT = "rpn_edu checkpoint 1"


def write(path: Path, state: Mapping[str, Tensor], config: Mapping[str, Any] | None) -> None:
    """Save so that the file is at every moment the old one or the new one, even if the process or the machine dies.

    A temporary file in the same folder is written, synced to the disk and then renamed over the old one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        with open(partial, "xb") as file:
            content = {"format": FORMAT, "config": json.dumps(config, allow_nan=False), "state": dict(state)}
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    if hasattr(os, "O_DIRECTORY"):  # the rename itself reaches the disk with its folder; Windows has no such call
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read(path: Path, device: torch.device | str = "cpu") -> tuple[dict[str, Tensor], dict[str, Any] | None]:
    """(state, config) of a file. A plain state dict of torch is read too; its config is None.

    FileNotFoundError if there is none; ValueError if it is damaged, or holds anything but arrays: code in it is never run.
    """
    try:
        content = torch.load(path, map_location=device, weights_only=True)
    except OSError:
        raise
    except pickle.UnpicklingError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path} holds more than arrays and text, or is damaged; nothing in it was run. {reason}") from error
    except Exception as error:  # torch tells a damaged file by whatever its reader stumbles over
        raise ValueError(f"{path} is not a readable checkpoint: {type(error).__name__}: {error}") from error
    config = None
    if isinstance(content, dict) and "format" in content:
        if content["format"] != FORMAT:
            raise ValueError(f"{path} has the format {content['format']!r}, this version of rpn_edu reads {FORMAT!r}")
        try:
            config, content = json.loads(content["config"]), content["state"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged: its config or its state cannot be read") from error
    if not isinstance(content, Mapping) or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in content.items()):
        raise ValueError(f"{path} holds no state of a model: a mapping from names to tensors was wanted")
    return dict(content), config


def under_names_of(state: Mapping[str, Tensor], names: Collection[str]) -> dict[str, Tensor]:
    """The state under a model's own names, whichever of the two torch.compile (`_orig_mod.`) or data-parallel (`module.`) has wrapped."""
    own = {_unwrapped(name): name for name in names}
    return {name if name in names else own.get(_unwrapped(name), name): value for name, value in state.items()}


def _unwrapped(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in ("module", "_orig_mod"))
