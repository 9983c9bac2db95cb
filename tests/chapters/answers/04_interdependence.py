"""Chapter 04: right and wrong answers to its exercises, each where `None` waits; a wrong one with words of its sentence."""

SCORES, ONES = "X @ psi @ X.mT / math.sqrt(X.shape[1])", "torch.ones(len(X), len(X))"
LATER = f"{ONES}.tril(-1) == 1"
ANSWERS = [
    (
        ["torch.tensor([[0.0, 1, 1], [1, 0, 0], [0, 0, 1]])", "[[False, True, True], [1, 0, 0], [0, 0, 1]]"],
        {
            "((0, 1, 0), (1, 0, 0), (1, 0, 1))": "column j of A says",
            "torch.eye(3)": "leaves all columns as they are",
            "((0, 1, 0), (1, 0, 0), (0, 0, 1))": "here x₁ is missing",
            "((0, 1, 1), (1, 0, 0), (0, 0, 0))": "x₃ in it, too",
            "((0, 1, 0), (1, 0, 1), (0, 0, 0.8))": "Of the row (2, -3, 4) it makes 0.2, and 6",
            "((0, 1, 3.5), (1, 0, 0), (0, 0, 0))": "it makes 7, and 6",
            "((1, 0), (0, 1))": "shape (3, 3) was wanted, yours is (2, 2)",
            "(2, 1, (1, 3))": "rows of one length",
            "torch.eye": "did you forget to call it?",
        },
    ),
    (
        [
            "torch.ones(m, m).triu().tril(1)",
            "[[int(j - i in (0, 1)) for j in range(m)] for i in range(m)]",
            "rpn.interdependence.Chain().matrix(torch.ones(2, m), torch.empty(0))",
        ],
        {
            "torch.eye(m) + torch.ones(m - 1).diag(-1)": "flows backward",
            "torch.ones(m - 1).diag(1)": "into itself, too",
            "torch.eye(m)": "themselves alone",
            "torch.eye(m) + torch.eye(m).roll(1, 1)": "In a chain it ends",
            "torch.ones(m, m).triu()": "into the next alone",
            "torch.eye(4) + torch.ones(3).diag(1)": "shape (7, 7) was wanted",
            "torch.eye(m) + torch.ones(m).diag(1)": "RuntimeError",
            "rpn.interdependence.Chain": "brackets of Chain()?",
        },
    ),
    (
        [
            f"(X @ psi @ X.mT / len(X[0]) ** 0.5 + (-{ONES} / 0).tril(-1).nan_to_num(0, neginf=-1e9)).softmax(0)",
            "torch.stack([torch.cat([(X[: j + 1] @ psi @ X[j] / 2**0.5).softmax(0), 0 * X[j + 1 :, 0]]) for j in range(len(X))], 1)",
        ],
        {
            f"({SCORES}).softmax(0)": "Row 1 looks at the rows after it",
            f"({SCORES}).softmax(0).triu()": "columns do not sum to 1",
            f"({SCORES}).softmax(1)": "Your rows sum to 1",
            f"({SCORES}).softmax(1).triu()": "dimension 0, so that columns",
            "(X @ psi @ X.mT).softmax(0)": "And divide the scores by the root",
            "(X @ psi @ X.mT).softmax(0).triu()": "And divide the scores by the root",
            "(X @ psi @ X.mT).softmax(1).triu()": "And divide the scores by the root",
            f"({SCORES}).triu().softmax(0)": "Use -infinity",
            f"({SCORES}).masked_fill({LATER}, -math.inf).softmax(1)": "The columns should",
            f"({SCORES}).masked_fill({ONES}.triu(1) == 1, -math.inf).softmax(0)": "later rows. They",
            f"(X @ psi @ X.mT).masked_fill({LATER}, -math.inf).softmax(0)": "root of m",
            f"(X @ X.mT / math.sqrt(X.shape[1])).masked_fill({LATER}, -math.inf).softmax(0)": "ψ is missing",
            f"(X @ psi.mT @ X.mT / math.sqrt(X.shape[1])).masked_fill({LATER}, -math.inf).softmax(0)": "ψ is transposed",
            f"({SCORES}).masked_fill({LATER}, -math.inf).softmax(0).mT @ X": "A itself was wanted",
            "X @ psi @ X": "RuntimeError",
            f"({SCORES}).masked_fill({ONES}.tril() == 1, -math.inf).softmax(0)": "nan",
        },
    ),
]
# Slips in a solution that change nothing.
EQUIVALENT = {"math.sqrt(psi.shape[1])": "ψ(w) is m × m"}
