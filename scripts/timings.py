"""What the reports on times share: lines of JSON as the benchmarks print them, and tables of them."""
import json, os, statistics, subprocess


def read_lines(text):
    """The JSON objects of a text, one a line; other lines are left out."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def run(command, cores=None):
    """The JSON lines that a command prints, and in one line why it failed: the first that says error, as compilers do, or the last. It runs on
    that many of the cores, or on all: a library may take more threads than it is told to (XLA does)."""
    few = set(sorted(os.sched_getaffinity(0))[:cores])
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, few))
    except OSError as error:
        return [], str(error)
    said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
    return read_lines(done.stdout), next((line for line in said if "error: " in line), said[-1]) if done.returncode else ""


def median(lines, key):
    """Of that key over the lines that have it; None where none has."""
    values = [line[key] for line in lines if line.get(key) is not None]
    return statistics.median(values) if values else None


def number(value, digits=0):
    """A number as text, and "-" for None."""
    return "-" if value is None else f"{value:.{digits}f}"


def ratio(value, unit):
    """How many times `unit` a value is, as text."""
    return number(value / unit if value is not None and unit else None, 1)


def markdown_table(header, rows):
    """Its lines."""
    return [f"| {' | '.join(map(str, row))} |" for row in (header, ["---"] * len(header), *rows)]


def plain_table(header, rows):
    """Its lines, in columns: the first one to the left, numbers to the right."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return ["  ".join(cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths))).rstrip() for row in cells]
