#!/usr/bin/env python3
"""Times training steps on a GPU in turns with PyTorch and JAX, where these are installed. Prints a JSON line for each time.

  gpu_times.py IMAGES SECONDS ELBOW...   IMAGES: the folder that the convolutional net's images lie in; no case begins later than SECONDS
                                         after the start; ELBOW: the program, as a command

Reads the configurations, torch_peer.py and jax_peer.py in the folder it is run in.
"""
import dataclasses, json, os, subprocess, sys, time
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


def peers(name, case, rows=None):
    """With that many rows of images, instead of the peer's own number."""
    if os.path.exists("torch_peer.py"):
        program = "torch_peer.py"
        if rows:
            source = open("torch_models.py").read().replace("ConvCvae(), 50,", f"ConvCvae(), {rows},")
            os.makedirs(f"of_{rows}", exist_ok=True)
            open(f"of_{rows}/torch_models.py", "w").write(source)
            program = f"of_{rows}/torch_peer.py"
            open(program, "w").write(open("torch_peer.py").read())
        for variant in ("eager", "graph"):
            run(name, ["python3", program, "--case", case.peer, "--variant", variant, "--device", "cuda"])
    if case.jax and os.path.exists("jax_peer.py") and subprocess.run(["python3", "-c", "import jax"], capture_output=True).returncode == 0:
        run(name, ["python3", "jax_peer.py", "--case", case.peer, "--variant", "step", "scan"])


def main(images, seconds, *elbow):
    begin = time.monotonic()
    # The images are of the folder given, and few: the schedule shall not be longer than they are.
    conv = dataclasses.replace(CASES["fashion-conv"], settings=(f"data.path={images}", "training.epochs=1"))
    many = dataclasses.replace(conv, settings=(*conv.settings, "training.batch_rows=512"))

    def in_turns(name, case, rows=None):
        own(elbow, name, case)
        peers(name, case, rows)
        own(elbow, name, case)

    large = "fashion-conv, 512 rows"
    plan = [lambda name=name: in_turns(name, CASES[name]) for name in CASES if name != "fashion-conv"]
    plan.insert(1, lambda: own(elbow, "64 baseline models", CASES["baseline"], "--models", 64))
    plan.append(lambda: in_turns(large, many, 512))
    plan.append(lambda: own(elbow, f"{large}, --tf32", many, "--tf32"))
    plan.append(lambda: in_turns("fashion-conv", conv))
    for number, timed in enumerate(plan):
        if time.monotonic() - begin > float(seconds):
            print(f"{len(plan) - number} cases were not timed: {seconds} s had passed", file=sys.stderr)
            return
        timed()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
