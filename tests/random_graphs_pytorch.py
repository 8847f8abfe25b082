#!/usr/bin/env python3
"""Replays random graphs in PyTorch, in float64, and compares their values and gradients with Elbow's.

  random_graphs_pytorch.py --ops     the names of the ops that are spelled here
  random_graphs_pytorch.py FOLDER    FOLDER has graphs.json and graphs.safetensors, as test_random_graphs writes them

No input of an op is at a kink or tied with another one, as each is shifted by a random number of its own: so it does not
matter which derivative a library takes there. Ops that draw (dropout, reparameterise) are left out, and those without a
derivative.
"""
import json, re, struct, sys

import torch
import torch.nn.functional as F

most = 1e-9  # of the length of a gradient, or of the value

# The settings of a sample, from its note: the registry tells them in no other way. A new sample whose note says less is
# computed with the wrong ones, and found.


def number(note, word, otherwise=None):
    found = re.search(rf"\b{word} (-?[\d.]+)", note)
    return otherwise if not found else float(found[1]) if "." in found[1] else int(found[1])


def pair(note, word, otherwise):
    """Of height and width: "stride 2x1", or "padding 1" for both."""
    found = re.search(rf"(?<!output ){word} (\d+)(?:x(\d+))?", note)
    return (int(found[1]), int(found[2] or found[1])) if found else (otherwise, otherwise)


def size(note):
    """Of "3x2, stride 2": (3, 2)."""
    return tuple(int(n) for n in re.search(r"(\d+)x(\d+)", note).groups())


def window(note):
    return {"stride": pair(note, "stride", 1), "padding": pair(note, "padding", 0)}


def target(note):
    return json.loads(re.match(r"to (\[.*?\])", note)[1])


def axes(note, x):
    """axes and whether they are kept."""
    if note.startswith("all axes"):
        return tuple(range(x.dim())), False
    return tuple(int(a) for a in re.match(r"ax[ei]s ([-\d, ]*\d)", note)[1].split(",")), ", kept" in note


def over_axes(f):
    return lambda note, x: f(x, *axes(note, x))


def along_axis(f):
    return lambda note, x: f(x, number(note, "axis"))


def plain(f):
    return lambda note, *x: f(*x)


# Indices and labels are in no note: those of each sample, by how its note begins.
gathered = {
    "one axis": (0, [2, 0, 2]),
    "axis 1": (1, [[3, 0], [1, 1], [2, 2]]),
    "axis 0": (0, [[1, 0, 1, 1], [0, 0, 0, 1]]),
    "axis -2": (-2, [[[0, 2]], [[1, 1]]]),
}
selected = {"axis 0": (0, [2, 0, 2]), "axis 1": (1, [3])}
labels = {"mean": [1, 18, 0, 1], "per row": [2, 0, 2, 1]}


def by_note(table, note):
    return next(value for start, value in table.items() if note.startswith(start))


def indexed(table, note):
    axis, index = by_note(table, note)
    return axis, torch.tensor(index)


def reduced(note, costs):
    """A loss from its costs by row and column."""
    if note.startswith("mean"):
        return costs.sum() / costs.shape[0]
    return by_note({"element": costs, "per row": costs.sum(1), "per column": costs.mean(0)}, note)


def loss(cost):
    return lambda note, a, b: reduced(note, cost(a, b))


def kl(mu, log_var):
    p = torch.distributions.Normal(mu, (log_var / 2).exp())
    return torch.distributions.kl_divergence(p, torch.distributions.Normal(0.0, 1.0))


def cross_entropy(note, x, classes):
    return F.cross_entropy(x, classes, reduction="mean" if note.startswith("mean") else "none")


def conv_transpose2d(note, x, weight, bias=None):
    stride = 3 if note.startswith("gaps") else pair(note, "stride", 1)
    return F.conv_transpose2d(x, weight, bias, stride, pair(note, "padding", 0), pair(note, "output padding", 0))


def conv2d(note, x, weight, bias=None):
    settings = window(note)
    if note.startswith("padding wider"):
        settings["padding"] = (0, 3)
    return F.conv2d(x, weight, bias, **settings)


def conv2d_weight(note, x, g):
    return torch.nn.grad.conv2d_weight(x, (g.shape[1], x.shape[1], *size(note)), g, **window(note))


def max_pool2d(note, x):
    kernel = tuple(x.shape[2:]) if note.startswith("kernel = image") else size(note)
    return F.max_pool2d(x, kernel, **window(note))


def avg_pool2d(note, x):
    return F.avg_pool2d(x, size(note), count_include_pad="not counted" not in note, **window(note))


def batch_norm(note, x, weight, bias, mean, var):
    training = note.startswith("training")
    return F.batch_norm(x, mean.clone(), var.clone(), weight, bias, training, 0.1, 1e-5)


def matmul(note, a, b):
    found = re.search(r"\b([NT])([NT])\b", note)
    ta, tb = found.groups() if found else "NN"
    return torch.matmul(a.mT if ta == "T" else a, b.mT if tb == "T" else b)


def pad(note, x):
    return F.pad(x, [number(note, side, 0) for side in ("left", "right", "top", "bottom")])


def permute(note, x):
    if note.startswith("the transpose"):
        return x.t()
    return x.permute(axes(note, x)[0]) if note.startswith("axes") else x.clone()


def resize_bilinear(note, x):
    to = by_note({"the same size": (3, 4), "of one pixel": (3, 2), "larger": (7, 9), "smaller": (2, 3)}, note)
    return F.interpolate(x, to, mode="bilinear", align_corners=False)


def part(note, x):
    axis, interval = number(note, "axis"), re.search(r"\[(\d+), (\d+)\)", note)
    first, last = map(int, interval.groups()) if interval else (0, x.shape[axis])
    return x.movedim(axis, 0)[first:last:number(note, "by", 1)].movedim(0, axis)


