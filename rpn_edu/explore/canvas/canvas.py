"""A picture that stays: artists are made once, moved in place and blitted, so a slider meets 10 ms of drawing and not 100.

`Canvas` is told what to show, as if it drew anew each time: `canvas.line("fit", 0, x, y)`. It keeps the artist of that name, moves it,
and hides the names that were not mentioned. Only new limits of numbered axes cost a full redraw.
"""

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib import ticker
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from PIL import Image

from .curves import power_of_ten
from .labels import beside_curves
from .words import words

HALO = [withStroke(linewidth=8, foreground="#ffdf80")]
PAINTED = ("numbers", "powers")


class Panel(NamedTuple):
    """One set of axes: where (left, bottom, width, height as shares of the picture), title, labels and kinds of ticks.

    "numbers" are values; "powers" are values by their power of ten, so 3 reads 1,000;
    "counts" name the things at 0, 1, 2, ... as 1, 2, 3, ...; "none" shows no ticks.
    """

    where: tuple[float, float, float, float]
    title: str = ""
    xlabel: str = ""
    ylabel: str = ""
    xticks: Literal["numbers", "powers", "counts", "none"] = "numbers"
    yticks: Literal["numbers", "powers", "counts", "none"] = "numbers"
    term: str = ""
    """The symbol of the formula that this panel shows, if it shows one."""


