#!/bin/bash
# Follows docs/adding-an-op.md: drops the op files of the page into a copy of autograd/, builds them, runs the tests
# that are made from them and the page's training program, makes the page's mistake to see that the tests notice, and
# removes everything.
#   tests/adding_an_op.sh SOURCE_DIR BUILD_DIR LIBRARY [CMAKE_ARGUMENT...]
set -euo pipefail
source_dir=$1 build_dir=$2 library=$3
shift 3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { [ ! -s "$work/log" ] || cat "$work/log"; echo "adding_an_op: $1" >&2; exit 1; }

# A block of the page that begins with ```cpp FILE is that file.
mkdir -p "$work/page/autograd/ops" "$work/tree"
awk -v folder="$work/page/" '
  /^```cpp / { file = folder $2; next }
  /^```/     { file = "" }
  file       { print > file }' "$source_dir/docs/adding-an-op.md"
ops=$(basename -s .hpp "$work"/page/autograd/ops/*.hpp | sort | paste -sd';')
if [ "$ops" != "cumsum;elu" ] || [ ! -f "$work/page/train_elu.cpp" ]; then fail "the page has lost its code blocks"; fi
for op in ${ops//;/ }; do
  [ ! -e "$source_dir/autograd/ops/$op.hpp" ] || fail "$op ships by now: the page needs another op"
done
cp -r "$source_dir/cmake" "$source_dir/autograd" "$source_dir/tests/adding_an_op/CMakeLists.txt" "$work/tree"
cp -r "$work/page/." "$work/tree"

cmake -S "$work/tree" -B "$work/build" -DELBOW_BUILD="$build_dir" -DELBOW_LIBRARY="$library" -DNEW_OPS="$ops" "$@" \
  > "$work/log" 2>&1 || fail "cmake fails"
cmake --build "$work/build" --parallel 2 > "$work/log" 2>&1 || fail "the ops of the page do not build"
for op in ${ops//;/ }; do
  for test in test_ops test_ops_gradients test_ops_simd; do
    ELBOW_OP=$op "$work/build/$test" > "$work/log" 2>&1 || fail "$op fails $test"
  done
done
"$work/build/train" | tee "$work/log" || fail "the network of the page does not learn"

# The page's mistake. The tests must see it, and say where.
sed -i 's/y + V(alpha)/y + V(1)/' "$work/tree/autograd/ops/elu.hpp"
cmake --build "$work/build" --target test_ops_gradients > "$work/log" 2>&1 || fail "the mistake does not build"
! ELBOW_OP=elu "$work/build/test_ops_gradients" > "$work/log" 2>&1 || fail "a wrong derivative passes the tests"
grep -q 'elu: alpha 0.5 \[8\]' "$work/log" || fail "the failure does not say in which sample it is"
echo "the ops of the page work: ${ops//;/, }"
