#!/usr/bin/env python3
"""Writes metrics.json: reference numbers for tests/test_pca.cpp and tests/test_frechet.cpp.

PCA from scikit-learn; the Frechet distance from SciPy's sqrtm, as in Heusel et al.'s own formula tr (S1 S2)^1/2, and, as
sqrtm is not reliable for singular matrices, from singular values as well (tr (S1^1/2 S2 S1^1/2)^1/2 = |F1^T F2|_*).

    /usr/bin/python3 tests/golden/make_metrics.py        (NumPy, SciPy, scikit-learn; deterministic)
"""
import json
import pathlib
import warnings

import numpy as np
from scipy.linalg import sqrtm, svdvals
from sklearn.decomposition import PCA

rng = np.random.default_rng(20)


def pca_case(name, x):
    x = np.round(x, 4).astype(np.float32)
    p = PCA(svd_solver="full").fit(x.astype(np.float64))
    return {"name": name, "columns": x.shape[1], "x": [float(v) for v in x.ravel()], "mean": p.mean_.tolist(),
            "variances": p.explained_variance_.tolist(), "ratios": p.explained_variance_ratio_.tolist(),
            "components": p.components_.ravel().tolist()}


def distance(m1, s1, m2, s2, root_trace):
    return float(np.sum((m1 - m2) ** 2) + np.trace(s1) + np.trace(s2) - 2 * root_trace)


def frechet_case(name, f1, f2, apart=1.0):
    """Covariances F F^T of the factors."""
    d = f1.shape[0]
    m1, m2 = rng.normal(size=d), rng.normal(size=d)
    m2 = m1 + apart * (m2 - m1)
    s1, s2 = f1 @ f1.T, f2 @ f2.T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sqrtm says so when a matrix is singular
        by_sqrtm = distance(m1, s1, m2, s2, np.trace(sqrtm(s1 @ s2)).real)
    return {"name": name, "m1": m1.tolist(), "f1": f1.ravel().tolist(), "m2": m2.tolist(), "f2": f2.ravel().tolist(),
            "sqrtm": by_sqrtm, "svd": distance(m1, s1, m2, s2, svdvals(f1.T @ f2).sum())}


def rows_case():
    a = np.round(rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3)), 4).astype(np.float32)
    b = np.round(0.5 + rng.normal(size=(40, 3)), 4).astype(np.float32)
    x, y = a.astype(np.float64), b.astype(np.float64)

    def of(x, y):
        s1, s2 = np.cov(x.T), np.cov(y.T)
        return distance(x.mean(0), s1, y.mean(0), s2, np.trace(sqrtm(s1 @ s2)).real)

    blocks = 5
    without = np.array([of(np.delete(x, np.s_[i * 10:(i + 1) * 10], 0), np.delete(y, np.s_[i * 8:(i + 1) * 8], 0))
                        for i in range(blocks)])
    error = np.sqrt((blocks - 1) / blocks * ((without - without.mean()) ** 2).sum())
    return {"columns": 3, "a": [float(v) for v in a.ravel()], "b": [float(v) for v in b.ravel()], "blocks": blocks,
            "distance": of(x, y), "standard_error": float(error)}


def normal(*shape):
    return rng.normal(size=shape)


pca = [pca_case("full rank", normal(40, 4) @ normal(4, 4) + [1, -2, 3, 100]),
       pca_case("more columns than rows", normal(5, 7)),
       pca_case("one column", normal(6, 1)),
       pca_case("unlike scales", normal(30, 5) * [1e3, 10, 1, 0.1, 0.01])]
same = normal(5, 5)
thin = normal(6, 2)
frechet = [frechet_case("full rank", normal(4, 4), normal(4, 6)),
           frechet_case("one column", normal(1, 1), normal(1, 1)),
           frechet_case("64 columns", np.round(normal(64, 80), 1), np.round(normal(64, 70), 1)),
           frechet_case("nearly singular", normal(5, 5) * [1, 1, 1e-2, 1e-4, 1e-6], normal(5, 5)),
           frechet_case("one singular", normal(6, 2), normal(6, 6)),
           frechet_case("both singular", normal(6, 3), normal(6, 4)),
           frechet_case("no overlap", np.eye(4)[:, :2], np.eye(4)[:, 2:]),
           frechet_case("identical", same, same, 0),
           frechet_case("identical and singular", thin, thin, 0)]

out = pathlib.Path(__file__).with_name("metrics.json")
out.write_text(json.dumps({"pca": pca, "frechet": frechet, "rows": rows_case()}) + "\n")
