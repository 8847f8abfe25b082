#!/bin/sh
# scripts/format.sh [--check]: format the C++ and CUDA sources, or only say which ones are not.
# Versions of clang-format differ in what they make of the same style file: Elbow's sources are as version 14 has them.
set -eu
cd "$(dirname "$0")/.."
format=$(command -v clang-format-14 || command -v clang-format || true)
if ! "${format:-false}" --version 2>/dev/null | grep -q 'version 14\.'; then
  echo "format: skipped, as there is no clang-format 14 here (package clang-format-14, or clang-format on Debian 12)"
  exit 0
fi
if [ "${1:-}" = --check ]; then set -- --dry-run -Werror; else set -- -i; fi
find base autograd nn cvae data metrics experiments tests docs/tour \( -name '*.hpp' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' \) \
  -exec "$format" --style=file "$@" {} +
