"""κ of wavelets: one mother function, stretched and shifted."""

import math
from abc import abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from ..component import Dial, component, family
from .base import Pointwise
from .products import Taylor


@family
class Wavelet(Pointwise):
    """κ(x) = a^(-s/2) h(x / a^s - b t) for s = 0, ..., scales - 1 and t = 0, ..., shifts - 1, with a the dilation and b the translation:
    scale by scale, place by place.

    K = scales · shifts, and with `order` > 1 also all products of up to that many of these features, as in Taylor.
    """

    scales: Annotated[int, Dial(1, 4, "number of widths, each dilation times the one before")] = 1
    shifts: Annotated[int, Dial(1, 4, "number of places")] = 1
    order: Annotated[int, Dial(1, 2, "highest degree of the products of wavelets", most=1000)] = 1
    dilation: Annotated[float, Dial(1.5, 4.0, "how much wider the next scale is", least=1.0, above=True)] = 2.0
    translation: Annotated[float, Dial(0.25, 2.0, "distance between neighbouring places", least=0.0, above=True)] = 1.0

    def width(self, m: int) -> int:
        return Taylor(self.order).width(m * self.scales * self.shifts)

    @abstractmethod
    def mother(self, u: Tensor) -> Tensor:
        """h(u). Number by number, at every scale and place: (scales, shifts, ...) → (scales, shifts, ...)."""

    def planes(self, x: Tensor) -> Tensor:
        one = [1] * (x.dim() + 1)
        stretch = self.dilation ** torch.arange(self.scales, dtype=x.dtype, device=x.device).view(-1, *one)
        place = self.translation * torch.arange(self.shifts, dtype=x.dtype, device=x.device).view(-1, *one[1:])
        return (self.mother(x / stretch - place) / stretch.sqrt()).flatten(0, 1)  # (scales, shifts, ...) → (K, ...)

    def combined(self, features: Tensor) -> Tensor:
        return features if self.order == 1 else Taylor(self.order)(features)


@component
class Haar(Wavelet):
    """κ(x) = a^(-s/2) h(x / a^s - b t) with h(u) = 1 on [0, 1/2), -1 on [1/2, 1), 0 elsewhere

    Steps: the gradient to x is zero wherever there is one, so nothing below a Haar layer can learn.
    Source: RPN 1, "Wavelet Expansion", Haar.
    """

    def mother(self, u: Tensor) -> Tensor:
        # fast: all in floats; masks of bools cost ten times as much, and would hide a NaN.
        half = (2 * u).floor_()  # 0 and 1 are the two halves
        flat = half.detach()
        first = flat.abs().clamp_max_(1)  # 0 on that half, 1 elsewhere
        return half.copy_(flat.sub(1).abs_().clamp_max_(1).sub_(first))  # so that what lies below gets its gradient of 0


@component
class Shannon(Wavelet):
    """κ(x) = a^(-s/2) h(x / a^s - b t) with h(u) = (sin 2πu - sin πu) / (πu) = 2 sinc(2u) - sinc(u), and 1 at u = 0

    One octave of frequencies, all equally strong; it fades slowly, like 1 / u. Source: RPN 1, "Wavelet Expansion", Shannon.
    """

    def mother(self, u: Tensor) -> Tensor:
        return 2 * torch.sinc(2 * u) - torch.sinc(u)


@component
class Meyer(Wavelet):
    """κ(x) = a^(-s/2) h(x / a^s - b t) with h the Meyer wavelet

    h(u) = [4v/(3π) cos(2πv/3) - sin(4πv/3)/π] / (v - 16v³/9) + [8v/(3π) cos(8πv/3) + sin(4πv/3)/π] / (v - 64v³/9) with v = u - 1/2.
    Smooth in frequency, and so it fades fast. The fractions have removable gaps at v = 0, ±3/8 and ±3/4: here they are written as
    sums of sinc, which have none. Source: RPN 1, "Wavelet Expansion", Meyer.
    """

    def mother(self, u: Tensor) -> Tensor:
        q = (u - 0.5) * (4 / 3)
        t = 2 * q
        slow = (torch.sinc((1 - q) / 2) + torch.sinc((1 + q) / 2)) * (1 / 3 - math.pi / 3 * torch.sinc(q / 2))
        # sin(πt) / (t (1 - t²)) splits into one term for each of its three gaps.
        gap = [torch.sinc(s / 4) * torch.sin(0.75 * math.pi * s) for s in (1 - t, 1 + t)]
        return slow + 4 / 3 * torch.sinc(t / 2) + 2 / 3 * (gap[0] + gap[1])


