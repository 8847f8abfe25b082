#!/bin/sh
# tests/consumer.sh BUILD_DIR CXX: installs the build into a folder of its own, and builds and runs tests/consumer and the
# README's example there.
set -eu
build=$1 cxx=$2
tests=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >"$work/log"
run() { "$@" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }
awk '/^```cpp/ {inside = 1; next} /^```/ {if (inside) exit} inside' "$tests/../README.md" >"$work/readme_example.cpp"
run cmake -S "$tests/consumer" -B "$work/build" -DREADME_EXAMPLE="$work/readme_example.cpp" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$cxx" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" -DCMAKE_PREFIX_PATH="$work/prefix"
run cmake --build "$work/build" --verbose
if grep -e -march= -e "$build/" "$work/log" | grep -v -e '-- Install'; then
  echo "consumer: a flag or a path of Elbow's own build has leaked" >&2
  exit 1
fi
"$work/build/consumer" | tee "$work/output"
grep -q '^gradient -7 -4$' "$work/output" && grep -q '^fitted 2 1$' "$work/output"
"$work/build/own_op" | tee "$work/output"
grep -q '^x^3 sums up to 7, and its derivatives at 2 are 12 and 12$' "$work/output"
# Who adds no ops needs no xsimd.
printf '#include "%s"\n' autograd/autograd.hpp autograd/operators.hpp nn/nn.hpp >"$work/headers.cpp"
"$cxx" -std=c++20 -fopenmp -M -I"$work/prefix/include/elbow" "$work/headers.cpp" >"$work/output"
if grep -E 'xsimd|Random123|autograd/op\.hpp' "$work/output"; then
  echo "consumer: the library's headers include what only ops need" >&2
  exit 1
fi
"$work/build/readme_example" | tee "$work/output"
awk 'NR == 1 {first = $1} {last = $1} END {exit !(NR == 10 && last < 0.01 * first)}' "$work/output"  # it has learned
if [ -e "$work/prefix/bin/elbow" ]; then "$work/prefix/bin/elbow" --version; fi
