"""Chapter 00: right and wrong answers to its exercises, each where `None` waits; a wrong one with words of its sentence."""

ANSWERS = [
    (
        ["torch.stack([x, x * x, x * x * x], -1)", "(x ** torch.arange(1, 4)).tolist()", "torch.cat([x, x**2, x**3], 1).float().numpy()"],
        {
            "torch.cat([x, x**2], -1)": "Column 3 is missing",
            "torch.cat([x, 2 * x, 3 * x], -1)": "multiples of x",
            "torch.cat([x, x / 2, x / 4], -1)": "at [0, 1], counted from 0, should be 4, yours is -1",
            "[0.5, 0.25, 0.125]": "shape (3, 3) was wanted, yours is (3,)",
            "torch.stack([x, x**2, x**3])": "Rows and columns have changed places",
            "torch.cat([x**0, x, x**2], -1)": "The constant 1 is no feature",
            "torch.cat([x**3, x**2, x], -1)": "order is reversed",
            "torch.cat([x, x**2 / 2, x**3 / 6], -1)": "would belong to w",
            "torch.cat([x, x**2, x**3, x**4], -1)": "one column too many",
            "rpn.expansion.Taylor": "did you forget the brackets of Taylor()?",
            "rpn.expansion.Taylor(order=3)": "yours is expansion.Taylor(order=3): did you forget to call it?",
            "torch.cat(x, x**2, x**3)": "TypeError",
        },
    ),
    (
        ["(features(x) * w).sum(-1, keepdim=True) + c", "[float(row @ w) + c for row in features(x)]", "c + features(x).mv(w)"],
        {
            "features(x) @ w": "π is missing",
            "features(x) @ w - c": "π is added, yours is subtracted",
            "features(x) @ w * c": "yours is multiplied",
            "features(x) * w + c": "add them up too",
            "(features(x) * w + c).sum(-1)": "three times",
            "x * w + c": "shape (3, 1) was wanted, yours is (3, 3)",
            "-(features(x) @ w + c)": "sign is the other way round",
            "w @ features(x) + c": "RuntimeError",
            "(x * w).sum(-1) + c": "It should meet κ(x)",
        },
    ),
    (
        [
            "torch.linalg.pinv(features(x)) @ y",
            "torch.linalg.solve(features(x).mT @ features(x), features(x).mT @ y).flatten().tolist()",
            "torch.linalg.lstsq(features(x), y)[0].float()",
        ],
        {
            "torch.linalg.lstsq(features(x), y)": "holds several things: solution, residuals",
            "torch.linalg.lstsq(features(y), x).solution": "x and y have changed places",
            "features(x) @ torch.linalg.lstsq(features(x), y).solution": "values of g",
            "torch.linalg.lstsq(x, y).solution": "It should meet κ(x)",
            "features(x).mT @ y": "features times y",
            "torch.linalg.lstsq(features(x), -y).solution": "sign",
            "torch.linalg.solve(features(x)[:3], y[:3])": "first three rows",
            "torch.linalg.lstsq(features(x), y).solution.flip(0)": "reversed",
            "torch.linalg.lstsq(features(x), y).solution[:2]": "Number 3 is missing",
            "lambda new: features(new)": "did you forget to call it?",
        },
    ),
]

# Slips in a solution that change nothing.
EQUIVALENT = {
    "cat([x, x ** 2, x ** 3], 1)": "the last axis of a table is axis 1",
    "stack([x, x ** 2, x ** 3], -1)": "an axis of one number is left between rows and columns, as plain as the table itself",
}
