#!/bin/sh
# scripts/tour.sh MAKE FOLDER [CHAPTER]: builds the programs of the tour (docs/tour) in FOLDER/tour and runs them in order; with
# CHAPTER, as 5 or 05, that one alone. SOLUTIONS=1: the solutions of the exercises instead. FIGURES: the folder that figures are
# drawn in. A program that includes none of Elbow's headers is compiled by one line. Others are targets of CMake, which MAKE builds.
set -eu
cd "$(dirname "$0")/.."
make=$1 folder=$2/tour chapter=${3:-}
figures=${FIGURES:-$folder}
: "${CXX:=c++}"

case $chapter in
"") pattern='[0-9][0-9]-*' ;;
[1-9]) pattern="0$chapter-*" ;;
*) pattern="$chapter-*" ;;
esac
found=0
for text in docs/tour/$pattern.md; do
  [ -e "$text" ] || continue
  found=1
  name=$(basename "$text" .md)
  [ "${SOLUTIONS:-0}" = 0 ] && program=$name || program=${name%%-*}-solutions
  mkdir -p "$folder" "$figures"
  if grep -q '#include "[a-z]*/' "docs/tour/$program.cpp"; then
    $make --no-print-directory tour-program PROGRAM="$program" >&2
  else
    # shellcheck disable=SC2086  # CXX and CXXFLAGS may be several words
    $CXX -std=c++20 -O3 -march=native -pthread ${CXXFLAGS:-} "docs/tour/$program.cpp" -o "$folder/$program"
  fi
  [ -n "$chapter" ] || printf '\n== %s\n' "$(sed -n '1s/^# //p' "$text")"
  "$folder/$program" "$figures"
done
[ "$found" = 1 ] || {
  echo "make tour: no chapter $chapter; see docs/tour/index.md" >&2
  exit 2
}
