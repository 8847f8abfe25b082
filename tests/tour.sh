#!/bin/sh
# tests/tour.sh BUILD_DIR CXX CHAPTER: builds and runs the program of a chapter of docs/tour, CHAPTER as 05-matrix-product, and the
# solutions of its exercises, and holds what they print against the text (tests/tour.py).
set -eu
build=$1 chapter=$3
tests=$(dirname "$(realpath "$0")")
tour=$tests/../docs/tour
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# GCC 12 gives false alarms (cmake/flags.cmake).
case $("$2" --version) in
*[Cc]lang*) quiet= ;;
*) quiet="-Wno-maybe-uninitialized -Wno-uninitialized -Wno-restrict -Wno-stringop-overflow" ;;
esac
for program in "$chapter" "${chapter%%-*}-solutions"; do
  if grep -q '#include "[a-z]*/' "$tour/$program.cpp"; then
    run=$build/tour/$program # built with the tests
  else
    run=$work/$program
    # shellcheck disable=SC2086  # several words
    "$2" -std=c++20 -O3 -march=native -pthread -Wall -Wextra -Werror $quiet "$tour/$program.cpp" -o "$run"
  fi
  "$run" "$work" >"$work/$program.out" || {
    cat "$work/$program.out"
    echo "$program has failed" >&2
    exit 1
  }
done
python3 "$tests/tour.py" "$tour/$chapter.md" "$work/$chapter.out" "$work/${chapter%%-*}-solutions.out"
