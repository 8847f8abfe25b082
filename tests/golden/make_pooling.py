#!/usr/bin/env python3
"""Writes pooling.json: reference numbers for tests/test_pooling.cpp and tests/test_forecast_scores.cpp, and the numbers that
tests/commands.sh expects of `elbow pool`.

Student's t and the incomplete beta function from SciPy; Rubin's rules (Rubin 1987; degrees of freedom: Barnard & Rubin 1999) in
NumPy; the CRPS of a normal distribution from its definition, an integral over squared distances of distribution functions.

    /usr/bin/python3 tests/golden/make_pooling.py        (NumPy, SciPy; deterministic)
"""
import json
import pathlib

import numpy as np
from scipy import integrate, special, stats

rng = np.random.default_rng(87)


def pooled(estimates, variances, complete):
    q, u = np.asarray(estimates), np.asarray(variances)
    m = len(q)
    within, between = u.mean(), q.var(ddof=1)
    total = within + (1 + 1 / m) * between
    if total == 0:
        share, large = 0.0, np.inf
    else:
        share = (1 + 1 / m) * between / total
        large = (m - 1) / share**2 if share > 0 else np.inf
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    degrees = 1 / (1 / large + 1 / observed)
    r = (1 + 1 / m) * between / within if within > 0 else 0.0
    missing = (r + 2 / (large + 3)) / (r + 1)
    width = stats.t.ppf(0.975, degrees) * np.sqrt(total)
    return {"estimate": q.mean(), "within": within, "between": between, "total": total, "degrees": degrees,
            "low": q.mean() - width, "high": q.mean() + width, "missing_information": missing}


def case(estimates, variances, complete):
    return {"estimates": list(map(float, estimates)), "variances": list(map(float, variances)), "complete": complete,
            "pooled": {k: float(v) for k, v in pooled(estimates, variances, complete).items()}}


cases = [case(rng.normal(3, 0.2, m), rng.gamma(4, 0.01, m), n) for m, n in ((2, 5), (5, 19), (20, 999), (50, 99999))]
cases.append(case([2.0] * 5, [0.04] * 5, 24))  # nothing is missing
cases.append(case([1.0, 9.0, 4.0], [0.01] * 3, 30))  # hardly anything is known

students = [{"p": p, "degrees": nu, "t": float(stats.t.ppf((1 + p) / 2, nu))}
            for p in (0.5, 0.9, 0.95, 0.999) for nu in (0.3, 1, 2, 3.7, 12.5, 100, 1e4, 1e7)]
betas = [{"a": a, "b": b, "x": x, "value": float(special.betainc(a, b, x))}
         for a in (0.2, 0.5, 3, 80) for b in (0.5, 2.5, 40) for x in (1e-6, 0.1, 0.5, 0.93)]


def crps(y, mean, sd):
    below, above = integrate.quad(lambda t: stats.norm.cdf(t, mean, sd) ** 2, -np.inf, y, epsabs=1e-13, epsrel=1e-12), \
        integrate.quad(lambda t: stats.norm.sf(t, mean, sd) ** 2, y, np.inf, epsabs=1e-13, epsrel=1e-12)
    return float(below[0] + above[0])


normals = [{"y": y, "mean": m, "deviation": s, "crps": crps(y, m, s)}
           for y in (-1.5, 0.0, 2.25) for m in (0.0, 0.7) for s in (0.3, 1.0, 4.0)]

out = {"pooled": cases, "students": students, "betas": betas, "normal_crps": normals}
(pathlib.Path(__file__).parent / "pooling.json").write_text(json.dumps(out, indent=1) + "\n")

# The table of tests/commands.sh: four rows, three draws; `a` is missing in two rows, `b` in one.
a = [[1, 2.5, 3, 4], [1, 2.0, 3, 4.5], [1, 3.5, 3, 5]]
b = [["x", "y", "x", "x"], ["x", "y", "y", "x"], ["x", "y", "x", "x"]]
for name, draws in (("a", a), ("x", [[float(v == "x") for v in d] for d in b])):
    means = [np.mean(d) for d in draws]
    variances = [np.var(d, ddof=1) / len(d) for d in draws]
    print(name, {k: float(f"{v:.6g}") for k, v in pooled(means, variances, 3).items()})
