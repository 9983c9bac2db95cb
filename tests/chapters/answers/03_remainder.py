"""Chapter 03: right answers and wrong answers to its exercises, one after the other. Each stands where `None` waits."""

ANSWERS = [
    (["(1, 0, -1 / 6)"], ["(1, 0)", "(1, 0, 1 / 6)", "(1, 0, -1)"]),
    (["rpn.remainder.Linear(bias=True)"], ["rpn.remainder.Zero()", "rpn.remainder.Linear()", "7"]),
    (["0.2"], ["0.05", "2"]),
]
