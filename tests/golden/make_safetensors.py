#!/usr/bin/env python3
"""Writes official.safetensors with the reference library (`pip install safetensors numpy`)."""
import os
import numpy as np
from safetensors.numpy import save_file

tensors = {
    "layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
    "layer.bias": np.array([-1.5, 2.25], dtype=np.float64),
    "scalar": np.array(3.0, dtype=np.float32),
    "empty": np.zeros((0, 4), dtype=np.float32),
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "official.safetensors")
save_file(tensors, path, metadata={"made by": "the reference library"})
