#!/usr/bin/env python3
"""How the training step of `fashion-conv` would scale with the number of ranks: measured parts put into the formula of
docs/parallel.md, drawn by gnuplot.

  scripts/parallel_model.py [--block-ms MS] [--serial-ms MS] ... [--out FILE.svg]
"""
import argparse
import math
import pathlib
import subprocess

STYLE = """
set terminal svg size 620,460 font 'DejaVu Sans,12' background '#ffffff'
set logscale x 2
set xlabel 'ranks'
set ylabel 'speed-up over one rank'
set key outside below Left reverse
set grid lc rgb '#e6e6e6'
set border 3
set tics nomirror
"""


def step_ms(ranks, blocks, a, latency_us, gbytes_per_s):
    """The time of a step, in ms."""
    here = math.ceil(blocks / ranks)
    compute = here * (a.row_ms * a.rows / blocks + a.block_ms) + a.update_ms / ranks + a.serial_ms
    if ranks == 1:
        return compute
    sent = 2 * (ranks - 1) / ranks * a.megabytes / gbytes_per_s  # gradients to who looks after them, and weights back
    waits = a.sums * math.log2(ranks) + 2 * ranks
    return compute + sent + waits * latency_us / 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    number = lambda name, value, doc: parser.add_argument(name, type=float, default=value, help=f"{doc} ({value})")
    number("--row-ms", 1.0, "forward and backward pass of a row")
    number("--block-ms", 8, "what a block costs besides: its weights are read, its gradients written and added")
    number("--update-ms", 4, "the optimiser, over all weights")
    number("--serial-ms", 1, "what each rank does by itself: the batch, the masks")
    number("--rows", 50, "of a batch")
    number("--megabytes", 23, "of gradients, and of weights")
    number("--sums", 2, "small sums in a step: losses, signals, two a pass and layer of batch norm")
    parser.add_argument("--out", type=pathlib.Path, help="the figure; by default only the table is printed")
    a = parser.parse_args()
    counts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]
    networks = [("measured here: 7.3 GB/s, 0.9 µs", 0.9, 7.3), ("100 Gbit/s: 10 GB/s, 2 µs", 2, 10)]
    curves = []
    for name, latency, speed in networks:
        for rows in (a.rows, 16 * a.rows):
            a_rows = argparse.Namespace(**{**vars(a), "rows": rows})
            # as many blocks as ranks, so each run is another one; over one rank with one block
            alone = step_ms(1, 1, a_rows, latency, speed)
            times = [step_ms(p, p, a_rows, latency, speed) for p in counts]
            curves.append((f"{rows:.0f} rows, {name}", [alone / t for t in times]))
    print("ranks  " + "  ".join(name for name, _ in curves))
    for i, p in enumerate(counts):
        print(f"{p:5}  " + "  ".join(f"{ups[i]:{len(name)}.2f}" for name, ups in curves))
    if not a.out:
        return
    script = STYLE + f"set xrange [1:{counts[-1]}]\nset xtics ({', '.join(map(str, counts))})\n"
    for i, (_, ups) in enumerate(curves):
        script += f"$d{i} << E\n" + "".join(f"{p} {u}\n" for p, u in zip(counts, ups)) + "E\n"
    colours = ["#0072b2", "#56b4e9", "#d55e00", "#e69f00"]
    script += "plot x with lines dt 2 lc rgb '#888888' title 'ideal', " + ", ".join(
        f"$d{i} with linespoints pt 7 ps 0.5 lc rgb '{colours[i]}' title '{name}'" for i, (name, _) in enumerate(curves)) + "\n"
    script = script.replace("set xrange", "set logscale y 2\nset yrange [0.7:32]\nset xrange")
    done = subprocess.run(["gnuplot", "--default-settings"], input=script, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout:
        raise SystemExit(f"gnuplot: {(done.stderr.strip().splitlines() or ['drew nothing'])[-1]}")
    a.out.write_text(done.stdout)


if __name__ == "__main__":
    main()
