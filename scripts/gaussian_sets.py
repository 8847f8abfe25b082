#!/usr/bin/env python3
"""Prints experiments/sweeps/gaussian-sets.json: 20 Gaussian sets drawn at random, for `make gaussian-sets`.

2 to 12 columns; a random covariance with a condition number up to 100, a random correlation matrix, or a few factors in more
columns; beta from 0.1 to 1.5; a column is given with a probability from 0.2 to 0.8; two sets have missing entries.

  scripts/gaussian_sets.py [SEED] >experiments/sweeps/gaussian-sets.json
"""
import json
import math
import random
import sys

random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)


def orthogonal(n):
    """A random orthogonal matrix: Gram-Schmidt of normal vectors."""
    rows = []
    while len(rows) < n:
        v = [random.gauss(0, 1) for _ in range(n)]
        for r in rows:
            dot = sum(a * b for a, b in zip(v, r))
            v = [a - dot * b for a, b in zip(v, r)]
        norm = math.sqrt(sum(a * a for a in v))
        rows.append([a / norm for a in v])
    return rows


def covariance(n, condition):
    """Random eigenvectors; eigenvalues spread evenly in their logarithm, with a mean of 1."""
    values = [condition ** random.random() for _ in range(n)]
    values[0], values[-1] = 1, condition
    mean = sum(values) / n
    q = orthogonal(n)
    return [[round(sum(q[k][i] * q[k][j] * values[k] / mean for k in range(n)), 6) for j in range(n)] for i in range(n)]


def log_uniform(low, high):
    return low * (high / low) ** random.random()


sets = []
for number in range(20):
    columns = random.randint(2, 12)
    kind = ("condition", "correlation", "factors", "condition")[number % 4]
    entry = {"name": None}
    if kind == "condition":
        condition = round(log_uniform(2, 100), 1)
        entry["data.source"] = "correlated_gaussian"
        entry["data.columns"] = columns
        entry["data.covariance"] = covariance(columns, condition)
        text = f"condition-{condition:.0f}"
    elif kind == "correlation":
        entry["data.source"] = "correlated_gaussian"
        entry["data.columns"] = columns
        entry["data.structure_seed"] = number
        text = "correlation"
    else:
        factors = random.randint(1, max(1, columns // 2))
        entry["data.source"] = "projected_gaussian"
        entry["data.columns"] = columns
        entry["data.factors"] = factors
        entry["data.structure_seed"] = number
        text = f"factors-{factors}"
    if number in (8, 13):
        entry["data.missing"] = {"rows": 0.5, "entries": 0.3}
        text += "-missing"
    entry["loss.beta"] = round(log_uniform(0.1, 1.5), 2)
    entry["condition.given"] = round(random.uniform(0.2, 0.8), 2)
    entry["name"] = f"{number + 1:02d}-{columns}d-{text}"
    sets.append(entry)

print("{")
print(' "name": "gaussian-sets",\n "base": "../gaussian.json",\n "grid": {"seed": [1, 2, 3]},\n "list": [')
print(",\n".join("  " + json.dumps(s) for s in sets))
print(" ]\n}")
