#!/usr/bin/env python3
"""Writes curves.json: reference numbers for tests/test_optimum_channel.cpp and test_optimum_arcs.cpp, by other routes than
the library's.

- A uniform circle: its best reconstructions lie on a circle as well, whose radius is found numerically; the integrals are
  Bessel functions.
- A few points on a line: the dual problem, max E ln a(x) with E a(x) exp(-(x - y)^2 / beta) <= 1 for all y, by cutting planes.
- Sets on curves, one coordinate given: all points of the curve with that coordinate by root finding, their densities by
  differences, the loss from the dual problem, averaged over the curve's parameter piece by piece.
- Sets on curves, nothing given: Blahut-Arimoto on a fixed grid of reconstructions, which is at most a little too high.

    /usr/bin/python3 tests/golden/make_curves.py        (NumPy and SciPy; deterministic; 10 s)
"""
import json
import pathlib

import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import ive

PI = np.pi


def circle(radius, beta):
    def loss(rho):
        k = 2 * radius * rho / beta
        return radius**2 + rho**2 - beta * (np.log(ive(0, k)) + k)

    best = minimize_scalar(loss, bounds=(0, radius), method="bounded", options={"xatol": 1e-12})
    return min(loss(0.0), best.fun)


def few_points(x, w, beta):
    """The optimum of points x with weights w, from the dual problem in ln a."""
    x, w = np.asarray(x, float), np.asarray(w, float)
    if len(x) == 1 or np.ptp(x) < 1e-9:
        return 0.0
    kernel = lambda y: np.exp(-((x[None] - np.atleast_1d(y)[:, None]) ** 2) / beta)
    grid = np.linspace(x.min(), x.max(), 400)
    cuts = list(np.linspace(x.min(), x.max(), 7)) + list(x)
    log_a = np.zeros(len(x))
    for _ in range(40):
        k = kernel(cuts)
        rows = {"type": "ineq", "fun": lambda l: -np.log(k @ (w * np.exp(l))),
                "jac": lambda l: -(k * (w * np.exp(l))) / (k @ (w * np.exp(l)))[:, None]}
        log_a = minimize(lambda l: -w @ l, log_a, jac=lambda l: -w, constraints=[rows], method="SLSQP",
                         options={"ftol": 1e-13, "maxiter": 300}).x
        height = lambda y: float(np.log(kernel(y) @ (w * np.exp(log_a)))[0])
        at = grid[np.argmax(kernel(grid) @ (w * np.exp(log_a)))]
        step = grid[1] - grid[0]
        top = minimize_scalar(lambda y: -height(y), bounds=(max(x.min(), at - step), min(x.max(), at + step)),
                              method="bounded", options={"xatol": 1e-9})
        if -top.fun < 1e-8:
            break
        cuts.append(top.x)
    return float(beta * (w @ log_a - max(0.0, -top.fun)))


CURVES = {  # curve -> (length of its parameter, [point(t) of each branch])
    "circles": (2 * PI, [lambda t: (np.cos(t), np.sin(t)), lambda t: (0.5 * np.cos(t), 0.5 * np.sin(t))]),
    "moons": (PI, [lambda t: (np.cos(t), np.sin(t)), lambda t: (1 - np.cos(t), 0.5 - np.sin(t))]),
    "s_curve": (1.5 * PI, [lambda t: (np.sin(t), np.cos(t) - 1), lambda t: (np.sin(-t), 1 - np.cos(-t))]),
}


def given_value(name, axis, v, beta):
    """The optimum of the coordinate 1 - axis where the coordinate `axis` is v."""
    length, branches = CURVES[name]
    scan = np.linspace(0, length, 12380)
    x, w = [], []
    for point in branches:
        off = np.asarray(point(scan)[axis]) - v
        for s in np.flatnonzero(off[:-1] * off[1:] < 0):
            t = brentq(lambda t: point(t)[axis] - v, scan[s], scan[s + 1], xtol=1e-15)
            h = 1e-7
            speed = abs(point(t + h)[axis] - point(t - h)[axis]) / (2 * h)
            x.append(point(t)[1 - axis]), w.append(1 / speed)
    return few_points(x, np.asarray(w) / np.sum(w), beta) if x else 0.0


def one_given(name, axis, beta, nodes):
    """The mean over the parameter of each branch, between the places where the number of points with a value changes."""
    length, branches = CURVES[name]
    scan = np.linspace(0, length, 20001)
    values = []  # where a branch ends or turns back
    for point in branches:
        table = np.asarray(point(scan)[axis])
        turn = np.flatnonzero(np.diff(np.sign(np.diff(table)))) + 1
        values += [table[0], table[-1]] + list(table[turn])
    total = 0.0
    for point in branches:
        table = np.asarray(point(scan)[axis])
        cuts = {0.0, length}
        for v in values:
            off = table - v
            cuts |= {scan[k] for k in np.flatnonzero(off[:-1] * off[1:] <= 0)}
            cuts |= {scan[k] for k in np.flatnonzero(np.abs(off) < 1e-7)}
        cuts = sorted(cuts)
        for low, high in zip(cuts[:-1], cuts[1:]):
            if high - low < 2e-3 * length:
                continue
            for i in range(nodes):
                theta = PI * (i + 0.5) / nodes
                t = low + (high - low) * (1 - np.cos(theta)) / 2
                weight = (high - low) / 2 * np.sin(theta) * PI / nodes / length / len(branches)
                total += weight * given_value(name, axis, point(t)[axis], beta)
    return total


def nothing_given(name, beta, points, spacing, steps):
    length, branches = CURVES[name]
    t = length * (np.arange(points) + 0.5) / points
    x = np.vstack([np.asarray(point(t)).T for point in branches])
    axes = [np.arange(x[:, a].min(), x[:, a].max() + spacing, spacing) for a in (0, 1)]
    y = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)
    kernel = np.exp(-((x[:, None] - y[None]) ** 2).sum(-1) / beta)
    q = np.full(len(y), 1 / len(y))
    for _ in range(steps):
        q = q * (1 / (kernel @ q) @ kernel) / len(x)
    return float(-beta * np.log(kernel @ q).mean())


def main():
    rng = np.random.default_rng(7)
    out = {"circle": [{"radius": r, "beta": b, "loss": circle(r, b)}
                      for r, b in ((1, 0.05), (1, 0.3), (1, 0.9), (1, 1.1), (2, 1), (0.5, 3))], "points": [], "curves": []}
    for n, beta in ((2, 0.5), (2, 1), (2, 4), (3, 0.2), (3, 1), (4, 0.05), (4, 0.3), (4, 1), (4, 2)):
        x, w = rng.normal(size=n), rng.dirichlet(np.ones(n))
        out["points"].append({"x": x.tolist(), "w": w.tolist(), "beta": beta, "loss": few_points(x, w, beta)})
    for name, beta in (("circles", 0.1), ("circles", 1), ("moons", 1), ("moons", 0.2), ("s_curve", 1)):
        out["curves"].append({"source": name, "beta": beta, "nothing_given": nothing_given(name, beta, 250, 0.05, 1500),
                              "one_given": [one_given(name, axis, beta, 32) for axis in (0, 1)]})
        print(out["curves"][-1])
    path = pathlib.Path(__file__).with_name("curves.json")
    path.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
