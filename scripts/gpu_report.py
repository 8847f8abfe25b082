#!/usr/bin/env python3
"""What gpu_run.sh does with numbers.

  gpu_report.py same RUN RUN TOLERANCE   the losses of two runs are equal, relatively, in each epoch that both have
  gpu_report.py report OUT FAILED        the table, also as OUT/gpu-CARD-DATE.md
"""
import csv, datetime, json, os, subprocess, sys
from timings import markdown_table, median, number, ratio, read_lines


def same(a, b, tolerance):
    rows = [list(csv.DictReader(open(f"{run}/costs.csv"))) for run in (a, b)]
    epochs = list(zip(*rows))
    assert epochs, "a run has no epochs"
    worst = {key: [abs(float(p[key]) / float(q[key]) - 1) for p, q in epochs] for key in ("total_train_losses", "total_test_losses")}
    print("relative differences of the losses, epoch by epoch: " +
          "; ".join(f"{key.split('_')[1]} {', '.join(f'{d:.1e}' for d in found)}" for key, found in worst.items()))
    return max(map(max, worst.values())) <= float(tolerance)


def card():
    fields = "name,driver_version,memory.total"
    text = subprocess.run(["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"], capture_output=True, text=True)
    return text.stdout.splitlines()[0].split(", ")


PEERS = {"eager": "PyTorch eager", "graph": "graph", "step": "JAX step", "scan": "scan"}


def row_of(case, times):
    here = [t for t in times if t["case"] == case]
    own = [t for t in here if "variant" not in t]
    us = median(own, "train_step_us")
    # With rounded factors the program is compared with the peers that were timed next to it without.
    beside = [t for t in times if t["case"] == case.removesuffix(", --tf32")]
    found = [median([t for t in beside if t.get("variant") == variant], "train_step_us") for variant in PEERS]
    return [case, number(median(own, "rows")), number(median(own, "launches")), number(us), *(cell for peer in found for cell in (number(peer), ratio(peer, us)))]


def report(out, failed):
    name, driver, memory = card()
    date = datetime.date.today().isoformat()
    lines = [f"# {name}, {date}", "", f"Driver {driver}, {memory}; commit {open('commit').read().strip()}. Made by `make gpu-check`.", ""]
    lines += ["## Checks", "", "```", *open("checks").read().splitlines(), "```", ""]
    for log in ("ops", "same-losses", "blocks-same-losses"):
        if os.path.exists(f"log.{log}"):
            lines += [f"{log}: " + open(f"log.{log}").read().strip().splitlines()[-1], ""]
    if os.path.exists("times.jsonl"):
        times = read_lines(open("times.jsonl").read())
        versions = sorted({f"{name} {t[key]}" for t in times for key, name in (("torch", "PyTorch"), ("jax", "JAX")) if key in t})
        header = ["case", "rows", "launches", "Elbow", *(cell for name in PEERS.values() for cell in (name, "/ Elbow"))]
        lines += [f"## Training step, microseconds ({', '.join(versions) or 'without peers'}, same card, in turns)", "",
                  "graph: torch.compile with CUDA graphs; scan: a compiled loop. PyTorch's convolutions and JAX's products may round their factors to 10 bits (TF32), "
                  "which Elbow's do with --tf32 alone.", ""]
        lines += markdown_table(header, [row_of(case, times) for case in dict.fromkeys(t["case"] for t in times)])
        one, many = (median([t for t in times if t["case"] == case and "variant" not in t], "train_step_us") for case in ("baseline", "64 baseline models"))
        if one and many:
            lines += ["", f"64 baseline models at once train {64 * one / many:.1f} times as fast as one after another."]
        lines += ["", *(f"Not timed: {line}" for line in open("log.times").read().splitlines()), "",
                  "Every line as it was printed:", "", "```", *(json.dumps(t) for t in times), "```", ""]
    lines.append("A check failed." if int(failed) else "All checks passed.")
    text = "\n".join(lines) + "\n"
    path = os.path.join(out, f"gpu-{name.replace('NVIDIA ', '').replace(' ', '-')}-{date}.md")
    open(path, "w").write(text)
    print(text)


command, *arguments = sys.argv[1:] or ["help"]
if command == "same":
    sys.exit(0 if same(*arguments) else 1)
elif command == "report":
    report(*arguments)
else:
    print(__doc__)
