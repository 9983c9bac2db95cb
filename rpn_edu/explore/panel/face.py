"""The face of an explorer: all that is around its controls. It is given what to call and never asks for what is shown."""

from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as W

from ...shared.terms import BY_SYMBOL, OUTPUT, TERMS
from ..state.predict import Asked
from .accessibility import accessibility
from .question import Question
from .surface import Surface
from .tabs import Tabs

PRESETS = "presets …"
AUTO = {"width": "auto"}
WRAPPED = {"flex_flow": "row wrap"}
INKS = {"": attrgetter("colour"), '[data-jp-theme-light="false"] ': attrgetter("dark")}  # of the terms, by theme
RULES = (f"{theme}.rpn-explorer {{ {'; '.join(f'--rpn-{t.say}: {ink(t)}' for t in (*TERMS, OUTPUT))} }}" for theme, ink in INKS.items())
STYLE = f"<style>{''.join(RULES)}{Path(__file__).with_name('style.css').read_text(encoding='utf-8')}</style>"
PASTE = "This text restores every control and your data. Copy it, or paste another one and press Enter."
TEACH = "To teach with this state, name it. The line below it goes into the call of the Explorer."


class Calls(NamedTuple):
    """What the widgets of a face do when they are used."""

    light: Callable[[str], None]
    """A term was chosen, by its symbol."""
    reset: Callable[[], None]
    pin: Callable[[], None]
    preset: Callable[[str], None]
    """An entry of the menu of presets was chosen, by its name."""
    keep: Callable[[str], None]
    """The shown state is to be a preset with this name."""
    token: Callable[[str], None]
    """A text was entered in place of the token."""
    unfold: Callable[[], None]
    """A fold was opened or closed."""
    answer: Callable[[], None]
    """The question was answered or skipped."""
    touch: Callable[..., None]
    """A hand has moved something in the picture: its name, and where to."""
    look: Callable[[int, int], None]
    """The page has another width for the picture, or a sharper screen."""


class Face:
    """All widgets of an explorer but its controls. `panel` holds them all; `width` is that of the picture, in pixels.

    `folds` are the names of the folds to be had: Sizes, As code, State.
    """

    def __init__(self, calls: Calls, tabs: Tabs, width: int, term_bar: bool, folds: Iterable[str], asked: Asked | None) -> None:
        self.tabs, self.term_bar = tabs, term_bar
        full = W.Layout(width="100%", max_width=f"{width}px")
        self.surface, self.pin_text = Surface(natural=width, view=[width, 1], layout=full), W.HTML(layout=full)
        self.surface.observe(lambda change: calls.look(*change["new"]), "view")
        self.surface.observe(lambda change: calls.touch(*change["new"]), "touch")
        self._make_buttons(calls, full)
        self.controls_box = W.VBox([box for tab in tabs.by_symbol.values() for box in tab.boxes], layout=W.Layout(min_height="7em"))
        self.question = Question(asked, calls.answer, full, width) if asked else None
        self._make_folds(calls, full, folds)
        # What comes or goes later stands below the picture and its controls, or keeps its height: nothing moves under the hand.
        question = [self.question.box] if self.question else []
        folded = [self.folds] if self.fold_names else []
        unseen = [W.HTML(STYLE, layout=W.Layout(display="none")), accessibility()]
        body = [*question, self.surface, self.buttons, self.controls_box, self.pin_text, *folded, *unseen]
        self.panel = W.VBox(body, layout=W.Layout(width="100%"))
        self.panel.add_class("rpn-explorer")

    def _make_buttons(self, calls: Calls, full: W.Layout) -> None:
        terms = self.tabs.by_symbol if self.term_bar else ()
        self.bar = {symbol: button("", "", partial(calls.light, symbol), "rpn-non-visual", "rpn-term") for symbol in terms}
        self.reset = button("Reset", "back to the first state", calls.reset)
        self.pin = button("Pin", "keep this state as a dotted ghost and compare", calls.pin, "rpn-non-visual")
        self.preset = W.Dropdown(options=[PRESETS], description="preset", style={"description_width": "initial"})
        self.preset.observe(lambda change: calls.preset(change["new"]), "value")
        row = [*self.bar.values(), self.reset, self.pin]
        self.buttons = W.HBox(row, layout=W.Layout(width="100%", max_width=full.max_width, **WRAPPED))

    def _make_folds(self, calls: Calls, full: W.Layout, names: Iterable[str]) -> None:
        self.ledger_text, self.code_text, self.token_says = W.HTML(), W.HTML(layout=W.Layout(width="100%")), W.HTML()
        self.call_text = unseen_text("rpn_edu", layout=W.Layout(**AUTO))
        self.token_text = W.Text(description="state", continuous_update=False, layout=W.Layout(**AUTO))
        self.token_text.observe(lambda change: calls.token(change["new"]), "value")
        self.preset_name = unseen_text("name", placeholder="runs wild", layout=W.Layout(width="20em"))
        self.keep = button("Keep as preset", "", lambda: calls.keep(self.preset_name.value.strip()), "rpn-non-visual")
        self.presets_text = unseen_text("presets", layout=W.Layout(**AUTO))
        own = W.HBox([self.preset_name, self.keep], layout=W.Layout(**WRAPPED))
        contents = {
            "Sizes": self.ledger_text,
            "As code": W.VBox([self.call_text, self.code_text]),
            "State": W.VBox([W.HTML(PASTE), self.token_text, self.token_says, W.HTML(TEACH), own, self.presets_text]),
        }
        self.fold_names = [name for name in contents if name in names]
        self.folds = W.Accordion([contents[name] for name in self.fold_names], titles=self.fold_names, selected_index=None, layout=full)
        self.folds.observe(lambda _: calls.unfold(), "selected_index")
        self.folds.add_class("rpn-non-visual")

    @property
    def unfolded(self) -> str:
        """The name of the fold that is open, or nothing."""
        return "" if self.folds.selected_index is None else self.fold_names[self.folds.selected_index]

    def light(self, lit: str, own: str) -> None:
        """The lit term is told by its button, and its controls alone are in sight. `own` says what the picture's own fields are."""
        words = {symbol: term.label for symbol, term in BY_SYMBOL.items()} | {"g": f"g: {own}"}
        for symbol, one in self.bar.items():
            # The chosen button says so in its text: colour alone would not be heard.
            one.description = ("▸ " if symbol == lit else "") + words[symbol]
            one.style.text_color = BY_SYMBOL[symbol].ink
            one.style.font_weight = "bold" if symbol == lit else "normal"
        if self.term_bar:
            self.controls_box.children = self.tabs.by_symbol[lit].boxes

    def offer(self, presets: Iterable[str]) -> None:
        """The menu of presets holds these, and is in sight once there are some."""
        self.preset.options = [PRESETS, *presets]
        if len(self.preset.options) > 1 and self.preset not in self.buttons.children:
            self.buttons.children += (self.preset,)

    def lock(self, locked: bool) -> None:
        """While the question waits, no state can be reached."""
        for widget in (self.reset, self.preset, self.token_text, self.pin):
            widget.disabled = locked


def button(words: str, tooltip: str, pressed: Callable[[], None], *classes: str) -> W.Button:
    """A button as wide as its words."""
    made = W.Button(description=words, tooltip=tooltip, layout=W.Layout(**AUTO))
    made.on_click(lambda _: pressed())
    for name in classes:
        made.add_class(name)
    return made


def unseen_text(name: str, **options: Any) -> W.Text:
    """A text that changes nothing in the picture."""
    made = W.Text(description=name, **options)
    made.add_class("rpn-non-visual")
    return made
