#!/usr/bin/env bash
# What `make bench` makes of times: medians over the rounds, the floor, ratios, and the page. The programs that it calls are stand-ins
# that print known numbers, because how long anything takes is not tested. Usage: bench.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

# Elbow: 100, 300 and 200 us in the three rounds. 10 MFLOP at 100 GFLOP/s are 100 us, 1 MB at 20 GB/s is 50: a floor of 150.
cat >own <<'END'
#!/bin/sh
case "$1 $2" in
  info*) printf 'compiler: g++ 1\nbuild: release\nisa: avx\nblas: OpenBLAS 0 NO_LAPACKE\nblas_core: Some\n' ;;
  "bench step")
    echo x >>calls
    us=$(case $(wc -l <calls) in 1) echo 100 ;; 2) echo 300 ;; *) echo 200 ;; esac)
    rates='"peak_gflops_per_core": 100, "memory_gbytes_per_s": 20'
    work='"flop_per_step": 10000000, "optimizer_bytes_per_step": 1000000'
    echo "{\"train_step_us\": $us, \"eval_step_us\": 50, \"parameters\": 7, \"rows\": 64, $work, $rates}" ;;
  "bench gemm")
    rates='"simd_gflops": 90, "simd_percent": 90, "openblas_gflops": 80, "openblas_percent": 80'
    if [ -e with_onednn ]; then version=', "onednn": "1.2.3"' rates="$rates, \"onednn_gflops\": 70, \"onednn_percent\": 70"; fi
    echo "{\"threads\": 1, \"peak_gflops_per_core\": 100$version}"
    echo "{\"form\": \"NN\", \"m\": 1, \"n\": 2, \"k\": 3, $rates}" ;;
esac
END
# The peers: PyTorch with LibTorch, and no JAX.
mkdir -p peers modules/torch/utils
cat >modules/torch/__init__.py <<'END'
__version__ = "9.9+own"
def compiled_with_cxx11_abi():
    return True
END
cat >modules/torch/utils/cpp_extension.py <<'END'
def include_paths():
    return ["some/include"]
def library_paths():
    return ["some/lib"]
END
# The compiler: its last argument is the program that it makes.
cat >compiler <<'END'
#!/bin/sh
echo "$*" >>compiled
if [ -e broken ]; then printf 'first\nstep.cpp:1: error: no such thing\nlast\n' >&2; exit 1; fi
for program; do :; done
cat >"$program" <<'PROGRAM'
#!/bin/sh
echo "$*" >>libtorch_arguments
echo '{"case": "baseline", "variant": "libtorch", "torch": "9.9", "train_step_us": 400, "eval_step_us": 80, "parameters": 7}'
PROGRAM
chmod +x "$program"
END
cat >peers/torch_peer.py <<'END'
import os
assert "OPENBLAS_CORETYPE" not in os.environ
assert len(os.sched_getaffinity(0)) == 1
print('{"case": "baseline", "variant": "eager", "torch": "9.9", "train_step_us": 500, "eval_step_us": 100, "parameters": 7}')
print('{"case": "baseline", "variant": "compile", "torch": "9.9", "train_step_us": 300, "eval_step_us": 25, "parameters": 8}')
END
chmod +x own compiler
export CXX=./compiler

bench() { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=modules OPENBLAS_CORETYPE=Haswell python3 "$source/scripts/bench.py" ./own --case baseline --threads 1 "$@"; }
bench --peers peers --markdown page/bench.md >text 2>progress || bad "bench.py"
check "a peer that is not there is left out" grep -q '^left out: jax: there is no peers/jax_peer.py' text
check "the median, the range, and the share of the floor" grep -qE '^ +baseline +1 +64 +200 +100 - 300 +50 +10 +1 +150 +75$' text
check "the same on the page" grep -qF '| baseline | 1 | 64 | 200 | 100 - 300 | 50 | 10 | 1 | 150 | 75 |' page/bench.md
check "how the floor is made" grep -q 'at the measured rate of memory' page/bench.md
check "peers and ratios; another model has a star" grep -qF '| baseline | 1 | 200 | 500 | 2.5 | 300* | 1.5 | 400 | 2.0 |' page/bench.md
check "of the evaluation as well" grep -qF '| baseline | 1 | 50 | 100 | 2.0 | 25* | 0.5 | 80 | 1.6 |' page/bench.md
check "versions" grep -q 'Peers: PyTorch 9.9' page/bench.md
check "matrix products" grep -qF '| NN 1 x 2 x 3 | 90.0 | 90 | 80.0 | 80 |' page/bench.md
check "every line is kept" test "$(grep -c '"round":' outputs/bench/bench.json)" -eq 12
check "LibTorch's case, threads and steps" grep -qx -e '--case baseline --threads 1 --repeats 3 --steps 75' libtorch_arguments
check "how it is compiled" grep -q -e '-O2 .*-D_GLIBCXX_USE_CXX11_ABI=1 -isystemsome/include .*libtorch_step.cpp -Lsome/lib -Wl,-rpath,some/lib' compiled
check "three rounds" test "$(grep -c '^round' progress)" -eq 3

touch with_onednn
bench --rounds 1 --markdown onednn.md >/dev/null 2>&1
rm with_onednn
check "oneDNN where it is installed" grep -qF '| NN 1 x 2 x 3 | 90.0 | 90 | 80.0 | 80 | 70.0 | 70 |' onednn.md
check "its version" grep -qF '| 1 thr: oneDNN 1.2.3 GFLOP/s |' onednn.md

check "without peers there are no ratios" bash -c "! grep -q peers <(PYTHONDONTWRITEBYTECODE=1 python3 '$source/scripts/bench.py' ./own --case baseline --rounds 1 --threads 1 2>/dev/null)"
touch broken
bench --peers modules >text 2>/dev/null
check "LibTorch is compiled once" test "$(wc -l <compiled)" -eq 1
check "a folder without peers" test "$(grep -c '^left out' text)" -eq 2
rm build/bench/*
bench --peers modules >text 2>/dev/null
check "a program that cannot be compiled is left out" grep -qxF 'left out: libtorch: step.cpp:1: error: no such thing' text
printf '#!/bin/sh\necho "no such experiment" >&2; exit 2\n' >own
bench --no-products >text 2>errors && bad "a benchmark that fails"
check "the reason is told" grep -q 'bench: baseline: no such experiment' errors

# --- the growth, and where more threads pay ---
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$source/scripts python3 - <<'END' || bad "growth"
import growth, pathlib
one, two = [(1, 10), (2, 20), (4, 40)], [(1, 5), (2, 21), (4, 30)]
assert growth.pays_from(one, two) == 4
assert growth.pays_from(one, [(x, y / 2) for x, y in one]) == 1
assert growth.pays_from(one, one) is None
times = {name: {1: one, 2: two} for name in ("batch", "width", "depth")}
assert "2 threads pay from batch 4 on." in growth.table(times)[2]
growth.draw(times, pathlib.Path("growth.svg"))
assert pathlib.Path("growth.svg").read_text().count(">2 threads<") >= 3
END
finish
