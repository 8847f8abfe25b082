#!/bin/bash
# shellcheck disable=SC2016  # backticks of the messages
# What the compiler and the build say of the mistakes that one makes in an op's file: one readable sentence, and not
# much else.
#   tests/op_mistakes.sh BUILD_DIR CXX
set -euo pipefail
export LC_ALL=C
build=$1 cxx=$2
source_dir=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures="$work/failures"
: >"$failures"

# The op that the mistakes are made in: right as it stands.
mkdir "$work/right" "$work/wrong"
cat >"$work/right/halve.cpp" <<'OP'
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS
/// Half of x.
Tensor halve(const Tensor& x);
#endif

namespace elbow::ops {
struct Halve : Unary {
  static constexpr auto name = "halve", doc = "half of x";
  template <class V> ELBOW_FN V forward(V x) const { return V(0.5) * x; }
  template <class V> ELBOW_FN V backward(V gy) const { return V(0.5) * gy; }
  static void samples(Samples<Halve>& s) { s.add({s.in({3, 5})}).extremes().value(3, 1.5); }
};
}  // namespace elbow::ops

elbow::Tensor elbow::halve(const Tensor& x) { return ops::apply(ops::Halve{}, x); }
ELBOW_OP(halve, Halve)
OP
cat >"$work/right/both.cpp" <<'OP'
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS
/// a + b
Tensor both(const Tensor& a, const Tensor& b);
#endif

namespace elbow::ops {
struct Both : Binary {
  static constexpr auto name = "both", doc = "a + b";
  template <class V> ELBOW_FN V forward(V a, V b) const { return a + b; }
  template <class V> ELBOW_FN Gradients<V, 2> backward(V gy) const { return {gy, gy}; }
  static void samples(Samples<Both>& s) { s.add({s.in({3, 5}), s.in({3, 5})}).extremes().value({1, 2}, 3); }
};
}  // namespace elbow::ops

elbow::Tensor elbow::both(const Tensor& a, const Tensor& b) { return ops::apply(ops::Both{}, a, b); }
ELBOW_OP(both, Both)
OP

cat >"$work/right/copied.cpp" <<'OP'
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS
/// A copy of x.
Tensor copied(const Tensor& x);
#endif

namespace elbow::ops {
struct Copied : Op {
  static constexpr auto name = "copied", doc = "a copy";
  Shape shape(Inputs in) const { return in[0].shape(); }
  template <class T> void forward(ForwardContext& c) const { c.y.copy_(c.in[0]); }
  template <class T> void backward(BackwardContext& c) const { c.give(0, c.dy()); }
  void backward_in_ops(BackwardContext& c) const { c.give(0, c.dy()); }
  void reference(Inputs in, double* y) const { std::copy_n(in[0].data<double>(), in[0].numel(), y); }
  static void samples(Samples<Copied>& s) { s.add({s.in({3, 5})}).benchmark({}, {s.in({64, 512})}); }
};
}  // namespace elbow::ops

elbow::Tensor elbow::copied(const Tensor& x) { return ops::apply(ops::Copied{}, x); }
ELBOW_OP(copied, Copied)
OP

# Most of what takes long is reading the headers: once for all.
declarations='namespace elbow { Tensor halve(const Tensor& x); Tensor both(const Tensor& a, const Tensor& b); Tensor copied(const Tensor& x); }'
{ echo '#include "autograd/op.hpp"'; echo "$declarations"; } >"$work/ops.hpp"
compile() { "$cxx" -std=c++20 -Wall -Wextra -fopenmp -fmax-errors=1 -I"$source_dir" -I"$build/generated" "$@"; }
compile -x c++-header "$work/ops.hpp" -o "$work/ops.hpp.gch"
check() { compile -fsyntax-only -include "$work/ops.hpp" "$1"; }

for op in halve both copied; do
  check "$work/right/$op.cpp" || { echo "op_mistakes: $op is right, and does not compile" >&2; exit 1; }
done

# mistake OP SED_SCRIPT SENTENCE: what the script makes of the op must not compile, and the message must say so.
mistake() {
  local op=$1 script=$2 sentence=$3 lines
  sed -E "$script" "$work/right/$op.cpp" >"$work/wrong/$op.cpp"
  if cmp -s "$work/right/$op.cpp" "$work/wrong/$op.cpp"; then echo "no mistake in: $script" >>"$failures"; fi
  if check "$work/wrong/$op.cpp" >"$work/log" 2>&1; then
    echo "compiles: $script" >>"$failures"
    return
  fi
  lines=$(wc -l <"$work/log")
  if ! grep -qF "$sentence" "$work/log" || [ "$lines" -gt 15 ]; then
    { echo "$script: $lines lines, which should say: $sentence"; cat "$work/log"; } >>"$failures"
  fi
}
# harmless OP SED_SCRIPT: compiles all the same.
harmless() {
  sed -E "$2" "$work/right/$1.cpp" >"$work/wrong/$1.cpp"
  check "$work/wrong/$1.cpp" >"$work/log" 2>&1 || { echo "does not compile: $2"; cat "$work/log"; } >>"$failures"
}

