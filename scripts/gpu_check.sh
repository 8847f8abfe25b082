#!/usr/bin/env bash
# Everything that only a card can tell, in one go: `make gpu-check CUDA=1`.
#
#   scripts/gpu_check.sh pack BUILD FOLDER   puts what a card's machine needs into FOLDER/gpu-check.tar.xz and FOLDER/run.sh:
#                                            programs, shared libraries, configurations, images to train on, PyTorch's side
#   FOLDER/run.sh [OUT]                      runs it there (nothing of Debian, no compiler), prints a table, and writes
#                                            OUT/gpu-CARD-DATE.md; by default OUT is FOLDER
#
# PEERS=FOLDER: torch_peer.py and jax_peer.py, to be timed in turns with Elbow; left out where there are none.
set -euo pipefail

pack() {
  local build=$1 folder=$2 file
  stage=$(mktemp -d)  # not local: the trap is the script's
  trap 'rm -rf "$stage"' EXIT
  mkdir -p "$stage/lib" "$stage/images" "$folder"
  cp experiments/{baseline,features,dense-swissroll,residual-swissroll,fashion-conv}.json "$stage"
  for file in elbow device_checks; do strip -o "$stage/$file" "$build/$file"; done
  # All libraries but those that belong to the machine's own C library.
  ldd "$build/elbow" | awk '$3 ~ /^\// && $1 !~ /^(libc|libm|libdl|librt|libpthread|ld-linux.*)\.so/ { print $3 }' |
    xargs -r cp -L -t "$stage/lib"
  # The first of the images are enough to time a step.
  python3 - /usr/share/datasets/fashion-mnist "$stage/images" <<'PYTHON'
import gzip, struct, sys
for part, rows in (("train", 5120), ("t10k", 1024)):
    for kind, head in (("images-idx3", 16), ("labels-idx1", 8)):
        data = gzip.open(f"{sys.argv[1]}/{part}-{kind}-ubyte.gz").read()
        row = 784 if head == 16 else 1
        cut = data[:4] + struct.pack(">i", rows) + data[8:head] + data[head:head + rows * row]
        open(f"{sys.argv[2]}/{part}-{kind}-ubyte", "wb").write(cut)
PYTHON
  if [ -e "${PEERS:-../shared/peers}/torch_peer.py" ]; then cp "${PEERS:-../shared/peers}"/*_{peer,models}.py "$stage"; fi
  cp scripts/{gpu_report,gpu_times,bench_cases,timings}.py "$stage"
  git rev-parse --short HEAD >"$stage/commit"
  tar -C "$stage" -cJf "$folder/gpu-check.tar.xz" .
  cp scripts/gpu_run.sh "$folder/run.sh"
  ls -l "$folder"
}

case ${1:-} in
  pack) pack "$2" "$3" ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
