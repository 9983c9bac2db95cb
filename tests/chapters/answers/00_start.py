"""Chapter 00: right answers and wrong answers to its exercises, one after the other. Each stands where `None` waits."""

ANSWERS = [
    (["8"], ["4", "30"]),
    (["torch.stack([x, x**2, x**3])"], ["torch.stack([x, x**2])", "torch.stack([x, x, x])"]),
    (
        ["rpn.Formula(rpn.expansion.Identity(), rpn.reconciliation.Kronecker())"],
        ["rpn.Formula()", "rpn.Formula(rpn.expansion.Identity(), rpn.reconciliation.LowRank(rank=1))", "7"],
    ),
]
