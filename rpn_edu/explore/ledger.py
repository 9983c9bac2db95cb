"""What a state costs, told before anything is allocated."""

BUDGET = 256 * 2**20  # bytes that a state may allocate


def ledger(sizes: dict[str, int]) -> dict[str, int]:
    """All sizes with the bytes they cost. ValueError above the budget, before anything is allocated.

    m b n D are the sides of arrays, every other size counts numbers.
    """
    counted = {name: size for name, size in sizes.items() if name not in ("m", "b", "n", "D")}
    matrix = {"n · D": sizes["n"] * sizes["D"]} if "D" in sizes else {}
    size = 8 * (sizes["b"] * sizes.get("D", sizes["m"]) + sum(matrix.values()) + sum(counted.values()))
    if size > BUDGET:
        needed, limit = f"{size // 2**20:,} MB" + (f" (D = {sizes['D']:,})" if matrix else ""), BUDGET // 2**20
        raise ValueError(f"this state would need {needed}; this explorer stops at {limit} MB. Choose a lower degree.")
    return {**sizes, **matrix, "bytes": size}
