#!/usr/bin/env python3
"""Times Elbow's training and evaluation steps in rounds, next to the floor of the arithmetic and, if given, to its peers.

  bench.py ELBOW [--threads 1 2] [--rounds 3] [--case baseline ...] [--peers FOLDER [--python PYTHON]] [--growth] [--markdown FILE]

Prints tables and writes every number to outputs/bench/bench.json (--out FILE). A folder of peers holds torch_peer.py and
jax_peer.py: programs that time the same models and print one JSON line for each case and variant. PYTHON runs them. Where it has PyTorch,
experiments/bench/libtorch_step.cpp is compiled and times the same in C++.

In each round every program takes its turn on a case before any starts on the next one. So a machine that slows down does so for
all of them. A figure is the median over the rounds, each of which is a process of its own. A program that is to use N threads has N cores.
"""
import argparse, datetime, json, os, platform, subprocess, sys
from pathlib import Path
import growth, libtorch
from bench_cases import CASES
from timings import markdown_table, median, number, plain_table, ratio, run


VARIANTS = {"eager": "PyTorch eager", "compile": "PyTorch compile", "libtorch": "LibTorch", "step": "JAX step", "scan": "JAX scan"}


def time_elbow(elbow, case, threads):
    lines, error = run([elbow, "bench", "step", f"experiments/{case.config}.json", "--json", "--threads", threads,
                        "--steps", case.steps, "--repeats", 3, *case.arguments()], threads)
    if error:
        sys.exit(f"bench: {case.config}: {error}")
    return lines


def installed_peers(folder, python):
    """The peers' programs by library; a line for each that is left out."""
    programs = {}
    for library, program in (("torch", "torch_peer.py"), ("jax", "jax_peer.py")):
        path = Path(folder) / program
        if not path.exists():
            print(f"left out: {library}: there is no {path}")
        elif error := run([python, "-c", f"import {library}"])[1]:
            print(f"left out: {library}: {error} ({python})")
        else:
            programs[library] = [python, path]
    program, error = libtorch.build(python)
    if error:
        print(f"left out: libtorch: {error}")
    else:
        programs["libtorch"] = [program]
    return programs


