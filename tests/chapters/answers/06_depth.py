"""Chapter 06: right answers and wrong answers to its exercises, one after the other. Each stands where `None` waits."""

ANSWERS = [
    (["5 * 12 + 2 * 30"], ["60", "5"]),
    (["(W_2 + torch.eye(2)) @ (W_1 + torch.eye(2))"], ["W_2 @ W_1", "torch.eye(3)"]),
    (
        ['(rpn.Formula(), Boundary(depth=2, width=2, between="tanh"))'],
        ["(rpn.Formula(), Boundary(depth=1))", "(taylor, Boundary(depth=2))", "(rpn.Formula(), Boundary(noise=0.0))"],
    ),
]