@component
class Ricker(Wavelet):
    """κ(x) = a^(-s/2) h(x / a^s - b t) with h(u) = 2 / (√(3σ) π^(1/4)) (1 - (u/σ)²) exp(-u² / (2σ²))

    The second derivative of a bell, also called Mexican hat; its square integrates to 1. Source: RPN 1, "Wavelet Expansion", Ricker.
    """

    sigma: Annotated[float, Dial(0.25, 2.0, "half the width of the middle bump", least=0.0, above=True)] = 1.0

    def mother(self, u: Tensor) -> Tensor:
        square = ((u / self.sigma) ** 2).clamp(max=1e4)  # further out all is 0, and not infinity times 0
        return 2 / (math.sqrt(3 * self.sigma) * math.pi**0.25) * (1 - square) * torch.exp(-square / 2)


@component
class DifferenceOfGaussians(Wavelet):
    """κ(x) = a^(-s/2) h(x / a^s - b t) with h(u) = exp(-u²/(2σ₁²)) / (σ₁√(2π)) - exp(-u²/(2σ₂²)) / (σ₂√(2π))

    A narrow bell minus a wide one: its integral is 0. Source: RPN 1, "Wavelet Expansion", difference of Gaussians.
    """

    sigma1: Annotated[float, Dial(0.25, 2.0, "width of the bell that is added", least=0.0, above=True)] = 1.0
    sigma2: Annotated[float, Dial(0.5, 4.0, "width of the bell that is taken away", least=0.0, above=True)] = 2.0

    def check(self) -> None:
        if self.sigma1 == self.sigma2:
            raise ValueError(f"DifferenceOfGaussians.sigma1 and sigma2 must differ, or all is 0, got {self.sigma1} twice")

    def mother(self, u: Tensor) -> Tensor:
        bells = [torch.exp(-0.5 * (u / s) ** 2) / (s * math.sqrt(2 * math.pi)) for s in (self.sigma1, self.sigma2)]
        return bells[0] - bells[1]


@component
class BetaWavelet(Wavelet):
    """κ(x) = a^(-s/2) h(x / a^s - b t) with h(u) = -c d/du [u^(alpha - 1) (1 - u)^(beta - 1)] on (0, 1)

    Outside h is 0, and c makes its square integrate to 1.
    The slope of a beta density: one cycle, as lopsided as alpha and beta differ. Its square has an integral only for alpha and beta
    above 3/2. Source: RPN 1, "Wavelet Expansion", beta (the derivative, since the density itself has no mean of 0).
    """

    alpha: Annotated[float, Dial(1.75, 5.0, "exponent at the left end, plus 1", least=1.5, above=True, most=1000.0)] = 2.0
    beta: Annotated[float, Dial(1.75, 5.0, "exponent at the right end, plus 1", least=1.5, above=True, most=1000.0)] = 2.0

    def log_norm(self) -> float:
        """The logarithm of the square root of the integral of the squared derivative, in closed form."""
        p, q = self.alpha - 1, self.beta - 1
        log_beta = math.lgamma(2 * p) + math.lgamma(2 * q) - math.lgamma(2 * p + 2 * q)  # of 2 p and 2 q
        return 0.5 * (log_beta + math.log(2 * p * q * (p + q - 1) / ((2 * p - 1) * (2 * q - 1))))

    def mother(self, u: Tensor) -> Tensor:
        p, q = self.alpha - 1, self.beta - 1
        mean = p / (p + q)
        outside = (u <= 0) | (u >= 1)
        u = torch.where(outside, 0.5, u)  # a number that harms no logarithm and no gradient
        # Logarithms of large powers, counted from the mean, where those of u^p (1 - u)^q are largest: so no power leaves the floats.
        height = p * math.log(mean) + q * math.log1p(-mean) - self.log_norm()
        left = p * torch.log(u / mean) + height
        right = q * torch.log((1 - u) / (1 - mean))
        slope = (p + q) * (u - mean) / (u * (1 - u)) * torch.exp(left + right)
        return torch.where(outside, 0.0, slope)
