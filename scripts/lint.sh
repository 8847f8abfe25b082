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
# the headers, too; but without what is GCC's alone. The tests and the registry say nothing new.
mkdir -p "$build/lint"
sed 's/ -Winvalid-pch -include [^ ]*cmake_pch[^ ]*//; s/ --param [^ ]*//g' "$build/compile_commands.json" >"$build/lint/compile_commands.json"
sed -n 's/^ *"file": "\(.*\)".*/\1/p' "$build/lint/compile_commands.json" |
  grep -v -e /tests/ -e /generated/registry -e /docs/ -e cmake_pch | sort -u |
  tr '\n' '\0' | xargs -0 -P "$(nproc)" -n 1 scripts/tidy.sh "$build/lint" 2>/dev/null
echo "lint: nothing to complain about"
