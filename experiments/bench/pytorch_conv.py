#!/usr/bin/env python3
"""Trains experiments/fashion-conv.json in PyTorch, to hold the test loss of `make fashion-conv` against.

  pytorch_conv.py [CONFIG.json] [--seed N] [--threads N] [--epochs N] [--schedule constant|cosine]

Same images, layers, sizes, initial laws, batches, optimiser and schedule as Elbow's; the random numbers are PyTorch's own.
Prints one JSON line after each epoch: losses in nats per row, that on the test images with one draw for each of them.
"""
import argparse, gzip, json, math, pathlib, time
import numpy, torch
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("config", nargs="?", default=HERE.parent / "fashion-conv.json")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--epochs", type=int)
parser.add_argument("--schedule", choices=["constant", "cosine"])
options = parser.parse_args()
config = json.load(open(options.config))
data, model_settings, training = config["data"], config["model"], config["training"]
epochs = options.epochs or training["epochs"]
schedule = options.schedule or training["schedule"]["kind"]
rate, withheld = training["schedule"]["learning_rate"], config["condition"]["withheld"]
rows, CLASSES, COLOURS = training["batch_rows"], 10, 3
torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)


def idx(name):
    path = pathlib.Path(data["path"]) / name
    raw = gzip.open(str(path) + ".gz").read() if not path.exists() else path.read_bytes()
    axes = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(axes)]
    return torch.from_numpy(numpy.frombuffer(raw, numpy.uint8, offset=4 + 4 * axes).reshape(shape).copy())


class ConditionedConv(nn.Module):
    def __init__(self, conv, out, conditions):
        super().__init__()
        self.conv, self.condition = conv, nn.Conv2d(conditions, out, 1)

    def forward(self, x, c):
        return self.conv(x) + self.condition(c[:, :, None, None])


class ConvCvae(nn.Module):
    def __init__(self, encoder, latents, decoder, c):
        super().__init__()
        widths = [COLOURS] + encoder
        self.encoder = nn.ModuleList(ConditionedConv(nn.Conv2d(a, b, 4, 2), b, c) for a, b in zip(widths, widths[1:]))
        self.mu, self.log_var = nn.Linear(encoder[-1], latents), nn.Linear(encoder[-1], latents)
        self.join = nn.Linear(latents + c, decoder[0])
        up = [ConditionedConv(nn.ConvTranspose2d(a, b, 5, 2), b, c) for a, b in zip(decoder, decoder[1:])]
        last = ConditionedConv(nn.ConvTranspose2d(decoder[-1], COLOURS, 6, 2, 1), COLOURS, c)
        self.decoder = nn.ModuleList(up + [last])

    def forward(self, x, c):
        for layer in self.encoder:
            x = F.relu(layer(x, c))
        mu, log_var = self.mu(x.flatten(1)), self.log_var(x.flatten(1))
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * log_var)
        y = self.join(torch.cat([z, c], 1))[:, :, None, None]
        for i, layer in enumerate(self.decoder):
            y = layer(F.relu(y) if i else y, c)
        return y, mu, log_var


def coloured(images, colours):
    x = torch.zeros(len(images), COLOURS, *images.shape[1:])
    x[torch.arange(len(images)), colours] = images.float() / 255
    return x


def condition(labels, colours):
    groups = []
    for values, classes in ((labels, CLASSES), (colours, COLOURS)):
        told = torch.where(torch.rand(len(values)) < withheld, classes, values.long())
        groups.append(F.one_hot(told, classes + 1).float())
    return torch.cat(groups, 1)


def cost(x, c):
    y, mu, log_var = model(x, c)
    kl = 0.5 * (mu.square() + log_var.exp() - 1 - log_var).sum()
    return F.binary_cross_entropy_with_logits(y, x, reduction="sum") + kl


images, labels = idx("train-images-idx3-ubyte"), idx("train-labels-idx1-ubyte")
test_images, test_labels = idx("t10k-images-idx3-ubyte"), idx("t10k-labels-idx1-ubyte")
test_colours = torch.randint(COLOURS, (len(test_images),))
model = ConvCvae(model_settings["encoder"], model_settings["latents"], model_settings["decoder"], CLASSES + COLOURS + 2)
optimizer = torch.optim.Adam(model.parameters(), lr=rate)
batches = len(images) // rows
step, seconds = 0, 0.0
for epoch in range(1, epochs + 1):
    start = time.perf_counter()
    colours, order, total = torch.randint(COLOURS, (len(images),)), torch.randperm(len(images)), 0.0
    for b in range(batches):
        take = order[b * rows:(b + 1) * rows]
        if schedule == "cosine":
            optimizer.param_groups[0]["lr"] = rate * (1 + math.cos(math.pi * step / (epochs * batches))) / 2
        optimizer.zero_grad(set_to_none=True)
        loss = cost(coloured(images[take], colours[take]), condition(labels[take], colours[take])) / rows
        loss.backward()
        optimizer.step()
        total, step = total + loss.item(), step + 1
    seconds += time.perf_counter() - start
    with torch.no_grad():
        test = sum(cost(coloured(x, k), condition(y, k)).item() for x, y, k in
                   zip(test_images.split(500), test_labels.split(500), test_colours.split(500)))
    print(json.dumps({"epoch": epoch, "train_loss": round(total / batches, 3), "test_loss": round(test / len(test_images), 3),
                      "train_s": round(seconds, 1), "schedule": schedule, "seed": options.seed,
                      "threads": options.threads, "torch": torch.__version__}), flush=True)
