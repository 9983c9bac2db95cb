"""Train an RPN on one process or on many: the same script, the same batches, the same result.

    python examples/train_distributed.py --config examples/run.toml
    torchrun --standalone --nproc-per-node=2 examples/train_distributed.py --config examples/run.toml

Every process holds the whole model and a share of each batch (torch's DistributedDataParallel); with --shard it also holds only a share
of every learned number (fully_shard, FSDP2), for a ψ that is too large for one device. Stopped at any moment, the run goes on
from its last whole epoch when it is started again, on as many processes as you like. At its end the model is there for
`RPN.from_ckpt("ckpt", "digits.rpn")`.

Refused are models whose rows depend on each other: instance ξ, and normalization over the batch. Left out: data that do not fit into
memory (give each process a DataLoader of its own files), mixed precision, several machines with different devices.
"""

import argparse
import os
import time
import tomllib
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.distributed as dist
from torch.distributed.checkpoint import state_dict as whole
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import Shard
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

import rpn_edu as rpn
from rpn_edu.network import checkpoint

WHOLE = whole.StateDictOptions(full_state_dict=True, cpu_offload=True)
"""The learned numbers in one piece, on the CPU of the first process."""


def begin() -> torch.device:
    """Join the processes that torchrun has started, or be the only one. The device of this process."""
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if cuda else torch.device("cpu")
    alone = {} if "RANK" in os.environ else {"store": dist.HashStore(), "rank": 0, "world_size": 1}
    dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", **alone)
    return device


def spread(model: rpn.RPN, shard: bool) -> torch.nn.Module:
    """The model as many processes train it: whole on each, or each with a share of every learned number."""
    if not shard:
        return DistributedDataParallel(model)
    mesh = dist.init_device_mesh(model.device.type, (dist.get_world_size(),))
    for part in (*model.layers, model):
        fully_shard(part, mesh=mesh, shard_placement_fn=longest)
    return model


def longest(w: torch.Tensor) -> Shard:
    """Cut the longest side that divides by the number of processes: w is (channels, l), and one channel cannot be cut."""
    sides = [side for side in range(w.dim()) if w.shape[side] % dist.get_world_size() == 0]
    return Shard(max(sides, key=lambda side: w.shape[side], default=0))


def save(path: Path, model: torch.nn.Module, optimizer: torch.optim.Optimizer, run: dict, epoch: int) -> None:
    """All processes bring their shares together; the first one writes, and the file is at every moment the old one or the new one."""
    numbers = whole.get_model_state_dict(model, options=WHOLE)
    memory = whole.get_optimizer_state_dict(model, optimizer, options=WHOLE)
    if dist.get_rank() == 0:
        # What AdamW remembers of a parameter, such as "exp_avg of layers.0.heads.0.w".
        moments = {f"{key} of {name}": value for name, kept in memory["state"].items() for key, value in kept.items()}
        checkpoint.write(path, numbers | moments, {"run": run, "epoch": epoch, "settings": memory["param_groups"]})


def resume(path: Path, model: torch.nn.Module, optimizer: torch.optim.Optimizer, run: dict) -> int:
    """Take the run up where its checkpoint left it, and say how many epochs are done. ValueError for the checkpoint of another run."""
    if not path.exists():
        return 0
    tensors, told = checkpoint.read(path)
    if {**told["run"], "epochs": None} != {**run, "epochs": None}:  # more epochs than before are welcome
        raise ValueError(f"{path} is of another run: {told['run']}. Move it away, or name another checkpoint in the config")
    state: dict[str, dict[str, torch.Tensor]] = {}
    for name in [name for name in tensors if " of " in name]:
        key, parameter = name.split(" of ")
        state.setdefault(parameter, {})[key] = tensors.pop(name)
    whole.set_model_state_dict(model, tensors, options=WHOLE)
    whole.set_optimizer_state_dict(model, optimizer, {"state": state, "param_groups": told["settings"]}, options=WHOLE)
    return told["epoch"]


