"""Checkpoint files that are damaged, hostile or half written."""

import os
import random

import pytest
import torch

import rpn_edu as rpn
from rpn_edu import checkpoint


def small():
    torch.manual_seed(0)
    return rpn.RPN([3, 4, 2], rpn.Formula(rpn.expansion.Taylor(), rpn.reconciliation.LowRank()))


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_a_pickle_bomb_is_refused_and_never_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"state": Bomb()}, tmp_path / "checkpoint")
    with pytest.raises(ValueError, match="nothing in it was run"):
        small().load_ckpt(tmp_path)
    assert not (tmp_path / "exploded").exists()


def test_damaged_foreign_and_missing_files_are_told_apart(tmp_path):
    one = small()
    one.save_ckpt(tmp_path)
    whole = (tmp_path / "checkpoint").read_bytes()
    for broken in (whole[: len(whole) // 2], b"", b"hello"):
        (tmp_path / "checkpoint").write_bytes(broken)
        with pytest.raises(ValueError, match="checkpoint"):
            one.load_ckpt(tmp_path)
    torch.save({"format": "rpn_edu checkpoint 9", "config": "null", "state": {}}, tmp_path / "checkpoint")
    with pytest.raises(ValueError, match="checkpoint 9"):
        one.load_ckpt(tmp_path)
    for foreign in ([1, 2], {1: torch.zeros(1)}, {"a": 1}, torch.zeros(2)):
        torch.save(foreign, tmp_path / "checkpoint")
        with pytest.raises(ValueError, match="holds no state of a model"):
            one.load_ckpt(tmp_path)
    for half in ({}, {"config": "null"}, {"config": "{", "state": {}}, {"config": 3, "state": {}}):
        torch.save({"format": "rpn_edu checkpoint 1", **half}, tmp_path / "checkpoint")
        with pytest.raises(ValueError, match="is damaged"):
            one.load_ckpt(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        one.load_ckpt(tmp_path, "folder")
    with pytest.raises(FileNotFoundError):
        one.load_ckpt(tmp_path, "nowhere")


@pytest.mark.parametrize("stage", ["fsync", "replace"])
def test_a_failure_at_any_stage_of_saving_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch, stage):
    one = small()
    one.save_ckpt(tmp_path)
    before = (tmp_path / "checkpoint").read_bytes()

    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(os, stage, fail)
    with torch.no_grad():
        one.layers[0].heads[0].w.fill_(9)
    with pytest.raises(OSError, match="disk full"):
        one.save_ckpt(tmp_path)
    assert (tmp_path / "checkpoint").read_bytes() == before and [path.name for path in tmp_path.iterdir()] == ["checkpoint"]


def test_a_folder_that_cannot_be_synced_after_the_rename_is_told_and_the_new_file_is_whole(tmp_path, monkeypatch):
    calls, real = [], os.fsync

    def second_fails(file):
        calls.append(file)
        if len(calls) == 2:
            raise OSError("folder")
        real(file)

    monkeypatch.setattr(os, "fsync", second_fails)
    with pytest.raises(OSError, match="folder"):
        small().save_ckpt(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"] and rpn.RPN.from_ckpt(tmp_path).dims == [3, 4, 2]


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_a_file_with_any_bytes_broken_is_read_or_refused_and_never_surprises(tmp_path, legacy):
    one, file, draw = small(), tmp_path / "checkpoint", random.Random(0)
    one.save_ckpt(tmp_path)
    if legacy:
        torch.save(one.state_dict(), file, _use_new_zipfile_serialization=False)
    whole, read = file.read_bytes(), 0
    for trial in range(150):
        broken = bytearray(whole)
        for _ in range(trial % 4 + 1):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        file.write_bytes(broken[: draw.randrange(len(broken))] if trial % 4 == 3 else broken)
        try:
            checkpoint.read(file)
            read += 1
        except ValueError as refused:
            assert str(file) in str(refused)
    assert read < 150
