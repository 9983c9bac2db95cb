"""An answer compared with what is right. Common mistakes are derived from what is right, and the one that matches is named."""

import sysconfig
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TypeVar

import torch
from torch import Tensor

from ..shared import given
from .checking import Near, Waiting, Wrong

T = TypeVar("T")
Otherwise = Callable[[int, Tensor, Tensor], str]
"""What is said where no mistake explains an answer: of the number of the case, what is right, (...), and what was given, (...)."""
CLOSE = 1e-4, 1e-6
"""How far a number may be from what is right: relative to it, and around 0."""
PLACES = (str(Path(__file__).parents[1]), *map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")), "<string>", "<frozen")
"""How the files begin whose lines no learner has written: of this package, of others, and of code that is made on the way."""


def unless(holds: Any, says: str) -> None:
    """Wrong, with this sentence, unless the condition holds."""
    if not holds:
        raise Wrong(says)


def explained(by_it: Any, says: str) -> None:
    """Near, with this sentence, where it explains an answer whole."""
    if by_it:
        raise Near(says)


def instance(answer: Any, kind: type[T], wanted: str) -> T:
    """The answer if it is of this kind. Wrong, with the near miss, if it is not: a class is an answer whose brackets are forgotten."""
    no_class(answer)
    if not isinstance(answer, kind):
        raise Wrong(f"{wanted} was wanted, yours is {brief(answer)}.")
    return answer


def no_class(answer: Any) -> None:
    """Wrong for a class in the place of what it makes."""
    if isinstance(answer, type):
        raise Wrong(f"{answer.__name__} is a class: did you forget the brackets of {answer.__name__}()?")


def numbers(answer: Any) -> Tensor:
    """The numbers of an answer, (...), written as a number, a list, an array, a tensor of any dtype.

    Wrong, with the words of a TypeError or ValueError, for anything else.
    """
    no_class(answer)
    if callable(answer):
        raise Wrong(f"Numbers were wanted, yours is {brief(answer)}: did you forget to call it?")
    named = getattr(type(answer), "__match_args__", ()) if isinstance(answer, tuple) else ()
    unless(not named, f"Your answer holds several things: {', '.join(named)}. Take the one that is asked for, as in .{[*named, ''][0]}.")
    try:
        return given.tensor("Your answer", answer).detach().to("cpu", torch.float64)
    except (TypeError, ValueError) as error:
        raise Wrong(f"{error}.") from None


# ---- numbers and functions that give numbers --------------------------------------------------------------------------------------


def same(answer: Any, right: Any, otherwise: str | Otherwise, near: Mapping[str, Any] | None = None) -> None:
    """Wrong unless the answer has these numbers, (...). `near` are mistakes, by the sentence that names each."""
    mistakes = {says: [numbers(wrong)] for says, wrong in (near or {}).items()}
    compare([numbers(answer)], [numbers(right)], mistakes, otherwise if callable(otherwise) else lambda *_: otherwise)


def writes(answer: Any, right: Callable[..., Any], *cases: tuple[Any, ...], near: Mapping[str, Callable[..., Any]] | None = None) -> None:
    """Wrong unless a function of the learner's gives the same numbers as `right` for all cases; Waiting where it returns nothing.

    `near` are mistakes: functions of the same arguments, by the sentence that names each.
    """
    no_class(answer)
    if not callable(answer):
        raise Wrong(f"A function was wanted, yours is {brief(answer)}: hand over its name, without brackets.")
    found: list[Tensor] = []
    for case in cases:
        got = called(answer, case)
        if got is None and not found:
            raise Waiting
        unless(got is not None, f"For {told(case)} your function gives None: does every way through it end with return?")
        found.append(numbers(got))

    def otherwise(k: int, wanted: Tensor, got: Tensor) -> str:
        at = (~torch.isclose(got, wanted, *CLOSE)).nonzero()[0].tolist()  # the first of them; of a single number no place
        place = f" the number at {at}, counted from 0," if at else " it"
        return f"For {told(cases[k])}{place} should be {wanted[*at].item():.4g}, yours is {got[*at].item() + 0.0:.4g}."

    mistakes = {says: [numbers(wrong(*case)) for case in cases] for says, wrong in (near or {}).items()}
    compare(found, [numbers(right(*case)) for case in cases], mistakes, otherwise)


def called(answer: Callable[..., Any], case: tuple[Any, ...]) -> Any:
    """What a function of the learner's makes of copies of a case: in float64, or in float32 where its own numbers are of that dtype."""

    def told_in(dtype: torch.dtype) -> Any:
        return heard(answer, *(value.to(dtype, copy=True) if isinstance(value, Tensor) else value for value in case))

    try:
        return told_in(torch.float64)
    except Wrong:
        with suppress(Wrong):
            return told_in(torch.float32)
        raise


def heard(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """What something of the learner's answers. If it raises, Wrong: with the call, its error and the learner's own line."""
    try:
        return call(*given, **named)
    except (Exception, SystemExit) as error:  # exit() would end the kernel
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(PLACES)]
        line = f" ({_joined(f'your line {own[-1].lineno}', own[-1].line)})" if own else ""
        why = _joined(type(error).__name__, " ".join(str(error).split()).rstrip("."))
        raise Wrong(f"{_spelled(call)}({told(given)}) stops with {why}{line}.") from None


def without(answer: Any, *words: str) -> None:
    """Wrong where a function of the learner's uses one of these names: the exercise is to do their work by hand."""
    used = set(_names(answer.__code__)) if hasattr(answer, "__code__") else {getattr(answer, "__name__", "")}
    for word in words:
        unless(word not in used, f"The numbers are right, but {word} does the work. Write it without.")


def compare(
    found: Sequence[Tensor],
    wanted: Sequence[Tensor],
    mistakes: Mapping[str, Sequence[Tensor]],
    otherwise: Otherwise,
) -> None:
    """Wrong unless all that was found, (...) each, is what was wanted: Near with the mistake that explains it, or where they differ."""
    if _alike(found, wanted):
        return
    for says, mistake in (*mistakes.items(), *derived(wanted)):
        explained(_alike(found, mistake), says)
    for got, right in zip(found, wanted):
        if _fitted(got, right) is None:
            raise Wrong(f"The shape {tuple(right.shape)} was wanted, yours is {tuple(got.shape)}{_why(got, right)}.")
    unless(not any(got.isnan().any() for got in found), "Some of your numbers are nan, which is no number: was something divided by 0?")
    fitted = [got.reshape(right.shape) for got, right in zip(found, wanted)]
    yours, ours = (torch.cat([part.flatten() for part in parts]) for parts in (fitted, wanted))
    by, more = ((yours @ ours) / (ours @ ours)).item(), (yours - ours).mean().item()
    several = len(ours) > 2  # one or two numbers are easily some multiple of others
    scaled, moved = ([part * by for part in wanted], [part + more for part in wanted])
    explained(several and by and _alike(fitted, scaled), f"Every number is {by:.4g} times what it should be.")
    off = f"{abs(more):.4g} too {'large' if more > 0 else 'small'}."
    explained(several and _alike(fitted, moved), f"Every number is {off}")
    unless(len(ours) > 1 or abs(more) != 1, f"This is {off}")
    k = next(k for k in range(len(fitted)) if not _alike(fitted[k : k + 1], wanted[k : k + 1]))
    raise Wrong(otherwise(k, wanted[k], fitted[k]))


def derived(wanted: Sequence[Tensor]) -> Iterator[tuple[str, list[Tensor]]]:
    """The mistakes that can be made with any numbers, (...) each, by the sentence that names them."""
    wanted = [right.squeeze() for right in wanted]
    yield "The sign is the other way round.", [-right for right in wanted]
    if all(right.dim() > 1 for right in wanted):
        yield "Rows and columns have changed places: it is transposed.", [right.mT for right in wanted]
    if all(right.dim() and right.shape[-1] > 1 for right in wanted):
        yield "The order is reversed.", [right.flip(-1) for right in wanted]
        for way, side in ((1, "right"), (-1, "left")):
            yield f"Everything stands one place too far to the {side}.", [right.roll(way, -1) for right in wanted]
        for k in range(min(right.shape[-1] for right in wanted)):
            rest = [torch.cat([right[..., :k], right[..., k + 1 :]], -1) for right in wanted]
            yield f"{'Column' if wanted[0].dim() > 1 else 'Number'} {k + 1} is missing.", rest


# ---- words ------------------------------------------------------------------------------------------------------------------------


def told(case: tuple[Any, ...]) -> str:
    """The arguments of a call, in a few words."""
    return ", ".join(map(brief, case))


def brief(value: Any) -> str:
    """A value in a few words: short tensors as lists, long ones by their shape."""
    if isinstance(value, Tensor) and value.dtype in (torch.float32, torch.float64):
        rounded: list[Any] = value.detach().double().round(decimals=3).tolist()
        return str(rounded) if value.numel() <= 8 else f"a tensor of the shape {tuple(value.shape)}"
    if callable(value) and hasattr(value, "__name__"):
        return f"the function {value.__name__}"
    try:
        return " ".join(repr(value).split())[:80]
    except Exception as error:
        return f"{type(value).__name__}, whose repr stops with {type(error).__name__}"


# ---- inside -----------------------------------------------------------------------------------------------------------------------


def _fitted(got: Tensor, right: Tensor) -> Tensor | None:
    """In the shape that was wanted, if they differ by axes of one number alone: a row where a column was meant."""
    alike = [size for size in got.shape if size != 1] == [size for size in right.shape if size != 1]
    return got.reshape(right.shape) if alike else None


def _alike(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> bool:
    pairs = [(_fitted(got, right), right) for got, right in zip(found, wanted)]
    return all(got is not None and torch.allclose(got, right, *CLOSE) for got, right in pairs)


def _why(got: Tensor, right: Tensor) -> str:
    """How two shapes came to differ, where that can be told."""
    if got.dim() == 2 and got.shape[0] == got.shape[1] == right.numel():
        return ": a row met a column, and torch filled a table. [:, None] makes a column of a row"
    if got.dim() != right.dim() or sum(map(abs, (more := [a - b for a, b in zip(got.shape, right.shape)]))) != 1:
        return ""
    return f": one {'column' if more[-1] else 'row'} too {'many' if sum(more) > 0 else 'few'}"


def _spelled(call: Callable[..., Any]) -> str:
    """How a call begins: half, Taylor(order=2).width."""
    name, of = getattr(call, "__name__", "<"), getattr(call, "__self__", None)
    if name.startswith("<"):  # a lambda, or an object that can be called
        return "your function"
    return name if of is None or isinstance(of, ModuleType) else f"{brief(of)}.{name}"


def _joined(what: str, more: str | None) -> str:
    return f"{what}: {more}" if more else what


def _names(code: CodeType) -> Iterator[str]:
    """Every name that a piece of code asks for, those of the functions inside it too."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
