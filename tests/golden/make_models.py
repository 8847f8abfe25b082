#!/usr/bin/env python3
"""Golden values of small dense and residual CVAEs, computed by PyTorch in float64: writes models.json.

Run with any PyTorch from 1.13 on; the committed file came from Debian 12's python3-torch 1.13.
"""
import json, os
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
ROWS, COLUMNS = 16, 3
CONDITION = 2 * COLUMNS


class Residual(nn.Module):
    def __init__(self, n_in, n_out, bottleneck, relu):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(n_in, bottleneck), nn.BatchNorm1d(bottleneck), nn.ReLU(),
                                  nn.Linear(bottleneck, n_out), nn.BatchNorm1d(n_out))
        self.bypass = nn.Linear(n_in, n_out) if n_in != n_out else nn.Identity()
        self.end = nn.ReLU() if relu else nn.Identity()

    def forward(self, x):
        return self.end(self.main(x) + self.bypass(x))


def residual_stack(n_in, widths, bottleneck, relu_last):
    widths = [n_in] + widths
    return nn.Sequential(*[Residual(a, b, bottleneck, relu_last or i + 2 < len(widths))
                           for i, (a, b) in enumerate(zip(widths, widths[1:]))])


class DenseBlock(nn.ModuleList):
    def __init__(self, n_in, widths, end):
        super().__init__()
        for i, n_out in enumerate(widths):
            last_of_net = end and i + 1 == len(widths)
            self.append(nn.Sequential(nn.Linear(n_in, n_out),
                                      *([] if last_of_net else [nn.BatchNorm1d(n_out), nn.ReLU()])))
            n_in += n_out

    def forward(self, x):
        for layer in self:
            y = layer(x)
            x = torch.cat([y, x], 1)
        return y


def dense_stack(n_in, blocks, end):
    inputs = [n_in] + [b[-1] for b in blocks]
    return nn.Sequential(*[DenseBlock(n, b, end and i + 1 == len(blocks))
                           for i, (n, b) in enumerate(zip(inputs, blocks))])


class Cvae(nn.Module):
    def __init__(self, encoder, mu, log_var, decoder):
        super().__init__()
        self.encoder, self.mu, self.log_var, self.decoder = encoder, mu, log_var, decoder

    def forward(self, x, c, noise):
        h = self.encoder(torch.cat([x, c], 1))
        mu, log_var = self.mu(h), self.log_var(h)
        z = mu + noise * torch.exp(log_var / 2)
        return mu, log_var, self.decoder(torch.cat([z, c], 1))


def residual(encoder, latent, decoder, bottleneck):
    return Cvae(residual_stack(COLUMNS + CONDITION, encoder, bottleneck, True),
                residual_stack(encoder[-1], latent, bottleneck, False),
                residual_stack(encoder[-1], latent, bottleneck, False),
                residual_stack(latent[-1] + CONDITION, decoder + [COLUMNS], bottleneck, False))


def dense(encoder, latent, decoder):
    top = encoder[-1][-1]
    return Cvae(dense_stack(COLUMNS + CONDITION, encoder, False), dense_stack(top, latent, True),
                dense_stack(top, latent, True),
                dense_stack(latent[-1][-1] + CONDITION, decoder[:-1] + [decoder[-1] + [COLUMNS]], True))


def rounded(values):
    """Numbers with eight digits: enough for a comparison in float32, and a small file."""
    return [rounded(v) for v in values] if isinstance(values, list) else float(f"{values:.8g}")


def case(model_config, net):
    """`net` with parameters of three decimals, its answers in both modes, and the gradients in training mode."""
    with torch.no_grad():
        for name, t in net.state_dict().items():
            if "num_batches" in name: continue
            around_one = t.dim() == 1 and name.replace("running_var", "weight").endswith("weight")
            t.copy_(torch.round((0.8 + 0.4 * torch.rand_like(t)) if around_one else torch.randn_like(t) / 2, decimals=3))
    state = {k: v.tolist() for k, v in net.state_dict().items() if "num_batches" not in k}
    draw = lambda columns: torch.round(torch.randn(ROWS, columns), decimals=3)
    x, mask = draw(COLUMNS), (torch.rand(ROWS, COLUMNS) < 0.5).double()
    c = torch.cat([x * mask, mask], 1)
    latents = model_config.get("latents") or (lambda last: last[-1] if isinstance(last, list) else last)(model_config["latent"][-1])
    noise = draw(latents)

    def answers():
        mu, log_var, y = net(x, c, noise)
        kl = 0.5 * (mu.square() + log_var.exp() - 1 - log_var).sum(1).mean()
        loss = (y - x).square().sum(1).mean() + kl
        return {"mu": mu, "log_var": log_var, "y": y, "loss": loss}

    numbers = lambda tensors: {k: rounded(v.tolist()) for k, v in tensors.items()}
    out = {"model": model_config, "x": x.tolist(), "c": c.tolist(), "noise": noise.tolist(), "state": state}
    net.eval()
    out["evaluation"] = numbers(answers())
    net.train()
    training = answers()
    training["loss"].backward()
    out["training"] = numbers(training)
    out["gradients"] = numbers({k: p.grad for k, p in net.named_parameters()})
    out["running"] = numbers({k: v for k, v in net.state_dict().items() if "running" in k})
    return out


widths = {"encoder": [5, 5, 6], "decoder": [6, 4], "bottleneck": 3}
blocks = {"encoder": [[3, 2, 5], [2, 4]], "latent": [[3, 5], [2, 4]], "decoder": [[3, 5], [2, 2]]}
golden = {
    "residual": case({"kind": "residual", "latents": 4, **widths},
                     residual(widths["encoder"], [4], widths["decoder"], 3)),
    "residual_extended": case({"kind": "residual_extended", "latent": [6, 4], **widths},
                              residual(widths["encoder"], [6, 4], widths["decoder"], 3)),
    "dense": case({"kind": "dense", **blocks}, dense(**blocks)),
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models.json")
with open(path, "w") as f:
    json.dump({"torch": torch.__version__.split("a")[0], **golden}, f)
    f.write("\n")
