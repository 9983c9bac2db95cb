"""The state of an explorer: what it shows, what it started from, what it keeps. Values only."""

import dataclasses
from typing import Any

from ...component import demand
from ...network.formula import Formula
from .compare import changes, compared
from .predict import Asked
from .shown import Refusal, Shown, computed, finite
from .token import packed, unpacked

Pair = tuple[Any, Any]
"""A subject and a picture of it."""


@dataclasses.dataclass
class State:
    """`first` is the pair it started from, `refused` why the pair that was wanted last is not shown, `lit` the symbol of a term."""

    first: Pair
    asked: Asked | None = None
    shown: Shown = dataclasses.field(init=False)
    pinned: Shown | None = None
    refused: str = ""
    lit: str = ""
    presets: dict[str, Pair] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        start, picture = self.first
        self.check(start, f"{type(picture).__name__} shows {picture.subject.__name__}s, got {start!r}")

    @property
    def locked(self) -> bool:
        """Whether a question waits for its answer."""
        return self.asked is not None and self.asked.locked

    def check(self, subject: Any, said: str) -> None:
        """TypeError, which says `said`, for a subject that the picture does not show.

        ValueError for a Formula of which it shows a part, and for another value of a field than the data of the picture have.
        """
        picture = self.first[1]
        if not isinstance(subject, picture.subject):
            raise TypeError(said)
        if isinstance(subject, Formula):
            unseen = [f.name for f in Formula.declared if f.name in picture.unseen and getattr(subject, f.name) != f.default]
            if unseen:
                raise ValueError(f"{type(picture).__name__} does not show {', '.join(unseen)} of a Formula: leave it at its default")
        for name, value in picture.fixed.items():
            if (got := getattr(subject, name)) != value:
                who, wanted = type(picture).__name__, f"{type(subject).__name__}.{name}"
                raise ValueError(f"{who} brings its own data, for which {wanted} must be {value!r:.200}, got {got!r:.200}")

    def show(self, subject: Any, picture: Any) -> None:
        """Compute a state and show it. Refusal, or what its picture raises, leaves the one before."""
        self.shown = finite(computed(subject, picture))
        self.refused = ""

    def refuse(self, refusal: Refusal) -> None:
        """Keep what is shown, and say why the state that was wanted is not."""
        self.refused = str(refusal)

    def pin(self) -> None:
        """Keep the shown state as a ghost, or let go of the one that is kept."""
        self.pinned = self.shown if self.pinned is None else None

    def comparison(self) -> str:
        """What differs between the pinned state and the shown one: controls, then figures."""
        if self.pinned is None:
            return ""
        moved = [*changes(self.pinned.subject, self.shown.subject), *changes(self.pinned.picture, self.shown.picture)]
        if not moved:
            return "Pinned. Move a control: the ghost stays, and the difference is told here."
        old, new = self.pinned.figures(), self.shown.figures()
        figures = "; ".join(compared(old, new)) or f"{', '.join(new)} as before" * bool(new)
        return f"Since the pin: {'; '.join(moved)}. {figures}{'.' * bool(figures)}".rstrip()

    def token(self) -> str:
        """A short text that restores every control and the learner's own data."""
        return packed(self.shown.subject, self.shown.picture)

    def keep(self, name: str) -> None:
        """The shown state becomes a preset."""
        self.presets[name] = self.shown.subject, self.shown.picture

    def read(self, token: str) -> Pair:
        """The state of a token. ValueError for a text that is none, or belongs to another kind of explorer; TypeError for no text."""
        subject, picture = unpacked(token)
        if type(picture) is not type(self.first[1]) or not isinstance(subject, picture.subject):
            raise ValueError(f"this state belongs to another explorer: {type(picture).__name__} of a {subject.term or 'formula'}")
        self.check(subject, "")
        return subject, picture

    def preset(self, name: str, preset: Any) -> Pair:
        """The state of a preset: a component, a pair of component and picture, or a token. TypeError or ValueError for what is none."""
        if isinstance(preset, str):
            return self.read(preset)
        demand(isinstance(name, str), "a key of Explorer.presets", "the name of a state", name)
        pair = not isinstance(preset, tuple) or len(preset) == 2
        demand(pair, f"the preset {name!r}", "a component, a pair of component and picture, or a token", preset)
        first = self.first[1]
        subject, picture = preset if isinstance(preset, tuple) else (preset, first)
        self.check(subject, f"the preset {name!r} must be a {first.subject.__name__} as the start is, got {subject!r}")
        if type(picture) is not type(first):
            raise TypeError(f"the preset {name!r} must bring a {type(first).__name__} as the start does, got {picture!r}")
        return subject, picture
