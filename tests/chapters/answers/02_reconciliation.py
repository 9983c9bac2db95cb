"""Chapter 02: right answers and wrong answers to its exercises, one after the other. Each stands where `None` waits."""

ANSWERS = [
    (["(5, 4)", "(2, 16)"], ["(1, 1)", "(3, 3)"]),
    (["torch.kron(torch.ones(2, 3), w.view(2, 2))"], ["w", "torch.ones(4, 6)"]),
    (
        ["rpn.reconciliation.Kronecker(p=10, q=16)"],
        ["rpn.reconciliation.LowRank(rank=2)", "rpn.reconciliation.Identity()", "7"],
    ),
]
