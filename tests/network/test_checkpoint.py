"""Checkpoint files that are damaged, hostile or half written."""

import json
import os
import pickle
import random
import re
import socket
import zipfile
from pathlib import Path

import pytest
import torch

import rpn_edu as rpn
from rpn_edu import data, learn, zoo
from rpn_edu.network import checkpoint
from tests.help import formulas, shape_for

F16, F32, F64, BF16 = torch.float16, torch.float32, torch.float64, torch.bfloat16


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


# ---- numbers ------------------------------------------------------------------------------------------------------------------------


def small_batch_norm():
    torch.manual_seed(0)
    return rpn.RPN([3, 4, 2], rpn.Formula(rpn.expansion.Taylor(), output=rpn.Output(normalization="batch")))


def bits(tensor):
    return tensor.dtype, tensor.shape, tensor.detach().flatten().contiguous().view(torch.uint8).tolist()


def all_bits(model):
    return {name: bits(value) for name, value in model.state_dict().items()}


def in_one(dtype):
    return lambda model: model.to(dtype)


def frozen_in_float64(model):
    for name, buffer in model.named_buffers():
        if buffer.is_floating_point():
            owner, _, own = name.rpartition(".")
            setattr(model.get_submodule(owner), own, buffer.double())


def by_layer(model):
    for layer, dtype in zip(model.layers, (BF16, F64), strict=True):
        layer.to(dtype)


MIXTURES = {
    "float16": in_one(F16),
    "bfloat16": in_one(BF16),
    "float64": in_one(F64),
    "frozen float64": frozen_in_float64,
    "layers": by_layer,
}


@pytest.mark.parametrize("formula", list(formulas()), ids=repr)
def test_every_mixture_of_dtypes_comes_back_bit_for_bit(formula, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: None)  # nothing dies here
    m = shape_for(formula)[1]
    for mix in MIXTURES.values():
        torch.manual_seed(0)
        model = rpn.RPN([m, m, m], formula)
        mix(model)
        model.save_ckpt(tmp_path)
        torch.manual_seed(1)
        again = rpn.RPN.from_ckpt(tmp_path)
        assert all_bits(again) == all_bits(model)
        assert [p.requires_grad for p in again.parameters()] == [True] * len(list(model.parameters()))


def test_batch_norm_in_float32_beside_half_keeps_a_variance_that_half_cannot_hold(tmp_path):
    model = small_batch_norm().half()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.float().running_var.fill_(70_000)
            module.num_batches_tracked.fill_(2**40 + 1)
    model.save_ckpt(tmp_path)
    again = rpn.RPN.from_ckpt(tmp_path)
    assert all_bits(again) == all_bits(model) and again.layers[0].heads[0].output[0].running_var[0] == 70_000
    with pytest.raises(
        RuntimeError, match=r"nothing was loaded: .*running_var holds torch.float32 there, which torch.float16 here cannot hold"
    ):
        model.half().load_ckpt(tmp_path)


@pytest.mark.parametrize("default", [F32, F64])
def test_the_default_dtype_of_the_reader_changes_nothing(default, tmp_path):
    small().save_ckpt(tmp_path)
    before = torch.get_default_dtype()
    torch.set_default_dtype(default)
    try:
        assert all_bits(rpn.RPN.from_ckpt(tmp_path)) == all_bits(small_in(F32))
    finally:
        torch.set_default_dtype(before)


