#!/usr/bin/env bash
# What `make gpu-check` makes of times and losses, on a machine without a GPU: the programs that it calls are stand-ins that print known
# numbers. Usage: gpu_report.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

# Elbow: a step of baseline takes 100 us, of any other 200; 64 models at once take 320.
cat >own <<'END'
#!/bin/sh
echo "$*" >>calls
us=200
case "$*" in *"--models 64"*) us=320 ;; *"baseline.json"*) us=100 ;; esac
case "$*" in *residual*) echo "no such experiment" >&2; exit 2 ;; esac
echo "{\"device\": \"cuda\", \"rows\": 64, \"launches\": 7, \"train_step_us\": $us}"
END
mkdir programs modules
printf '#!/bin/sh\necho "NVIDIA Some Card, 1.2, 3 MiB"\n' >programs/nvidia-smi
chmod +x own programs/nvidia-smi
touch modules/jax.py
echo 'CASES = {"conv": (lambda: ConvCvae(), 50, None)}' >torch_models.py
cat >torch_peer.py <<'END'
import sys
rows = 512 if "512" in open(sys.path[0] + "/torch_models.py").read() else 50
us = {"eager": 1000, "graph": 250}[sys.argv[sys.argv.index("--variant") + 1]] + rows
print('{"case": "x", "variant": "%s", "torch": "9.9", "train_step_us": %d}' % (sys.argv[sys.argv.index("--variant") + 1], us))
END
cat >jax_peer.py <<'END'
for variant, us in (("step", 600), ("scan", 150)):
    print('{"case": "x", "variant": "%s", "jax": "8.8", "train_step_us": %d}' % (variant, us))
END
tool() { PATH=$work/programs:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=modules python3 "$source/scripts/$1.py" "${@:2}"; }

tool gpu_times images 100 env TOLD=yes ./own >times.jsonl 2>log.times || bad "gpu_times.py"
echo "ok      ops (1 s)" >checks
echo abc >commit
tool gpu_report report . 0 >text || bad "gpu_report.py"
page=$(echo gpu-Some-Card-*.md)
check "the page is what was printed" cmp -s "$page" <(sed '$d' text)
check "a case with all peers" grep -qF '| baseline | 64 | 7 | 100 | 1050 | 10.5 | 300 | 3.0 | 600 | 6.0 | 150 | 1.5 |' "$page"
check "a case that JAX's program has not" grep -qF '| dense-swissroll | 64 | 7 | 200 | 1050 | 5.2 | 300 | 1.5 | - | - | - | - |' "$page"
check "the peer's images are as many" grep -qF '| fashion-conv, 512 rows | 64 | 7 | 200 | 1512 | 7.6 |' "$page"
check "rounded factors, next to the same peers" grep -qF '| fashion-conv, 512 rows, --tf32 | 64 | 7 | 200 | 1512 | 7.6 |' "$page"
check "many models" grep -q '^64 baseline models at once train 20.0 times as fast' "$page"
check "what failed is told" grep -q '^Not timed: residual-swissroll: .*: no such experiment$' "$page"
check "the sizes of the peers' models" grep -q 'features.json .*training.batch_rows=64' calls
check "versions" grep -qF '(JAX 8.8, PyTorch 9.9, same card, in turns)' "$page"
tool gpu_times images -1 ./own >late.jsonl 2>late || bad "gpu_times.py without time"
check "no case begins too late" bash -c '[ ! -s late.jsonl ] && grep -q "^baseline, .*: -1 s had passed" late'

mkdir a b
printf 'epoch,total_train_losses,total_test_losses\n0,1.0,2.0\n1,1.0,2.0\n' >a/costs.csv
printf 'epoch,total_train_losses,total_test_losses\n0,1.0,2.0001\n' >b/costs.csv
check "losses that agree, in the epochs that both have" tool gpu_report same a b 1e-4 >log
check "how far each is off" grep -q 'train 0.0e+00; test 5.0e-05' log
check "losses that do not" bash -c "! PYTHONDONTWRITEBYTECODE=1 python3 '$source/scripts/gpu_report.py' same a b 1e-5 >log"

finish
