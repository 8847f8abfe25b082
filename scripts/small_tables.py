#!/usr/bin/env python3
"""`elbow impute-benchmark` on scikit-learn's small tables, beside its IterativeImputer. small_tables.py [ELBOW]

Breast cancer (30 columns; 150 of its rows, and all 569) and iris (4 columns, 150 rows), with a fifth and a half of the entries
hidden, seeds 1 to 3: the mean NRMSE over the seeds, for docs/results.md. Needs scikit-learn.
"""
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (scikit-learn wants it before the next line)
from sklearn.impute import IterativeImputer

ELBOW = sys.argv[1] if len(sys.argv) > 1 else "build/elbow"


def write(path, names, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *rows])


def elbow(*arguments):
    subprocess.run([ELBOW, *map(str, arguments)], check=True, capture_output=True)


def scores(folder):
    """Method -> (NRMSE, coverage), of scores.csv's lines about all columns."""
    with open(folder / "scores.csv", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["column"] == "all"]
    return {line["method"]: float(line["NRMSE"]) for line in lines}, {line["method"]: line["coverage"] for line in lines}


def benchmark(folder, table, schema, missing, seed):
    first, second = folder / "first", folder / "second"
    shared = [table, "--schema", schema, "--missing", missing, "--seed", seed, "--threads", 1, "--force"]
    elbow("impute-benchmark", *shared, "--baselines", "none", "--out", first)
    holes = np.genfromtxt(first / "holes.csv", delimiter=",", names=True)
    filled = IterativeImputer(max_iter=30, random_state=0).fit_transform(holes.view(float).reshape(len(holes), -1))
    write(folder / "filled.csv", holes.dtype.names, filled.tolist())
    elbow("impute-benchmark", *shared, "--hidden", first / "hidden.csv", "--out", second, "--method",
          f"iterative={folder / 'filled.csv'}")
    return scores(second)


def main():
    cancer, iris = load_breast_cancer(), load_iris()
    chosen = np.random.default_rng(0).permutation(len(cancer.data))
    tables = {"breast cancer, 150 rows": cancer.data[chosen[:150]], "breast cancer, 569 rows": cancer.data, "iris": iris.data}
    print("| table | hidden | Elbow | its 90% intervals cover | iterated regression | EM | 5 neighbours | mean |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, rows in tables.items():
            write(folder / "t.csv", [f"x{j}" for j in range(rows.shape[1])], rows.tolist())
            elbow("schema", folder / "t.csv", "--out", folder / "t.json", "--force")
            for missing in (0.2, 0.5):
                runs = [benchmark(folder, folder / "t.csv", folder / "t.json", missing, seed) for seed in (1, 2, 3)]
                of = lambda method: np.mean([nrmse[method] for nrmse, _ in runs])  # noqa: E731
                cover = np.mean([float(coverage["elbow"]) for _, coverage in runs])
                print(f"| {label} | {missing:.0%} | {of('elbow'):.3f} | {cover:.0%} | {of('iterative'):.3f} | {of('em'):.3f} | "
                      f"{of('knn'):.3f} | {of('mean'):.3f} |", flush=True)


if __name__ == "__main__":
    main()
