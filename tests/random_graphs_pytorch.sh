#!/bin/sh
# tests/random_graphs_pytorch.sh PATH/TO/test_random_graphs: values and gradients of random graphs as Elbow and as PyTorch
# compute them. ELBOW_RANDOM_GRAPHS=N takes N graphs instead of 500; PYTHON names an interpreter that has PyTorch.
set -eu
script=$(dirname "$(realpath "$0")")/random_graphs_pytorch.py
python=${PYTHON:-python3}
if ! "$python" -c 'import torch' 2>/dev/null; then
  echo "skipped: PyTorch is not installed"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ELBOW_GRAPHS_OPS=$("$python" "$script" --ops) ELBOW_GRAPHS_TO=$work ELBOW_RANDOM_GRAPHS=${ELBOW_RANDOM_GRAPHS:-500} \
  "$1" --run_test=graphs_for_pytorch >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$python" "$script" "$work"
