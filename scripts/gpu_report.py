#!/usr/bin/env python3
"""What gpu_run.sh does with numbers.

  gpu_report.py same RUN RUN TOLERANCE   the losses of two runs are equal, relatively
  gpu_report.py tag CASE                 puts the case's name into a JSON line
  gpu_report.py report OUT FAILED        the table, also as OUT/gpu-CARD-DATE.md
"""
import csv, datetime, json, os, subprocess, sys
from timings import markdown_table, median, number, ratio, read_lines


def same(a, b, tolerance):
    rows = [list(csv.DictReader(open(f"{run}/costs.csv"))) for run in (a, b)]
    assert len(rows[0]) == len(rows[1]) > 0, "the runs have different epochs"
    worst = 0.0
    for p, q in zip(*rows):
        for key in p:
            if key in ("total_train_losses", "total_test_losses"):
                x, y = float(p[key]), float(q[key])
                worst = max(worst, abs(x - y) / abs(x))
    print(f"largest relative difference of a loss: {worst:.2e}")
    return worst <= float(tolerance)


def card():
    fields = "name,driver_version,memory.total"
    text = subprocess.run(["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"], capture_output=True, text=True)
    return text.stdout.splitlines()[0].split(", ")


def row_of(case, times):
    own = [t for t in times if t["case"] == case and "torch" not in t]
    peers = {t["variant"]: t["train_step_us"] for t in times if t["case"] == case and "torch" in t}
    us = median(own, "train_step_us")
    shown = [number(peers.get(variant)) for variant in ("eager", "compile", "graph")]
    return [case, number(us, 1), number(median(own, "launches")), *shown, ratio(peers.get("eager"), us), ratio(peers.get("graph"), us)]


def report(out, failed):
    name, driver, memory = card()
    date = datetime.date.today().isoformat()
    lines = [f"# {name}, {date}", "", f"Driver {driver}, {memory}; commit {open('commit').read().strip()}. Made by `make gpu-check`.", ""]
    lines += ["## Checks", "", "```", *open("checks").read().splitlines(), "```", ""]
    for log in ("same-losses", "ops"):
        if os.path.exists(f"log.{log}"):
            lines += [f"{log}: " + open(f"log.{log}").read().strip().splitlines()[-1], ""]
    if os.path.exists("times.jsonl"):
        times = read_lines(open("times.jsonl").read())
        versions = {t["torch"] for t in times if "torch" in t}
        lines += [f"## Training step, microseconds (PyTorch {', '.join(sorted(versions)) or 'absent'}, same card, in turns)", ""]
        lines += markdown_table(["case", "Elbow", "launches", "eager", "compile", "graph", "eager / Elbow", "graph / Elbow"],
                                [row_of(case, times) for case in dict.fromkeys(t["case"] for t in times)])
        lines += ["", "Every line as it was printed:", "", "```", *(json.dumps(t) for t in times), "```", ""]
    lines.append("A check failed." if int(failed) else "All checks passed.")
    text = "\n".join(lines) + "\n"
    path = os.path.join(out, f"gpu-{name.replace('NVIDIA ', '').replace(' ', '-')}-{date}.md")
    open(path, "w").write(text)
    print(text)


command, *arguments = sys.argv[1:] or ["help"]
if command == "same":
    sys.exit(0 if same(*arguments) else 1)
elif command == "tag":
    for line in sys.stdin:
        print(json.dumps({**json.loads(line), "case": arguments[0]}))
elif command == "report":
    report(*arguments)
else:
    print(__doc__)
