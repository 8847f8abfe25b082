#!/bin/sh
# tests/from_pytorch.sh BUILD_DIR CXX: installs the build into a folder of its own, and builds and runs there the C++ blocks
# of docs/from-pytorch.md, each as a function of one program.
set -eu
build=$1 cxx=$2
tests=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { "$@" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }

awk '
  BEGIN { print "#include <cmath>\n#include <iostream>\n#include \"nn/nn.hpp\"\nusing namespace elbow;" }
  /^```cpp/      { inside = 1; printf "\nvoid block_%d() {\n#line %d \"from-pytorch.md\"\n", ++n, NR + 1; next }
  /^```/         { if (inside) print "}"; inside = 0 }
  inside
  END {
    print "\nint main() {"
    for (i = 1; i <= n; ++i) printf "  block_%d();\n", i
    print "  std::cout << \"" n " blocks\\n\";\n}"
  }' "$tests/../docs/from-pytorch.md" >"$work/page.cpp"
run cmake --install "$build" --prefix "$work/prefix"
run cmake -S "$tests/consumer" -B "$work/build" -DREADME_EXAMPLE="$work/page.cpp" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" -DCMAKE_PREFIX_PATH="$work/prefix"
run cmake --build "$work/build" --target readme_example
cd "$work"
"$work/build/readme_example" | tee "$work/output"
grep -q '^[4-9] blocks$' "$work/output"