def small_in(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(F32)
    try:
        return small().to(dtype)
    finally:
        torch.set_default_dtype(before)


@pytest.mark.parametrize("theirs", [F16, BF16, F32, F64])
@pytest.mark.parametrize("ours", [F16, BF16, F32, F64])
def test_load_ckpt_keeps_the_models_dtype_and_rounds_as_torch_does(ours, theirs, tmp_path):
    small().to(theirs).save_ckpt(tmp_path)
    model = small().to(ours)
    model.load_ckpt(tmp_path)
    assert all_bits(model) == {name: bits(value.to(theirs).to(ours)) for name, value in small().state_dict().items()}


def test_views_tied_and_frozen_numbers_come_back_as_values(tmp_path):
    model = rpn.RPN([3, 3, 3])
    heads = [layer.heads[0] for layer in model.layers]
    heads[0].w = heads[1].w = torch.nn.Parameter(torch.randn(9, 100).T[::100], requires_grad=False)  # a view of a hundred times as many
    model.save_ckpt(tmp_path)
    again = rpn.RPN.from_ckpt(tmp_path)
    ours = [layer.heads[0].w for layer in again.layers]
    assert all_bits(again) == all_bits(model) and all(w.requires_grad for w in ours)
    with torch.no_grad():
        ours[0].fill_(0)
    assert not torch.equal(ours[0], ours[1]), "two parameters, not one in two places"
    model.load_ckpt(tmp_path)
    assert heads[0].w is heads[1].w and not heads[0].w.requires_grad


# ---- a load that fits in part -------------------------------------------------------------------------------------------------------


def test_a_load_that_is_not_strict_hands_back_what_was_missing_and_what_was_left_over_as_torch_does(tmp_path):
    model = rpn.RPN([3, 4, 2], rpn.Formula(bias=True))
    model.save_ckpt(tmp_path)
    assert model.load_ckpt(tmp_path) is None and model.load_ckpt(tmp_path, strict=False) == ([], [])
    bare = rpn.RPN([3, 4, 2])
    found = bare.load_ckpt(tmp_path, strict=False)
    assert found == bare.load_state_dict(model.state_dict(), strict=False)
    assert found.unexpected_keys == ["layers.0.heads.0.bias", "layers.1.heads.0.bias"] and found.missing_keys == []
    torch.save({"theirs": torch.zeros(1)}, tmp_path / "foreign")
    assert model.load_ckpt(tmp_path, "foreign", strict=False) == (list(model.state_dict()), ["theirs"])


MISFITS = {
    "missing": (lambda state: state.pop("layers.1.heads.0.bias"), "layers.1.heads.0.bias is missing", True),
    "left over": (lambda state: state.update(theirs=torch.zeros(1)), "theirs is left over", True),
    "shape": (
        lambda state: state.update({"layers.1.heads.0.bias": torch.zeros(3)}),
        r"bias has the shape \(3,\) there and \(2,\) here",
        False,
    ),
    "whole": (
        lambda state: state.update({"layers.1.heads.0.bias": torch.ones(2, dtype=torch.int64)}),
        "bias holds torch.int64 there",
        False,
    ),
    "complex": (lambda state: state.update({"layers.1.heads.0.bias": torch.ones(2) * 1j}), "bias holds torch.complex64 there", False),
    "large": (
        lambda state: state.update({"layers.1.heads.0.bias": torch.full((2,), 1e300, dtype=F64)}),
        "bias holds torch.float64 there",
        False,
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_numbers_that_do_not_fit_are_refused_before_any_is_loaded(name, tmp_path):
    spoil, said, strict_only = MISFITS[name]
    other, model = rpn.RPN([3, 4, 2], rpn.Formula(bias=True)), rpn.RPN([3, 4, 2], rpn.Formula(bias=True))
    state = other.state_dict()
    spoil(state)
    torch.save(state, tmp_path / "checkpoint")
    before = all_bits(model)
    for strict in (True,) if strict_only else (True, False):
        with pytest.raises(RuntimeError, match=f"checkpoint does not fit this model, and nothing was loaded: .*{said}"):
            model.load_ckpt(tmp_path, strict=strict)
        assert all_bits(model) == before


def test_many_misfits_are_told_in_one_short_sentence(tmp_path):
    rpn.RPN([3] * 9).save_ckpt(tmp_path)
    torch.save(rpn.RPN([3] * 9).state_dict(), tmp_path / "plain")
    with pytest.raises(RuntimeError, match="layers.7.heads.0.w is missing|and 4 more"):
        rpn.RPN([2] * 9).load_ckpt(tmp_path, "plain")


def test_a_name_that_a_wrapper_also_makes_is_loaded_once_and_the_other_is_left_over(tmp_path):
    model, wanted = rpn.RPN([2, 1]), torch.tensor([[1.0, 2.0]])
    torch.save({"layers.0.heads.0.w": wanted, "module.layers.0.heads.0.w": wanted + 5}, tmp_path / "checkpoint")
    assert model.load_ckpt(tmp_path, strict=False).unexpected_keys == ["module.layers.0.heads.0.w"]
    assert torch.equal(model.layers[0].heads[0].w, wanted)


class Odd(rpn.Model):
    """A user's model whose config or state no file can give back."""

    def __init__(self, config=None, extra=None):
        super().__init__()
        self.w = torch.nn.Parameter(torch.ones(2))
        self.config, self.extra = config, extra

    def forward(self, x):
        return x * self.w

    def to_config(self):
        return self.config

    def get_extra_state(self):
        return self.extra

    def set_extra_state(self, state):
        pass


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Odd({"a": torch.ones(1)}, torch.ones(1)), "to_config must give what JSON can hold"),
        (Odd({"a": float("nan")}, torch.ones(1)), "to_config must give what JSON can hold"),
        (Odd(None, {"epoch": 3}), "a checkpoint holds tensors with numbers, but _extra_state is {'epoch': 3}"),
        (rpn.RPN([2, 1], device="meta"), r"a checkpoint holds tensors with numbers, but layers\.0\.heads\.0\.w is on the meta device"),
    ],
    ids=["tensor", "nan", "extra state", "meta"],
)
def test_what_could_not_be_read_back_is_not_saved(model, said, tmp_path):
    with pytest.raises((TypeError, ValueError), match=said):
        model.save_ckpt(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_lazy_model_takes_the_shapes_of_the_file(tmp_path):
    class Lazy(Odd):
        def __init__(self):
            super().__init__(extra=torch.ones(1))
            self.linear = torch.nn.LazyLinear(2)

    first, second = Lazy(), Lazy()
    first.linear(torch.ones(1, 3))
    first.save_ckpt(tmp_path)
    second.load_ckpt(tmp_path)
    assert torch.equal(first.linear.weight, second.linear.weight)


def test_a_description_that_this_version_cannot_build_names_the_file_and_the_component(tmp_path):
    model = small()
    wrong = {
        "expansion": (LookupError, "no expansion is called 'Tailor'; did you mean Taylor", ("expansion.Taylor", "expansion.Tailor")),
        "field": (TypeError, "Taylor has no hyperparameter 'ordre'; did you mean order", ("order", "ordre")),
        "key": (ValueError, "missing or unknown here: depth", ('"dims"', '"depth": 3, "dims"')),
        "list": (TypeError, "formulas must be a list of heads for each layer, got {}", (json.dumps(model.to_config()["formulas"]), "{}")),
    }
    for name, (error, said, (old, new)) in wrong.items():
        config = json.dumps(model.to_config())
        assert old in config
        torch.save({"format": checkpoint.FORMAT, "config": config.replace(old, new), "state": model.state_dict()}, tmp_path / name)
        with pytest.raises(error, match=f"{name} describes a model that cannot be built here: .*{said}"):
            rpn.RPN.from_ckpt(tmp_path, name)


# ---- devices ------------------------------------------------------------------------------------------------------------------------

TAKES_A_DEVICE = {
    "RPN": lambda device, folder: rpn.RPN([2, 1], device=device),
    "from_config": lambda device, folder: rpn.RPN.from_config(rpn.RPN([2, 1]).to_config(), device),
    "from_ckpt": lambda device, folder: rpn.RPN.from_ckpt(folder, device=device),
    "fit.device": lambda device, folder: learn.device(device),
    **{
        name: lambda device, folder, make=make: make(device=device)
        for name, make in vars(data).items()
        if name in ("digits", "iris", "karate", "curve", "moons")
    },
    "sample": lambda device, folder: data.equation("E.14").sample(4, device=device),
    "mlp": lambda device, folder: zoo.mlp([2, 1], device=device),
    "svm": lambda device, folder: zoo.svm(2, 1, device=device),
    "gcn": lambda device, folder: zoo.gcn([2, 1], links=((0, 1),), device=device),
}


@pytest.mark.parametrize("name", TAKES_A_DEVICE)
def test_a_device_that_is_not_there_or_none_is_told_as_such(name, tmp_path):
    small().save_ckpt(tmp_path)
    gone = "cuda:99"
    with pytest.raises(ValueError, match=rf"device='{gone}' is not there on this machine; auto takes the best device that is$"):
        TAKES_A_DEVICE[name](gone, tmp_path)
    for none in ("gpu", "CPU", "cuda:x", 3.5):
        with pytest.raises(ValueError, match=re.escape(f"device must be cpu, cuda, mps or auto, got {none!r}")):
            TAKES_A_DEVICE[name](none, tmp_path)


# ---- files and paths ----------------------------------------------------------------------------------------------------------------


def archive(path, **files):
    with zipfile.ZipFile(path, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)


STRANGE = {
    "empty": (lambda path: path.touch(), "is no checkpoint: it is empty"),
    "text": (lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"), "is no checkpoint: it is a text"),
    "numpy": (lambda path: path.write_bytes(b"\x93NUMPY\x01\x00" + bytes(99)), "is no checkpoint: it is an array of NumPy: numpy.load"),
    "npz": (lambda path: archive(path, **{"w.npy": "..."}), "is no checkpoint: it is a zip file that holds w.npy"),
    "zip": (lambda path: archive(path), "is no checkpoint: it is a zip file that holds nothing"),
    "safetensors": (lambda path: path.write_bytes((16).to_bytes(8, "little") + b'{"w":{}}        '), "safetensors.torch.load_file"),
    "hdf5": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99)), "is no checkpoint: it is an HDF5 file"),
    "noise": (lambda path: path.write_bytes(bytes(range(1, 200))), "is no checkpoint: it begins as none does"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps({"w": [1.0]})), "nothing in it was run|is a damaged checkpoint"),
    "whole model": (lambda path: torch.save(small(), path), "holds more than arrays and text, or is damaged; nothing in it was run"),
    "training": (lambda path: torch.save({"epoch": 3, "model": small().state_dict()}, path), "holds no state of a model.*'epoch', 'model'"),
    "script": (lambda path: torch.jit.trace(torch.nn.Linear(2, 1), torch.ones(1, 2)).save(path), "TorchScript"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_why_a_file_is_no_checkpoint_is_told_in_a_sentence_of_its_own(name, tmp_path):
    make, said = STRANGE[name]
    make(tmp_path / "a")
    with pytest.raises(ValueError, match=said):
        small().load_ckpt(tmp_path, "a")


def test_a_file_that_is_cut_off_or_cannot_be_read_says_so(tmp_path):
    model = small()
    model.save_ckpt(tmp_path, "moons")
    (tmp_path / "cut").write_bytes((tmp_path / "moons").read_bytes()[:-100])
    with pytest.raises(ValueError, match="cut is no checkpoint: it is cut off or damaged"):
        model.load_ckpt(tmp_path, "cut")
    with pytest.raises(FileNotFoundError, match="moon cannot be read: there is no such file; did you mean moons?"):
        model.load_ckpt(tmp_path, "moon")
    with pytest.raises(FileNotFoundError, match="there is no such file and no folder .*nowhere"):
        model.load_ckpt(tmp_path / "nowhere", "moons")
    with pytest.raises(IsADirectoryError, match="cannot be read: a folder is there"):
        model.load_ckpt(tmp_path.parent, tmp_path.name)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="pipe cannot be read: what is there is no file"):  # and does not wait for ever
        model.load_ckpt(tmp_path, "pipe")


