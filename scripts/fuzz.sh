#!/usr/bin/env bash
# fuzz.sh BUILD [SECONDS [SEED]]: each target of tests/fuzz for so long (600), JOBS of them at once, with random changes
# that differ from call to call (SEED 0) or are always the same; a table of what became of them at the end, then the errors,
# and exit status 1 if one of them found something. What libFuzzer learns stays in BUILD/fuzz-corpus, and what
# it found is in BUILD/fuzz-found: a file to be put into tests/fuzz/corpus/TARGET once it is understood and mended.
set -euo pipefail
build=$1 seconds=${2:-600} seed=${3:-0}
corpus=tests/fuzz/corpus
targets=$(ls $corpus)
mkdir -p "$build/fuzz-corpus" "$build/fuzz-found"
TMPDIR=$(mktemp -d /dev/shm/elbow-fuzz-XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR OMP_NUM_THREADS=1

fuzz() { # TARGET
  mkdir -p "$build/fuzz-corpus/$1"
  FUZZ_TARGET=$1 "$build/fuzz" -max_total_time="$seconds" -seed="$seed" -max_len=8192 -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$build/fuzz-found/$1-" \
    "$build/fuzz-corpus/$1" "$corpus/$1" >"$build/fuzz-$1.log" 2>&1 </dev/null || true
}
for target in $targets; do
  while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-1}" ]; do wait -n; done
  fuzz "$target" &
done
wait

failed=0
printf '%-12s %12s %12s %12s\n' target executions corpus result
for target in $targets; do
  log=$build/fuzz-$target.log
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  result=ok
  if ! grep -q '^Done ' "$log"; then result="failed: see $log" failed=1; fi
  printf '%-12s %12s %12s %s\n' "$target" "${executions:--}" "$(find "$build/fuzz-corpus/$target" -type f | wc -l)" "$result"
done
for target in $targets; do
  log=$build/fuzz-$target.log
  grep -q '^Done ' "$log" && continue
  printf '\n%s:\n' "$log"
  grep -vE '^(#[0-9]|INFO:|stat::)' "$log" | head -40
done
exit $failed
