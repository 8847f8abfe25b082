#!/usr/bin/env python3
"""Writes factors.json: reference numbers for tests/test_factors.cpp.

Mutual information and entropy from scikit-learn and SciPy, on bins as Locatello et al. (2019) cut them; MIG, disentanglement and
completeness from their formulas in NumPy; importances and scores of forests from scikit-learn, as mean and spread over seeds.

    /usr/bin/python3 tests/golden/make_factors.py        (NumPy, SciPy, scikit-learn; deterministic)
"""
import json
import pathlib

import numpy as np
from scipy.stats import entropy
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import mutual_info_score

rng = np.random.default_rng(7)


def rounded(x):
    return np.round(x, 4)


def bins_of(values):
    """Locatello et al.'s code: the lower edges of NumPy's histogram."""
    return np.digitize(values, np.histogram(values, 20)[1][:-1]) - 1


def information_case(name, a, b, classes=0):
    """`b` is cut into bins unless it has classes."""
    a = rounded(a)
    b = b if classes else rounded(b)
    labels = b if classes else bins_of(b)
    return {"name": name, "a": a.tolist(), "b": b.tolist(), "classes": classes, "bins_of_a": bins_of(a).tolist(),
            "entropy_of_b": float(entropy(np.bincount(labels))),
            "information": float(mutual_info_score(bins_of(a), labels))}


def gap_case(information, entropies):
    ordered = np.sort(np.vstack([information, np.zeros((2, information.shape[1]))]), axis=0)[::-1]
    return {"rows": information.shape[0], "cols": information.shape[1], "information": information.ravel().tolist(),
            "entropies": entropies.tolist(), "gap": float(np.mean((ordered[0] - ordered[1]) / entropies))}


def separation_case(r):
    """Eastwood & Williams 2018, equations of section 2, written as in the paper."""
    latents, factors = r.shape
    of_latent = np.array([1 - entropy(row, base=factors) if row.sum() > 0 else 0 for row in r])
    of_factor = np.array([1 - entropy(column, base=latents) if column.sum() > 0 else 0 for column in r.T])
    return {"rows": latents, "cols": factors, "importance": r.ravel().tolist(),
            "disentanglement": float(of_latent @ r.sum(axis=1) / r.sum()),
            "completeness": float(of_factor @ r.sum(axis=0) / r.sum())}


def forest_case(name, forest, x, y, classes):
    n = 2 * len(x) // 3
    scores, importances = [], []
    for seed in range(40):
        model = forest(n_estimators=30, min_samples_leaf=5, max_features=None, random_state=seed).fit(x[:n], y[:n])
        scores.append(model.score(x[n:], y[n:]))
        importances.append(model.feature_importances_)
    return {"name": name, "rows": n, "held_out": len(x) - n, "columns": x.shape[1], "classes": classes,
            "y": y.tolist(),
            "score": float(np.mean(scores)), "score_sd": float(np.std(scores, ddof=1)),
            "importances": np.mean(importances, axis=0).tolist(),
            "importances_sd": np.std(importances, axis=0, ddof=1).tolist()}


u = rng.normal(size=500)
information = [information_case("a noisy copy", u, u + 0.3 * rng.normal(size=500)),
               information_case("itself", u, u), information_case("another", u, rng.normal(size=500)),
               information_case("a square", u, u * u),
               information_case("classes", u, (u > 0).astype(int) + (u > 1), classes=3),
               information_case("one value", u, np.full(500, 2.5))]
gaps = [gap_case(rng.uniform(size=(5, 3)), np.array([3.0, 2.5, 1.0])), gap_case(np.array([[0.7, 0.2]]), np.array([0.7, 0.8])),
        gap_case(np.array([[1.0, 0], [1.0, 2], [0, 0]]), np.array([1.0, 2.0]))]
sparse = rng.uniform(size=(4, 3)) * (rng.uniform(size=(4, 3)) < 0.5)
separations = [separation_case(rng.uniform(size=(6, 4))), separation_case(sparse), separation_case(np.eye(3)),
               separation_case(np.ones((2, 5))), separation_case(np.array([[0.9, 0.1], [0.1, 0.9], [0, 0]]))]
x = rounded(rng.normal(size=(600, 4)))
smooth = rounded(np.sin(2 * x[:, 0]) + 0.4 * x[:, 2] ** 2 + 0.2 * rng.normal(size=600))
classes = np.digitize(x[:, 1] + 0.5 * x[:, 3] + 0.3 * rng.normal(size=600), [-1, 0.5])
forests = [forest_case("numbers", RandomForestRegressor, x, smooth, 0),
           forest_case("classes", RandomForestClassifier, x, classes, 3)]
out = pathlib.Path(__file__).with_name("factors.json")
out.write_text(json.dumps({"information": information, "gaps": gaps, "separations": separations,
                           "forests": {"x": x.ravel().tolist(), "cases": forests}}) + "\n")
