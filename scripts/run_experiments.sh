#!/bin/sh
# scripts/run_experiments.sh PROGRAM NAME... : what `make experiments` does. Trains each experiments/NAME.json into
# outputs/NAME, JOBS of them at a time with one thread each, and writes one page with all figures, outputs/experiments.html.
# An earlier run is kept next to the new one. With QUICK=1 on few rows, two epochs each, below outputs/quick: a look at
# every figure, not at what the models can do.
# Further arguments of `elbow train` may be given in ARGS.
set -eu
program=$1
shift

if [ "${1:-}" = --one ]; then # one experiment: what the parallel part below calls
  name=$2
  mkdir -p "$ROOT/logs"
  log=$ROOT/logs/$name.log start=$(date +%s)
  # shellcheck disable=SC2086  # lists of words
  if OUT=$([ "$ROOT" = outputs ] || echo "$ROOT/$name") scripts/run_experiment.sh "$program" "$name" \
    --threads 1 $EXTRA ${ARGS:-} >"$log" 2>&1 || [ $? -eq 3 ]; then  # 3: all but some figures
    printf '%-22s %4d s   %s\n' "$name" $(($(date +%s) - start)) "$(grep -m1 '^test, in nats' "$log" || true)"
    grep '^not made' "$log" | sed "s/^/  $name: /" || true
  else
    echo "$name FAILED: $(tail -n 1 "$log")"
    echo "$name" >>"$ROOT/logs/failed"
  fi
  exit 0
fi

ROOT=outputs EXTRA=
if [ "${QUICK:-0}" != 0 ]; then
  ROOT=outputs/quick
  EXTRA='--force --set data.train_rows=2000 --set data.test_rows=400 --set training.epochs=2 --set evaluation.draws=1
    --set evaluation.selection_rows=16'
fi
export ROOT EXTRA
mkdir -p "$ROOT/logs"
rm -f "$ROOT/logs/failed"
echo "Training $# experiments, ${JOBS:-1} at a time, into $ROOT; each has its log in $ROOT/logs."
printf '%s\n' "$@" | xargs -P "${JOBS:-1}" -I{} "$0" "$program" --one {}

done=
for name; do
  [ -e "$ROOT/logs/failed" ] && grep -qx "$name" "$ROOT/logs/failed" || done="$done $ROOT/$name"
done
# shellcheck disable=SC2086  # a list of folders
[ -z "$done" ] || "$program" page $done --out "$ROOT/experiments.html" --force
echo "All figures are on one page: $ROOT/experiments.html"
[ ! -e "$ROOT/logs/failed" ]
