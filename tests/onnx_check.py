#!/usr/bin/env python3
"""Runs what Elbow exports with onnxruntime, and compares.

  onnx_check.py cases FOLDER            each NAME.onnx there on the inputs of NAME.json, whose outputs Elbow computed
  onnx_check.py run ELBOW RUN FOLDER [--rows FILE.csv] [--given LIST] [--images FOLDER]
                                        a trained run, exported to FOLDER, against `elbow encode` and `elbow reconstruct`

What a run's own numbers are made of is taken from the metadata of the files, as whoever has nothing else must do. Prints the
largest difference, relative where values are above 1 (to the largest value of an output), and fails above 1e-5.
"""
import argparse, csv, glob, io, json, os, struct, subprocess, sys, time

import numpy as np
import onnxruntime

most = 1e-5
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3


def session(path):
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def difference(got, expected):
    if got.shape != expected.shape:
        sys.exit(f"shape {got.shape}, not {expected.shape}")
    both = (got == expected) | (np.isnan(got) & np.isnan(expected))  # infinities, too
    scale = max(1.0, np.abs(expected[np.isfinite(expected)]).max(initial=0))
    return np.where(both, 0, np.abs(got.astype(np.float64) - expected) / scale).max(initial=0)


def check(what, worst, note=""):
    print(f"{what}: {worst:.1e}{note}")
    return not worst <= most  # a NaN is no success


def array(entry):
    values = [float("nan") if v is None else float(v) for v in entry["values"]]
    return np.array(values, np.float64).reshape(entry["sizes"])


def cases(folder):
    failed, worst, models, ops = 0, 0, 0, 0
    for path in sorted(glob.glob(f"{folder}/*.onnx")):
        case = json.load(open(path[:-5] + ".json"))
        inputs = {name: array(entry).astype(np.float32) for name, entry in case["inputs"].items()}
        net = session(path)
        outputs = net.run(None, inputs)
        names = [o.name for o in net.get_outputs()]
        largest = max(difference(got, array(case["outputs"][n])) for n, got in zip(names, outputs))
        name, is_model = os.path.basename(path)[:-5], os.path.basename(path).startswith("model_")
        if is_model:
            failed += check(name, largest)
        elif not largest <= most:
            failed += check(name, largest)
        worst, models, ops = max(worst, largest), models + is_model, ops + (not is_model)
    print(f"{ops} samples of ops and {models} graphs of models; the largest difference is {worst:.1e}")
    if not ops or not models:
        sys.exit("there was nothing to compare")
    return failed


def elbow_table(elbow, command, run, rows, given):
    arguments = [elbow, command, run] + ([rows] if rows else []) + (["--given", given] if given else [])
    text = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    lines = list(csv.DictReader(io.StringIO(text)))
    return lines, list(lines[0])


def encoded(features, lines):
    """The rows as the model sees them, and which entries are there."""
    width = sum(f["width"] for f in features)
    x, there = np.zeros((len(lines), width), np.float32), np.zeros((len(lines), width), np.float32)
    for r, line in enumerate(lines):
        for f in features:
            text, at = line[f["name"]], slice(f["first"], f["first"] + f["width"])
            if text == "":
                continue
            there[r, at] = 1
            if f["kind"] == "categorical":
                x[r, f["first"] + f["categories"].index(text)] = 1
            elif f["kind"] == "binary":
                x[r, at] = f["categories"].index(text) if "categories" in f else float(text)
            else:
                t = float(text)
                t = np.log(t) if f["kind"] == "positive" else np.log1p(t) if f["kind"] in ("poisson", "count") else t
                x[r, at] = (t - f["mean"]) / f["sd"]
    return x, there


def idx(path):
    data = open(path, "rb").read()
    rank = data[3]
    sizes = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(sizes)


