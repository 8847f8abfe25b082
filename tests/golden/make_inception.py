#!/usr/bin/env python3
"""Writes inception.json: features of torchvision's InceptionV3 with made-up weights, for tests/test_inception.cpp.

The 22 million weights are too many to keep: both sides compute them. Element i of a tensor is a hash of its place and its
name, mapped to [-1, 1) and then as large as its kind asks for, so that activations neither vanish nor explode.

    /usr/bin/python3 tests/golden/make_inception.py          (PyTorch, torchvision, NumPy; deterministic)
"""
import json
import pathlib

import numpy as np
import torch
from torch.nn.functional import interpolate
from torchvision.models import inception_v3

MASK = np.uint64(0xFFFFFFFF)


def noise(name, count):
    """count numbers in [-1, 1): the start is the FNV-1a hash of the name, the steps the finaliser of MurmurHash3."""
    start = 0x811C9DC5
    for byte in name.encode():
        start = (start ^ byte) * 0x01000193 % 2**32
    h = (np.uint64(start) + np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B9)) & MASK
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = ((h ^ (h >> np.uint64(shift))) * np.uint64(factor)) & MASK
    h ^= h >> np.uint64(16)
    return h.astype(np.float64) / 2**31 - 1


def values(name, shape):
    u = noise(name, int(np.prod(shape)))
    if name.endswith("conv.weight"):
        u *= np.sqrt(6 / np.prod(shape[1:]))   # uniform, of variance 2 / fan in
    elif name.endswith(("bn.weight", "running_var")):
        u = 1 + 0.5 * u
    else:                                       # bn.bias, running_mean
        u *= 0.2
    return torch.tensor(u, dtype=torch.float32).reshape(tuple(shape))


def features(net, images):
    """What is left of the forward pass before the classifier, of images in 0..1."""
    found = []
    hook = net.avgpool.register_forward_hook(lambda module, inputs, output: found.append(output))
    x = images.expand(-1, 3, -1, -1)
    with torch.no_grad():
        net(2 * interpolate(x, size=(299, 299), mode="bilinear", align_corners=False) - 1)
    hook.remove()
    return found[0].flatten(1)


net = inception_v3(weights=None, aux_logits=False, transform_input=False, init_weights=False)
state = net.state_dict()
for name, tensor in state.items():
    if not name.startswith("fc.") and not name.endswith("num_batches_tracked"):
        tensor.copy_(values(name, tensor.shape))
net.eval()

cases = []
for channels, height, width in ((1, 28, 28), (3, 40, 24)):
    shape = (1, channels, height, width)
    coarse = torch.tensor(noise(f"image {channels}", int(np.prod(shape)))).reshape(shape)
    images = (0.5 + 0.5 * coarse).float()
    single = features(net.float(), images).double()
    double = features(net.double(), images.double())
    largest = double.abs().max()
    error = (single - double).norm() / double.norm()
    assert error < 1e-5 and (single - double).abs().max() / largest < 1e-5, error  # float32 itself is good enough
    assert (double > 0).double().mean() > 0.8 and 0.01 < largest < 1e3, largest
    print(f"{channels} x {height} x {width}: float32 differs by {error:.1e}; features {double.mean():.3g} +- {double.std():.3g}")
    cases.append({"channels": channels, "height": height, "width": width,
                  "features": [float(f"{v:.9g}") for v in double.flatten().tolist()]})

a, b = (np.array(c["features"]) for c in cases)
apart = np.linalg.norm(a - b) / np.linalg.norm(a)
print(f"the two images are {apart:.2g} apart")
assert apart > 0.05, apart                      # so a net that did not look would be found out
pathlib.Path(__file__).with_name("inception.json").write_text(json.dumps(cases) + "\n")
