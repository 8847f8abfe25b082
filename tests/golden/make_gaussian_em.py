#!/usr/bin/env python3
"""Writes gaussian_em.json: the Gaussian of largest likelihood of rows with missing entries, for tests/test_gaussian_em.cpp.
SciPy climbs the likelihood of what is there, with no EM: BFGS over the mean and a Cholesky factor.

    /usr/bin/python3 tests/golden/make_gaussian_em.py       (NumPy and SciPy; deterministic; 10 s)
"""
import json
import pathlib

import numpy as np
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

rng = np.random.default_rng(1)


def fit(x, there):
    d = x.shape[1]
    lower = np.tril_indices(d)

    def unpack(p):
        factor = np.zeros((d, d))
        factor[lower] = p[d:]
        return p[:d], factor @ factor.T + 1e-12 * np.eye(d)

    def loss(p):
        mean, s = unpack(p)
        total = 0
        for row, seen in zip(x, there):
            o = np.flatnonzero(seen)
            if len(o):
                total -= multivariate_normal.logpdf(row[o], mean[o], s[np.ix_(o, o)], allow_singular=True)
        return total / len(x)

    start = np.concatenate([np.zeros(d), np.eye(d)[lower]])
    best = minimize(loss, start, method="BFGS", options={"gtol": 1e-7, "maxiter": 2000})
    mean, s = unpack(best.x)
    return {"mean": mean.tolist(), "covariance": s.tolist(), "log_likelihood": -best.fun}


cases = []
for rows, d, missing in [(60, 2, 0.3), (80, 4, 0.25)]:
    factor = rng.normal(size=(d, d))
    x = rng.normal(size=(rows, d)) @ factor + rng.normal(size=d)
    there = rng.random((rows, d)) > missing
    # Missing at random, not completely: the second column is hidden where the first is large.
    there[:, 0] = True
    there[:, 1] &= x[:, 0] < np.quantile(x[:, 0], 0.6)
    x = np.round(np.where(there, x, 0), 4)
    cases.append({"x": x.tolist(), "observed": there.astype(int).tolist(), **fit(x, there)})
pathlib.Path(__file__).with_name("gaussian_em.json").write_text(json.dumps(cases) + "\n")
