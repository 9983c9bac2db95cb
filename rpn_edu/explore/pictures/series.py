"""Taylor's theorem: what the product says of a function, and what it leaves out."""

import math
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ...component import Dial, component
from ...expansion import Taylor
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, Handle, Numbers, Picture


def exponential(x: Tensor) -> Tensor:
    """exp x: (...) → (...)."""
    return torch.exp(x)


def sine(x: Tensor) -> Tensor:
    """sin x: (...) → (...)."""
    return torch.sin(x)


def hill(x: Tensor) -> Tensor:
    """1 / (1 + x²): (...) → (...)."""
    return 1 / (1 + x**2)


FUNCTIONS = {"exp x": exponential, "sin x": sine, "1 / (1 + x²)": hill}


def taylor_numbers(function: str, a: float, order: int) -> list[float]:
    """f(a), f'(a) / 1!, f''(a) / 2!, ...: in closed form."""
    match function:
        case "exp x":
            return [math.exp(a) / math.factorial(k) for k in range(order + 1)]
        case "sin x":
            return [math.sin(a + k * math.pi / 2) / math.factorial(k) for k in range(order + 1)]
    # 1 / (1 + x²) is the imaginary part of 1 / (x - i), whose derivatives are easy
    return [(-1) ** k * ((a - 1j) ** -(k + 1)).imag for k in range(order + 1)]


def largest(function: str, x: Tensor, a: float) -> Tensor:
    """What |f^(k)(z)| never exceeds between a and x, the constant of Lagrange's bound: (...) → (...). It holds for every k.

    For 1 / (1 + x²) it is already divided by k!.
    """
    match function:
        case "exp x":
            return torch.exp(x.clamp(min=a))
    return torch.ones_like(x)


