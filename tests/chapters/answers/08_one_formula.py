"""Chapter 08: right and wrong answers to its exercises, each where `None` waits; a wrong one with words of its sentence."""

ROWS = "torch.cat([{}, {}, ({} - {})[:, None]], 1)"
SUM = "((mean**2 / {0} + (2 * torch.pi * {0}).log()) / 2).sum(1)"
ANSWERS = [
    (
        ["torch.nn.functional.linear(kappa, coef, intercept)", "(kappa[:, None] * coef).sum(-1) + intercept"],
        {
            "kappa @ coef.mT": "bias is missing",
            "kappa @ coef.mT - intercept": "bias is taken away",
            "(kappa @ coef.mT) * intercept": "It is added",
            "intercept + 0 * kappa @ coef.mT": "Only the bias",
            "(coef @ kappa.mT) + intercept[:, None]": "it is transposed",
            "-(kappa @ coef.mT + intercept)": "sign is the other way round",
        },
    ),
    (
        [
            ROWS.format("mean / variance", "-1 / (2 * variance)", "prior.log()", SUM.format("variance")),
            ROWS.format("mean / variance", "-variance.reciprocal() / 2", "torch.log(prior)", SUM.format("variance")),
        ],
        {
            ROWS.format("mean / variance", "-0.5 / variance", "0", SUM.format("variance")): "logarithm of prior is missing",
            ROWS.format("mean / variance", "-0.5 / variance", "prior", SUM.format("variance")): "wants the logarithm",
            ROWS.format("mean / variance", "-0.5 / variance", "prior.log()", "(mean**2 / variance / 2).sum(1)"): "missing in the bias",
            ROWS.format("mean / variance", "0.5 / variance", "prior.log()", SUM.format("variance")): "sign of x² is the other way",
            ROWS.format("mean / variance**2", "-0.5 / variance**2", "prior.log()", SUM.format("variance**2")): "Do not square it",
            ROWS.format("mean / variance**0.5", "-0.5 / variance**0.5", "prior.log()", SUM.format("variance**0.5")): "Take no root",
            ROWS.format("mean / variance / 2", "-0.5 / variance", "prior.log()", SUM.format("variance")): "half of its number",
            ROWS.format("-mean / variance", "-0.5 / variance", "prior.log()", SUM.format("variance")): "sign of x is the other way",
            "torch.cat([mean / variance, -0.5 / variance], 1)": "one column too few",
        },
    ),
    (
        [
            "make_pipeline(StandardScaler(), __import__('sklearn.preprocessing').preprocessing.PolynomialFeatures(3), "
            "__import__('sklearn.linear_model').linear_model.Ridge(0.1)).fit(x, y)",
            "SVC(gamma=3.0, C=100.0).fit(x, y)",
        ],
        {
            "SVC()": "call fit first",
            "SVC": "brackets of SVC()?",
            "SVC(gamma=3.0).fit(x, y)": "learns 28 numbers",
            "DecisionTreeClassifier().fit(x, y)": "a tree cuts at thresholds",
            "SVC(kernel='linear').fit(x, y)": "A straight border is not enough",
            "SVC(gamma=3.0, C=100.0).fit(torch.cat([x, x], 1), y)": "It takes 4 inputs",
            "StandardScaler().fit(x)": "features alone",
            "7": "does not know int",
        },
    ),
]
# Slips in a solution that change nothing.
EQUIVALENT = {
    "moons(59)": "a point less to learn from",
    "moons(61)": "a point more to learn from",
    "1 - 3 * y": "-2 for a triangle moves the border a little",
}
