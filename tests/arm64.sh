#!/bin/bash
# tests/arm64.sh NATIVE QEMU... ELBOW: the program for 64-bit Arm, run by qemu-aarch64, has kernels of NEON and trains `baseline` to the
# losses that this machine's program NATIVE comes to.
set -euo pipefail
native=$1
arm=("${@:2}")
[ -x "$native" ] || { echo "arm64: there is no $native to compare with: run make first"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "arm64: $*" >&2; exit 1; }

"${arm[@]}" info --json >"$work/info.json"
grep -q '"isa": "[^"]*neon' "$work/info.json" || fail "other kernels than NEON's: $(cat "$work/info.json")"

train() {  # FOLDER PROGRAM...: trains, and prints for each epoch the losses of the training and of the test set
  "${@:2}" train "$(dirname "$0")/../experiments/baseline.json" --set data.train_rows=6400 --set data.test_rows=6400 \
    --set training.epochs=3 --set evaluation.analyses='[]' --quiet --out "$work/$1" >/dev/null
  tail -n +2 "$work/$1/costs.csv" | cut -d, -f2,6 --output-delimiter=' '
}
train native "$native" >"$work/native.losses"
train arm64 "${arm[@]}" >"$work/arm64.losses"
paste -d' ' "$work/native.losses" "$work/arm64.losses" | tee "$work/losses"
awk 'function differ(a, b) { return (a - b) ^ 2 > 1e-6 * a ^ 2 }
     differ($1, $3) || differ($2, $4) || NF != 4 { exit 1 }' "$work/losses" || fail "losses differ"
