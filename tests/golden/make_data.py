#!/usr/bin/env python3
"""Writes data.json: moments and quantiles of scikit-learn's make_circles, make_moons, make_blobs and make_s_curve, for
tests/test_shapes.cpp.

Each entry describes many rows of one generator: the means of all monomials of degree 1 to 4 of the columns (means,
covariances and the shape beyond them) with their standard errors, quantiles of each column, and the range of each column.
Where a generator has classes, each class has an entry. Blobs are described around their centres, and the centres apart.

    /usr/bin/python3 tests/golden/make_data.py        (NumPy and scikit-learn; deterministic)
"""
import itertools
import json
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import make_blobs, make_circles, make_moons, make_s_curve

ROWS = 1_000_000
QUANTILES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)


def describe(x):
    n, d = x.shape
    moments = []
    for powers in itertools.product(range(5), repeat=d):
        if 1 <= sum(powers) <= 4:
            values = np.prod(x ** np.array(powers), axis=1)
            moments.append({"powers": powers, "mean": values.mean(), "error": values.std() / np.sqrt(n)})
    return {"rows": n, "moments": moments, "quantiles": np.quantile(x, QUANTILES, axis=0).T.tolist(),
            "low": x.min(axis=0).tolist(), "high": x.max(axis=0).tolist()}


def set_of(options, x, classes):
    parts = [x] if classes is None else [x[classes == k] for k in np.unique(classes)]
    return {"options": options, "classes": [describe(p) for p in parts]}


def main():
    sets = []
    for noise in (0.0, 0.1):
        sets.append(set_of({"source": "circles", "noise": noise},
                           *make_circles(ROWS, factor=0.5, noise=noise or None, random_state=1)))
        sets.append(set_of({"source": "moons", "noise": noise}, *make_moons(ROWS, noise=noise or None, random_state=2)))
        sets.append(set_of({"source": "s_curve", "noise": noise}, make_s_curve(ROWS, noise=noise, random_state=3)[0],
                           None))
    sets.append(set_of({"source": "circles", "factor": 0.8, "noise": 0.05},
                       *make_circles(ROWS, factor=0.8, noise=0.05, random_state=4)))
    x, cluster, centers = make_blobs(ROWS, return_centers=True, random_state=5)
    wide, wide_cluster, wide_centers = make_blobs(ROWS, n_features=3, centers=4, cluster_std=0.3, return_centers=True,
                                                  random_state=6)
    many_centers = np.concatenate([make_blobs(3, return_centers=True, random_state=s)[2] for s in range(20000)])
    file = {
        "scikit-learn": sklearn.__version__,
        "probabilities": QUANTILES,
        "sets": sets,
        "blobs": [set_of({"source": "blobs"}, x - centers[cluster], cluster),
                  set_of({"source": "blobs", "columns": 3, "centers": 4, "spread": 0.3},
                         wide - wide_centers[wide_cluster], wide_cluster)],
        "blob_centers": describe(many_centers),
    }
    text = json.dumps(json.loads(json.dumps(file), parse_float=lambda s: float(f"{float(s):.7g}")), indent=None)
    pathlib.Path(__file__).with_name("data.json").write_text(text.replace('{"options"', '\n{"options"') + "\n")


if __name__ == "__main__":
    main()