# Formulas.
mistake halve 's/V\(0.5\) \* x/0.5 * x/' 'a number in a formula is a V: V(0.5) * x, not 0.5 * x'
mistake halve 's/V\(0.5\) \* gy/gy * 2/' 'a number in a formula is a V'
mistake halve 's/return V\(0.5\) \* x/if (x < V(0)) return x; &/' 'write select(x < V(0), a, b)'
mistake halve 's/return V\(0.5\) \* x/return x < V(0) ? x : V(1)/' 'write select(x < V(0), a, b)'
mistake halve 's/return V\(0.5\) \* x/return select(x > V(0) \&\& x < V(1), x, V(0))/' 'write select(x < V(0), a, b)'
mistake halve 's/return V\(0.5\) \* x/return select(x != V(0), x, V(1))/' 'a formula does not compare with !='
mistake halve 's/return V\(0.5\) \* x/return select(x > V(0), x, 0.0)/' 'select takes a comparison and two V'
mistake halve 's/return V\(0.5\) \* x/x *= V(0.5); return x/' 'a formula changes nothing in place'
mistake halve 's/return V\(0.5\) \* x/return V(std::exp(x))/' 'write exp(x), not std::exp(x)'
mistake halve 's/return V\(0.5\) \* x/return doubled(x)/' "'doubled' was not declared in this scope"
# Members.
mistake halve '/V forward/d' 'a Unary op has `template <class V> ELBOW_FN V forward(V x) const`'
mistake halve 's/V forward\(V x\)/V forward(V x, V)/' 'a Unary op has `template <class V> ELBOW_FN V forward(V x) const`'
mistake both 's/V forward\(V a, V b\)/V forward(V a)/;s/a \+ b;/a;/' 'a Binary op has `template <class V> ELBOW_FN V forward(V a, V b) const`'
mistake halve '/V backward/d' 'an op has a `backward` or `backward_from_output`'
mistake halve 's/V backward\(V gy\)/V backward(V, V, V gy)/' 'the backward of a Unary op is one of `V backward(V gy) const`, `V backward(V x, '
mistake both 's/backward\(V gy\)/backward(V, V gy)/' 'the backward of a Binary op is `Gradients<V, 2> backward(V a, V b, V gy) const`'
mistake both 's/Gradients<V, 2> backward\(V gy\) const \{ return \{gy, gy\}/V backward(V gy) const { return gy/' \
  'the backward of a Binary op returns both derivatives, a Gradients<V, 2>'
mistake halve 's/(.*)V backward\(V gy\)(.*)/&\n\1V backward_from_output(V, V gy)\2/' 'an op has one derivative: backward or backward_from_output'
mistake halve 's/return V\(0.5\) \* gy/return x * gy/' "'x' was not declared in this scope" # what is not a parameter cannot be read
mistake halve '/void samples/d' 'an op says how to try it: `static void samples(Samples<Self>& s)'
mistake halve 's/, doc = "half of x"//' 'an op says `static constexpr auto name = "...", doc = "...";`'
mistake halve 's/name = "halve"/name = "half"/' "an op's name is that of its file"
mistake halve 's/Unary \{/& char settings[1000];/' 'the settings of an op are at most Tape::op_bytes large'
mistake both 's/Both\{\}, a, b/Both{}, a/' 'an op is applied to as many tensors as it has inputs'
mistake copied '/Shape shape/d' 'an op has `Shape shape(Inputs in) const`'
mistake copied '/void forward/d' 'an op has `template <class T> void forward(ForwardContext& c) const`'
mistake copied '/void backward\(/d' 'an op has `template <class T> void backward(BackwardContext& c) const`'
mistake copied '/void backward_in_ops/d' 'an op has `void backward_in_ops(BackwardContext& c) const`, its backward written in ops'
mistake copied '/void reference/d' 'an op has `void reference(Inputs in, double* y) const`'

harmless halve 's/struct Halve : Unary/struct  Halve  final  :  Unary/'
harmless halve 's/return V\(0.5\) \* x/return sizeof(V) > 0 ? V(0.5) * x : x/'
harmless halve 's/V backward\(V gy\)/V backward(V, V gy)/'
harmless halve '/V backward/d;s/half of x/half of x; not recorded/'

# The build, as it reads the file.
cat >"$work/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.22)
project(Mistakes LANGUAGES NONE)
set(PROJECT_SOURCE_DIR $work/tree)
set(ELBOW_EXTRA_OPS $work/extra)
include($source_dir/cmake/generate_ops.cmake)
CMAKE
# configured SED_SCRIPT SENTENCE [FILE]: an op file in a tree without others. CMake breaks lines where it likes.
configured() {
  local script=$1 sentence=$2
  rm -rf "$work/tree" "$work/extra"
  mkdir -p "$work/tree/autograd/ops" "$work/extra"
  sed -E "$script" "$work/right/halve.cpp" >"$work/tree/autograd/ops/halve.cpp"
  [ $# = 2 ] || cp "$work/right/halve.cpp" "$work/extra/$3"
  if cmake -S "$work" -B "$work/build" >"$work/log" 2>&1; then
    [ -z "$sentence" ] || echo "is configured: $script" >>"$failures"
  elif [ -z "$sentence" ] || ! tr -s ' \n' '  ' <"$work/log" | grep -qF "$sentence" || [ "$(wc -l <"$work/log")" -gt 15 ]; then
    { echo "$script: should say: $sentence"; cat "$work/log"; } >>"$failures"
  fi
}
configured '' ''
configured '/ELBOW_DECLARATIONS/,/endif/d' 'begins with the declaration of its function'
configured '/^ELBOW_OP/d' "ends with ELBOW_OP(halve, halve's struct)"
configured 's/^ELBOW_OP\(halve/ELBOW_OP(half/' "ends with ELBOW_OP(halve, halve's struct)"
configured '' 'there is an op named halve already' halve.cpp
configured 's/struct Halve : Unary/struct  Halve  final  :  Unary/' ''

if [ -s "$failures" ]; then
  cat "$failures" >&2
  exit 1
fi
echo "each mistake in an op's file ends in a sentence"
