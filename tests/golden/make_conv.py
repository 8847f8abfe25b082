#!/usr/bin/python3
"""Writes conv.json: values and gradients of the ops on images, and of the layers made of them, as PyTorch computes them
in float64. Run it from any folder; needs torch (1.13 wrote the committed file). Inputs are multiples of 1/64, so that a
test in float32 starts from the same numbers, and the file is short."""
import json
import os

import torch
import torch.nn.functional as F

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
cases = {}


def short(t):
    return (t * 64).round() / 64


def numbers(t):
    return {"shape": list(t.shape), "values": [float(f"{v:.15g}") for v in t.detach().reshape(-1).tolist()]}


def add(name, f, inputs, **settings):
    """f of the inputs, and the gradients of sum(f * cotangent) with respect to those that require one."""
    y = f(*inputs)
    cotangent = short(torch.randn(y.shape))
    (y * cotangent).sum().backward()
    cases[name] = {
        "inputs": [numbers(x) for x in inputs],
        "output": numbers(y),
        "cotangent": numbers(cotangent),
        "gradients": [numbers(x.grad) if x.requires_grad else None for x in inputs],
        **settings,
    }


def leaf(*shape, scale=1.0, shift=0.0):
    return short(torch.randn(shape) * scale + shift).requires_grad_()


# Convolutions: input, weight, stride, padding (, output padding).
for name, x, w, stride, padding in [
        ("plain", (2, 3, 4, 5), (2, 3, 3, 3), 1, 0),
        ("strided", (2, 2, 7, 6), (3, 2, 3, 3), 2, 1),
        ("not_square", (2, 2, 3, 7), (2, 2, 2, 5), (1, 3), (1, 2)),
        ("one_by_one", (3, 5, 3, 2), (4, 5, 1, 1), 1, 0),
        ("one_by_one_strided", (2, 2, 3, 5), (3, 2, 1, 1), 2, 0),
        ("kernel_is_image", (3, 2, 3, 4), (4, 2, 3, 4), 2, 0),
        ("kernel_is_padded_image", (2, 2, 3, 2), (3, 2, 5, 4), 1, 1),
        ("one_row", (1, 2, 5, 6), (2, 2, 4, 4), 2, 1),
        ("many_rows", (70, 1, 1, 2), (1, 1, 1, 2), 1, 0),
        ("first_layer", (1, 3, 8, 8), (3, 3, 4, 4), 2, 0)]:
    add("conv2d_" + name, lambda x, w, b: F.conv2d(x, w, b, stride, padding), [leaf(*x), leaf(*w), leaf(w[0])],
        stride=stride, padding=padding)
add("conv2d_no_bias", lambda x, w: F.conv2d(x, w, None, 1, 2), [leaf(2, 1, 3, 4), leaf(2, 1, 3, 2)])
add("conv2d_bias_of_rows", lambda x, w, b: F.conv2d(x, w, None, 2, 1) + b[:, :, None, None],
    [leaf(3, 2, 5, 5), leaf(4, 2, 3, 3), leaf(3, 4)])

for name, x, w, stride, padding, output_padding in [
        ("plain", (2, 2, 4, 3), (2, 3, 3, 3), 1, 0, 0),
        ("strided", (2, 2, 3, 4), (2, 3, 3, 3), 2, 1, 1),
        ("not_square", (2, 2, 3, 4), (2, 3, 2, 5), (1, 3), (1, 2), (0, 2)),
        ("one_by_one", (3, 5, 3, 2), (5, 4, 1, 1), 1, 0, 0),
        ("of_one_pixel", (3, 4, 1, 1), (4, 2, 5, 4), 2, 0, 0),
        ("kernel_less_than_stride", (2, 2, 2, 3), (2, 2, 2, 1), 3, 0, 1),
        ("one_row", (1, 2, 3, 2), (2, 2, 4, 4), 2, 1, 0),
        ("many_rows", (70, 1, 1, 1), (1, 1, 1, 2), 2, 0, 0),
        ("last_layer", (1, 3, 3, 3), (3, 3, 6, 6), 2, 1, 0)]:
    add("conv_transpose2d_" + name,
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride, padding, output_padding),
        [leaf(*x), leaf(*w), leaf(w[1])], stride=stride, padding=padding, output_padding=output_padding)
add("conv_transpose2d_no_bias", lambda x, w: F.conv_transpose2d(x, w, None, 2), [leaf(2, 1, 3, 4), leaf(1, 2, 3, 2)])
add("conv_transpose2d_bias_of_rows",
    lambda x, w, b: F.conv_transpose2d(x, w, None, 2, 1) + b[:, :, None, None],
    [leaf(3, 2, 2, 3), leaf(2, 2, 4, 4), leaf(3, 2)])

