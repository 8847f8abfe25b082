#!/bin/sh
# scripts/build_profile.sh [JOBS]: what a build from nothing costs, in CPU seconds (user and system) and without ccache: the
# program, the tests after it, and the slowest compilations and links. JOBS compilers at once, by default one for each core;
# on a machine that does other things besides, expect larger numbers. $CMAKE_ARGS are passed on, as by make.
set -eu

if [ "${1:-}" = --one ]; then # a compiler or linker, called by the build: runs it and notes its time and its output
  shift
  status=0
  "$@" || status=$?
  output=
  for argument; do
    [ "$output" != -o ] || break
    output=$argument
  done
  times >"$PROFILE_LOG.$$"
  awk -v output="${argument##*/}" "$PROFILE_SECONDS"' END {printf "%7.1f  %s\n", seconds, output}' "$PROFILE_LOG.$$" >>"$PROFILE_LOG"
  rm "$PROFILE_LOG.$$"
  exit $status
fi

source=$(cd "$(dirname "$0")/.." && pwd)
jobs=${1:-$(nproc)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The second line that the shell's `times` prints is about its children: "0m1.500s 0m0.250s".
# shellcheck disable=SC2016  # awk's
PROFILE_SECONDS='NR == 2 {for (i = 1; i <= NF; ++i) {split($i, t, /[ms]/); seconds += 60 * t[1] + t[2]}}'
PROFILE_LOG=$work/log
export PROFILE_LOG PROFILE_SECONDS
spent() { # CPU seconds of all children so far
  times >"$work/times"
  awk "$PROFILE_SECONDS"' END {print seconds}' "$work/times"
}
build() { # TARGET: prints what it costs
  before=$(cat "$work/spent")
  cmake --build "$work/build" --parallel "$jobs" --target "$2" >"$work/output" 2>&1 || { cat "$work/output"; exit 1; }
  spent >"$work/spent"
  awk -v before="$before" -v what="$1" '{printf "%-8s %6.0f CPU s\n", what, $1 - before}' "$work/spent"
}

launcher="$source/scripts/build_profile.sh;--one"
# shellcheck disable=SC2086  # a list of words
cmake -S "$source" -B "$work/build" ${CMAKE_ARGS:-} -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" \
  -DCMAKE_CXX_LINKER_LAUNCHER="$launcher" >/dev/null
spent >"$work/spent"
build program elbow_program
build tests all
echo "the slowest:"
sort -rn "$PROFILE_LOG" | head -n 25