class Canvas:
    """A figure of fixed size in pixels. Never pyplot: it is not safe in the threads in which a slider's callback runs."""

    def __init__(self, panels: Sequence[Panel], size: tuple[int, int] = (700, 300)) -> None:
        self.size, self.panels = size, panels
        self.figure = Figure((size[0] / 100, size[1] / 100), dpi=100, facecolor="white")
        self.agg = FigureCanvasAgg(self.figure)
        self.axes = [self.figure.add_axes(panel.where) for panel in panels]
        for axes, panel in zip(self.axes, panels, strict=True):
            # To the right: a prediction lies in the left corner below. With counts there is room for them, which are blitted.
            axes.set_xlabel(panel.xlabel, fontsize=8, loc="right", labelpad=14 if panel.xticks == "counts" else None)
            axes.set_ylabel(panel.ylabel, fontsize=8, labelpad=14 if panel.yticks == "counts" else None)
            axes.tick_params(labelsize=7)
            axes.set_autoscale_on(False)  # else an image moves the limits behind our back, and the ticks stay the old ones
            for axis, kind in ((axes.xaxis, panel.xticks), (axes.yaxis, panel.yticks)):
                spaced = ticker.MaxNLocator(5, min_n_ticks=1, integer=kind == "powers")
                axis.set_major_locator(spaced if kind in PAINTED else ticker.NullLocator())
                if kind == "powers":
                    axis.set_major_formatter(lambda power, _: power_of_ten(power))
            for side in ("top", "right"):
                axes.spines[side].set_visible(False)
        # The title of the lit term's panel is underlined: a shape, so that nobody depends on colour.
        rule = {"color": "#222222", "linewidth": 1.5, "clip_on": False, "animated": True}
        self.rules = [axes.plot([], [], transform=axes.transAxes, **rule)[0] for axes in self.axes]
        self.titles = [words(axes, fontsize=9, va="baseline") for axes in self.axes]
        for title, axes, panel in zip(self.titles, self.axes, panels, strict=True):
            title.set_text(panel.title)
            title.set_position((0, 1 + 8 / axes.bbox.height))
        self.artists: dict[str, Any] = {}
        self.mentioned: dict[str, None] = {}  # in the order of being said, which is the order of drawing
        self.background: Any = None
        self.lit: int | None = None
        self.lit_term = ""
        self.terms: dict[str, str] = {}  # the term of each curve that shows one
        self.full_draws = 0

    # ---- what a picture says ------------------------------------------------------------------------------------------------------

    def limits(self, panel: int, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None) -> None:
        """The visible ranges. Changing one costs a full redraw, so pictures round theirs (see `steady`)."""
        axes, kinds = self.axes[panel], self.panels[panel]
        sides = ((x, axes.get_xlim(), axes.set_xlim, kinds.xticks), (y, axes.get_ylim(), axes.set_ylim, kinds.yticks))
        for wanted, current, change, ticks in sides:
            if wanted is not None and tuple(wanted) != tuple(current):
                change(*wanted)
                if ticks in PAINTED:  # only these ticks are painted into the background
                    self.background = None
        if kinds.xticks == "counts" and x is not None:
            self._counted(f"x {panel}", panel, x, lambda share: (share, -0.03), ha="center", va="top")
        if kinds.yticks == "counts" and y is not None:
            self._counted(f"y {panel}", panel, y, lambda share: (-0.01, share), ha="right", va="center")

    def _counted(
        self, name: str, panel: int, ends: tuple[float, float], place: Callable[[float], tuple[float, float]], **style: Any
    ) -> None:
        """Label the things at 0, 1, 2, ... as 1, 2, 3, ...: the first, the last and a few between. Blitted: their number changes with D."""
        count = round(max(ends) + 0.5)
        for i in sorted({*range(0, count, max(1, -(-count // 5))), count - 1}):
            share = (i - ends[0]) / (ends[1] - ends[0])
            x, y = place(share)
            self.text(f"count {name} {i}", panel, x, y, str(i + 1), **style)

    def title(self, panel: int, text: str) -> None:
        self.titles[panel].set_text(text)

    def line(self, name: str, panel: int, x: Any, y: Any, term: str = "", **style: Any) -> None:
        """A curve; while its `term` is lit, a pale band lies behind it."""
        artist = self._artist(name, lambda: self.axes[panel].plot([], [], **style)[0])
        artist.set_data(np.asarray(x), np.asarray(y))
        if term:
            self.terms[name] = term
            artist.set_path_effects(HALO if term == self.lit_term else [])

    def bars(
        self, name: str, panel: int, heights: Any, color: str | list[str], hatch: str = "", *, horizontal: bool = False, **style: Any
    ) -> None:
        """Bars of width 0.8 at 0, 1, 2, ... from zero; `horizontal` lets them grow to the right."""
        heights = np.asarray(heights, dtype=float)
        key = f"{name}/{len(heights)}"
        draw = self.axes[panel].barh if horizontal else self.axes[panel].bar
        style = {"color": color, "hatch": hatch, "edgecolor": "white", "linewidth": 0.5, **style}
        container = self._artist(key, lambda: list(draw(range(len(heights)), np.zeros(len(heights)), **style)))
        for bar, height in zip(container, heights, strict=True):
            bar.set_width(height) if horizontal else bar.set_height(height)

    def image(
        self,
        name: str,
        panel: int,
        values: Any,
        limit: float,
        x: tuple[float, float] | None = None,
        y: tuple[float, float] | None = None,
        figures: bool = False,
    ) -> None:
        """A matrix as colours from -limit (blue, with a dash) over 0 (white) to limit (red), first row on top.

        `x` is where its left and right edges lie, `y` its lower and upper edges; without them a cell is one unit, counted from 0.
        With `figures` every cell says its number instead of the dash.
        """
        values = np.atleast_2d(np.asarray(values, dtype=float))
        rows, columns = values.shape
        artist = self._artist(name, lambda: self.axes[panel].imshow(values, cmap="RdBu_r", aspect="auto", interpolation="nearest"))
        artist.set_data(values)
        artist.set_clim(-limit, limit)
        (left, right), (low, high) = x or (-0.5, columns - 0.5), y or (rows - 0.5, -0.5)
        artist.set_extent((left, right, low, high))
        # A dash in every negative cell, and inside it: the sign is not told by colour alone.
        row, column = np.nonzero((values < 0) & (not figures))
        at = left + (column + 0.5) * (right - left) / columns, high + (row + 0.5) * (low - high) / rows
        self.line(f"{name} negative", panel, *at, color="#333333", marker="_", linestyle="", markeredgewidth=0.8)
        cell = self.axes[panel].bbox.width / columns * 72 / self.figure.dpi  # its width in points
        self.artists[f"{name} negative"].set_markersize(min(4, 0.6 * cell))
        self.limits(panel, (left, right), (low, high))
        for i, j in np.ndindex(values.shape) if figures else ():
            tone, middle = "white" if abs(values[i, j]) > 0.7 * limit else "#222222", ((j + 0.5) / columns, 1 - (i + 0.5) / rows)
            self.text(f"{name} {i} {j}", panel, *middle, f"{values[i, j]:z.2f}", ha="center", va="center_baseline", fontsize=7)
            self.artists[f"{name} {i} {j}"].set_color(tone)

    def dots(self, name: str, panel: int, x: Any, y: Any, values: Any, limit: float, marker: str = "o") -> None:
        """Dots with the colours of `image`, and its dash in every negative one."""
        x, y, values = (np.asarray(part, dtype=float) for part in (x, y, values))
        style = {"cmap": "RdBu_r", "s": 90, "marker": marker, "edgecolors": "#333333", "linewidths": 0.8}
        artist = self._artist(name, lambda: self.axes[panel].scatter(x, y, c=values, **style))
        artist.set_offsets(np.column_stack((x, y)))
        artist.set_array(values)
        artist.set_clim(-limit, limit)
        below = values < 0
        for part, color, width in (("rim", "white", 3.0), ("negative", "#222222", 1.2)):  # seen on pale and on dark dots
            dash = {"color": color, "marker": "_", "linestyle": "", "markersize": 5, "markeredgewidth": width}
            self.line(f"{name} {part}", panel, x[below], y[below], **dash)

    def text(self, name: str, panel: int, x: float, y: float, text: str, **style: Any) -> None:
        """Words at a place in shares of the panel. Plain text only: matplotlib's formulas are not safe in threads."""
        artist = self._artist(name, lambda: words(self.axes[panel], **style))
        artist.set_position((x, y))
        artist.set_text(text)

    def name_curves(
        self,
        name: str,
        panel: int,
        x: Any,
        curves: Any,
        names: Sequence[str],
        between: tuple[float, float],
        free: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        """Every curve's name beside it, where the others are far: no two names overlap, and all lie inside the share `free` of the height.

        x (points,), curves (points, curves). Names rather stand `between` the two x; a curve that is nowhere seen has none.
        """
        axes = self.axes[panel]
        wide, high = axes.bbox.size
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        x, heights = np.asarray(x, dtype=float)[::3], np.asarray(curves, dtype=float)[::3].T  # names are wider than three points
        across, heights = (x - left) / (right - left) * wide, (heights - bottom) / (top - bottom) * high
        first, last = ((edge - left) / (right - left) * wide for edge in between)
        letters, room = [len(word) for word in names], (free[0] * high, free[1] * high)
        places = beside_curves(across, heights, letters, (wide, high), (first, last), room)
        for k, (middle, height) in places.items():
            style = {"ha": "center", "va": "center_baseline", "fontweight": "bold"}
            self.text(f"{name} {k}", panel, middle / wide, height / high, names[k], **style)

    def note(self, name: str, text: str, color: str) -> None:
        """Words in the lower left corner of the whole picture, below the panels: they cover no data."""
        box = {"facecolor": "white", "edgecolor": color, "alpha": 0.9, "pad": 2}
        style = {"transform": self.figure.transFigure, "fontsize": 8, "parse_math": False, "va": "bottom", "bbox": box}
        artist = self._artist(name, lambda: self.axes[0].text(0.006, 0.012, "", color=color, **style))
        artist.set_text(text)

    def _artist(self, name: str, make: Any) -> Any:
        if name not in self.artists:
            made = make()
            for artist in made if isinstance(made, list) else [made]:
                artist.set_animated(True)
            self.artists[name] = made
        self.mentioned[name] = None
        return self.artists[name]

    def light(self, term: str) -> None:
        """Show where a term is: the title of its panel is underlined, its curves get a pale band."""
        self.lit_term = term
        for name, own in self.terms.items():
            self.artists[name].set_path_effects(HALO if own == term else [])
        self.lit = next((number for number, panel in enumerate(self.panels) if panel.term == term), None)

    # ---- what the explorer asks ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self.mentioned.clear()

    def png(self, colors: int = 256) -> bytes:
        """The picture as a small palette PNG. print_png would leave the animated artists out, so the pixels are read directly."""
        if self.background is None:
            self.agg.draw()
            self.background = self.agg.copy_from_bbox(self.figure.bbox)
            self.full_draws += 1
        self.agg.restore_region(self.background)
        for name in self.mentioned:
            made = self.artists[name]
            for artist in made if isinstance(made, list) else [made]:
                artist.axes.draw_artist(artist)
        for axes in self.axes:  # blitted artists lie over the frame; draw it once more on top
            for spine in axes.spines.values():
                axes.draw_artist(spine)
        for axes, title in zip(self.axes, self.titles, strict=True):
            axes.draw_artist(title)
        if self.lit is not None:
            axes, rule = self.axes[self.lit], self.rules[self.lit]
            rule.set_data([0, self.titles[self.lit].width() / axes.bbox.width], [1 + 4 / axes.bbox.height] * 2)
            axes.draw_artist(rule)
        picture = Image.fromarray(np.asarray(self.agg.buffer_rgba())[:, :, :3])
        out = io.BytesIO()
        picture.quantize(colors, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", compress_level=1)
        return out.getvalue()


def data_url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