def test_the_home_folder_is_meant_by_its_sign(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    model = small()
    model.save_ckpt("~/ckpt", "a")
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "home", tmp_path / "home/ckpt", tmp_path / "home/ckpt/a"]
    for folder in ("~/ckpt", Path("~/ckpt"), b"~/ckpt", tmp_path / "home/ckpt"):
        model.load_ckpt(folder, "a")
        assert all_bits(rpn.RPN.from_ckpt(folder, "a")) == all_bits(model)


@pytest.mark.parametrize(
    "name", ["a b ", " a", "a.", "Übung", "🙂", "..a", "a\\b", "new\nline", "ä" * 127, "deep/er/a", Path("a"), b"a", "con", "-rf", "~a~"]
)
def test_every_name_that_a_file_system_allows_is_a_name(name, tmp_path):
    model = small()
    model.save_ckpt(tmp_path / "ckpt ", name)
    assert [path for path in (tmp_path / "ckpt ").rglob("*") if path.is_file()] == [tmp_path / "ckpt " / os.fsdecode(name)]
    assert all_bits(rpn.RPN.from_ckpt(tmp_path / "ckpt ", name)) == all_bits(model)


@pytest.mark.parametrize("name", ["", ".", "..", "/tmp/a", "../a", "a/../../b", "~/a", "a\0b", None, 3])
def test_what_names_no_file_in_the_folder_is_refused_for_saving_and_loading(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = small()
    for call in (model.save_ckpt, model.load_ckpt, rpn.RPN.from_ckpt):
        with pytest.raises((ValueError, TypeError), match=rf"{call.__name__}.checkpoint_file must be .*, got {re.escape(repr(name))}$"):
            call(tmp_path / "ckpt", name)
    for folder in (None, 3, "a\0b"):
        with pytest.raises((ValueError, TypeError), match=rf"{call.__name__}.cache_dir must be a path, got {re.escape(repr(folder))}$"):
            call(folder, "a")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_over_stays_and_is_told(tmp_path):
    model = small()
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "device"))
    for folder, name, said in (
        (tmp_path, "folder", "folder cannot be written: a folder is there"),
        (tmp_path, "device", "device cannot be written: what is there is no file"),
        (tmp_path / "file", "a", "save_ckpt.cache_dir must be a folder, but .*/file is a file"),
        (tmp_path, "x" * 256, "x cannot be written: File name too long"),
    ):
        with pytest.raises(OSError, match=said):
            model.save_ckpt(folder, name)
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "file", "device"} and (tmp_path / "file").read_text() == "mine"


