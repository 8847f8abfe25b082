#!/usr/bin/env python3
"""Golden values of optimisers with two parameter groups, computed by PyTorch in float64: writes parameter_groups.json.

Run with any PyTorch from 1.13 on; the committed file came from Debian 12's python3-torch 1.13.
"""
import json, math, os
import torch

torch.set_default_dtype(torch.float64)

# Three parameters, ten steps along a fixed sequence of gradients. The middle one is a group of its own.
start = {"a": [0.5, -1.0, 2.0, 0.0, 3.0], "b": [1.5, -0.25, 0.75], "c": [-2.0, 0.125]}
gradients = [{name: [math.sin(1.7 * t + i + 3 * len(v)) for i in range(len(v))] for name, v in start.items()}
             for t in range(10)]
lr, own = 0.1, {"lr": 0.1 * 0.25, "weight_decay": 0.02}  # learning_rate_factor 0.25
makers = {
    "sgd_nesterov": lambda g: torch.optim.SGD(g, lr=lr, momentum=0.9, nesterov=True, weight_decay=0.05),
    "adam": lambda g: torch.optim.Adam(g, lr=lr, weight_decay=0.05),
    "adamw": lambda g: torch.optim.AdamW(g, lr=lr, weight_decay=0.05),
}
out = {"torch": torch.__version__.split("a")[0], "start": start, "gradients": gradients, "end": {}}
for optimizer_name, make in makers.items():
    p = {name: torch.tensor(v, requires_grad=True) for name, v in start.items()}
    optimizer = make([{"params": [p["a"], p["c"]]}, {"params": [p["b"]], **own}])
    for step in gradients:
        for name, g in step.items():
            p[name].grad = torch.tensor(g)
        optimizer.step()
    out["end"][optimizer_name] = {name: t.tolist() for name, t in p.items()}

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "parameter_groups.json")
with open(path, "w") as f:
    json.dump(out, f)
    f.write("\n")
