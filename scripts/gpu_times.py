#!/usr/bin/env python3
"""Times training steps on a GPU in turns with PyTorch and JAX, where these are installed. Prints a JSON line for each time.

  gpu_times.py IMAGES SECONDS ELBOW...   IMAGES: the folder that the convolutional net's images lie in; no case begins later than SECONDS
                                         after the start; ELBOW: the program, as a command

Reads the configurations, torch_peer.py and jax_peer.py in the folder it is run in.
"""
import dataclasses, importlib.util, json, os, shutil, subprocess, sys, time
from bench_cases import CASES
from timings import read_lines

PATIENCE = 100  # seconds for one program: torch.compile takes most of them


def run(case, command):
    """Prints what the command says, with the case's name; why not, where it fails."""
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=PATIENCE,
                              env={**os.environ, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"})
        lines, error = read_lines(done.stdout), done.stderr if done.returncode else ""
    except subprocess.TimeoutExpired as late:
        lines, error = read_lines((late.stdout or b"").decode()), f"stopped after {PATIENCE} s"
    for line in lines:
        print(json.dumps({**line, "case": case}), flush=True)
    if error:
        print(f"{case}: {' '.join(map(str, command))}: {error.strip().splitlines()[-1]}", file=sys.stderr, flush=True)


def own(elbow, name, case, *extra):
    run(name, [*elbow, "bench", "step", f"{case.config}.json", "--device", "cuda", "--json", "--steps", 200, "--repeats", 5,
               *case.arguments(), *extra])


def pytorch(name, case, variant, rows=None):
    """With that many rows of images, instead of the peer's own number."""
    if not os.path.exists("torch_peer.py"):
        return
    program = "torch_peer.py"
    if rows:
        program = f"of_{rows}/torch_peer.py"
        os.makedirs(f"of_{rows}", exist_ok=True)
        source = open("torch_models.py").read().replace("ConvCvae(), 50,", f"ConvCvae(), {rows},")
        open(f"of_{rows}/torch_models.py", "w").write(source)
        shutil.copy("torch_peer.py", program)
    run(name, ["python3", program, "--case", case.peer, "--variant", variant, "--device", "cuda"])


def jax(name, case):
    if case.jax and os.path.exists("jax_peer.py") and importlib.util.find_spec("jax"):
        run(name, ["python3", "jax_peer.py", "--case", case.peer, "--variant", "step", "scan"])


def main(images, seconds, *elbow):
    begin = time.monotonic()
    # The images are of the folder given, and few: the schedule shall not be longer than they are.
    conv = dataclasses.replace(CASES["fashion-conv"], settings=(f"data.path={images}", "training.epochs=1"))
    large = dataclasses.replace(conv, settings=(*conv.settings, "training.batch_rows=512"))
    cases = [(name, conv if name == "fashion-conv" else case, None) for name, case in CASES.items()]
    cases.append(("fashion-conv, 512 rows", large, 512))

    # First what compiles nothing, and so is quick.
    turns = []
    for name, case, rows in cases:
        turns.append((name, lambda n=name, c=case, r=rows: (own(elbow, n, c), pytorch(n, c, "eager", r), own(elbow, n, c))))
    turns.append(("64 baseline models", lambda: own(elbow, "64 baseline models", CASES["baseline"], "--models", 64)))
    turns.append(("--tf32", lambda: own(elbow, "fashion-conv, 512 rows, --tf32", large, "--tf32")))
    for name, case, rows in cases:
        turns.append((f"{name}, compiled", lambda n=name, c=case, r=rows: (pytorch(n, c, "graph", r), jax(n, c), own(elbow, n, c))))
    for turn, (name, times) in enumerate(turns):
        if time.monotonic() - begin > float(seconds):
            print(f"{', '.join(left for left, _ in turns[turn:])}: {seconds} s had passed", file=sys.stderr)
            return
        times()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
