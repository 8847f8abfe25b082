#!/usr/bin/env python3
"""Times the training step of experiments/baseline.json in PyTorch, to hold `elbow bench step` against.

  pytorch_step.py [--threads N] [--steps N]

Same layers, sizes, initial laws and batch as Elbow's, written as one would write it for speed: no statistics and no
item() in the loop, gradients set to None, the fastest Adam that the installed version has. Prints one JSON line.
"""
import argparse, json, statistics, time
import torch
from torch import nn

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--steps", type=int, default=300)
parser.add_argument("--repeats", type=int, default=7)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(1)
ROWS, COLUMNS, LATENTS, HIDDEN = 64, 2, 64, [64, 64, 64]


def hidden(width):
    layers = []
    for out in HIDDEN:
        linear, norm = nn.Linear(width, out), nn.BatchNorm1d(out)
        nn.init.xavier_normal_(linear.weight)
        nn.init.normal_(linear.bias)
        nn.init.normal_(norm.weight, 1.0, 0.02)
        layers += [linear, norm, nn.ReLU()]
        width = out
    return layers


class Cvae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(*hidden(COLUMNS + 2 * COLUMNS))
        self.mu, self.log_var = nn.Linear(HIDDEN[-1], LATENTS), nn.Linear(HIDDEN[-1], LATENTS)
        self.decoder = nn.Sequential(*hidden(LATENTS + 2 * COLUMNS), nn.Linear(HIDDEN[-1], COLUMNS))

    def loss(self, x, mask):
        c = torch.cat([x * mask, mask], 1)
        h = self.encoder(torch.cat([x, c], 1))
        mu, log_var = self.mu(h), self.log_var(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * log_var)
        y = self.decoder(torch.cat([z, c], 1))
        kl = 0.5 * (mu.square() + log_var.exp() - 1 - log_var).sum()
        return ((y - x).square().sum() + kl) / ROWS


def fastest_adam(parameters):
    parameters = list(parameters)
    for option in ({"fused": True}, {"foreach": True}, {}):
        try:
            return torch.optim.Adam(parameters, lr=1e-3, **option)
        except (RuntimeError, TypeError):
            continue


model = Cvae()
optimizer = fastest_adam(model.parameters())
x = torch.randn(options.steps, ROWS, COLUMNS)
masks = (torch.rand(options.steps, ROWS, COLUMNS) < 0.5).float()
batches = list(zip(x.unbind(0), masks.unbind(0)))


def step(x, mask):
    optimizer.zero_grad(set_to_none=True)
    model.loss(x, mask).backward()
    optimizer.step()


def median_us(f):
    for batch in batches[:20]:
        f(*batch)
    times = []
    for _ in range(options.repeats):
        start = time.perf_counter()
        for batch in batches:
            f(*batch)
        times.append((time.perf_counter() - start) / options.steps * 1e6)
    return round(statistics.median(times), 1)


train_us = median_us(step)
model.eval()
with torch.no_grad():
    eval_us = median_us(model.loss)
print(json.dumps({"torch": torch.__version__, "threads": options.threads, "rows": ROWS,
                  "parameters": sum(p.numel() for p in model.parameters()),
                  "train_step_us": train_us, "eval_step_us": eval_us}))
