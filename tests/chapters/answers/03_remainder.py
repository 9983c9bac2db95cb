"""Chapter 03: right and wrong answers to its exercises, each where `None` waits; a wrong one with words of its sentence."""

ANSWERS = [
    (
        ["[1.0, 0.0, -0.1666667, 0.0, 0.0083333]", "torch.tensor([[1, 0, -1 / 6, 0, 1 / 120]])"],
        {
            "(1, 0, -1, 0, 1)": "divided by k!",
            "(1, 0, -1 / 3, 0, 1 / 5)": "You divide by k",
            "(0, -1 / 2, 0, 1 / 24, 0)": "cosine.",
            "(1, 0, 1 / 6, 0, 1 / 120)": "signs change",
            "(1, -1 / 6, 1 / 120)": "even if they are 0",
            "(0, 1, 0, -1 / 6, 0, 1 / 120)": "begins with the constant",
            "(1, 0, -1 / 6)": "shape (5,) was wanted",
            "(1, 0, -1 / 6, 0, 1 / 24)": "number of power 5 is",
            "(-1, 0, 1 / 6, 0, -1 / 120)": "sign is the other way round",
            '"1, 0, -1/6"': "must be numbers",
        },
    ),
    (
        [
            "torch.sin(x) - rpn.expansion.Taylor(order=5)(x) @ torch.tensor(numbers)[:, None]",
            "torch.sin(x) - rpn.expansion.Taylor(order=5)(x) @ torch.tensor(numbers, dtype=x.dtype)[:, None]",
            "(x.sin() - x + x**3 / 6 - x**5 / 120).flatten().tolist()",
        ],
        {
            "sum(w * x**k for k, w in enumerate(numbers, 1))": "what the product says",
            "torch.sin(x)": "sine itself",
            "sum(w * x**k for k, w in enumerate(numbers, 1)) - torch.sin(x)": "sign is the other way round",
            "torch.sin(x) - sum(numbers) * x": "power by power",
            "torch.sin(x) - x - x**2 - x**3 - x**4 - x**5": "as they are",
            "torch.sin(x) - sum(w * x**k for k, w in enumerate(numbers))": "should be",
            "math.sin(x) - x": "math",
            "torch.sin(x) - numbers @ x": "TypeError",
            "torch.sin(x) - rpn.expansion.Taylor(order=5)(x) @ torch.tensor(numbers)": "torch filled a table",
            "0 * x": "yours is 0",
        },
    ),
    (
        ["rpn.remainder.Linear(rpn.reconciliation.LowRank(rank=1), bias=True)", "rpn.remainder.Linear(bias=True, activation='tanh')"],
        {
            "rpn.remainder.Linear": "did you forget the brackets of Linear()?",
            "rpn.remainder.Zero()": "is 0.458",
            "rpn.remainder.Identity()": "This π learns nothing",
            "rpn.remainder.Constant(value=0.5)": "0.3 was wanted",
            "rpn.remainder.Linear()": "Both should be learned",
            "rpn.Formula(remainder=rpn.remainder.Linear(bias=True))": "A π such as",
            "0.5": "yours is 0.5",
        },
    ),
]
# Slips in a solution that change nothing.
EQUIVALENT = {}