def test_a_protected_folder_or_file_is_told_and_a_private_file_stays_private(tmp_path, monkeypatch):
    model = small()
    model.save_ckpt(tmp_path)
    (tmp_path / "checkpoint").chmod(0o600)
    model.save_ckpt(tmp_path)
    assert (tmp_path / "checkpoint").stat().st_mode & 0o777 == 0o600
    real = os.access  # root may write everything
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and real(path, mode))
    with pytest.raises(PermissionError, match="checkpoint cannot be written: the file that is there is write-protected"):
        model.save_ckpt(tmp_path)


def test_a_link_is_written_through(tmp_path):
    model = small()
    (tmp_path / "best").symlink_to(tmp_path / "runs" / "7")
    for _ in range(2):
        model.save_ckpt(tmp_path, "best")
        assert (tmp_path / "best").is_symlink() and (tmp_path / "runs/7").is_file()
    model.load_ckpt(tmp_path, "best")


def test_a_relative_folder_is_that_of_the_moment(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        small().save_ckpt()
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("checkpoint")} == {"one/ckpt/checkpoint", "two/ckpt/checkpoint"}


def test_a_path_to_the_file_in_place_of_its_folder_is_told_with_both_parts(tmp_path):
    model = rpn.RPN([2, 1])
    model.save_ckpt(tmp_path, "a")
    for ask in (
        lambda: rpn.RPN.from_ckpt(tmp_path / "a"),
        lambda: model.load_ckpt(tmp_path / "a"),
        lambda: model.save_ckpt(tmp_path / "a"),
    ):
        with pytest.raises(NotADirectoryError, match=r"is a file: give folder and name apart, \w+\('.*', 'a'\)"):
            ask()
    with pytest.raises(FileNotFoundError, match="there is no such file; the folder holds a$"):
        rpn.RPN.from_ckpt(tmp_path, "quite another")


def test_a_whole_model_of_torch_is_refused_in_plain_words(tmp_path):
    torch.save(rpn.RPN([2, 1]), tmp_path / "whole")
    with pytest.raises(
        ValueError, match=r"nothing in it was run. torch.save\(model\) makes such files: save model.state_dict\(\)"
    ) as refusal:
        rpn.RPN.from_ckpt(tmp_path, "whole")
    assert str(refusal.value).isprintable()
