#!/bin/sh
# tests/structure.sh: what the layout promises. Includes point downwards only (experiments > cvae, data, metrics > nn >
# autograd); nn and above name no backend; no raw intrinsics and no -ffast-math; files that can be read in one sitting.
# shellcheck disable=SC2046  # our file names have no blanks
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
# Benchmarks and `elbow info` are about the backends.
but_not_bench() { sources "$@" | grep -vE '^experiments/(bench/|machine\.cpp)'; }

forbid 'autograd includes a higher layer' '#include "(nn|cvae|data|metrics|experiments)/' $(sources autograd)
forbid 'nn includes a higher layer' '#include "(cvae|data|metrics|experiments)/' $(sources nn)
forbid 'a part of the library includes the program' '#include "experiments/' $(sources cvae data metrics)
forbid 'nn and above must not name a backend, only the table of them (autograd/backend/backend.hpp)' \
  '#include ["<](autograd/(gemm|backend/cuda)/|cblas|openblas|cuda|cublas|xsimd)|cblas_|xsimd::' \
  $(but_not_bench nn cvae data metrics experiments)
forbid 'raw intrinsics: write it with xsimd' '\<_mm(256|512)?_[a-z]|\<__m(128|256|512)|[ix]mmintrin\.h|arm_neon\.h|__builtin_ia32' \
  $(sources autograd nn cvae data metrics experiments)
forbid 'results must not depend on how the compiler feels about rounding' 'fast-math|-Ofast|unsafe-math|GCC optimize' \
  CMakeLists.txt Makefile $(find cmake -type f | grep -v flags.cmake) $(sources autograd nn cvae data metrics experiments)
forbid 'the program must work where /tmp cannot be written: keep it in memory (experiments/memory_file.hpp)' \
  'tmpfile|mkstemp|mkdtemp|temp_directory_path' $(sources autograd nn cvae data metrics experiments)
if grep -L '#pragma once' $(sources autograd nn cvae data metrics experiments tests | grep 'hpp$') | grep .; then
  echo '^ a header without #pragma once'
  bad=1
fi
for file in $(sources autograd nn cvae data metrics experiments tests) CMakeLists.txt Makefile cmake/* scripts/* tests/*.sh; do
  lines=$(wc -l <"$file")
  if [ "$lines" -gt 500 ]; then
    echo "$file: $lines lines: split it (500 at most)"
    bad=1
  fi
done
[ $bad = 0 ] && echo "The structure is as docs/design.md describes it."
exit $bad
