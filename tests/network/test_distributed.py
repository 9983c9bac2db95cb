"""examples/train_distributed.py: one process, two that share the batches, two that share the numbers, and runs that were killed."""

import os
import re
import runpy
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

import rpn_edu as rpn
from rpn_edu.network import checkpoint

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPT = str(EXAMPLES / "train_distributed.py")
TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}


def described(folder: Path, within: str = "", **changes: object) -> Path:
    """The shipped config with other words in some of its lines, and `within` in its first formula."""
    lines = (EXAMPLES / "run.toml").read_text().replace("bias = true", f"bias = true{within}", 1).splitlines()
    for name, value in changes.items():
        place = next(i for i, line in enumerate(lines) if line.startswith(f"{name} = "))
        lines[place] = f"{name} = {value}"
    config = folder / "run.toml"
    config.write_text("\n".join(lines))
    return config


def by_two(folder: Path, *options: str, **changes: object) -> None:
    """Run the script on two processes."""
    command = [sys.executable, *TWO, SCRIPT, "--config", str(described(folder, **changes)), *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300, env=ONE_THREAD)
    assert done.returncode == 0, done.stderr[-3000:]


@contextmanager
def script(folder: Path):
    """`main` of the script, to be called in a folder by this process alone."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield runpy.run_path(SCRIPT)["main"]
    finally:
        os.chdir(before)
        if dist.is_initialized():
            dist.destroy_process_group()


def state(folder: Path) -> dict[str, torch.Tensor]:
    return checkpoint.read(folder / "ckpt" / "digits")[0]


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory) -> Path:
    """Three epochs of 21 steps without a break, on one process."""
    folder = tmp_path_factory.mktemp("whole")
    with script(folder) as main:
        main(described(folder, epochs=3), shard=False)
    return folder


def test_one_process_trains_as_a_loop_of_ten_lines_does(whole_run):
    x, y, *_ = rpn.data.digits()
    torch.manual_seed(0)
    model = rpn.RPN([64, 32, 10], rpn.Formula(rpn.expansion.Taylor(), rpn.reconciliation.LowRank(rank=4), bias=True))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
    for epoch in range(3):
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(epoch))
        for k in range(len(x) // 64):
            rows = order[64 * k : 64 * k + 64]
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
    there = rpn.RPN.from_ckpt(whole_run / "ckpt", "digits.rpn")
    for mine, its in zip(model.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(its, mine, rtol=0, atol=1e-5)  # sums in another order


def test_two_processes_give_what_one_gives_whether_they_share_batches_or_numbers(whole_run, tmp_path):
    folders = [tmp_path / name for name in ("batches", "numbers")]
    for folder, options in zip(folders, ([], ["--shard"]), strict=True):
        folder.mkdir()
        by_two(folder, *options, epochs=3)
    one, ddp, fsdp = map(state, (whole_run, *folders))
    assert one.keys() == ddp.keys() == fsdp.keys() and len(one) >= 12
    for name, value in one.items():
        torch.testing.assert_close(ddp[name], value, rtol=0, atol=1e-5)
        torch.testing.assert_close(fsdp[name], ddp[name], rtol=0, atol=1e-7)


def test_a_run_that_was_killed_goes_on_and_ends_as_if_nothing_had_happened(whole_run, tmp_path, capsys):
    config = described(tmp_path, epochs=3)
    command = [sys.executable, "-W", "error", SCRIPT, "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=ONE_THREAD) as run:
        assert run.stdout.readline().startswith("epoch 1 of 3")
        run.send_signal(signal.SIGKILL)  # the next epoch has begun, or is over
    with script(tmp_path) as main:
        main(config, shard=False)
    assert "epoch 1 of 3" not in capsys.readouterr().out, "what was done is done again"
    killed, uninterrupted = state(tmp_path), state(whole_run)
    assert killed.keys() == uninterrupted.keys()
    for name, value in uninterrupted.items():
        assert torch.equal(killed[name], value), name


def test_a_run_with_dropout_goes_on_after_a_rest_as_without_one_and_is_judged_without_dropout(tmp_path, capsys):
    folders = [tmp_path / name for name in ("whole", "rested")]
    for folder, rests in zip(folders, ([2], [1, 2]), strict=True):
        folder.mkdir()
        for epochs in rests:
            with script(folder) as main:
                main(described(folder, ', output = { type = "Output", dropout = 0.5 }', epochs=epochs), shard=False)
    whole, rested = map(state, folders)
    assert whole.keys() == rested.keys() and all(torch.equal(rested[name], value) for name, value in whole.items())
    model, (_, _, x, y) = rpn.RPN.from_ckpt(folders[0] / "ckpt", "digits.rpn").eval(), rpn.data.digits()
    said = re.findall(r"epoch 2 of 2 .*?([\d.]+)% of 450 new rows", capsys.readouterr().out)
    assert said == [f"{100 * (model(x).argmax(-1) == y).double().mean():.1f}"] * 2


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"parts": 3}, "batch must divide by 1 processes times 3 parts, got 64"),
        ({"lr": 0.1}, "is of another run"),
        ({"within": ', instance = { type = "interdependence.Chain" }'}, "rows that depend on each other cannot be shared out"),
        ({"within": ', output = { type = "Output", normalization = "batch" }'}, "rows that depend on each other cannot be shared out"),
    ],
    ids=["batch", "another run", "instance", "batch normalization"],
)
def test_what_does_not_fit_is_refused_in_a_sentence(whole_run, changes, words):
    with script(whole_run) as main, pytest.raises(ValueError, match=words):
        main(described(whole_run, **({"epochs": 4} | changes)), shard=False)


def test_the_sweep_on_the_page_reads_more_digits_with_every_rank(capsys):
    page = (EXAMPLES.parent / "notebooks/scale.md").read_text(encoding="utf-8")
    (sweep,) = re.findall(r"```python\n(.*?)```", page, re.S)
    assert "n_jobs=2" in sweep
    exec(compile(sweep.replace("n_jobs=2", "n_jobs=1"), "scale.md", "exec"), {})
    shares = [float(share) for share in re.findall(r"rank \d: ([\d.]+)%", capsys.readouterr().out)]
    assert len(shares) == 4 and shares == sorted(shares) and shares[0] < 50 < 90 < shares[-1]


def test_the_page_names_every_command_and_file_that_is_there():
    page = (EXAMPLES.parent / "notebooks/scale.md").read_text(encoding="utf-8")
    assert set(re.findall(r"examples/[\w.]+", page)) == {f"examples/{path.name}" for path in EXAMPLES.iterdir() if path.is_file()}
