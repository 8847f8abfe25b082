#!/usr/bin/env python3
"""Writes imputation.json: simple imputations and their scores, for tests/test_imputation.cpp. The definitions of scikit-learn's
KNNImputer (nan_euclidean_distances, uniform weights), written with NumPy alone; with scikit-learn installed, `--check` compares.

    /usr/bin/python3 tests/golden/make_imputation.py       (NumPy; deterministic)
"""
import json
import pathlib
import sys

import numpy as np

rng = np.random.default_rng(3)


def knn(x, donors, k):
    """x and donors with NaN where an entry is missing."""
    out = x.copy()
    means = np.nanmean(donors, axis=0)
    for row, filled in zip(x, out):
        both = ~np.isnan(row) & ~np.isnan(donors)
        squares = np.where(both, donors - row, 0) ** 2
        common = both.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.sqrt(squares.sum(axis=1) * x.shape[1] / common)
        for c in np.flatnonzero(np.isnan(row)):
            usable = np.flatnonzero(~np.isnan(distance) & (common > 0) & ~np.isnan(donors[:, c]))
            near = usable[np.argsort(distance[usable], kind="stable")][:k]
            filled[c] = donors[near, c].mean() if len(near) else means[c]
    return out


def gaussian(x, mean, s):
    values, deviations = x.copy(), np.zeros_like(x)
    for row, filled, sd in zip(x, values, deviations):
        o, u = np.flatnonzero(~np.isnan(row)), np.flatnonzero(np.isnan(row))
        a = s[np.ix_(u, o)] @ np.linalg.inv(s[np.ix_(o, o)]) if len(o) else np.zeros((len(u), 0))
        filled[u] = mean[u] + a @ (row[o] - mean[o])
        sd[u] = np.sqrt(np.diag(s[np.ix_(u, u)] - a @ s[np.ix_(o, u)]))
    return values, deviations


def plain(a):
    return np.where(np.isnan(a), 0, a).tolist()


factor = rng.normal(size=(4, 4))
full = np.round(rng.normal(size=(40, 4)) @ factor, 3)
holes = np.where(rng.random(full.shape) < 0.4, np.nan, full)
holes[0] = np.nan  # a row that has nothing
others = np.round(rng.normal(size=(10, 4)) @ factor, 3)
others[rng.random(others.shape) < 0.4] = np.nan
mean, covariance = rng.normal(size=4), factor.T @ factor
values, deviations = gaussian(holes, mean, covariance)
if "--check" in sys.argv:
    from sklearn.impute import KNNImputer

    fitted = KNNImputer(n_neighbors=5).fit(holes)
    assert np.allclose(fitted.transform(holes), knn(holes, holes, 5))
    assert np.allclose(fitted.transform(others), knn(others, holes, 5))
hidden = np.isnan(holes[:, 1])
guess = values[hidden, 1]
truth = full[hidden, 1]
categories = rng.integers(0, 3, size=(2, 30))
pathlib.Path(__file__).with_name("imputation.json").write_text(json.dumps({
    "x": plain(holes), "observed": (~np.isnan(holes)).astype(int).tolist(),
    "others": plain(others), "others_observed": (~np.isnan(others)).astype(int).tolist(),
    "mean": np.where(np.isnan(holes), np.nanmean(holes, axis=0), holes).tolist(),
    "knn": knn(holes, holes, 5).tolist(), "knn_others": knn(others, holes, 5).tolist(),
    "gaussian": {"mean": mean.tolist(), "covariance": covariance.tolist(), "values": values.tolist(),
                 "deviations": deviations.tolist()},
    "scores": {"column": full[:, 1].tolist(), "truth": truth.tolist(), "imputed": guess.tolist(),
               "nrmse": float(np.sqrt(np.mean((guess - truth) ** 2)) / full[:, 1].std()),
               "mae": float(np.mean(np.abs(guess - truth)) / full[:, 1].std()),
               "categories": categories.tolist(), "pfc": float(np.mean(categories[0] != categories[1]))},
}) + "\n")
