"""Chapter 01: right and wrong answers to its exercises, each where `None` waits; a wrong one with words of its sentence."""

ANSWERS = [
    (
        ["torch.relu(1 - (2 * x - 2 * place).abs())", "torch.maximum(0 * x, 1 - 2 * abs(x - place)).numpy()"],
        {
            "(1 - 2 * (x - place)).clamp(min=0)": "falls on both sides",
            "1 - 2 * (x - place).abs()": "never below 0",
            "(1 - (x - place).abs()).clamp(min=0)": "It should fall by 2",
            "2 * (x - place).abs()": "on its head",
            "(1 - 2 * (x + place).abs()).clamp(min=0)": "minus its place",
            "(1 - 2 * x.abs() - place).clamp(min=0)": "should be",
            "rpn.expansion.BSpline(intervals=4, degree=1)(x)": "shape (5, 1) was wanted, yours is (5, 5)",
            "(2 * (x - place).abs() - 1).clamp(max=0)": "sign is the other way round",
        },
    ),
    (
        [
            "(1 - 2 * (x - torch.linspace(-1, 1, 5, dtype=x.dtype)).abs()).clamp(min=0)",
            "torch.stack([hat(x[:, 0], k / 2 - 1) for k in range(5)], 1).tolist()",
        ],
        {
            "[hat(x, place) for place in (-1, -0.5, 0, 0.5, 1)]": "changed places",
            "torch.cat([hat(x, place) for place in (-0.5, 0, 0.5)], -1)": "ends are missing",
            "torch.cat([hat(x, place) for place in (-1, -0.5, 0, 0.5)], -1)": "Column 5 is missing",
            "torch.cat([hat(x, place) for place in (1, 0.5, 0, -0.5, -1)], -1)": "reversed",
            "sum(hat(x, place) for place in (-1, -0.5, 0, 0.5, 1))": "side by side",
            "torch.cat([hat(x, place) for place in (-2, -1, 0, 1, 2)], -1)": "should be",
            "torch.cat([hat(x, place) for place in range(-1, 1, 0.5)], -1)": "TypeError",
            "hat": "did you forget to call it",
        },
    ),
    (
        ["rpn.expansion.GaussianRBF(epsilon=4)", "rpn.expansion.GaussianRBF(epsilon=4.2)"],
        {
            "rpn.expansion.BSpline": "did you forget the brackets of BSpline()?",
            "rpn.expansion.BSpline(intervals=4, degree=1)": "no corners",
            "rpn.expansion.BSpline()": "error on the waves is 0.1009",
            "rpn.expansion.GaussianRBF()": "error",
            "rpn.expansion.GaussianRBF(epsilon=3)": "look too much alike",
            "rpn.expansion.BSpline(intervals=12, degree=3)": "15 features",
            "rpn.Formula(rpn.expansion.GaussianRBF(epsilon=4))": "A κ such as",
            "hats": "the function hats",
        },
    ),
]
# Slips in a solution that change nothing.
EQUIVALENT = {
    "(place - x).abs()": "a distance is the same from both ends",
    "hat(place, x)": "a hat depends on the distance alone",
    "for place in (-1, -0.5, 0, 0.5, 1)], 1)": "the last axis of a table is axis 1",
    "stack([hat(x, place) for place in (-1, -0.5, 0, 0.5, 1)], -1)": "an axis of one number is left between rows and columns",
}
