#!/usr/bin/python3
"""Writes ops.json: values and gradients of the ops whose conventions one can get wrong, as PyTorch computes them in
float64. Run it from any folder; needs numpy and torch (2.15 wrote the committed file)."""
import json
import os

import torch
import torch.nn.functional as F

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
cases = {}


def numbers(t):
    """A tensor as shape and elements; infinities and NaN become strings, which JSON can hold."""
    values = [v if abs(v) < float("inf") else str(v) for v in t.detach().reshape(-1).tolist()]
    return {"shape": list(t.shape), "values": values}


def add(name, f, inputs, **settings):
    """f of the inputs, and the gradients of sum(f * cotangent) with respect to those that require one."""
    y = f(*inputs)
    cotangent = torch.randn(y.shape)
    (y * cotangent).sum().backward()
    cases[name] = {
        "inputs": [numbers(x) for x in inputs],
        "output": numbers(y),
        "cotangent": numbers(cotangent),
        "gradients": [numbers(x.grad) if x.requires_grad else None for x in inputs],
        **settings,
    }


def leaf(*shape, scale=1.0, shift=0.0):
    return (torch.randn(shape) * scale + shift).requires_grad_()


extreme = torch.tensor([[-1000.0, -90.0, -30.0, -1.0], [0.0, 1.0, 30.0, 1000.0]])

# batch_norm, with the running statistics before and after
for training in (True, False):
    mean, var = torch.randn(3), torch.rand(3) + 0.5
    before = numbers(mean), numbers(var)
    add("batch_norm_" + ("training" if training else "evaluation"),
        lambda x, w, b: F.batch_norm(x, mean, var, w, b, training, 0.1, 1e-5),
        [leaf(6, 3, scale=2, shift=1), leaf(3), leaf(3)], running_before=before)
    cases["batch_norm_" + ("training" if training else "evaluation")]["running_after"] = numbers(mean), numbers(var)

add("softmax", lambda x: F.softmax(x, 1), [leaf(3, 5, scale=3)])
add("softmax_extreme", lambda x: F.softmax(x, 1), [extreme.clone().requires_grad_()])
add("softmax_axis_0", lambda x: F.softmax(x, 0), [leaf(3, 5, scale=3)])
add("log_softmax", lambda x: F.log_softmax(x, 1), [leaf(3, 5, scale=3)])
add("log_softmax_extreme", lambda x: F.log_softmax(x, 1), [extreme.clone().requires_grad_()])
add("logsumexp", lambda x: torch.logsumexp(x, 1), [leaf(3, 5, scale=3)])
add("logsumexp_extreme", lambda x: torch.logsumexp(x, 1), [extreme.clone().requires_grad_()])
add("logsumexp_all", lambda x: torch.logsumexp(x, (0, 1)), [leaf(3, 5, scale=3)])
add("variance", lambda x: torch.var(x, 0, unbiased=True), [leaf(4, 3)])
add("variance_biased", lambda x: torch.var(x, (0, 1), unbiased=False), [leaf(4, 3)])

# losses, summed over the columns and averaged over the rows
classes = F.one_hot(torch.tensor([0, 4, 2]), 5).double()
add("cross_entropy", lambda x, t: F.cross_entropy(x, t), [leaf(3, 5, scale=3), classes])
add("cross_entropy_per_row", lambda x, t: F.cross_entropy(x, t, reduction="none"),
    [leaf(3, 5, scale=3), torch.rand(3, 5).requires_grad_()])
add("cross_entropy_extreme", lambda x, t: F.cross_entropy(x, t, reduction="none"),
    [extreme.clone().requires_grad_(), F.one_hot(torch.tensor([0, 3]), 4).double()])
targets = torch.rand(2, 4)
add("bce", lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="sum") / x.shape[0],
    [leaf(2, 4, scale=3), targets])
add("bce_extreme", lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none"),
    [extreme.clone().requires_grad_(), targets])
add("bce_sure", lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none"),
    [extreme.clone().requires_grad_(), torch.tensor([[0.0, 1, 0, 1], [0, 1, 1, 1]])])


def gaussian_kl(mu, log_var):
    p = torch.distributions.Normal(mu, (log_var / 2).exp())
    q = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return torch.distributions.kl_divergence(p, q)


add("gaussian_kl", lambda m, v: gaussian_kl(m, v).sum() / m.shape[0], [leaf(4, 3), leaf(4, 3)])
add("gaussian_kl_per_column", lambda m, v: gaussian_kl(m, v).mean(0), [leaf(4, 3), leaf(4, 3)])
add("softplus", F.softplus, [extreme.clone().requires_grad_()])
add("sigmoid", torch.sigmoid, [extreme.clone().requires_grad_()])
add("linear", lambda x, w, b: F.linear(x, w.t(), b), [leaf(4, 3), leaf(3, 2), leaf(2)])

# ops on the structure of tensors; indices are settings
def indexed(index):
    return {"index": index.reshape(-1).tolist(), "index_shape": list(index.shape)}


ties = torch.tensor([[1.0, 3, 3], [2, -1, 2]])
nan = torch.tensor([[1.0, float("nan"), 3], [2, -1, 0]])
for name, f in ("amax", torch.amax), ("amin", torch.amin):
    add(name, lambda x: f(x, (0, 2)), [leaf(2, 3, 4)])
    add(name + "_ties", lambda x: f(x, 1), [ties.clone().requires_grad_()])
    add(name + "_nan", lambda x: f(x, 1), [nan.clone().requires_grad_()])
cases["argmax_nan"] = {"input": numbers(nan), **indexed(torch.argmax(nan, 1))}
cases["argmin_nan"] = {"input": numbers(nan), **indexed(torch.argmin(nan, 1))}
add("permute", lambda x: x.permute(2, 0, 3, 1), [leaf(2, 3, 4, 2)])
add("matmul_batched", torch.matmul, [leaf(2, 1, 3, 4), leaf(3, 4, 2)])
add("matmul_by_one", torch.matmul, [leaf(2, 3, 4), leaf(4, 2)])
add("slice_step", lambda x: x[1:7:3, :, -1], [leaf(8, 2, 3)])
index = torch.tensor([[0, 2, 2], [3, 1, 0]])
add("gather", lambda x: torch.gather(x, 1, index), [leaf(2, 4)], **indexed(index))
add("scatter_add", lambda x, y: torch.scatter_add(x, 1, index, y), [leaf(2, 4), leaf(2, 3)], **indexed(index))
labels = torch.tensor([4, 0, 2])
add("cross_entropy_labels", lambda x: F.cross_entropy(x, labels), [leaf(3, 5, scale=3)], **indexed(labels))
labels_extreme = torch.tensor([3, 1])
add("cross_entropy_labels_extreme", lambda x: F.cross_entropy(x, labels_extreme, reduction="none"),
    [extreme.clone().requires_grad_()], **indexed(labels_extreme))
add("pow", torch.pow, [(torch.rand(3, 4) * 3 + 0.1).requires_grad_(), leaf(3, 4, scale=2)])
add("pow_whole", lambda x, y: torch.pow(x, y),
    [torch.tensor([-2.0, -1.5, 0.0, 0.0, 2.0]).requires_grad_(), torch.tensor([3.0, 2, 2, 1, -2])])

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.json")
with open(path, "w") as out:
    out.write("{\n" + ",\n".join(f'"{name}": {json.dumps(case)}' for name, case in cases.items()) + "\n}\n")
print("wrote", path)
