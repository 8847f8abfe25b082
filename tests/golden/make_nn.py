#!/usr/bin/env python3
"""Golden values of optimisers, schedules and a small network, computed by PyTorch in float64: writes nn.json.

Run with any PyTorch from 1.13 on; the committed file came from Debian 12's python3-torch 1.13.
"""
import json, math, os
import torch

torch.set_default_dtype(torch.float64)
out = {"torch": torch.__version__.split("a")[0]}

# Optimisers: five parameters, ten steps along a fixed sequence of gradients.
start = [0.5, -1.0, 2.0, 0.0, 3.0]
gradients = [[math.sin(1.7 * t + i) for i in range(5)] for t in range(10)]
makers = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd_momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1),
    "adam_decay": lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.01, betas=(0.8, 0.95), eps=1e-4),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.1),
}
out["optimizers"] = {"start": start, "gradients": gradients, "end": {}}
for name, make in makers.items():
    p = torch.tensor(start, requires_grad=True)
    optimizer = make([p])
    for g in gradients:
        p.grad = torch.tensor(g)
        optimizer.step()
    out["optimizers"]["end"][name] = p.tolist()

# Schedules: the learning rates of twelve steps.
def rates(make):
    p = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=0.4)
    schedule, values = make(optimizer), []
    for _ in range(12):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return values

out["schedules"] = {
    "step": rates(lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.5)),
    "cosine": rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 12, 0.04)),
}

# A network: Linear(3, 4), BatchNorm1d, Tanh, Linear(4, 2); three Adam steps on the mean over rows of the squared error
# summed over columns, then an evaluation.
torch.manual_seed(7)
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
x, y = torch.randn(6, 3), torch.randn(6, 2)
tensors = lambda: {k: v.tolist() for k, v in net.state_dict().items() if "num_batches" not in k}
case = {"x": x.tolist(), "y": y.tolist(), "start": tensors(), "losses": []}
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
for step in range(3):
    optimizer.zero_grad()
    loss = (net(x) - y).square().sum(1).mean()
    loss.backward()
    if step == 0:
        case["gradients"] = {k: v.grad.tolist() for k, v in net.named_parameters()}
    case["norm"] = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.5).item()
    optimizer.step()
    case["losses"].append(loss.item())
net.eval()
case["end"], case["evaluated"] = tensors(), net(x).tolist()
out["network"] = case

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nn.json")
with open(path, "w") as f:
    json.dump(out, f)
    f.write("\n")
