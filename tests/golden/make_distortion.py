#!/usr/bin/env python3
"""Writes distortion.json: -log p of SciPy's distributions, for tests/test_distortion.cpp.

    /usr/bin/python3 tests/golden/make_distortion.py        (SciPy; deterministic)
"""
import json
import pathlib

from scipy import stats

normal = [(x, m, s) for x in (-3.0, 0.25, 7.0) for m in (0.0, 1.5) for s in (0.02, 0.8, 5.0)]
student = [(x, m, s, n) for x in (-40.0, 0.25, 3.0) for m in (0.0, 1.5) for s in (0.3, 2.0) for n in (1.1, 5.0, 60.0)]
poisson = [(n, m) for n in (0, 1, 7, 8, 300, 100000) for m in (0.01, 1.0, 9.5, 310.0, 99000.0)]
negative_binomial = [(n, m, r) for n in (0, 1, 9, 400, 20000) for m in (0.1, 8.0, 350.0, 19000.0) for r in (0.05, 1.0, 40.0)]

golden = {
    "normal": [[x, m, s, -stats.norm.logpdf(x, m, s)] for x, m, s in normal],
    "student": [[x, m, s, n, -stats.t.logpdf(x, n, m, s)] for x, m, s, n in student],
    "poisson": [[n, m, -stats.poisson.logpmf(n, m)] for n, m in poisson],
    "negative_binomial": [[n, m, r, -stats.nbinom.logpmf(n, r, r / (r + m))] for n, m, r in negative_binomial],
}
path = pathlib.Path(__file__).with_name("distortion.json")
path.write_text(json.dumps(golden, indent=0) + "\n")
