# shellcheck shell=bash disable=SC2034  # its variables are used by the tests
# What the tests of the elbow program share. A test is called as TEST.sh PATH/TO/elbow; it sources this file first, which
# takes it into a folder of its own ($work, removed at the end), and calls `finish` last.
set -u
elbow=$1
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1 # the project's folder
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED: $*"; }

# check WHAT COMMAND...: the command succeeds.
check() { if "${@:2}"; then ok; else bad "$1"; fi; }

# undrawn ARGUMENT...: elbow without gnuplot in reach, for runs whose figures nobody looks at. They are four fifths of what a short
# run costs.
mkdir "$work/no_programs"
undrawn() { PATH=$work/no_programs "$elbow" "$@"; }

# logged TEXT LOG...: waits until each log of a run in the background has TEXT.
logged() {
  for _ in $(seq 3000); do
    # shellcheck disable=SC2046  # one word
    [ $(grep -ls "$1" "${@:2}" | wc -l) -eq $(($# - 1)) ] && return
    sleep 0.02
  done
  return 1
}

# dark_and_bright FOLDER: makes it, with the IDX files of 40 training and 40 test images of 12 x 12 pixels: dark ones are of
# class 0, bright ones of class 1.
dark_and_bright() {
  local set
  mkdir "$1"
  for set in train t10k; do
    {
      printf '\0\0\10\3\0\0\0\50\0\0\0\14\0\0\0\14'
      for _ in $(seq 20); do
        head -c 144 /dev/zero
        head -c 144 /dev/zero | tr '\0' '\377'
      done
    } >"$1/$set-images-idx3-ubyte"
    { printf '\0\0\10\1\0\0\0\50' && for _ in $(seq 20); do printf '\0\1'; done; } >"$1/$set-labels-idx1-ubyte"
  done
}

# refused PART COMMAND...: the command ends with status 2 and one line on standard error that holds PART, and leaves no
# folder `refused`, the name that tests give to what must not come to be.
refused() {
  local part=$1 out status
  shift
  out=$("$@" 2>&1 >/dev/null)
  status=$?
  [ $status -eq 2 ] || bad "exit status $status, not 2: $*"
  [ "$(printf '%s\n' "$out" | wc -l)" -eq 1 ] || bad "not one line: $out"
  case $out in *"$part"*) ok ;; *) bad "'$part' is not in: $out ($*)" ;; esac
  [ ! -e refused ] || { bad "a folder was left behind: $*"; rm -rf refused; }
}

# finish: the counts; the test's exit status.
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
