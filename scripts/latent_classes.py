#!/usr/bin/env python3
"""How well can the gaps of a table of categories be filled at all? latent_classes.py TABLE HOLES [CLASSES [RESTARTS]]

Fits a mixture of classes within which the columns are independent (latent class analysis: EM, Goodman 1974) and prints the
share of hidden entries that its likeliest category gets wrong, a mean over columns (PFC): once fitted to HOLES, the table
with its gaps, as any method has to; and once to TABLE, the answers. The second is no method, but a bound on what better
ones could gain. UCI's mushrooms were made in this way: expanded from descriptions of 23 species, within which columns are
independent. Both are CSV without a header, "?" is unknown, as `elbow impute-benchmark` writes holes.csv. Needs NumPy.
"""
import csv
import sys

import numpy as np


def one_hot(cells, categories):
    """[rows, sum of categories]; an unknown entry has zeros."""
    return np.concatenate([cells[:, [j]] == np.array(c) for j, c in enumerate(categories)], axis=1).astype(np.float32)


def responsibilities(shown, log_weights, log_p):
    """p(class | what is shown of the row): [rows, classes]."""
    logits = shown @ log_p.T + log_weights
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def fit(shown, blocks, classes, seed, steps=300, prior=0.05):
    """EM from random responsibilities: the logarithms of the weights [classes] and of p(category | class)."""
    r = np.random.default_rng(seed).dirichlet(np.full(classes, 0.3), len(shown)).astype(np.float32)
    for _ in range(steps):
        weights = r.sum(axis=0) + 0.1
        counts = r.T @ shown
        for b in blocks:
            marginal = shown[:, b].mean(axis=0)
            counts[:, b] += prior * marginal * (b.stop - b.start) / max(marginal.sum(), 1e-9) + 1e-9
            counts[:, b] /= counts[:, b].sum(axis=1, keepdims=True)
        log_weights, log_p = np.log(weights / weights.sum()), np.log(counts)
        r = responsibilities(shown, log_weights, log_p)
    return log_weights, log_p


def wrong(truth, shown, guess, blocks):
    """Mean over columns of the share of hidden entries whose likeliest category is wrong: of those whose truth is known,
    and of all, as if an unknown entry were hidden as often as another and could only be wrong."""
    of_known, of_all = [], []
    for b in blocks:
        known = truth[:, b].sum(axis=1) > 0
        scored = known & (shown[:, b].sum(axis=1) == 0)
        error = np.mean(guess[scored][:, b].argmax(axis=1) != truth[scored][:, b].argmax(axis=1))
        of_known.append(error)
        of_all.append(known.mean() * error + 1 - known.mean())
    return np.mean(of_known), np.mean(of_all)


def main():
    with open(sys.argv[1], newline="") as table, open(sys.argv[2], newline="") as holes:
        cells, gaps = (np.array([row for row in csv.reader(f) if row]) for f in (table, holes))
    classes = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    categories = [sorted(set(column) - {"?"}) for column in cells.T]
    ends = np.cumsum([len(c) for c in categories])
    blocks = [slice(end - len(c), end) for end, c in zip(ends, categories)]
    truth, shown = one_hot(cells, categories), one_hot(gaps, categories)
    for name, table in (("the table with its gaps", shown), ("the answers", truth)):
        for seed in range(int(sys.argv[4]) if len(sys.argv) > 4 else 3):
            log_weights, log_p = fit(table, blocks, classes, seed)
            guess = responsibilities(shown, log_weights, log_p) @ np.exp(log_p)
            known, every = wrong(truth, shown, guess, blocks)
            print(f"{classes} classes fitted to {name}, start {seed}: PFC {known:.4f}, "
                  f"with unknown truths counted as wrong {every:.4f}", flush=True)


if __name__ == "__main__":
    main()
