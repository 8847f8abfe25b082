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
# What the build compiles: folders as one, as far as they are (cmake/folders.cmake), and ops in batches, which spares clang-tidy
# the headers, too. The tests and the registry say nothing new about the headers.
sed -n 's/^ *"file": "\(.*\)".*/\1/p' "$build/compile_commands.json" | grep -v -e /tests/ -e /generated/registry -e /docs/ -e cmake_pch | sort -u |
  tr '\n' '\0' | xargs -0 -P "$(nproc)" -n 1 scripts/tidy.sh "$build" 2>/dev/null
echo "lint: nothing to complain about"
