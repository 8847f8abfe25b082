#!/bin/sh
# tests/consumer.sh BUILD_DIR CXX: installs the build into a folder of its own, and builds and runs tests/consumer there.
set -eu
build=$1 cxx=$2
tests=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >"$work/log"
run() { "$@" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }
run cmake -S "$tests/consumer" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$cxx" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" -DCMAKE_PREFIX_PATH="$work/prefix"
run cmake --build "$work/build" --verbose
if grep -e -march= -e "$build/" "$work/log" | grep -v -e '-- Install'; then
  echo "consumer: a flag or a path of Elbow's own build has leaked" >&2
  exit 1
fi
"$work/build/consumer" | tee "$work/output"
grep -q '^gradient -7 -4$' "$work/output" && grep -q '^fitted 2 1$' "$work/output"
if [ -e "$work/prefix/bin/elbow" ]; then "$work/prefix/bin/elbow" --version; fi
