"""Chapter 05: right and wrong answers to its exercises, each where `None` waits; a wrong one with words of its sentence."""

FORMULA = "rpn.Formula(rpn.expansion.Chebyshev(degree=3), rpn.reconciliation.LowRank(rank=1)"
ANSWERS = [
    (
        ["[0.1, 1.0]", "torch.tensor([[1.0], [0.1]])"],
        {
            "(1, 0)": "That is relu",
            "(1, -1)": "That is |x|",
            "(1, -0.1)": "gives 0.1, and -0.1 was wanted",
            "(1, 1)": "no bend",
            "(1, 10)": "at x = 1 it gives 10",
            "(-1, -0.1)": "At x = -1 yours gives 1",
            "(1,)": "yours is one",
            "(1, 0.1, 0)": "yours are 3",
            '"1 and 0.1"': "must be numbers",
        },
    ),
    (
        [
            "torch.maximum(torch.minimum(a, b), torch.minimum(torch.maximum(a, b), c))",
            "[x + y + z - max(x, y, z) - min(x, y, z) for x, y, z in zip(a.tolist(), b.tolist(), c.tolist())]",
        ],
        {
            "(a + b + c) / 3": "That is the mean",
            "torch.maximum(torch.maximum(a, b), c)": "the largest",
            "torch.minimum(torch.minimum(a, b), c)": "the smallest",
            "a + b + c - torch.maximum(torch.maximum(a, b), c)": "still has the smallest in it",
            "b": "always the second channel",
            "torch.stack([a, b, c]).median(0).values": "but median does the work",
            "torch.stack([a, b, c]).sort(0).values[1]": "but sort does the work",
            "sorted([a, b, c])[1]": "RuntimeError",
            "torch.stack([a, b, c])": "shape (5,) was wanted, yours is (3, 5)",
            "torch.maximum(a, b, c)": "TypeError",
        },
    ),
    (
        [
            f"{FORMULA}, channels=4, fusion=rpn.fusion.Concat(), remainder=rpn.remainder.Zero())",
            f"{FORMULA}, fusion=rpn.fusion.Concat(), channels=4)",
        ],
        {
            "rpn.Formula": "did you forget the brackets of Formula()?",
            f"{FORMULA}, channels=4)": "this learns 72 numbers",
            f"{FORMULA}, channels=4, fusion=rpn.fusion.Max())": "Max bends the output",
            f"{FORMULA}, channels=3, fusion=rpn.fusion.Concat())": "rank 3, 4 was wanted",
            f"{FORMULA}, channels=5, fusion=rpn.fusion.Concat())": "5",
            "rpn.Formula(rpn.expansion.Chebyshev(degree=3))": "ψ should be",
            "rpn.Formula(rpn.expansion.Taylor(order=2), channels=4)": "κ should be",
            "rpn.fusion.Concat()": "A formula, rpn.Formula",
        },
    ),
]
# Slips in a solution that change nothing.
EQUIVALENT = {
    "slopes = (0.1, 1)": "the maximum does not ask which channel comes first",
    "torch.maximum(c, torch.maximum(a, b))": "nor does torch.maximum",
    "torch.maximum(torch.maximum(b, a), c)": "nor does torch.maximum",
    "torch.minimum(c, torch.minimum(a, b))": "nor does torch.minimum",
    "torch.minimum(torch.minimum(b, a), c)": "nor does torch.minimum",
}
