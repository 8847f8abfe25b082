#!/bin/bash
# scripts/op.sh BUILD_DIR NAME...: compiles autograd/ops/NAME.cpp by itself and runs its tests, in seconds. What `make op`
# calls.
#
# The library and the tests are built once, in BUILD_DIR. After that nothing but the op's own file is compiled
# (tests/adding_an_op/CMakeLists.txt), whether the library knows the op or not. They are built again when anything else
# that they are made of has changed.
#
# Environment: JOBS, compilers at once; OP_BUILD, a folder to build in instead of BUILD_DIR/op; PROGRAM, a source file that
# uses the ops, to be built there as `program`.
set -euo pipefail
wrong() { echo "make op: $1" >&2; exit 2; }

root=$(realpath "$(dirname "$0")/..")
build=$1 jobs=${JOBS:-2}
shift
[ $# -gt 0 ] || wrong "OP=NAME is missing: the op in autograd/ops/NAME.cpp"
for op; do
  [[ $op =~ ^[a-z][a-z0-9_]*$ ]] || wrong "OP=$op: an op's name is made of small letters, digits and _"
  [ -f "$root/autograd/ops/$op.cpp" ] || wrong "there is no file autograd/ops/$op.cpp"
done
[ -f "$build/CMakeCache.txt" ] || wrong "$build has not been configured"
build=$(realpath "$build")
cd "$root"

work=${OP_BUILD:-$build/op}
log=$work/log
tests=(tests/test_ops tests/test_ops_gradients tests/test_ops_simd tests/test_recorded tests/test_op_mistakes)
mkdir -p "$work"

# Runs a command that says nothing unless it fails: then the compiler's messages, without what make says around them.
quietly() {
  "$@" >"$log" 2>&1 && return
  grep -vE '^(\[|g?make|ninja|FAILED|In file included from|  +from )|^compilation terminated|^$' "$log" >&2 || cat "$log" >&2
  exit 1
}

# The op by itself, as the library is compiled.
kept='CMAKE_CXX_COMPILER|CMAKE_BUILD_TYPE|CMAKE_CXX_FLAGS|CMAKE_CXX_FLAGS_RELEASE|ELBOW_NATIVE|ELBOW_SANITIZE'
mapfile -t same < <(sed -nE "s/^($kept):[A-Z]+=(.*)/-D\1=\2/p" "$build/CMakeCache.txt")
ops=$(IFS=';' && echo "$*")
quietly cmake -S tests/adding_an_op -B "$work" "${same[@]}" -DELBOW_BUILD="$build" -DOPS="$ops" \
  -DPROGRAM="${PROGRAM-}"
quietly cmake --build "$work" --parallel "$jobs" --target ops

# Whether the library and the tests are as their sources, but for the files of ops: none of these has changed since this
# script has built them (its list says what there was), or since the oldest of them was built.
stamp=$work/built
objects=("$build/libelbow.a" "$build/CMakeFiles/elbow_tests.dir/tests/main.cpp.o")
for test in "${tests[@]}"; do objects+=("$build/CMakeFiles/${test#*/}.dir/$test.cpp.o"); done
parts() { find autograd base cmake CMakeLists.txt tests/*.hpp tests/main.cpp "${tests[@]/%/.cpp}" -type f ! -path 'autograd/ops/*'; }
none_newer_than() {
  local file
  while read -r file; do
    if [ ! -e "$file" ] || [ "$file" -nt "$1" ]; then return 1; fi
  done
}
stand() {
  [ "$(find "${objects[@]}" 2>/dev/null | wc -l)" = ${#objects[@]} ] || return
  { [ -e "$stamp" ] && none_newer_than "$stamp" < <(cat "$stamp"); } ||
    none_newer_than "$(find "${objects[@]}" -printf '%T@ %p\n' | sort -n | sed '1s/^[^ ]* //;q')" < <(parts)
}
if ! stand; then
  echo "make op: building the library and the tests of ops first (minutes)"
  parts >"$stamp.new"
  quietly cmake --build "$build" --parallel "$jobs" --target "${tests[@]##*/}"
  mv "$stamp.new" "$stamp"
fi

quietly cmake --build "$work" --parallel "$jobs"
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2}
failed=
for op; do
  for test in "${tests[@]##*/}"; do
    ELBOW_OP=$op "$work/$test" >"$log" 2>&1 || { cat "$log" >&2; failed="$failed $test"; }
  done
  [ -n "$failed" ] || echo "$op passes its tests"
done
[ -z "$failed" ] || { echo "make op: fails$failed" >&2; exit 1; }
