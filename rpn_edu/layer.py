"""A layer: heads side by side, fused into one output."""

from collections.abc import Sequence

from torch import Tensor, nn

from .formula import Formula
from .fusion import Fusion, Mean
from .head import Head, Owner


class Layer(Owner):
    """Heads that all see the same x: (..., b, m) → (..., b, n). Every head is distinct, with parameters of its own."""

    heads: nn.ModuleList
    w_fusion: Tensor

    def __init__(self, m: int, n: int, formulas: Formula | Sequence[Formula] | None = None, fusion: Fusion | None = None) -> None:
        super().__init__()
        formulas = [formulas or Formula()] if not isinstance(formulas, Sequence) else list(formulas)
        if not formulas:
            raise ValueError("a layer needs at least one formula, got an empty list")
        self.m, self.n, self.fusion = m, n, fusion or Mean()
        if not isinstance(self.fusion, Fusion):
            raise TypeError(f"Layer.fusion must be a component of fusion, such as Mean(), got {fusion!r}")
        widths = [self.fusion.part_width(n, len(formulas))] * len(formulas)
        self.heads = nn.ModuleList(Head(m, width, formula) for width, formula in zip(widths, formulas, strict=True))
        if len(formulas) > 1:
            self.own_frozen("fusion", self.fusion.frozen(widths))
            self.own("w_fusion", self.fusion.init(widths))

    def forward(self, x: Tensor) -> Tensor:
        """(..., b, m) → (..., b, n)."""
        outputs = [head(x) for head in self.heads]
        return outputs[0] if len(outputs) == 1 else self.fusion(outputs, self.w_fusion, self.frozen("fusion"))
