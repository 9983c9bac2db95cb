"""A picture that stays: artists are made once, moved in place and blitted, so a slider meets 10 ms of drawing and not 100.

`Canvas` is told what to show, as if it drew anew each time: `canvas.line("fit", 0, x, y, color="red")`. It keeps an artist for each name
and style, moves it, and hides what was not mentioned. Only new limits of numbered axes cost a full redraw.
"""

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib import ticker
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke
from PIL import Image

from .curves import power_of_ten
from .labels import beside_curves
from .layout import fitted
from .words import words

HALO = [withStroke(linewidth=8, foreground="#ffdf80")]
PAINTED = ("numbers", "powers")
DIGIT = 7.1
"""Pixels: how wide a digit of 8 points is."""
SMALL = 8
"""Points: the width of a cell from which on each negative one has its dash."""
LOOKS = 100
"""So many styles of one name are kept: a slider has as many steps, and a style that is a number of its own must not fill the memory."""


class Axes(NamedTuple):
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
    """The symbol of the formula that these axes show, if they show one."""


class Grid(NamedTuple):
    """Numbers of a picture in rows and columns: where their cells lie (left, top, right, bottom, as shares of the picture)."""

    where: tuple[float, float, float, float]
    title: str
    values: np.ndarray
    """(rows, columns), NaN where there is no number."""


