"""Compiles experiments/bench/libtorch_step.cpp, which times the cases in LibTorch: the C++ API of PyTorch, which its Python package has."""
import hashlib, os, sys
from pathlib import Path
from timings import run

SOURCE = Path(__file__).resolve().parent.parent / "experiments/bench/libtorch_step.cpp"
# For the Python that has PyTorch.
ASK = """
import json, torch
from torch.utils import cpp_extension as c
print(json.dumps({"version": torch.__version__, "abi": int(torch.compiled_with_cxx11_abi()), "include": c.include_paths(), "lib": c.library_paths()}))
"""


def build(python, folder="build/bench"):
    """The program, and why there is none. It stays in the folder, and is compiled again when the source, PyTorch or the compiler's name changes."""
    lines, error = run([python, "-c", ASK])
    if error:
        return None, error
    [torch] = lines
    compiler = [os.environ.get("CXX", "c++"), "-O2", "-std=c++20", f"-D_GLIBCXX_USE_CXX11_ABI={torch['abi']}",
                *(f"-isystem{path}" for path in torch["include"]), str(SOURCE), *(f"-L{path}" for path in torch["lib"]),
                *(f"-Wl,-rpath,{path}" for path in torch["lib"]), "-ltorch", "-ltorch_cpu", "-lc10"]
    key = hashlib.sha256("\n".join([SOURCE.read_text(), torch["version"], *compiler]).encode()).hexdigest()[:12]
    program = Path(folder, f"libtorch_step-{key}").absolute()
    if not program.exists():
        print(f"compiling {SOURCE.name} (about a minute)", file=sys.stderr)
        program.parent.mkdir(parents=True, exist_ok=True)
        part = program.with_suffix(".part")
        error = run([*compiler, "-o", str(part)])[1]
        if error:
            return None, error
        part.rename(program)
    return program, ""
