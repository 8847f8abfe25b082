#!/bin/bash
# tests/portable.sh ELBOW: the program of a portable build takes the best libraries that the processor has instructions for, and
# gives the same results with all of them. Under qemu-x86_64, where that is installed, it also runs on the oldest processor.
set -euo pipefail
elbow=$1
loader=/lib64/ld-linux-x86-64.so.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/config.json" <<'END'
{"name": "portable", "data": {"source": "independent_gaussian", "columns": 2, "train_rows": 6400, "test_rows": 6400},
 "model": {"encoder": [32, 32], "decoder": [32, 32], "latents": 4}, "training": {"epochs": 3}, "evaluation": {"analyses": []}}
END
isa() { "$@" info --json | sed -nE 's/.*"isa": "([^"]*)".*/\1/p'; }
loss() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["test"]["loss"])' "$1/summary.json"; }
fail() { echo "portable: $*" >&2; exit 1; }

declare -A names=([x86-64]=sse2 [x86-64-v3]=avx2 [x86-64-v4]=avx512)  # part of what xsimd calls them
for arch in x86-64 x86-64-v3 x86-64-v4; do
  [ $arch = x86-64 ] || "$loader" --help | grep -q "$arch (supported" || continue
  run=("$loader" --glibc-hwcaps-mask "$arch" "$elbow")
  [[ "$(isa "${run[@]}")" == *"${names[$arch]}"* ]] || fail "$arch has $(isa "${run[@]}")"
  "${run[@]}" train "$work/config.json" --quiet --out "$work/$arch" >/dev/null
  echo "$arch $(loss "$work/$arch")"
done >"$work/losses"
cat "$work/losses"
awk '{d = $2 - first; if (NR == 1) first = $2; else if (d * d > 1e-6 * first * first) exit 1}' "$work/losses" || fail "losses differ"
best=$(awk 'END {print $1}' "$work/losses")
[[ "$(isa "$elbow")" == *"${names[$best]}"* ]] || fail "of $best, the program takes $(isa "$elbow")"

if command -v qemu-x86_64 >/dev/null; then
  old=(qemu-x86_64 -cpu qemu64 "$elbow")
  [ "$(isa "${old[@]}")" = sse2 ] || fail "qemu64 has $(isa "${old[@]}")"
  "${old[@]}" train "$work/config.json" --set training.epochs=1 --quiet --out "$work/old" >/dev/null
  echo "qemu64 $(loss "$work/old")"
fi