# Pooling, resizing, padding.
add("max_pool2d", lambda x: F.max_pool2d(x, 2), [leaf(1, 2, 5, 6)])
add("max_pool2d_padded", lambda x: F.max_pool2d(x, (3, 2), (2, 1), (1, 0)), [leaf(2, 2, 6, 4)])
add("max_pool2d_ties", lambda x: F.max_pool2d(x, 3, 2, 1), [torch.randint(3, (2, 2, 7, 6)).double().requires_grad_()])
add("avg_pool2d", lambda x: F.avg_pool2d(x, 2), [leaf(1, 2, 5, 6)])
add("avg_pool2d_padded", lambda x: F.avg_pool2d(x, 3, 1, 1), [leaf(2, 2, 4, 5)])
add("avg_pool2d_padding_not_counted", lambda x: F.avg_pool2d(x, (3, 2), (2, 1), (1, 1), count_include_pad=False),
    [leaf(2, 2, 6, 4)])
for name, out in ("one", (1, 1)), ("even", (2, 3)), ("uneven", (3, 4)), ("larger", (9, 8)):
    add("adaptive_avg_pool2d_" + name, lambda x: F.adaptive_avg_pool2d(x, out), [leaf(2, 2, 4, 6)], out=out)
for name, out in ("same", (4, 6)), ("larger", (9, 17)), ("smaller", (3, 2)), ("mixed", (8, 1)):
    add("resize_bilinear_" + name, lambda x: F.interpolate(x, size=out, mode="bilinear", align_corners=False),
        [leaf(2, 2, 4, 6)], out=out)
add("pad", lambda x: F.pad(x, (1, 0, 2, 3)), [leaf(2, 2, 3, 4)])

# Batch norm over channels, with the running statistics before and after.
for training in (True, False):
    mean, var = short(torch.randn(3)), short(torch.rand(3) + 0.5)
    before = numbers(mean), numbers(var)
    name = "batch_norm2d_" + ("training" if training else "evaluation")
    add(name, lambda x, w, b: F.batch_norm(x, mean, var, w, b, training, 0.1, 1e-5),
        [leaf(4, 3, 5, 2, scale=2, shift=1), leaf(3), leaf(3)], running_before=before)
    cases[name]["running_after"] = numbers(mean), numbers(var)


# A small network of the layers: state, output, gradients of all parameters.
class ConditionedConv(torch.nn.Module):
    """A convolution plus a 1x1 projection of the condition, added at every pixel."""
    def __init__(self, conv, conditions, out):
        super().__init__()
        self.conv, self.condition = conv, torch.nn.Conv2d(conditions, out, 1)

    def forward(self, x, c):
        return self.conv(x) + self.condition(c[:, :, None, None])


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = ConditionedConv(torch.nn.Conv2d(2, 4, 3, 2, 1), 3, 4)
        self.norm = torch.nn.BatchNorm2d(4)
        self.second = torch.nn.Conv2d(4, 3, (2, 2))
        self.last = ConditionedConv(torch.nn.ConvTranspose2d(3, 2, 3, 2, 1, 1), 3, 2)

    def forward(self, x, c):
        h = F.max_pool2d(F.relu(self.norm(self.first(x, c))), 2, 1)
        h = self.last(F.avg_pool2d(self.second(h), 2, 1), c)
        return F.adaptive_avg_pool2d(h, (3, 2)).flatten(1)


net, x, c = Network(), leaf(3, 2, 9, 8), leaf(3, 3)
with torch.no_grad():
    for p in net.parameters():
        p.copy_(short(p))
start = {name: numbers(v) for name, v in net.state_dict().items() if "num_batches" not in name}
y = net(x, c)
cotangent = short(torch.randn(y.shape))
(y * cotangent).sum().backward()
network = {"inputs": [numbers(x), numbers(c)], "state": start, "output": numbers(y), "cotangent": numbers(cotangent),
           "gradients": {name: numbers(p.grad) for name, p in net.named_parameters()},
           "input_gradients": [numbers(x.grad), numbers(c.grad)]}
net.eval()
network["evaluated"] = numbers(net(x, c))
cases["network"] = network

# The limits of PyTorch's default initialisation, largest of many draws (they stay below 1 / sqrt(fan in)).
limits = {}
for name, layer in [("Conv2d", torch.nn.Conv2d(16, 32, (3, 5))), ("ConvTranspose2d", torch.nn.ConvTranspose2d(16, 32, (3, 5)))]:
    weight = layer.weight.detach()
    limits[name] = {"shape": list(weight.shape), "weight": weight.abs().max().item(), "deviation": weight.std().item(),
                    "bias": layer.bias.detach().abs().max().item()}
cases["default_initialisation"] = limits

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "conv.json")
with open(path, "w") as out:
    out.write("{\n" + ",\n".join(f'"{name}": {json.dumps(case)}' for name, case in cases.items()) + "\n}\n")
print("wrote", path)
