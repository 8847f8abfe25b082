#!/bin/sh
# tests/structure.sh: what the layout promises (docs/design.md has its picture). Includes point downwards only; nn and above name
# no backend; no raw intrinsics and no -ffast-math; files that can be read in one sitting.
# shellcheck disable=SC2046,SC2086  # our file names have no blanks
set -eu
cd "$(dirname "$0")/.."
bad=0

# forbid REASON PATTERN FILES...: no line of the files may match.
forbid() {
  reason=$1 pattern=$2
  shift 2
  if grep -nE -e "$pattern" "$@" /dev/null; then
    echo "^ $reason"
    bad=1
  fi
}
sources() { find "$@" -name '*.hpp' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh'; }

# below PART PART...: the part includes those that are named, and itself, and no other.
below() {
  part=$1
  allowed=$(echo "$@" | sed 's/ /|/g')
  if grep -nE '#include "(base|autograd|nn|data|metrics|cvae|experiments)/' $(sources "$part") | grep -vE "#include \"($allowed)/"; then
    echo "^ $part includes a part above it or beside it"
    bad=1
  fi
}
library="base autograd nn data metrics cvae" e=experiments
below base
below autograd base
below nn base autograd
below data base autograd nn
below metrics base autograd nn
below cvae base autograd nn data metrics
below $e/report $library
below $e/analyses $library $e/report
below $e/runs $library $e/report $e/analyses
below $e/story $library $e/report $e/analyses $e/runs
below $e/bench $library
if find $e -maxdepth 1 -name '*.[ch]pp' | grep .; then
  echo "^ experiments/ itself holds what a researcher edits, and no sources"
  bad=1
fi

# Benchmarks are about the backends.
forbid 'nn and above must not name a backend, only the table of them (autograd/backend/backend.hpp)' \
  '#include ["<](autograd/(kernels/gemm|backend/cuda)/|cblas|openblas|cuda|cublas|xsimd)|cblas_|xsimd::' \
  $(sources nn data metrics cvae $e | grep -v '^experiments/bench/')
# xsimd 8 has no masked loads and stores, and no product of the low halves of lanes: the two files that have them say so.
forbid 'raw intrinsics: write it with xsimd' '\<_mm(256|512)?_[a-z]|\<__m(128|256|512)|[ix]mmintrin\.h|arm_neon\.h|__builtin_ia32' \
  $(sources $library $e | grep -vE '^autograd/kernels/(gemm/edge|philox).hpp$')
forbid 'results must not depend on how the compiler feels about rounding' 'fast-math|-Ofast|unsafe-math|GCC optimize' \
  CMakeLists.txt Makefile $(find cmake -type f | grep -v flags.cmake) $(sources $library $e)
forbid 'the program must work where /tmp cannot be written: keep it in memory (base/process.hpp)' \
  'tmpfile|mkstemp|mkdtemp|temp_directory_path' $(sources $library $e)
if grep -L '#pragma once' $(sources $library $e tests | grep 'hpp$') | grep .; then
  echo '^ a header without #pragma once'
  bad=1
fi
for file in $(sources $library $e tests docs/tour) CMakeLists.txt Makefile cmake/* scripts/* tests/*.sh; do
  lines=$(wc -l <"$file")
  case $file in tests/* | scripts/* | CMakeLists.txt | Makefile) most=500 ;; *) most=300 ;; esac
  if [ "$lines" -gt "$most" ]; then
    echo "$file: $lines lines: split it ($most at most)"
    bad=1
  fi
done
[ $bad = 0 ] && echo "The structure is as docs/design.md describes it."
exit $bad