def time_peers(programs, case, threads):
    lines, steps = [], ["--steps", max(10, case.steps // 4)]
    for library, program in programs.items():
        if library == "torch":
            extra = ["--variant", "eager", "compile", *steps]
        elif library == "libtorch":
            extra = steps
        elif case.jax:
            extra = ["--variant", "step", "scan"]
        else:
            continue
        found, error = run([*program, "--case", case.peer, "--threads", threads, "--repeats", 3, *extra], threads)
        if error:
            print(f"{library}: {case.peer}, {threads} thread(s): {error}")
        lines += found
    return lines


def time_round(options, programs, number):
    """Every line that was printed, with its case and its round."""
    lines = []
    for name in options.case:
        for threads in options.threads:
            print(f"round {number} of {options.rounds}: {name}, {threads} thread(s)", file=sys.stderr)
            found = time_elbow(options.elbow, CASES[name], threads)
            if threads in (options.peer_threads or options.threads):
                found += time_peers(programs, CASES[name], threads)
            lines += [{**line, "case": name, "threads": threads, "round": number} for line in found]
    return lines


def summary_of(lines, case, threads):
    """The medians of one case, and the floor: the time of its multiply-adds at the measured peak, and of what its optimiser moves at the
    measured rate of memory."""
    here = [line for line in lines if (line["case"], line["threads"]) == (case, threads)]
    own = [line for line in here if "variant" not in line]
    floors = [{"us": line["flop_per_step"] / (line["peak_gflops_per_core"] * threads * 1e3)
                     + line["optimizer_bytes_per_step"] / (line["memory_gbytes_per_s"] * 1e3)} for line in own]
    train_us, floor_us = median(own, "train_step_us"), median(floors, "us")
    train = [line["train_step_us"] for line in own]
    summary = {"case": case, "threads": threads, "train_step_us": train_us, "slowest_us": max(train), "fastest_us": min(train),
               "eval_step_us": median(own, "eval_step_us"), "parameters": own[0]["parameters"], "rows": own[0]["rows"],
               "flop_per_step": own[0]["flop_per_step"], "peak_gflops_per_core": median(own, "peak_gflops_per_core"),
               "optimizer_bytes_per_step": own[0]["optimizer_bytes_per_step"], "memory_gbytes_per_s": median(own, "memory_gbytes_per_s"),
               "floor_us": floor_us, "percent_of_floor": 100 * floor_us / train_us, "peers": {}}
    for variant in VARIANTS:
        if peer := [line for line in here if line.get("variant") == variant]:
            summary["peers"][variant] = {key: median(peer, key) for key in ("train_step_us", "eval_step_us", "parameters")}
    return summary


def step_rows(summaries):
    header = ["case", "threads", "rows", "train µs", "from - to", "eval µs", "MFLOP", "MB", "floor µs", "% of floor"]
    rows = [[s["case"], s["threads"], s["rows"], number(s["train_step_us"]), f"{s['fastest_us']:.0f} - {s['slowest_us']:.0f}",
             number(s["eval_step_us"]), number(s["flop_per_step"] / 1e6), number(s["optimizer_bytes_per_step"] / 1e6),
             number(s["floor_us"]), number(s["percent_of_floor"])] for s in summaries]
    return header, rows


def peer_rows(summaries, key):
    """A peer's time, and how many times Elbow's it is; a peer with another number of parameters is marked."""
    header, rows = ["case", "threads", "Elbow µs"], []
    present = [v for v in VARIANTS if any(v in s["peers"] and s["peers"][v][key] for s in summaries)]
    for variant in present:
        header += [f"{VARIANTS[variant]} µs", "/ Elbow"]
    for s in [s for s in summaries if s["peers"]]:
        row = [s["case"], s["threads"], number(s[key])]
        for variant in present:
            peer = s["peers"].get(variant, {})
            other = peer.get("parameters") not in (None, s["parameters"])
            row += [number(peer.get(key)) + "*" * other, ratio(peer.get(key), s[key])]
        rows.append(row)
    return header, rows


def time_products(elbow, threads):
    """Of `elbow bench gemm`: what it says of the machine, and a line for each product."""
    found = {}
    for t in threads:
        lines, error = run([elbow, "bench", "gemm", "--json", "--threads", t])
        if error:
            sys.exit(f"bench: matrix products: {error}")
        found[t] = {"about": lines[0], "products": lines[1:]}
    return found


def product_rows(products):
    """Rates and shares of the peak: Elbow's, OpenBLAS's, and oneDNN's where it was there."""
    first = next(iter(products.values()))
    libraries = {"simd": "Elbow", "openblas": "OpenBLAS"}
    if "onednn" in first["about"]:
        libraries["onednn"] = f"oneDNN {first['about']['onednn']}"
    header = ["product"]
    rows = [[f"{p['form']} {p['m']} x {p['n']} x {p['k']}"] for p in first["products"]]
    for threads, found in products.items():
        for key, name in libraries.items():
            header += [f"{threads} thr: {name} GFLOP/s", "% of peak"]
            for row, p in zip(rows, found["products"]):
                row += [number(p[f"{key}_gflops"], 1), number(p[f"{key}_percent"])]
    return header, rows


def machine_facts(elbow, lines):
    text = subprocess.run(["lscpu"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
    cpu = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    info = subprocess.run([elbow, "info"], capture_output=True, text=True).stdout
    facts = {"date": datetime.date.today().isoformat(), "cpu": cpu.get("Model name", platform.processor()).strip(),
             "family_model": f"{cpu.get('CPU family', '?').strip()}/{cpu.get('Model', '?').strip()}", "cores": os.cpu_count(),
             "load": os.getloadavg()[2], "python": platform.python_version()}
    facts.update(line.split(": ", 1) for line in info.splitlines() if line.split(":")[0] in ("compiler", "build", "isa", "blas", "blas_core"))
    facts["commit"] = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    for library in ("torch", "jax"):
        facts.update({library: line[library] for line in reversed(lines) if library in line})
    return facts


def tables_of(result, table):
    """All tables as lines, each under its heading."""
    summaries = result["steps"]
    yield "Steps and their floor", table(*step_rows(summaries))
    for key, name in (("train_step_us", "Training step"), ("eval_step_us", "Evaluation step")):
        if any(peer[key] for s in summaries for peer in s["peers"].values()):
            yield f"{name}, next to the peers", table(*peer_rows(summaries, key))
    if "growth" in result:
        header, rows, notes = growth.table(result["growth"])
        yield GROWTH, [*table(header, rows), "", *notes]
    if result["products"]:
        yield "Matrix products", table(*product_rows(result["products"]))


GROWTH = "Growth of the baseline's training step"
NOTES = {
    "Steps and their floor": "Medians over the rounds, and the fastest and the slowest round. The floor is the time that two parts would take with "
    "nothing else to do: the multiply-adds of the step's matrix products and convolutions (MFLOP) at the measured peak of the cores, and then what the "
    "optimiser must read from memory and write to it (MB) at the measured rate of memory. Adam moves 28 bytes for each parameter, less what the "
    "last-level cache can keep: 0 for models that fit there.",
    "Training step, next to the peers": "Ratios above 1: Elbow is faster. A star marks a model with another number of parameters. JAX's step draws masks and "
    "noise as Elbow's does; those of PyTorch and LibTorch (PyTorch from C++) take masks that were drawn before.",
    GROWTH: "`baseline` with one setting changed: rows of a batch, width of all its layers and number of latents, hidden layers of encoder and decoder "
    "each. More threads pay from the value on from which they always save more than 5%.",
    "Matrix products": "`elbow bench gemm`: op(A)[m,k] op(B)[k,n], N as stored, T transposed; the peak is that of the threads together.",
}


def markdown(result, command, plot):
    """The page; `plot` is the file that it shows, where there is a growth."""
    m = result["machine"]
    lines = ["# Benchmarks", "", f"{m['cpu']} (family/model {m['family_model']}), {m['cores']} cores, {m['isa']}; {m['compiler']}, build {m['build']}; "
             f"{m['blas'].split(' NO_')[0]} ({m['blas_core']}); {m['date']}, commit {m['commit']}."]
    peers = [f"{name} {m[library]}" for library, name in (("torch", "PyTorch"), ("jax", "JAX")) if library in m]
    lines += [f"Peers: {', '.join(peers) or 'none'}. {result['rounds']} rounds, in each of which the programs take turns.",
              f"Load of the machine over the last 15 minutes, this benchmark included: {m['load']:.1f} on {m['cores']} cores. Where it is above 1 for each core, "
              "the machine was shared: times are longer and percentages of the floor lower than on an idle one, and a second thread gains little. Ratios suffer less.",
              "", "To measure again:", "", f"    {command}", ""]
    for heading, table in tables_of(result, markdown_table):
        lines += [f"## {heading}", "", *([NOTES[heading], ""] if heading in NOTES else []), *table, ""]
        if heading == GROWTH:
            lines += [f"![The training step of the baseline against batch, width and depth]({plot})", ""]
    for case in dict.fromkeys(s["case"] for s in result["steps"]):
        if settings := CASES[case].settings:
            lines += [f"`{case}` has the sizes of the peers' model: `--set {' --set '.join(settings)}`.", ""]
    return "\n".join(lines).rstrip() + "\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("elbow")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--case", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--peers")
    parser.add_argument("--peer-threads", nargs="+", type=int, help="time the peers with these numbers only: where others use the cores as well, "
                        "PyTorch's threads wait for each other")
    parser.add_argument("--python", default="python3")
    parser.add_argument("--no-products", action="store_true", help="leave `elbow bench gemm` out")
    parser.add_argument("--growth", action="store_true", help="also the baseline's step against batch, width and depth; the plot is an SVG next to the JSON")
    parser.add_argument("--out", default="outputs/bench/bench.json")
    parser.add_argument("--markdown")
    return parser.parse_args()


def write(options, result):
    """The JSON, with --markdown the page, and next to each the plot of the growth."""
    pages = {options.out: json.dumps(result, indent=1) + "\n"}
    if options.markdown:
        peers = " PEERS=FOLDER PYTHON=PYTHON" * bool(options.peers)
        extra = f"--peer-threads {' '.join(map(str, options.peer_threads))} " if options.peer_threads else ""
        command = f"make bench{peers} ARGS='{extra}{'--growth ' * options.growth}--markdown {options.markdown}'"
        pages[options.markdown] = markdown(result, command, Path(options.markdown).with_suffix(".svg").name)
    for path, text in pages.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)
        if "growth" in result:
            growth.draw(result["growth"], Path(path).with_suffix(".svg"))


def main():
    options = arguments()
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # they keep OpenBLAS from the kernels of this machine, ours and the peers'
        os.environ.pop(name, None)
    programs = installed_peers(options.peers, options.python) if options.peers else {}
    products = {} if options.no_products else time_products(options.elbow, options.threads)
    lines = []
    for number in range(1, options.rounds + 1):  # what is cut off leaves the rounds before
        lines += time_round(options, programs, number)
        result = {"machine": machine_facts(options.elbow, lines), "rounds": number,
                  "steps": [summary_of(lines, case, threads) for case in options.case for threads in options.threads],
                  "products": products, "lines": lines}
        write(options, result)
    if options.growth:
        result["growth"] = growth.measure(options.elbow, options.threads, options.rounds)
        write(options, result)
    print(", ".join(f"{key} {value}" for key, value in result["machine"].items()))
    for heading, table in tables_of(result, plain_table):
        print(f"\n{heading}\n", *(f"  {line}" for line in table), sep="\n")


if __name__ == "__main__":
    main()