spelled = {name: plain(getattr(torch, name)) for name in
           "abs add clone cos div erf exp expm1 log log1p maximum minimum mul neg pow reciprocal relu sigmoid sin sqrt "
           "square sub tanh".split()}
spelled |= {name: over_axes(getattr(torch, name)) for name in "amax amin logsumexp mean sum".split()}
spelled |= {
    "adaptive_avg_pool2d": lambda note, x: F.adaptive_avg_pool2d(x, size(note)),
    "avg_pool2d": avg_pool2d,
    "batch_norm": batch_norm,
    "batch_norm2d": batch_norm,
    "bce_with_logits": loss(lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none")),
    "broadcast_to": lambda note, x: torch.broadcast_to(x, target(note)),
    "cast": plain(torch.Tensor.double),
    "clamp": lambda note, x: torch.clamp(x, -1, 1),
    "concat": lambda note, *x: torch.cat(x, number(note, "axis")),
    "conv2d": conv2d,
    "conv2d_weight": conv2d_weight,
    "conv_transpose2d": conv_transpose2d,
    "cross_entropy": lambda note, x: cross_entropy(note, x, torch.tensor(by_note(labels, note))),
    "cross_entropy_with_logits": cross_entropy,
    "gather": lambda note, x: torch.gather(x, *indexed(gathered, note)),
    "gaussian_kl": loss(kl),
    "index_select": lambda note, x: torch.index_select(x, *indexed(selected, note)),
    "leaky_relu": lambda note, x: F.leaky_relu(x, number(note, "slope", 0.01)),
    "linear": plain(lambda x, weight, bias: F.linear(x, weight.t(), bias)),
    "log_softmax": along_axis(torch.log_softmax),
    "matmul": matmul,
    "max_pool2d": max_pool2d,
    "pad": pad,
    "permute": permute,
    "reshape": lambda note, x: x.reshape(target(note)),
    "resize_bilinear": resize_bilinear,
    "scatter_add": lambda note, x, y: torch.scatter_add(x, *indexed(gathered, note), y),
    "slice": part,
    "softmax": along_axis(torch.softmax),
    "softplus": plain(F.softplus),
    "squared_error": loss(lambda a, b: (a - b) ** 2),
    "sum_to": lambda note, x: x.sum_to_size(target(note)),
    "variance": over_axes(lambda x, dims, keep: torch.var(x, dims, unbiased=True, keepdim=keep)),
    "where": plain(lambda condition, a, b: torch.where(condition != 0, a, b)),
}


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8:8 + length]), bytearray(data[8 + length:])
    header.pop("__metadata__", None)
    values = torch.frombuffer(body, dtype=torch.float64)
    return {name: values[t["data_offsets"][0] // 8:t["data_offsets"][1] // 8].reshape(t["shape"])
            for name, t in header.items()}


def fed(feed, nodes, shift):
    """A node as an input of an op: see Feed in test_random_graphs.cpp."""
    x, n = nodes[feed["node"]].reshape(-1), shift.numel()
    x = x.repeat((n + x.numel() - 1) // x.numel())[-n:].reshape(shift.shape)
    return (feed["hi"] - feed["lo"]) * torch.sigmoid(feed["scale"] * x + shift) + feed["lo"]


def replay(graph, tensors, leaves):
    nodes, seed = list(leaves), graph["seed"]
    for i, step in enumerate(graph["steps"]):
        given = [tensors[f"{seed}.input.{i}.{j}"] for j in range(len(step["feeds"]))]
        inputs = [x if feed["is_constant"] else fed(feed, nodes, x) for feed, x in zip(step["feeds"], given)]
        nodes.append(spelled[step["op"]](step["note"], *inputs))
    return sum((node * tensors[f"{seed}.weight.{i}"]).sum()
               for i, node in enumerate(nodes) if f"{seed}.weight.{i}" in tensors)


def main(folder):
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    with open(f"{folder}/graphs.json") as file:
        written = json.load(file)
    tensors = read_safetensors(f"{folder}/graphs.safetensors")
    used, wrong, largest, gradients = set(), 0, 0.0, 0
    for graph in written["graphs"]:
        seed = graph["seed"]
        used |= {step["op"] for step in graph["steps"]}
        leaves = [tensors[f"{seed}.leaf.{i}"].clone().requires_grad_() for i in range(graph["leaves"])]
        value = replay(graph, tensors, leaves)
        ours = [tensors[f"{seed}.value"]] + [tensors[f"{seed}.gradient.{i}"] for i in range(graph["leaves"])]
        theirs = [value] + list(torch.autograd.grad(value, leaves, allow_unused=True, materialize_grads=True))
        gradients += len(leaves)
        for what, a, b in zip(["value"] + [f"gradient {i}" for i in range(len(leaves))], ours, theirs):
            # 1e-3: where a gradient all but vanishes, it consists of the rounding errors of larger numbers.
            relative = ((a - b).norm() / (b.norm() + 1e-3)).item()
            largest = max(largest, relative)
            if not relative <= most:
                wrong += 1
                print(f"{graph['text']}: the {what} differs by {relative:.2g} from PyTorch's")
    share = len(used) / written["ops"]
    print(f"PyTorch {torch.__version__}: {len(written['graphs'])} graphs, {gradients} gradients, {len(used)} of the "
          f"{written['ops']} ops, largest relative difference {largest:.2g}, {wrong} above {most:.0e}")
    if share < 0.8:
        print("less than 80% of the ops were compared")
    return int(wrong > 0 or share < 0.8)


if __name__ == "__main__":
    if sys.argv[1] == "--ops":
        print(*spelled)
    else:
        sys.exit(main(sys.argv[1]))
