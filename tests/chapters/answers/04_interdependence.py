"""Chapter 04: right answers and wrong answers to its exercises, one after the other. Each stands where `None` waits."""

ANSWERS = [
    (["((0, 1, 1), (1, 0, 0), (0, 0, 1))"], ["((1, 0), (0, 1))", "torch.eye(3)"]),
    (["4"], ["1", "6", "9"]),
    (
        ["rpn.interdependence.Chain()"],
        ["rpn.interdependence.Pearson()", "rpn.interdependence.Independent()", "7"],
    ),
]
