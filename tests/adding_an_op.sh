#!/bin/bash
# Follows docs/adding-an-op.md in a copy of the sources: saves the op files of the page, runs scripts/op.sh (`make op`) and
# the page's training program, and makes the page's mistakes to see that they are noticed. The library is that of the build,
# which does not know these ops. One that it has, with another formula, is tried as well.
#   tests/adding_an_op.sh SOURCE_DIR BUILD_DIR
set -euo pipefail
source_dir=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { [ ! -s "$work/log" ] || cat "$work/log"; echo "adding_an_op: $1" >&2; exit 1; }

# A block of the page that begins with ```cpp FILE is that file.
mkdir "$work/tree" "$work/page"
awk -v folder="$work/page/" '
  /^```cpp / { file = folder $2; sub("/[^/]*$", "", file); system("mkdir -p " file); file = folder $2; next }
  /^```/     { file = "" }
  file       { print > file }' "$source_dir/docs/adding-an-op.md"
expected="autograd/ops/cumsum.cpp autograd/ops/elu.cpp tests/consumer/cube.cpp train_elu.cpp"
if [ "$(cd "$work/page" && find . -type f -printf '%P\n' | sort | paste -sd' ')" != "$expected" ]; then
  fail "the page has lost its code blocks"
fi
for op in cumsum elu; do
  [ ! -e "$source_dir/autograd/ops/$op.cpp" ] || fail "$op ships by now: the page needs another op"
done
cmp "$work/page/tests/consumer/cube.cpp" "$source_dir/tests/consumer/cube.cpp" || fail "tests/consumer has another op than the page"
cp -a "$source_dir"/{CMakeLists.txt,autograd,base,cmake,scripts,tests} "$work/tree"
ops=$work/tree/autograd/ops
cp "$work"/page/autograd/ops/*.cpp "$ops"

try() { OP_BUILD="$work/build" "$work/tree/scripts/op.sh" "$build" "$@" >"$work/log" 2>&1; }
PROGRAM="$work/page/train_elu.cpp" try cumsum elu || fail "the ops of the page fail"
"$work/build/program" | tee "$work/log" || fail "the network of the page does not learn"

# mistake OP SED_SCRIPT SAYS: is noticed, and says so.
mistake() {
  cp "$ops/$1.cpp" "$work/right.cpp"
  sed -i "$2" "$ops/$1.cpp"
  if try "$1"; then fail "not noticed: $2"; fi
  grep -qF "$3" "$work/log" || fail "$2 does not say: $3"
  cp "$work/right.cpp" "$ops/$1.cpp"
}
mistake elu 's/V(alpha) \*/alpha */' 'a number in a formula is a V: V(0.5) * x, not 0.5 * x'
[ "$(wc -l <"$work/log")" -le 12 ] || fail "this mistake takes too many lines"
mistake elu 's/y + V(alpha)/y + V(1)/' 'elu: alpha 0.5 [8]'
mistake elu 's/expm1(x)/exp(x)/' 'elu of -1'
mistake tanh 's/(V(1) - y \* y)/(V(1) - y)/' 'tanh: '  # the file counts, not what the library has

status=0
try nothing || status=$?
if [ $status != 2 ] || [ "$(cat "$work/log")" != "make op: there is no file autograd/ops/nothing.cpp" ]; then
  fail "an op without a file"
fi
echo "the ops of the page work: cumsum, elu"