def run(o):
    nets = {name[:-5]: session(f"{o.folder}/{name}") for name in sorted(os.listdir(o.folder)) if name.endswith(".onnx")}
    about = nets["encoder"].get_modelmeta().custom_metadata_map
    features = json.loads(about["features"])
    inputs = {}
    if o.images:
        pixels = idx(f"{o.images}/t10k-images-idx3-ubyte")
        inputs["x"] = (pixels.reshape(len(pixels), -1) / np.float32(255)).astype(np.float32)
        inputs["attributes"] = idx(f"{o.images}/t10k-labels-idx1-ubyte").astype(np.float32)[:, None]
        inputs["given"] = np.ones_like(inputs["attributes"])
    else:
        lines = list(csv.DictReader(open(o.rows)))
        inputs["x"], inputs["observed"] = encoded(features, lines)
        inputs["given"] = np.zeros_like(inputs["x"])
        chosen = [f["name"] for f in features] if o.given == "all" else o.given.split(",") if o.given else []
        for f in features:
            if f["name"] in chosen:
                inputs["given"][:, f["first"] : f["first"] + f["width"]] = 1
        inputs["given"] *= inputs["observed"]

    def outputs(net, extra={}):
        known = {**inputs, **extra}
        names = [o.name for o in nets[net].get_outputs()]
        return dict(zip(names, nets[net].run(None, {i.name: known[i.name] for i in nets[net].get_inputs()})))

    started = time.perf_counter()
    q = outputs("encoder")
    y = outputs("decoder", {"z": q["mean"]})
    seconds = time.perf_counter() - started
    alone = nets["encoder"].run(None, {i.name: inputs[i.name][:1] for i in nets["encoder"].get_inputs()})
    table, names = elbow_table(o.elbow, "encode", o.run, o.rows, o.given)
    column = lambda lines, name: np.array([float(line[name]) for line in lines])
    columns = lambda prefix: np.stack([column(table, f"{prefix}{i}") for i in range(q["mean"].shape[1])], 1)
    found = {"mean": difference(q["mean"], columns("mu_"))}
    if "log_var" in q:  # not of an autoencoder
        found["log_var"] = difference(q["log_var"], columns("log_var_"))
    found["one row"] = difference(alone[0], q["mean"][:1])
    if "log_var" in q and "prior_density" not in nets:  # where the KL has a closed form
        prior = outputs("prior") if "prior" in nets else {"mean": 0 * q["mean"], "log_var": 0 * q["mean"]}
        mean, log_var = prior["mean"], prior["log_var"]
        apart, ratio = (q["mean"] - mean).astype(np.float64), (q["log_var"] - log_var).astype(np.float64)
        kl = 0.5 * (apart**2 * np.exp(-log_var) + np.exp(ratio) - 1 - ratio).sum(1)
        found["kl"] = difference(kl, column(table, "kl"))
    table, names = elbow_table(o.elbow, "reconstruct", o.run, o.rows, o.given)
    for f in features:
        got = y["values"][:, f["first"] : f["first"] + f["width"]]
        if f["kind"] in ("binary", "categorical") and "categories" in f:
            chosen = got.argmax(1) if f["kind"] == "categorical" else (got[:, 0] > 0.5).astype(int)
            same = [f["categories"][k] == line[f["name"]] for k, line in zip(chosen, table)]
            found["categories"] = max(found.get("categories", 0), 1 - np.mean(same))
        elif f["kind"] in ("real", "heavy_tailed", "positive"):  # counts are rounded
            expected = column(table, f["name"])
            expected = ((np.log(expected) if f["kind"] == "positive" else expected) - f["mean"]) / f["sd"]
            found["values"] = max(found.get("values", 0), difference(got[:, 0], expected))
    size = sum(os.path.getsize(f"{o.folder}/{name}.onnx") for name in nets)
    details = ", ".join(f"{name} {d:.0e}" for name, d in found.items())
    note = f" ({details}; {size} bytes; {len(inputs['x'])} rows in {1e3 * seconds:.1f} ms)"
    return check(os.path.basename(o.run) + (f" given {o.given}" if o.given else ""), max(found.values()), note)


if sys.argv[1] == "cases":
    sys.exit(bool(cases(sys.argv[2])))
arguments = argparse.ArgumentParser()
for name in ("mode", "elbow", "run", "folder"):
    arguments.add_argument(name)
for name in ("--rows", "--given", "--images"):
    arguments.add_argument(name)
sys.exit(bool(run(arguments.parse_args())))
