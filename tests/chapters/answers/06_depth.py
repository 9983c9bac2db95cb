"""Chapter 06: right and wrong answers to its exercises, each where `None` waits; a wrong one with words of its sentence."""

ANSWERS = [
    (
        [
            "sum(taylor.expansion.width(m) * n for m, n in zip(dims, dims[1:]))",
            "sum(w.numel() for w in rpn.RPN(dims, taylor).parameters())",
            "torch.tensor(float(sum(dims[k] * (1 + dims[k]) * dims[k + 1] for k in range(len(dims) - 1))))",
        ],
        {
            "sum(m * n for m, n in zip(dims, dims[1:]))": "inputs times outputs",
            "sum(m * m * n for m, n in zip(dims, dims[1:]))": "products of two inputs alone",
            "sum(m + m * m for m in dims[:-1])": "These are the features",
            "dims[-1] * (dims[-2] + dims[-2] ** 2)": "last layer alone",
            "dims[1] * (dims[0] + dims[0] ** 2)": "first layer alone",
            "sum(m * (n + n * n) for m, n in zip(dims, dims[1:]))": "changed places",
            "sum(n * (m + m * (m + 1) // 2) for m, n in zip(dims, dims[1:]))": "two features: count both",
            "sum(n * (m + m * (m - 1) // 2) for m, n in zip(dims, dims[1:]))": "x₁x₁ is a feature, too",
            "5 * 12 + 2 * 30": "should be 124, yours is 120",
            "rpn.RPN(dims, taylor)": "forget to call it?",
        },
    ),
    (
        [
            "W_2 @ W_1 + W_2 + W_1 + torch.eye(2)",
            "((torch.eye(2) + W_1).mT @ (torch.eye(2) + W_2).mT).mT.tolist()",
        ],
        {
            "(W_1 + torch.eye(2)) @ (W_2 + torch.eye(2))": "order is turned around",
            "W_2 @ W_1": "holds for π = 0",
            "W_2 @ W_1 + torch.eye(2)": "Only the end adds x",
            "W_1 + W_2 + torch.eye(2)": "two matrices are added",
            "(W_2 + torch.eye(2)) @ W_1": "The first layer adds",
            "W_2 @ (W_1 + torch.eye(2))": "The second layer adds",
            "((W_2 + torch.eye(2)) @ (W_1 + torch.eye(2))).mT": "it is transposed",
            "(W_2 + 1) @ (W_1 + 1)": "should be",
            "torch.eye(3)": "shape (2, 2) was wanted, yours is (3, 3)",
        },
    ),
    (
        [
            "[rpn.Formula(remainder=rpn.remainder.Zero()), Boundary(depth=2, width=2)]",
            "(rpn.Formula(rpn.expansion.Identity()), Boundary(2, 2))",
        ],
        {
            "(rpn.Formula, Boundary(depth=2, width=2))": "brackets of Formula()?",
            "(rpn.Formula(), Boundary)": "brackets of Boundary()?",
            "(rpn.Formula(), Boundary(depth=1))": "One layer cannot bend enough",
            '(rpn.Formula(), Boundary(depth=2, width=2, between="none"))': "they collapse into one",
            '(rpn.Formula(), Boundary(depth=2, width=2, between="relu"))': "another bend between",
            "(taylor, Boundary(depth=2))": "learns 30 numbers",
            "(rpn.Formula(), Boundary(depth=2))": "learns 9 numbers",
            "(rpn.Formula(), Boundary(noise=0.0))": "Leave noise",
            "rpn.Formula()": "Two things were wanted",
            "(Boundary(depth=2, width=2), rpn.Formula())": "First a formula",
        },
    ),
]
# Slips in a solution that change nothing.
EQUIVALENT = {
    "Boundary(depth=2, width=2))": "tanh stands between its layers anyway",
    "Boundary(width=2, between='tanh')": "two layers are what it has anyway",
}
