"""Chapter 07: right and wrong answers to its exercises, each where `None` waits; a wrong one with words of its sentence."""

ANSWERS = [
    (
        [
            "(w - 2 * lr / len(y) * (K @ w - y) @ K).tolist()",
            "w - lr * torch.func.grad(lambda w: (K @ w - y).square().mean())(w)",
        ],
        {
            "w + 2 * lr * K.mT @ (K @ w - y) / len(y)": "You climb",
            "w - lr * K.mT @ (K @ w - y) / len(y)": "2 of the square is missing",
            "w - 2 * lr * K.mT @ (K @ w - y)": "slope of the sum",
            "w - lr * K.mT @ (K @ w - y)": "Neither the 2",
            "w - 2 * K.mT @ (K @ w - y) / len(y)": "lr is left out",
            "-2 * lr * K.mT @ (K @ w - y) / len(y)": "step alone",
            "2 * K.mT @ (K @ w - y) / len(y)": "That is the slope",
            "w - lr * (2 * K * (K @ w - y).unsqueeze(-1)).sum(0) / len(w)": "not over the numbers of w",
            "w - lr * 2 * K.mT @ (K @ w) / len(y)": "leave y out",
            "w": "should be",
            "K @ w - y": "shape (3,) was wanted, yours is (4,)",
        },
    ),
    (
        [
            "next((losses[: k + 1].index(min(losses[: k + 1])) for k in range(len(losses))"
            " if k - losses[: k + 1].index(min(losses[: k + 1])) == patience), losses.index(min(losses)))",
            "torch.tensor(float(next((k for k, loss in enumerate(losses) if loss < min([*losses[:k], 1e9])"
            " and min([*losses[k + 1 : k + 1 + patience], 1e9]) >= loss)))) * 1.0",
        ],
        {
            "losses.index(min(losses))": "least of all",
            "next((k for k in range(len(losses)) if k - losses[: k + 1].index(min(losses[: k + 1])) == patience), len(losses) - 1)": (
                "There it stops"
            ),
            "1 + next((k for k, loss in enumerate(losses) if loss < min([*losses[:k], 1e9])"
            " and min([*losses[k + 1 : k + 1 + patience], 1e9]) >= loss))": "counted from 1",
            "next((loss for k, loss in enumerate(losses) if loss < min([*losses[:k], 1e9])"
            " and min([*losses[k + 1 : k + 1 + patience], 1e9]) >= loss))": "That is the loss",
            "next((k for k, loss in enumerate(losses) if loss < min([*losses[:k], 1e9])"
            " and min([*losses[k + 1 : k + patience], 1e9]) >= loss))": "too early",
            "next((k for k, loss in enumerate(losses) if loss < min([*losses[:k], 1e9])"
            " and min([*losses[k + 1 : k + 2 + patience], 1e9]) >= loss))": "too late",
            "next((k for k, loss in enumerate(losses) if loss <= min([*losses[:k], 1e9])"
            " and min([*losses[k + 1 : k + 1 + patience], 1e9]) > loss))": "no new least",
            "len(losses) - 1": "last step of all",
            "patience": "should be",
            "losses": "shape",
        },
    ),
    (
        [
            '[wide, Learning(63, "AdamW", 0.01, seed=1)]',
            '(rpn.Formula(rpn.expansion.Chebyshev(degree=12)), Learning(optimizer="SGD", batch=4, step=30, seed=1))',
        ],
        {
            "(rpn.Formula, Learning(seed=1))": "brackets of Formula()?",
            "(wide, Learning)": "brackets of Learning()?",
            "(wide, Learning(lr=0.01, seed=1))": "At step 63 it was 0.0171",
            "(wide, Learning(seed=1))": "never below 0.02",
            "(wide, Learning(lr=0.01, step=63))": "take seed=1",
            '(product, Learning(optimizer="closed form", seed=1))': "no closed form is known",
            "wide": "Two things were wanted",
            "(Learning(seed=1), wide)": "First a formula",
        },
    ),
]
# Slips in a solution that change nothing.
EQUIVALENT = {
    "/ len(K)": "as many rows as numbers in y",
    "Chebyshev(degree=11)": "a degree less is good enough, too",
    "Chebyshev(degree=13)": "a degree more is good enough, too",
    "step=62": "the step before is nearly as good",
    "step=64": "the step after is nearly as good",
}