class Canvas:
    """A figure of fixed size in pixels. Never pyplot: it is not safe in the threads in which a slider's callback runs.

    `axes` are said by their number, 0 for the first: IndexError where there are none. A style that matplotlib does not know is an
    AttributeError. `size` is that of the whole picture where a page
    has room for it, `width` the room that there is. The PNG has `scale` times as many pixels each way.
    """

    def __init__(self, axes: Sequence[Axes], size: tuple[int, int] = (700, 300), scale: int = 1, width: int = 10_000) -> None:
        places, self.size = fitted([one.where for one in axes], size, width)
        self.axes, self.scale = axes, scale
        self.figure = Figure((self.size[0] / 100, self.size[1] / 100), dpi=100 * scale, facecolor="white")
        self.agg = FigureCanvasAgg(self.figure)
        self.plots = [ruled(self.figure.add_axes(place), one) for place, one in zip(places, axes, strict=True)]
        """Matplotlib's axes, in the order of `axes`."""
        # The title of the lit term's axes is underlined: a shape, so that nobody depends on colour.
        rule = {"color": "#222222", "linewidth": 1.5, "clip_on": False, "animated": True}
        self.rules = [plot.plot([], [], transform=plot.transAxes, **rule)[0] for plot in self.plots]
        self.titles = [words(plot, fontsize=9, va="baseline") for plot in self.plots]
        for title, plot in zip(self.titles, self.plots, strict=True):
            title.set_y(1 + 8 * scale / plot.bbox.height)
        self.kept: dict[str, dict[str, Any]] = {}
        """Every artist that was made, by its name and its look."""
        self.artists: dict[str, Any] = {}
        """What is shown, by name, in the order of being said, which is the order of drawing."""
        self.terms: dict[str, str] = {}  # the term of each curve that shows one
        self.background: Any = None
        self.lit: int | None = None
        self.lit_term = ""
        self.full_draws = 0
        self.begin()

    # ---- what a picture says ------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Forget what was said: the picture is told anew. Only limits hold until others are said."""
        self.artists.clear()
        self.terms.clear()
        for title, axes in zip(self.titles, self.axes, strict=True):
            title.say(axes.title)

    def limits(
        self, axes: int, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None, names: Sequence[str] = ()
    ) -> None:
        """The visible ranges, in data units. Changing one costs a full redraw, so pictures round theirs (see `steady`).

        `names` are those of the things at x = 0, 1, 2, ..., in place of 1, 2, 3, ...
        """
        plot, kinds = self.plots[axes], self.axes[axes]
        sides = ((x, plot.get_xlim(), plot.set_xlim, kinds.xticks), (y, plot.get_ylim(), plot.set_ylim, kinds.yticks))
        for wanted, current, change, ticks in sides:
            if wanted is not None and tuple(wanted) != tuple(current):
                change(*wanted)
                if ticks in PAINTED:  # only these ticks are painted into the background
                    self.background = None
        if (kinds.xticks == "counts" or names) and x is not None:
            self._counted(f"x {axes}", axes, x, lambda share: (share, -0.03), names, ha="center", va="top")
        if kinds.yticks == "counts" and y is not None:
            self._counted(f"y {axes}", axes, y, lambda share: (-0.01, share), (), ha="right", va="center")

    def _counted(
        self,
        name: str,
        axes: int,
        ends: tuple[float, float],
        place: Callable[[float], tuple[float, float]],
        names: Sequence[str],
        **style: Any,
    ) -> None:
        """Label the things at 0, 1, 2, ... as 1, 2, 3, ...: the first, the last and a few between. Or by name, as there is room.

        Blitted: their number changes with D.
        """
        count = len(names) or round(max(ends) + 0.5)
        room = self.plots[axes].bbox.width / self.scale / count
        every = -(-max(map(len, names)) * DIGIT // room) if names else -(-count // 5)
        shown = range(0, count, max(1, int(every)))
        for i in shown if names else sorted({*shown, count - 1}):
            share = (i - ends[0]) / (ends[1] - ends[0])
            x, y = place(share)
            self.text(f"count {name} {i}", axes, x, y, names[i] if names else str(i + 1), **style)

    def title(self, axes: int, text: str) -> None:
        """Another title than the axes' own."""
        self.titles[axes].say(text)

    def line(self, name: str, axes: int, x: Any, y: Any, *, color: Any, term: str = "", **style: Any) -> None:
        """A curve through x and y (points,), in data units; while its `term` is lit, a pale band lies behind it.

        NaN is a gap. `style` is that of a matplotlib Line2D, widths and sizes in points.
        """
        style = {"color": color, **style}
        artist = self._artist(name, f"line {axes} {style}", lambda: self.plots[axes].plot([], [], **style)[0])
        artist.set_data(np.asarray(x), np.asarray(y))
        artist.set_path_effects(HALO if term and term == self.lit_term else [])
        if term:
            self.terms[name] = term

    def bars(self, name: str, axes: int, heights: Any, color: Any, hatch: str = "", *, horizontal: bool = False, **style: Any) -> None:
        """Bars of width 0.8 at 0, 1, 2, ... from zero to `heights` (bars,), in data units; `horizontal` lets them grow to the right.

        `color` is one for all or a list with one for each; `style` is that of a matplotlib Rectangle.
        """
        heights = np.asarray(heights, dtype=float)
        style = {"color": color, "hatch": hatch, "edgecolor": "white", "linewidth": 0.5, **style}
        draw, count = self.plots[axes].barh if horizontal else self.plots[axes].bar, len(heights)
        look = f"bars {axes} {count} {horizontal} {style}"
        made = self._artist(name, look, lambda: draw(range(count), np.zeros(count), **style))
        made.datavalues = heights
        for bar, height in zip(made, heights, strict=True):
            bar.set_width(height) if horizontal else bar.set_height(height)

    def image(
        self,
        name: str,
        axes: int,
        values: Any,
        limit: float,
        x: tuple[float, float] | None = None,
        y: tuple[float, float] | None = None,
        figures: bool = False,
        names: Sequence[str] = (),
    ) -> None:
        """A matrix (rows, columns) as colours from -limit (blue, with a dash) over 0 (white) to limit (red), first row on top.

        `x` is where its left and right edges lie, `y` its lower and upper edges; without them a cell is one unit, counted from 0.
        With `figures` every cell says its number instead of the dash. NaN is a cell without colour. `names` are those of the columns.
        Where cells are small, only those that are clearly negative have a dash, and a short one: many of them hide the shape that the
        colours make.
        """
        values = np.atleast_2d(np.asarray(values, dtype=float))
        rows, columns = values.shape
        across, up = x or (-0.5, columns - 0.5), y or (rows - 0.5, -0.5)
        style = {"cmap": "RdBu_r", "aspect": "auto", "interpolation": "nearest"}
        artist = self._artist(name, f"image {axes}", lambda: self.plots[axes].imshow(values, **style))
        artist.set_data(values)
        artist.set_clim(-limit, limit)
        artist.set_extent((*across, *up))
        if not figures:
            self._dashes(f"{name} negative", axes, values, limit, across, up)
        self.limits(axes, across, up, names)
        if figures:
            self._figures(name, axes, values, artist)

    def _dashes(self, name: str, axes: int, values: np.ndarray, limit: float, across: tuple[float, float], up: tuple[float, float]) -> None:
        """A dash in every negative cell, and inside it: the sign is not told by colour alone."""
        (left, right), (low, high), (rows, columns) = across, up, values.shape
        cell = self.plots[axes].bbox.width / columns * 72 / self.figure.dpi  # its width in points
        below, share = (0.0, 0.6) if cell > SMALL else (-limit / 4, 0.35)
        row, column = np.nonzero(values < below)
        at = left + (column + 0.5) * (right - left) / columns, high + (row + 0.5) * (low - high) / rows
        style = {"marker": "_", "linestyle": "", "markeredgewidth": 0.8, "markersize": min(4, share * cell)}
        self.line(name, axes, *at, color="#333333", **style)

    def _figures(self, name: str, axes: int, values: np.ndarray, image: Any) -> None:
        """Every cell's number, in the ink that is read best on its colour, with as many digits as there is room for."""
        rows, columns = values.shape
        room = self.plots[axes].bbox.width / self.scale / columns / DIGIT - 0.9
        inks = [inked(color) for color in image.to_rgba(values).reshape(-1, 4)]
        for ((i, j), value), ink in zip(np.ndenumerate(values), inks, strict=True):
            style = {"color": ink, "ha": "center", "va": "center_baseline"}
            self.text(f"{name} {i} {j}", axes, (j + 0.5) / columns, 1 - (i + 0.5) / rows, short(value, room), **style)

    def dots(self, name: str, axes: int, x: Any, y: Any, values: Any, limit: float, marker: str = "o") -> None:
        """Dots at x and y, in data units, with the colours of `image` for their values, and its dash in every negative one: all (dots,)."""
        x, y, values = (np.asarray(part, dtype=float) for part in (x, y, values))
        style = {"cmap": "RdBu_r", "s": 90, "marker": marker, "edgecolors": "#333333", "linewidths": 0.8}
        artist = self._artist(name, f"dots {axes} {marker}", lambda: self.plots[axes].scatter(x, y, c=values, **style))
        artist.set_offsets(np.column_stack((x, y)))
        artist.set_array(values)
        artist.set_clim(-limit, limit)
        below = values < 0
        for part, color, width in (("rim", "white", 3.0), ("negative", "#222222", 1.2)):  # seen on pale and on dark dots
            dash = {"color": color, "marker": "_", "linestyle": "", "markersize": 5, "markeredgewidth": width}
            self.line(f"{name} {part}", axes, x[below], y[below], **dash)

    def text(self, name: str, axes: int, x: float, y: float, text: str, **style: Any) -> None:
        """Words at a place in shares of the axes, (0, 0) their lower left corner. `style` is that of a matplotlib Text, sizes in points.

        Plain text only: matplotlib's formulas are not safe in threads.
        """
        artist = self._artist(name, f"text {axes} {style}", lambda: words(self.plots[axes], **style))
        artist.set_position((x, y))
        artist.say(text)

    def name_curves(
        self,
        name: str,
        axes: int,
        x: Any,
        curves: Any,
        names: Sequence[str],
        between: tuple[float, float],
        free: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        """Every curve's name beside it, where the others are far: no two names overlap, and all lie inside the share `free` of the height.

        x (points,), curves (points, curves), in data units. Names rather stand `between` the two x; a curve that is nowhere seen has none.
        """
        plot = self.plots[axes]
        wide, high = plot.bbox.size / self.scale
        (left, right), (bottom, top) = plot.get_xlim(), plot.get_ylim()
        x, heights = np.asarray(x, dtype=float)[::3], np.asarray(curves, dtype=float)[::3].T  # names are wider than three points
        across, heights = (x - left) / (right - left) * wide, (heights - bottom) / (top - bottom) * high
        first, last = ((edge - left) / (right - left) * wide for edge in between)
        letters, room = [len(word) for word in names], (free[0] * high, free[1] * high)
        places = beside_curves(across, heights, letters, (wide, high), (first, last), room)
        for k, (middle, height) in places.items():
            style = {"ha": "center", "va": "center_baseline", "fontweight": "bold"}
            self.text(f"{name} {k}", axes, middle / wide, height / high, names[k], **style)

    def _artist(self, name: str, look: str, make: Callable[[], Any]) -> Any:
        """The artist of this name that looks so. `look` says all of it that is not set anew at every mention."""
        looks = self.kept.setdefault(name, {})
        if look not in looks:
            if len(looks) == LOOKS:
                looks.pop(next(iter(looks))).remove()
            looks[look] = make()
            for artist in parts(looks[look]):
                artist.set_animated(True)
        self.artists[name] = looks[look]
        return looks[look]

    def light(self, term: str) -> None:
        """Show where a term is: the title of its axes is underlined, its curves get a pale band. No term is ""."""
        self.lit_term = term
        for name, own in self.terms.items():
            self.artists[name].set_path_effects(HALO if own == term else [])
        self.lit = next((number for number, axes in enumerate(self.axes) if term and axes.term == term), None)

    # ---- what is made of it -------------------------------------------------------------------------------------------------------

    def png(self, colors: int = 256) -> bytes:
        """The picture as a small PNG with a palette of so many colours, at most 256."""
        if self.background is None:
            self.agg.draw()
            self.background = self.agg.copy_from_bbox(self.figure.bbox)
            self.full_draws += 1
        self.agg.restore_region(self.background)
        for artist in self._drawn():
            artist.axes.draw_artist(artist)
        # print_png would leave the animated artists out, so the pixels are read directly.
        picture = Image.fromarray(np.asarray(self.agg.buffer_rgba())[:, :, :3])
        out = io.BytesIO()
        picture.quantize(colors, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", compress_level=1)
        return out.getvalue()

    def grids(self) -> Iterator[Grid]:
        """The numbers of every matrix and of all bars that are shown."""
        for made in self.artists.values():
            if isinstance(made, AxesImage):
                left, right, low, high = made.get_extent()
                yield self._grid(made.axes, (left, high), (right, low), np.asarray(made.get_array()))
            elif isinstance(made, BarContainer) and made[0].get_facecolor()[3]:  # not the outlines of a ghost
                heights, count = np.asarray(made.datavalues), len(made)
                plot = made[0].axes
                ((left, right), (low, high)), flat = (plot.get_xlim(), plot.get_ylim()), made.orientation == "horizontal"
                corners = ((left, -0.5), (right, count - 0.5)) if flat else ((-0.5, high), (count - 0.5, low))
                yield self._grid(plot, *corners, heights.reshape((-1, 1) if flat else (1, -1)))

    def _grid(self, plot: Any, start: tuple[float, float], end: tuple[float, float], values: np.ndarray) -> Grid:
        number = self.plots.index(plot)
        (left, top), (right, bottom) = self.place(number, *start), self.place(number, *end)
        return Grid((left, top, right, bottom), self.titles[number].get_text(), np.ma.filled(values.astype(float), np.nan))

    def place(self, axes: int, x: float, y: float) -> tuple[float, float]:
        """Where a point in data units lies, as shares of the picture from the left and from above."""
        across, up = self.plots[axes].transData.transform((x, y)) / (self.scale * np.array(self.size))
        return float(across), float(1 - up)

    def point(self, axes: int, across: float, down: float) -> tuple[float, float]:
        """The point in data units at a place: the other way round."""
        pixels = self.scale * np.array(self.size) * (across, 1 - down)
        x, y = self.plots[axes].transData.inverted().transform(pixels)
        return float(x), float(y)

    def _drawn(self) -> Iterable[Any]:
        """All that is blitted, from below to above."""
        for made in self.artists.values():
            yield from parts(made)
        for plot in self.plots:  # blitted artists lie over the frame; draw it once more on top
            yield from plot.spines.values()
        yield from self.titles
        if self.lit is not None:
            plot, rule = self.plots[self.lit], self.rules[self.lit]
            rule.set_data([0, self.titles[self.lit].width() / plot.bbox.width], [1 + 4 * self.scale / plot.bbox.height] * 2)
            yield rule


def ruled(plot: Any, axes: Axes) -> Any:
    """Matplotlib's axes with the labels and the ticks that our axes ask for."""
    # To the right: a prediction lies in the left corner below. With counts there is room for them, which are blitted.
    plot.set_xlabel(axes.xlabel, fontsize=8, loc="right", labelpad=14 if axes.xticks == "counts" else None)
    plot.set_ylabel(axes.ylabel, fontsize=8, labelpad=14 if axes.yticks == "counts" else None)
    plot.tick_params(labelsize=8)
    plot.set_autoscale_on(False)  # else an image moves the limits behind our back, and the ticks stay the old ones
    for axis, kind in ((plot.xaxis, axes.xticks), (plot.yaxis, axes.yticks)):
        spaced = ticker.MaxNLocator(5, min_n_ticks=1, integer=kind == "powers")
        axis.set_major_locator(spaced if kind in PAINTED else ticker.NullLocator())
        axis.set_major_formatter((lambda power, _: power_of_ten(power)) if kind == "powers" else Numbers(useOffset=False))
    for side in ("top", "right"):
        plot.spines[side].set_visible(False)
    return plot


class Numbers(ticker.ScalarFormatter):
    """Numbers as they are, and very large or small ones with their power of ten: matplotlib writes it once, over the title of the axes."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        digits, power = super().__call__(x, pos), super().get_offset().replace("−", "-").removeprefix("1e")
        return f"{digits}·{power_of_ten(int(power))}" if x and power else digits

    def get_offset(self) -> str:
        return ""


def inked(color: Sequence[float]) -> str:
    """The ink, white or dark, that has the higher contrast on a colour (red, green, blue, ...), each from 0 to 1 (WCAG 2.2, 1.4.3)."""
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in color[:3])
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "white" if 1.05 / (light + 0.05) > (light + 0.05) / 0.066 else "#222222"  # of #222222 it is 0.016


def short(value: float, room: float) -> str:
    """A number with as many of two decimals as fit into `room` digits: -0.69, -.69, -0.7, -1. A point or a sign is half a digit wide."""
    two, one = f"{value:z.2f}", f"{value:z.1f}"
    bare = two.replace("0.", ".", 1) if abs(value) < 1 else two
    return next((said for said in (two, bare, one) if sum(0.5 + letter.isdigit() / 2 for letter in said) <= room), f"{value:z.0f}")


def parts(made: Any) -> tuple[Any, ...]:
    """The artists of a name: bars are many."""
    return made if isinstance(made, tuple) else (made,)


def data_url(png: bytes) -> str:
    """A PNG as the address of an <img>."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
