"""A formula line of a component in TeX."""

import re

GREEK = zip("αβγεθκλμξπσψΓΣ", "alpha beta gamma epsilon theta kappa lambda mu xi pi sigma psi Gamma Sigma".split())
SIGNS = {letter: rf"\{name}" for letter, name in GREEK}
SIGNS |= {"·": r"\cdot", "⊗": r"\otimes", "∘": r"\circ", "×": r"\times", "→": r"\to", "~": r"\sim", "...": r"\dots"}
SIGNS |= {"<": r"\langle", ">": r"\rangle", "‖": r"\|", "½": r"\tfrac12", "Â": r"\hat{A}", "₀": "_0", "₁": "_1", "₂": "_2"}
RAISED = {"²": "2", "³": "3", "ᵀ": r"\top", "⁻¹": "-1"}
LETTERS = {"alpha", "beta", "gamma", "epsilon", "sigma"}
FUNCTIONS = {"sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "exp", "ln", "max", "min"}
OWN = {"arsinh", "arcosh", "artanh", "sinc", "softmax", "sigmoid", "diag", "cov", "median", "fusion", "output"}
WORD = r"(?:[A-Za-z]{2,}(?:-[a-z]+)*|\ba(?= (?!ln)[a-z]{2}))"
TOKEN = re.compile(
    rf"`(?P<code>[^`]*)`|(?P<sub>_(?:\{{[^}}]*\}}|[^\W²]+))|(?P<sup>\^(?:\([^()]*\)|\w+))|(?P<raised>²|³|ᵀ|⁻¹)"
    rf"|(?P<root>√(?:\((?:[^()]|\([^()]*\))*\)|\w+))|(?P<word>{WORD})|(?P<sign>\.\.\.|\S)|(?P<blank>\s+)"
)
"""`code`, T_{k-1} or A_ij, x^(1/p) or x^k, x², √(...), words, signs, blanks. A bracket after ^ or √ groups, and is not written."""


def tex(line: str) -> str:
    """T_k(x) = 2 x T_{k-1}(x), with T_0 = 1 → TeX in two lines: what goes on behind "with" or "where" stands below."""
    rows = [written(row) for row in re.split(r" (?=(?:drawn |where |with |for every |for k = ))", line, maxsplit=1)]
    return r"\begin{gathered}" + r" \\ ".join(rows) + r"\end{gathered}" if len(rows) > 1 else rows[0]


def written(line: str) -> str:
    """One line: its letters as mathematics, its words upright with their blanks."""
    found = [(str(token.lastgroup), token.group(token.lastgroup or 0)) for token in TOKEN.finditer(line)]
    prose = [kind == "word" and not named(text) for kind, text in found]
    made = ""
    for number, (kind, text) in enumerate(found):
        match kind:
            case "code":
                made += r"\texttt{" + text.replace("_", r"\_") + "}"
            case "sub":
                made += (
                    "_{"
                    + (written(text[2:-1]) if text[1] == "{" else "".join(SIGNS.get(letter, letter) + " " for letter in text[1:]))
                    + "}"
                )
            case "sup" | "root":
                inside = written(text[1:].removeprefix("(").removesuffix(")"))
                made += ("^" if kind == "sup" else r"\sqrt") + "{" + inside + "}"
            case "raised":
                made += "^{" + RAISED[text] + "}"
            case "word":
                made += named(text) or r"\text{" + text + "}"
            case "blank":
                made += r"\ " if any(prose[max(number - 1, 0) : number + 2]) else " "
            case _:
                made += SIGNS[text] + " " if text in SIGNS else text
    return made


def named(word: str) -> str:
    """A word that is a letter or a function of mathematics; nothing for another one."""
    if word in LETTERS or word in FUNCTIONS:
        return rf"\{word} "
    return rf"\operatorname{{{word}}}" if word in OWN else ""