@component
class Series(Picture):
    """A function, the powers of x - a times the w that Taylor's theorem gives, and what this product leaves out."""

    function: Annotated[Literal["exp x", "sin x", "1 / (1 + x²)"], "the function"] = "exp x"
    a: Annotated[float, Dial(-1.0, 1.0, "where the powers start from", least=None)] = 0.0
    at: Annotated[float, Dial(-2.0, 2.0, "the x that the figures are for", least=None)] = 1.0

    subject: ClassVar[type] = Taylor
    answer: ClassVar[str] = "missing_at"
    fields_name: ClassVar[str] = "function"
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.06, 0.16, 0.46, 0.72), "dashed: f   solid: <κ(x - a), w>   dotted: π", "x"),
        Axes((0.61, 0.16, 0.37, 0.72), "solid: |π(x) - f(a)|   -·-: its bound", "x", "power of ten"),
    )

    def sizes(self, subject: Taylor) -> dict[str, int]:
        if subject.order > 169:
            raise ValueError(f"Series divides by the factorial of Taylor.order + 1 and stops at order 169, got {subject.order}")
        if self.function == "exp x" and abs(self.a) > 100:
            raise ValueError(f"Series.a must be from -100 to 100 for exp x, which is no number of a computer far beyond, got {self.a:g}")
        return {"m": 1, "b": 201, "n": 1, "D": subject.order, "l": subject.order}

    def numbers(self, subject: Taylor, **given: Tensor) -> Numbers:
        x = torch.linspace(-2, 2, 201, dtype=torch.float64)  # (201,)
        f = FUNCTIONS[self.function]
        constant, *rest = taylor_numbers(self.function, self.a, subject.order)
        w = torch.tensor(rest, dtype=torch.float64)  # (order,)

        def product(x: Tensor) -> Tensor:
            return subject((x - self.a).unsqueeze(-1)) @ w

        def bound(x: Tensor) -> Tensor:
            power = (x - self.a).abs() ** (subject.order + 1)
            steepness = 1 if self.function == "1 / (1 + x²)" else float(math.factorial(subject.order + 1))
            return largest(self.function, x, self.a) * power / steepness

        at = torch.tensor([self.at], dtype=torch.float64)  # (1,)
        inner, missing = product(x), (f(x) - product(x) - constant).abs()
        logs = {"log_missing": missing.clamp(min=1e-12).log10(), "log_bound": bound(x).clamp(min=1e-12).log10()}
        figures = {
            "inner_at": product(at),
            "pi_at": f(at) - product(at),
            "missing_at": f(at) - product(at) - constant,
            "bound_at": bound(at),
        }
        return {"x": x, "f": f(x), "w": w, "inner": inner, "pi": f(x) - inner, **logs, **figures}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        x = numbers["x"]
        top = 8.0 if self.function == "exp x" else 2.5
        canvas.limits(0, (-2, 2), (-0.75 * top, top))
        canvas.line("zero", 0, [-2, 2], [0, 0], color="#bbbbbb", linewidth=0.8)
        canvas.line("f", 0, x, numbers["f"], color="#222222", linestyle="--", linewidth=1.4)
        canvas.line("inner", 0, x, numbers["inner"].clamp(-50, 50), term="κ", color=COLORS["κ"], linewidth=2)
        canvas.line("pi", 0, x, numbers["pi"].clamp(-50, 50), term="π", color=COLORS["π"], linestyle=":", linewidth=2)
        canvas.line("at", 0, [self.at, self.at], [-0.75 * top, top], color="black", linewidth=1, linestyle=":")
        canvas.text("a", 0, (self.a + 2) / 4, 0.02, f"a = {self.a:g}", ha="center")
        reach = steady(torch.cat((numbers["log_missing"], numbers["log_bound"])).clamp(min=0), floor=2)
        canvas.limits(1, (-2, 2), (-10, reach))
        canvas.line("missing", 1, x, numbers["log_missing"].clamp(min=-10), color=COLORS["π"], linewidth=1.8)
        canvas.line("bound", 1, x, numbers["log_bound"].clamp(min=-10), color="#b34700", linestyle="-.", linewidth=1.4)
        canvas.line("at right", 1, [self.at, self.at], [-10, reach], color="black", linewidth=1, linestyle=":")

    def handles(self, shown: Shown) -> list[Handle]:
        bottom = -6.0 if self.function == "exp x" else -1.875
        return [
            Handle("x", 0, self.at, bottom, f"x = {self.at:g}", lambda x, _: replace(self, at=x)),
            Handle("a", 0, self.a, 0.0, f"a = {self.a:g}", lambda x, _: replace(self, a=x)),
        ]

    def alt(self, shown: Shown) -> str:
        inner, pi, missing, bound = (float(shown.numbers[f"{name}_at"]) for name in ("inner", "pi", "missing", "bound"))
        return (
            f"The function {self.function} and the product of the powers of x - a up to {shown.subject.order}, a = {self.a:g}, "
            f"with Taylor's w. "
            f"At x = {self.at:g} the product says {inner:z.4g} and leaves out {pi:z.4g}. Of this f(a) = {pi - missing:z.4g} is a constant "
            f"and {missing:z.3g} is Taylor's remainder; Lagrange's bound for it is {bound:z.3g}."
        )

    def readout(self, shown: Shown) -> str:
        inner, pi, missing, bound = (float(shown.numbers[f"{name}_at"]) for name in ("inner", "pi", "missing", "bound"))
        left = f"f(a) {'-' if missing < 0 else '+'} {abs(missing):z.2g}"
        return f"at x = {self.at:g}: <κ, w> = {inner:z.4f}   π = {pi:z.4f} = {left}   bound {bound:z.2g}"

    def figures(self, shown: Shown) -> dict[str, float]:
        return {"rest": abs(shown.numbers["missing_at"].item()), "bound": shown.numbers["bound_at"].item()}

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        return (("g", "f(x)"), ("", " = ⟨ "), ("κ", "κ(x - a)"), ("", " , "), ("ψ", "w"), ("", " ⟩ + "), ("π", "π(x)"))

    def values(self, shown: Shown) -> dict[str, str]:
        w = ", ".join(f"{value:z.3g}" for value in shown.numbers["w"][:4]) + (", …" if shown.subject.order > 4 else "")
        return {"κ": f"D = {shown.subject.order}", "ψ": w, "π": f"{float(shown.numbers['pi_at']):z.4f}"}
