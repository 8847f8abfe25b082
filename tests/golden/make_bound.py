#!/usr/bin/env python3
"""Writes bound.json: reference numbers for tests/test_bound.cpp, by other routes than the library's.

Conditional covariances come from the inverse of the precision matrix (full rank) or from least squares on the factor P
(Sigma = P P^T); the optimum along an axis from minimising the loss numerically over the encoder's gain, its variance
and the decoder's gain; a row's loss from Gauss-Hermite quadrature over the encoder's noise. None of them uses the
formulas of reverse water-filling.

    /usr/bin/python3 tests/golden/make_bound.py        (NumPy and SciPy; deterministic)
"""
import itertools
import json
import pathlib

import numpy as np
from scipy.optimize import minimize, root

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(20)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def parts(p, a, s2, b):
    """Expected (distortion, KL) of encoder N(a u, s2) and decoder b z along an axis u ~ N(0, p)."""
    distortion = (1 - a * b) ** 2 * p + b * b * s2
    kl = 0.5 * (a * a * p + s2 - 1 - np.log(s2))
    return distortion, kl


def optimum(p, beta):
    """The best (a, s2, b) found numerically, from several starts, in units where the axis has variance 1."""
    beta = beta / p

    def loss(t):
        distortion, kl = parts(1.0, t[0], np.exp(t[1]), t[2])
        return distortion + beta * kl

    def gradient(t):
        a, s2, b = t[0], np.exp(t[1]), t[2]
        return np.array([-2 * b * (1 - a * b) + beta * a, b * b * s2 + beta * (s2 - 1) / 2,
                         -2 * a * (1 - a * b) + 2 * b * s2])

    found = [minimize(loss, start, jac=gradient, method="L-BFGS-B", bounds=((0, 9), (-30, 1), (0, 9)),
                      options={"ftol": 0, "gtol": 1e-10, "maxiter": 10000})
             for start in ([0.0, 0.0, 0.0], [0.5, -1.0, 0.5], [1.0, -2.0, 1.0])]
    best = min(found, key=lambda f: f.fun)
    a, log_s2, b = best.x
    if best.fun < found[0].fun - 1e-9:  # an active latent: polish the stationary point to the last digits
        a, log_s2, b = root(gradient, best.x, tol=1e-14).x
    else:
        a, log_s2, b = 0.0, 0.0, 0.0
    return a / np.sqrt(p), np.exp(log_s2), b * np.sqrt(p)


def conditional(sigma, factor, given, withheld):
    """(regression, covariance) of the withheld columns given the others."""
    if not given:
        return np.zeros((len(withheld), 0)), sigma[np.ix_(withheld, withheld)]
    if factor is None:
        order = withheld + given
        precision = np.linalg.inv(sigma[np.ix_(order, order)])
        u = len(withheld)
        covariance = np.linalg.inv(precision[:u, :u])
        return -covariance @ precision[:u, u:], covariance
    # rows are P z: regress P_U on P_O
    regression = np.linalg.lstsq(factor[given].T, factor[withheld].T, rcond=1e-9)[0].T
    rest = factor[withheld] - regression @ factor[given]
    return regression, rest @ rest.T


def one_mask(sigma, factor, mask, beta):
    d = len(mask)
    given = [i for i in range(d) if mask[i]]
    withheld = [i for i in range(d) if not mask[i]]
    if not withheld:
        return given, withheld, np.zeros((0, d)), [], np.zeros((0, 0))
    regression, covariance = conditional(sigma, factor, given, withheld)
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    keep = [k for k in reversed(range(len(values))) if values[k] > 1e-10]
    # so near its threshold an axis gains less than the minimiser can see: draw another set
    assert all(abs(values[k] / (beta / 2) - 1) > 1e-2 for k in keep)
    axes = [(values[k], *optimum(values[k], beta)) for k in keep]
    return given, withheld, regression, axes, vectors[:, keep]


def case(name, mean, sigma, beta, factor, rng):
    d = len(mean)
    masks = list(itertools.product((0, 1), repeat=d))
    if len(masks) > 40:
        masks = [masks[i] for i in rng.choice(len(masks), 24, replace=False)]
    out = {"name": name, "mean": mean.tolist(), "sigma": sigma.tolist(), "beta": beta, "masks": []}
    for mask in masks:
        given, withheld, regression, axes, vectors = one_mask(sigma, factor, mask, beta)
        totals = [parts(p, a, s2, b) for p, a, s2, b in axes]
        distortion, kl = sum(t[0] for t in totals), sum(t[1] for t in totals)
        # a row drawn from the set, in float32 as the library will read it
        if factor is None:
            x = rng.multivariate_normal(mean, sigma)
        else:
            x = mean + factor @ rng.standard_normal(factor.shape[1])
        x = x.astype(np.float32).astype(np.float64)
        u = np.zeros(0)
        if withheld:
            u = vectors.T @ (x[withheld] - mean[withheld] - regression @ (x[given] - mean[given]))
        row_distortion = row_kl = 0.0
        for (p, a, s2, b), v in zip(axes, u):
            row_distortion += float(WEIGHTS @ (v - b * (a * v + np.sqrt(s2) * NODES)) ** 2)
            row_kl += float(0.5 * (a * a * v * v + s2 - 1 - np.log(s2)))
        out["masks"].append({
            "mask": list(mask), "variances": [float(t[0]) for t in axes], "distortion": float(distortion),
            "kl": float(kl), "active": sum(1 for t in totals if t[1] > 1e-4), "x": x.tolist(),
            "row_distortion": row_distortion, "row_kl": row_kl})
    return out


def main():
    rng = np.random.default_rng(21)
    cases = []
    for name, d, beta in (("wishart 3", 3, 1.0), ("wishart 4, small beta", 4, 0.1), ("wishart 5, large beta", 5, 3.0)):
        g = rng.standard_normal((d, d + 2))
        cases.append(case(name, rng.standard_normal(d), g @ g.T / (d + 2), beta, None, rng))
    p = np.zeros((8, 2))
    for r in range(8):
        p[r, r % 2] = 1 + rng.standard_normal() / 100
    cases.append(case("projected 2 to 8", np.zeros(8), p @ p.T, 1.0, p, rng))
    q = rng.standard_normal((5, 2))
    cases.append(case("dense rank 2 of 5", rng.standard_normal(5), q @ q.T, 0.5, q, rng))
    path = pathlib.Path(__file__).with_name("bound.json")
    path.write_text("[" + ",\n".join(json.dumps(c) for c in cases) + "]\n")


if __name__ == "__main__":
    main()
