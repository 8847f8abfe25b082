#!/bin/sh
# scripts/lint.sh BUILD_DIR: checks the sources without running them. BUILD_DIR is a configured build tree, for the
# compiler's flags and the generated headers.
set -eu
cd "$(dirname "$0")/.."
build=$1

echo "structure"
tests/structure.sh
echo "format"
scripts/format.sh --check
echo "shell scripts"
shellcheck scripts/*.sh tests/*.sh .ci/run
echo "clang-tidy"
# The tests and the generated sources say nothing new about the headers.
find autograd nn cvae data metrics experiments -name '*.cpp' -print0 |
  xargs -0 -P "$(nproc)" -n 2 scripts/tidy.sh "$build" 2>/dev/null
echo "lint: nothing to complain about"
