#!/usr/bin/env python3
"""Writes feature_net.json: features and logits of the net of metrics/feature_net.hpp, by PyTorch, for tests/test_feature_net.cpp.

Weights and images are too many to keep; both sides make element i of a tensor as scale * sin(0.37 i + phase).

    /usr/bin/python3 tests/golden/make_feature_net.py        (PyTorch, NumPy; deterministic)
"""
import json
import pathlib

import numpy as np
import torch
from torch import nn


def wave(shape, phase, scale):
    n = int(np.prod(shape))
    return torch.tensor(scale * np.sin(0.37 * np.arange(n) + phase), dtype=torch.float32).reshape(shape)


def case(channels, height, width, classes, rows):
    left = ((height // 2 - 4) // 2) * ((width // 2 - 4) // 2)
    body = nn.Sequential(nn.Conv2d(channels, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 5), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * left, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU())
    head = nn.Linear(84, classes)
    with torch.no_grad():
        for phase, p in enumerate([*body.parameters(), *head.parameters()]):
            fan = p[0].numel() if p.dim() > 1 else 16
            p.copy_(wave(p.shape, phase, 1.7 / np.sqrt(fan)))
        x = 0.5 + wave((rows, channels, height, width), 0.5, 0.5)
        features = body(x)
        logits = head(features)
    return {"channels": channels, "height": height, "width": width, "classes": classes, "rows": rows,
            "features": features.ravel().tolist(), "logits": logits.ravel().tolist()}


cases = [case(1, 28, 28, 10, 3), case(3, 13, 18, 4, 2)]
for c in cases:  # a net whose features are all 0 would prove nothing
    f = np.array(c["features"])
    assert 0.2 < (f > 0).mean() < 0.8 and f.max() > 0.01, (f > 0).mean()
pathlib.Path(__file__).with_name("feature_net.json").write_text(json.dumps(cases) + "\n")
