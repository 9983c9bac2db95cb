"""Chapter 01: right answers and wrong answers to its exercises, one after the other. Each stands where `None` waits."""

HATS = "(1 - 2 * (x - torch.linspace(-1, 1, 5, dtype=x.dtype)).abs())"
ANSWERS = [
    (["64 + 64 + 64 * 63 // 2"], ["4160", "12"]),
    (["3"], ["0.5", "30"]),
    ([f"{HATS}.clamp(min=0)"], [HATS, "x"]),
]
