#!/usr/bin/env bash
# What scripts/gpu_check.sh packs, run on a card. Ends with a table; the status is 1 if a check failed.
# SANITIZE=no leaves compute-sanitizer out, BENCH=no the times; no case is timed later than BENCH_SECONDS=260 after the first.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -c "import tarfile, sys; tarfile.open(sys.argv[1]).extractall(sys.argv[2])" "$here/gpu-check.tar.xz" "$work" || exit 1
cd "$work" || exit 1
# cuBLAS comes with the toolkit or with PyTorch.
cublas=$(python3 -c "import nvidia, glob; print(':'.join({g.rsplit('/', 1)[0] for p in nvidia.__path__ for g in glob.glob(p + '/**/libcublasLt.so*', recursive=True)}))" 2>/dev/null || true)
libraries=$work/lib:$cublas:/usr/local/cuda/lib64:${LD_LIBRARY_PATH:-}
own() { LD_LIBRARY_PATH="$libraries" "$@"; }
elbow() { own ./elbow "$@"; }

failed=0
check() { # NAME COMMAND...
  local name=$1 begin=$SECONDS
  shift
  if "$@" >"log.$name" 2>&1; then
    echo "ok      $name ($((SECONDS - begin)) s)" | tee -a checks
  else
    failed=1
    echo "FAILED  $name ($((SECONDS - begin)) s)" | tee -a checks
    tail -n 25 "log.$name"
  fi
}

# shellcheck disable=SC2317  # called by check(), as the next two
train() { # OUT ARGS...
  elbow train baseline.json --out "$1" --quiet --set training.epochs=3 --set training.freeze_batch_norm_after=1 --set training.schedule.kind=constant \
    --set training.schedule.learning_rate=1e-4 --set 'evaluation.analyses=[]' --set evaluation.subsets=1 "${@:2}"
}
# shellcheck disable=SC2317
same_losses() { # two runs: training and test losses of each epoch of both, to 1e-4; at larger rates, or for longer, roundings grow too fast
  python3 gpu_report.py same "$1" "$2" 1e-4
}
# shellcheck disable=SC2317
moves() { # a checkpoint of one device goes on on the other
  cp -r "$1" "$3" && train "$3" --device "$2" --resume --set training.epochs=4
}

# Of the ops whose kernels share memory; it is slow.
# shellcheck disable=SC2317
races() {
  ELBOW_OP=linear,matmul,conv2d,conv_transpose2d,batch_norm,batch_norm2d,sum,variance,softmax,gaussian_kl,cross_entropy_with_logits \
    own compute-sanitizer --tool racecheck --error-exitcode 9 ./device_checks quick
}

elbow info
check ops own ./device_checks
check train-cpu train cpu --device cpu
check train-gpu train gpu --device cuda
check train-gpu-again train again --device cuda
check same-losses same_losses cpu gpu
check same-bits cmp gpu/model.safetensors again/model.safetensors
# One epoch: on the CPU alone the losses with and without blocks are 1e-4 apart after three, as roundings grow.
check train-blocks train blocks --device cuda --set training.blocks=4 --set training.epochs=1
check blocks-same-losses same_losses cpu blocks
check gpu-to-cpu moves gpu cpu gpu-cpu
check cpu-to-gpu moves cpu cuda cpu-gpu
if [ "${SANITIZE:-}" != no ] && command -v compute-sanitizer >/dev/null; then
  check memcheck own compute-sanitizer --tool memcheck --error-exitcode 9 ./device_checks quick
  check racecheck races
fi

if [ "${BENCH:-}" != no ]; then
  python3 gpu_times.py "$work/images" "${BENCH_SECONDS:-260}" env LD_LIBRARY_PATH="$libraries" ./elbow >times.jsonl 2>log.times
fi
python3 gpu_report.py report "$out" "$failed"
exit $failed