def batches(rows: int, run: dict, epoch: int) -> list[list[torch.Tensor]]:
    """The row numbers of this process: for each step of an epoch the parts whose gradients it adds up.

    Every process draws the same order and takes its share of every batch, so that the batches do not depend on how many there are.
    What is left at the end of an epoch is too few for a batch and has its turn in another epoch.
    """
    order = torch.randperm(rows, generator=torch.Generator().manual_seed(run["seed"] + epoch))
    steps = order[: rows // run["batch"] * run["batch"]].view(-1, run["batch"])
    return [list(step[dist.get_rank() :: dist.get_world_size()].chunk(run["parts"])) for step in steps]


def main(config: Path, shard: bool) -> None:
    """Train what the config describes, and say after every epoch how it stands."""
    with open(config, "rb") as file:
        run = tomllib.load(file)
    model = rpn.RPN.from_config(run["model"])
    for formula in (head for layer in model.formulas for head in layer):
        if formula.instance != rpn.interdependence.Independent() or formula.output.normalization == "batch":
            raise ValueError(f"{config}: rows that depend on each other cannot be shared out among processes, got {formula}")
    device, processes = begin(), dist.get_world_size()
    if run["batch"] % (processes * run["parts"]):
        raise ValueError(f"{config}: batch must divide by {processes} processes times {run['parts']} parts, got {run['batch']}")
    x, y, x_test, y_test = rpn.data.digits(device=device)
    torch.manual_seed(run["seed"])  # every process begins with the same numbers
    model = rpn.RPN.from_config(run["model"], device)
    described = model.to_config()
    model = spread(model, shard)
    optimizer = torch.optim.AdamW(model.parameters(), lr=run["lr"])
    path = Path(run["checkpoint"])
    done = resume(path, model, optimizer, run)
    if done >= run["epochs"] and dist.get_rank() == 0:
        print(f"{path}: all {run['epochs']} epochs are done. Remove it to begin anew, or raise epochs")
    for epoch in range(done, run["epochs"]):
        torch.manual_seed(run["seed"] + epoch * processes + dist.get_rank())  # dropout: other chances on each, the same after a rest
        model.train()
        start, total = time.perf_counter(), torch.zeros(2, device=device)  # the sum of losses, rows read right
        steps = batches(len(x), run, epoch)
        for parts in steps:
            for part in parts:
                last = part is parts[-1]
                if shard:
                    model.set_requires_gradient_sync(last)
                with nullcontext() if shard or last else model.no_sync():  # before the last part: add up, and do not talk yet
                    loss = cross_entropy(model(x[part]), y[part], reduction="sum")
                    (loss * processes / run["batch"]).backward()  # gradients are averaged over the processes
                total[0] += loss.detach()
            optimizer.step()
            optimizer.zero_grad()
        model.eval()
        share = slice(dist.get_rank(), None, processes)
        with torch.no_grad():
            total[1] = (model(x_test[share]).argmax(-1) == y_test[share]).sum()
        dist.all_reduce(total)
        save(path, model, optimizer, run, epoch + 1)
        if dist.get_rank() == 0:
            rows, seconds = len(steps) * run["batch"], time.perf_counter() - start
            said = f"loss {total[0] / rows:.4f}   {total[1] / len(x_test):.1%} of {len(x_test)} new rows"
            print(f"epoch {epoch + 1} of {run['epochs']}   {said}   {rows / seconds:,.0f} rows a second on {processes}", flush=True)
    numbers = whole.get_model_state_dict(model, options=WHOLE)
    if dist.get_rank() == 0:
        checkpoint.write(path.with_name(f"{path.name}.rpn"), numbers, described)  # what RPN.from_ckpt reads
    dist.destroy_process_group()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="Train an RPN on one process or, under torchrun, on many.")
    asked.add_argument("--config", type=Path, required=True, help="what to train, as TOML: see run.toml beside this file")
    asked.add_argument("--shard", action="store_true", help="each process holds a share of every learned number (FSDP2)")
    main(**vars(asked.parse_args()))
