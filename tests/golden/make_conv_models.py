#!/usr/bin/env python3
"""Golden values of small convolutional CVAEs, computed by PyTorch in float64: writes conv_models.json.

Run with any PyTorch from 1.13 on; the committed file came from Debian 12's python3-torch 1.13. Inputs are rounded to a
few digits, so that a test in float32 starts from the same numbers.
"""
import json, os
import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(12)


class Conditioned(nn.Module):
    """A convolution, and a 1x1 convolution of the condition that is added at every pixel."""

    def __init__(self, conv, condition):
        super().__init__()
        self.conv = conv
        if condition: self.condition = nn.Conv2d(condition, conv.out_channels, 1)

    def forward(self, x, c):
        y = self.conv(x)
        return y if c is None else y + self.condition(c[:, :, None, None])


class Cvae(nn.Module):
    def __init__(self, channels, condition, encoder, latents, decoder):
        super().__init__()
        self.encoder = nn.ModuleList(Conditioned(nn.Conv2d(a, b, 4, 2), condition)
                                     for a, b in zip([channels] + encoder, encoder))
        self.mu, self.log_var = nn.Linear(encoder[-1], latents), nn.Linear(encoder[-1], latents)
        self.join = nn.Linear(latents + condition, decoder[0])
        transposed = [nn.ConvTranspose2d(a, b, 5, 2) for a, b in zip(decoder, decoder[1:])]
        transposed.append(nn.ConvTranspose2d(decoder[-1], channels, 6, 2, 1))
        self.decoder = nn.ModuleList(Conditioned(t, condition) for t in transposed)

    def forward(self, x, c, noise):
        h = x
        for layer in self.encoder: h = F.relu(layer(h, c))
        h = h.flatten(1)
        mu, log_var = self.mu(h), self.log_var(h)
        z = mu + noise * torch.exp(log_var / 2)
        y = self.join(z if c is None else torch.cat([z, c], 1))[:, :, None, None]
        for i, layer in enumerate(self.decoder): y = layer(F.relu(y) if i else y, c)
        return mu, log_var, y.flatten(1)


def rounded(values):
    """Numbers with eight digits: enough for a comparison in float32, and a small file."""
    return [rounded(v) for v in values] if isinstance(values, list) else float(f"{values:.8g}")


def case(rows, channels, size, condition, **widths):
    """A network with parameters of three decimals, its answers, and the gradients of BCE + KL."""
    net = Cvae(channels, condition, **widths)
    with torch.no_grad():
        for p in net.parameters(): p.copy_(torch.round(torch.randn_like(p) / 2, decimals=3))
    x = torch.round(torch.rand(rows, channels * size * size), decimals=2)
    c = torch.round(torch.randn(rows, condition), decimals=3) if condition else None
    noise = torch.round(torch.randn(rows, widths["latents"]), decimals=3)
    mu, log_var, y = net(x.reshape(rows, channels, size, size), c, noise)
    kl = 0.5 * (mu.square() + log_var.exp() - 1 - log_var).sum(1).mean()
    loss = F.binary_cross_entropy_with_logits(y, x, reduction="none").sum(1).mean() + kl
    loss.backward()
    tensors = lambda t: {"shape": list(t.shape), "values": rounded(t.detach().reshape(-1).tolist())}
    named = lambda items: {k: tensors(v) for k, v in items}
    return {"model": {"kind": "conv", **widths}, "image": [channels, size, size], "x": tensors(x),
            "c": None if c is None else tensors(c), "noise": tensors(noise),
            "state": named(net.state_dict().items()), "mu": tensors(mu), "log_var": tensors(log_var), "y": tensors(y),
            "loss": tensors(loss), "gradients": named((k, p.grad) for k, p in net.named_parameters())}


golden = {
    "28x28": case(2, 1, 28, 3, encoder=[2, 3, 5], latents=2, decoder=[4, 3, 2]),
    "12x12 in colour": case(3, 3, 12, 4, encoder=[3, 5], latents=3, decoder=[4, 2]),
    "without a condition": case(2, 2, 12, 0, encoder=[3, 4], latents=2, decoder=[3, 2]),
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "conv_models.json")
with open(path, "w") as f:
    json.dump({"torch": torch.__version__.split("a")[0], **golden}, f)
    f.write("\n")
