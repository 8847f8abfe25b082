#!/usr/bin/env python3
"""Golden values of a text table: scaling by scikit-learn's StandardScaler, losses by its log_loss. Writes table.json.

Run with any scikit-learn from 1.0 on; the committed file came from Debian 12's python3-sklearn 1.2.
"""
import json, os
import numpy as np
import sklearn
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(5)
n = 12
numbers = np.round(np.column_stack([rng.normal(1e6, 3, n), rng.exponential(0.01, n), np.full(n, 0.1)]), 6)
numbers[3, 0] = numbers[7, 1] = np.nan  # StandardScaler leaves missing values out
train = [0, 2, 3, 4, 6, 7, 9, 11]
scaler = StandardScaler().fit(numbers[train])
out = {"sklearn": sklearn.__version__, "train": train,
       "numbers": [[None if np.isnan(v) else v for v in row] for row in numbers.tolist()],
       "mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist(),
       "scaled": [[None if np.isnan(v) else v for v in row] for row in scaler.transform(numbers).tolist()]}

# Rows of two real columns, a binary one and a category of four, held against answers y: the distortion of a row is the
# squared error of the real ones plus the log losses of the others, all summed.
rows = 6
x, y = rng.normal(size=(rows, 2)), rng.normal(size=(rows, 7)) * 2
binary, category = rng.integers(0, 2, rows), rng.integers(0, 4, rows)
sigmoid = 1 / (1 + np.exp(-y[:, 2]))
softmax = np.exp(y[:, 3:]) / np.exp(y[:, 3:]).sum(1, keepdims=True)
out["loss"] = {
    "x": np.column_stack([x, binary, np.eye(4)[category]]).tolist(), "y": y.tolist(),
    "real": ((x - y[:, :2]) ** 2).sum(1).tolist(),
    "binary": [log_loss([b], [p], labels=[0, 1]) for b, p in zip(binary, sigmoid)],
    "categorical": [log_loss([c], [p], labels=[0, 1, 2, 3]) for c, p in zip(category, softmax)]}

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "table.json"), "w") as f:
    json.dump(out, f)
    f.write("\n")
