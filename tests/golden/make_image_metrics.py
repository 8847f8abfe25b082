#!/usr/bin/env python3
"""Writes image_metrics.json: reference numbers for tests/test_image_metrics.cpp.

Blur from SciPy's Laplacian (its border mode 'mirror' is OpenCV's BORDER_REFLECT_101); the kernel distance from a plain
double loop; precision and recall from scikit-learn's nearest neighbours.

    /usr/bin/python3 tests/golden/make_image_metrics.py        (NumPy, SciPy, scikit-learn; deterministic)
"""
import json
import pathlib

import numpy as np
from scipy.ndimage import laplace
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors

rng = np.random.default_rng(4)


def flat(x):
    return [float(v) for v in x.ravel()]


def rounded(x):
    return np.round(x, 3).astype(np.float32)


def blur_case(name, x):
    """Images [rows, channels, height, width]."""
    x = rounded(x)
    grey = x.astype(np.float64).mean(axis=1)
    return {"name": name, "shape": list(x.shape), "x": flat(x),
            "variances": [float(laplace(image, mode="mirror").var()) for image in grey]}


def mmd(x, y):
    """Loops, so that no sum is taken as it is taken in the code under test."""
    def k(a, b):
        return (sum(p * q for p, q in zip(a, b)) / len(a) + 1) ** 3

    n, m = len(x), len(y)
    xx = sum(k(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(k(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    xy = sum(k(a, b) for a in x for b in y) / (n * m)
    return float(xx + yy - 2 * xy)


def kernel_case(name, x, y):
    x, y = rounded(x), rounded(y)
    return {"name": name, "columns": x.shape[1], "x": flat(x), "y": flat(y),
            "mmd": mmd(x.astype(np.float64), y.astype(np.float64))}


def manifold_case(name, real, generated, k):
    real, generated = rounded(real), rounded(generated)
    x, y = real.astype(np.float64), generated.astype(np.float64)

    def radii(rows):
        """The row itself comes first among its k + 1 nearest."""
        return NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(rows).kneighbors(rows)[0][:, -1]

    apart = pairwise_distances(x, y)
    rx, ry = radii(x), radii(y)
    slack = 1e-9
    return {"name": name, "columns": x.shape[1], "k": k, "real": flat(real), "generated": flat(generated),
            "radii": rx.tolist(),
            "precision": float((apart <= rx[:, None] + slack).any(axis=0).mean()),
            "recall": float((apart <= ry[None, :] + slack).any(axis=1).mean())}


def normal(*shape):
    return rng.normal(size=shape)


blur = [blur_case("grey", rng.uniform(size=(3, 1, 7, 5))), blur_case("colour", rng.uniform(size=(2, 3, 6, 4))),
        blur_case("one row of pixels", rng.uniform(size=(2, 1, 1, 6))),
        blur_case("one column of two", rng.uniform(size=(1, 2, 2, 1))),
        blur_case("one pixel", rng.uniform(size=(1, 1, 1, 1))), blur_case("even", np.full((1, 2, 4, 4), 0.7))]
x = normal(40, 6)
kernel = [kernel_case("apart", x, 0.5 + 1.5 * normal(30, 6)), kernel_case("of one law", x, normal(25, 6)),
          kernel_case("one column", normal(9, 1), normal(11, 1)), kernel_case("two rows", normal(2, 3), normal(2, 3))]
relu = np.maximum(normal(50, 3) @ normal(3, 12), 0)
manifolds = [manifold_case("overlapping", normal(60, 4), 1 + normal(45, 4), 3),
             manifold_case("one mode of two", np.concatenate([normal(30, 3), 20 + normal(30, 3)]), 0.8 * normal(40, 3), 3),
             manifold_case("copies", relu, np.concatenate([relu[:20], relu[:5], 3 + 9 * normal(10, 12)]), 5),
             manifold_case("nearest neighbour only", normal(30, 2), normal(30, 2), 1),
             manifold_case("far apart", normal(10, 2), 100 + normal(12, 2), 3)]
out = pathlib.Path(__file__).with_name("image_metrics.json")
out.write_text(json.dumps({"blur": blur, "kernel": kernel, "manifolds": manifolds}) + "\n")
