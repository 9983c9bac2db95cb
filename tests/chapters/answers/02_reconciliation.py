"""Chapter 02: right and wrong answers to its exercises, each where `None` waits; a wrong one with words of its sentence."""

ANSWERS = [
    (
        ["[2, 16]", "torch.tensor([1, 32])", "(10.0, 2.0)"],
        {
            "5": "Two numbers were wanted, p and q, yours is one",
            "(4, 5)": "Have p and q changed places?",
            "(3, 4)": "cannot be cut into 3 equal parts",
            "(5, 5)": "64 cannot be cut into 5",
            "(1, 1)": "A has 1 numbers and B 640: together 641",
            "(2, 8)": "together 56. It can be fewer",
            "(2.5, 4)": "Whole numbers",
            "(5, 4, 52)": "yours are 3",
        },
    ),
    (
        ["torch.kron(torch.ones(2, 3), w.view(2, 2))", "[[*w[:2], *w[:2], *w[:2]], [*w[2:], *w[2:], *w[2:]]] * 2"],
        {
            "torch.kron(w.view(2, 2), torch.ones(2, 3))": "copies beside it",
            "w.view(2, 2).mT.repeat(2, 3)": "row by row",
            "w.repeat(6).view(4, 6)": "cut off",
            "w.view(2, 2)": "block alone",
            "w.view(2, 2).repeat(3, 2)": "Twice down",
            "torch.ones(4, 6)": "should be",
            "w.view(4, 6)": "RuntimeError",
            "rpn.reconciliation.DuplicatedPadding": "brackets of DuplicatedPadding()?",
        },
    ),
    (
        ["rpn.reconciliation.LPHM(p=10, q=16)", "rpn.reconciliation.Kronecker(10, 16)"],
        {
            "rpn.reconciliation.Kronecker": "did you forget the brackets of Kronecker()?",
            "rpn.reconciliation.LowRank(rank=2)": "only rank 2",
            "rpn.reconciliation.LowRank(rank=4)": "learns 296 numbers",
            "rpn.reconciliation.Kronecker(p=1, q=4)": "Place the numbers otherwise",
            "rpn.reconciliation.Kronecker(p=3, q=16)": "must divide",
            "rpn.reconciliation.Identity()": "learns 640",
            "rpn.Formula(reconciliation=rpn.reconciliation.Kronecker())": "A ψ such as",
            "(10, 16)": "yours is (10, 16)",
        },
    ),
]
# Slips in a solution that change nothing.
EQUIVALENT = {}
