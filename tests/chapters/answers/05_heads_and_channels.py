"""Chapter 05: right answers and wrong answers to its exercises, one after the other. Each stands where `None` waits."""

EXPANSION = "rpn.expansion.Chebyshev(degree=3)"
ANSWERS = [
    (["(1, 0.1)", "(0.1, 1)"], ["(1,)", "(1, -1)"]),
    (
        [f"rpn.Formula({EXPANSION}, rpn.reconciliation.LowRank(rank=1), channels=4, fusion=rpn.fusion.Concat())"],
        [
            f"rpn.Formula({EXPANSION}, rpn.reconciliation.LowRank(rank=1), channels=4)",
            f"rpn.Formula({EXPANSION}, rpn.reconciliation.LowRank(rank=1), channels=4, fusion=rpn.fusion.Max())",
            f"rpn.Formula({EXPANSION})",
            "7",
        ],
    ),
    (
        ["a + b + c - torch.maximum(torch.maximum(a, b), c) - torch.minimum(torch.minimum(a, b), c)"],
        ["a", "(a + b + c) / 3"],
    ),
]
