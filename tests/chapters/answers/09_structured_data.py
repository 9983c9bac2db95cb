"""Chapter 09: right and wrong answers to its exercises, each where `None` waits; a wrong one with words of its sentence."""

ANSWERS = [
    (
        [
            "[[u ** (j - i) if j >= i else 0.0 for j in range(b)] for i in range(b)]",
            "torch.linalg.inv(torch.eye(b) - u * torch.ones(b, b).triu(1).tril(1))",
        ],
        {
            "[[u ** (i - j) if i >= j else 0.0 for j in range(b)] for i in range(b)]": "flows backward",
            "torch.ones(b, b).triu()": "counts in full",
            "[[u ** (j - i + 1) if j >= i else 0.0 for j in range(b)] for i in range(b)]": "zero steps",
            "[[u ** (j - i) if j > i else 0.0 for j in range(b)] for i in range(b)]": "The row itself is missing",
            "torch.eye(b) + u * torch.ones(b, b).triu(1).tril(1)": "one step back alone",
            "[[(j - i) * u if j > i else float(i == j) for j in range(b)] for i in range(b)]": "u², not 2 u",
            "[[u ** abs(j - i) for j in range(b)] for i in range(b)]": "Later rows flow in",
            "torch.eye(3)": "shape (4, 4) was wanted",
        },
    ),
    (
        [
            "rpn.interdependence.Graph(b, links, normalization='symmetric').matrix(torch.zeros(1, b), torch.empty(0))",
            "(lambda A: (A / torch.outer(A.sum(0), A.sum(1)).sqrt()).tolist())"
            "(torch.eye(b).index_put(tuple(torch.tensor([*links, *((j, i) for i, j in links)]).T), torch.tensor(1.0)))",
        ],
        {
            "rpn.interdependence.Graph(b, links, self_loops=False, normalization='symmetric')"
            ".matrix(torch.zeros(1, b), torch.empty(0))": "hears itself, too",
            "rpn.interdependence.Graph(b, links, directed=True, normalization='symmetric')"
            ".matrix(torch.zeros(1, b), torch.empty(0))": "both ways",
            "rpn.interdependence.Graph(b, links).matrix(torch.zeros(1, b), torch.empty(0))": "Nothing is divided",
            "rpn.interdependence.Graph(b, links, normalization='row').matrix(torch.zeros(1, b), torch.empty(0))": "sum of its row alone",
            "rpn.interdependence.Graph(b, links, normalization='column').matrix(torch.zeros(1, b), torch.empty(0))": "its column alone",
            "(lambda A: A / A.sum(0) / A.sum(1, keepdim=True))"
            "(rpn.interdependence.Graph(b, links).matrix(torch.zeros(1, b), torch.empty(0)))": "The roots are missing",
            "torch.eye(b)": "Where are their friends",
            "rpn.interdependence.Graph(b, links)": "must be numbers",
        },
    ),
    (
        [
            "A.T @ torch.relu(A.T @ (X @ W_1.T)) @ W_2.T",
            "(W_2 @ (W_1 @ X.mT @ A).clamp(min=0) @ A).mT.tolist()",
        ],
        {
            "A @ (A @ X @ W_1.mT).relu() @ W_2.mT": "A is not transposed",
            "A.mT @ (A.mT @ X @ W_1.mT) @ W_2.mT": "between the layers is missing",
            "(A.mT @ (A.mT @ X @ W_1.mT).relu() @ W_2.mT).relu()": "The last layer has no relu",
            "A.mT @ (X @ W_1.mT).relu() @ W_2.mT": "The first layer does not hear",
            "(A.mT @ X @ W_1.mT).relu() @ W_2.mT": "The second layer does not hear",
            "(X @ W_1.mT).relu() @ W_2.mT": "in both layers",
            "A.mT @ A.mT @ X.relu() @ W_1.mT @ W_2.mT": "comes too early",
            "(A.mT @ (A.mT @ X @ W_1.mT).relu() @ W_2.mT).mT": "it is transposed",
        },
    ),
]
# Slips in a solution that change nothing.
EQUIVALENT = {
    "A.sum(1)": "A of a graph is symmetric",
    "A.sum(-1)": "A of a graph is symmetric",
}
