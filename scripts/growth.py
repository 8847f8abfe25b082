"""How the training step of the baseline grows with the batch, the width and the depth of the model, for `bench.py --growth`."""
import subprocess
from dataclasses import dataclass
from typing import Callable
from timings import median, number, run

REPEATS = 3


@dataclass
class Sweep:
    name: str
    values: list
    settings: Callable  # of one value
    work: Callable  # the arithmetic of its step, in that of the baseline's


def layers(width, depth):
    return [f"model.encoder={[width] * depth}".replace(" ", ""), f"model.decoder={[width] * depth}".replace(" ", ""),
            f"model.latents={width}"]


SWEEPS = [
    Sweep("batch", [16 << i for i in range(9)], lambda rows: [f"training.batch_rows={rows}"], lambda rows: rows / 64),
    Sweep("width", [16 << i for i in range(7)], lambda width: layers(width, 3), lambda width: (width / 64) ** 2),
    Sweep("depth", [1, 2, 3, 4, 6, 8, 12, 16], lambda depth: layers(64, depth), lambda depth: depth / 3),
]


def time_point(elbow, sweep, value, threads):
    steps = max(3, min(300, round(150 / (1 + sweep.work(value)))))
    settings = [word for setting in sweep.settings(value) for word in ("--set", setting)]
    lines, error = run([elbow, "bench", "step", "experiments/baseline.json", "--json", "--threads", threads, "--steps", steps,
                        "--repeats", REPEATS, *settings])
    if error:
        raise SystemExit(f"bench: {sweep.name} {value}: {error}")
    return lines


def measure(elbow, threads, rounds):
    """{name: {threads: [(value, microseconds)]}}: medians over rounds in which all points take their turn."""
    lines = [{**line, "sweep": sweep.name, "value": value, "with": t} for _ in range(rounds) for sweep in SWEEPS
             for value in sweep.values for t in threads for line in time_point(elbow, sweep, value, t)]

    def middle(sweep, value, t):
        return median([line for line in lines if (line["sweep"], line["value"], line["with"]) == (sweep, value, t)], "train_step_us")
    return {s.name: {t: [(value, middle(s.name, value, t)) for value in s.values] for t in threads} for s in SWEEPS}


def pays_from(one, more, margin=0.95):
    """The smallest value from which on more threads take less than 95% of the time of one; None if there is none."""
    found = None
    for (value, alone), (_, shared) in zip(reversed(one), reversed(more)):
        if shared > margin * alone:
            break
        found = value
    return found


def table(growth):
    """A line for each value of each sweep, and the words on where more threads pay."""
    threads = list(next(iter(growth.values())))
    rows = [[f"{name} {times[threads[0]][i][0]}", *(number(times[t][i][1]) for t in threads)]
            for name, times in growth.items() for i in range(len(times[threads[0]]))]
    notes = []
    for name, times in growth.items():
        for t in threads[1:]:
            value = pays_from(times[threads[0]], times[t])
            notes.append(f"{t} threads pay from {name} {value} on." if value else f"{t} threads do not pay at any {name} here.")
    return ["step µs", *(f"{t} thread{'s' * (t > 1)}" for t in threads)], rows, notes


STYLE = """set encoding utf8
set minussign
set border 3 lc rgb '#404040' lw 0.7
set tics nomirror out scale 0.6 textcolor rgb '#202020'
set grid lc rgb '#e4e4e4' lw 0.5 lt 1
set logscale x 2
set logscale y 10
set format y '%.0f'
set key top left Left reverse
set terminal svg linewidth 2 enhanced font 'sans-serif,14' size 1200,420 background 'white'
set multiplot layout 1,3
"""
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]  # Okabe and Ito (2008)


def draw(growth, path):
    """One SVG with a panel for each sweep, by gnuplot; both axes logarithmic."""
    script = STYLE
    for name, times in growth.items():
        for t, points in times.items():
            script += f"$d{t} << E\n" + "".join(f"{x} {y}\n" for x, y in points) + "E\n"
        at = ", ".join(str(x) for x, _ in next(iter(times.values())))
        curves = ", ".join(f"$d{t} with linespoints pt 7 ps 0.4 lc rgb '{COLOURS[i % 4]}' title '{t} thread{'s' * (t > 1)}'"
                           for i, t in enumerate(times))
        low, high = points[0][0], points[-1][0]
        script += f"set xrange [{low}:{high}]\nset xlabel '{name}'\nset xtics ({at}) rotate by 45 right\nset ylabel '{'training step, µs' if name == 'batch' else ''}'\nplot {curves}\n"
    done = subprocess.run(["gnuplot", "--default-settings"], input=script, capture_output=True, text=True)
    if done.returncode or not done.stdout:
        raise SystemExit(f"bench: gnuplot: {(done.stderr.strip().splitlines() or ['drew nothing'])[-1]}")
    path.write_text(done.stdout)
