"""Names: small numbers below a letter, and near misses, which are what somebody probably meant, as the end of an error message."""

import difflib
import functools
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def lowered(letter: str, k: int) -> str:
    """H and 12 → H₁₂"""
    return letter + str(k).translate(LOWERED)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message: the known words nearest to `word`, or nothing."""
    return _asked(_near(word, known))


def _near(word: str, known: Iterable[str]) -> list[str]:
    spelled = {name.lower(): name for name in known}
    return [spelled[name] for name in difflib.get_close_matches(str(word).lower(), spelled, n=2)]


def _asked(words: list[str]) -> str:
    return f"; did you mean {' or '.join(words)}?" if words else ""


def bare(name: str, around: Collection[str]) -> str:
    """What a name says without the words `around` it: Taylor() expansion.Taylor rpn.expansion.taylor_expansion are all taylor.

    `around` are the terms; rpn, edu and tinybig are left out of every name.
    """
    words = re.findall(r"[^\W_]+", str(name).partition("(")[0].lower())
    kept = [word for word in words if word.removesuffix("s") not in {*around, "rpn", "edu", "tinybig"}]
    return functools.reduce(str.removesuffix, around, "".join(kept))


def nearest(name: str, known: Mapping[str, str], around: Collection[str]) -> str:
    """The end of an error message: the nearest of the known names, as they are shown, also where other words stand `around` ours."""
    word = bare(name, around)
    inside = sorted((own for own in known if len(own) > 3 and own.lower() in word), key=len, reverse=True)
    return _asked([known[own] for own in inside[:2] or _near(word, known)])


def brackets(value: Any) -> str:
    """The end of an error message about a class that came in the place of a value, else nothing."""
    return f"; did you forget the brackets of {value.__name__}()?" if isinstance(value, type) else ""
