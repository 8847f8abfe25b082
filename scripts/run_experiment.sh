#!/bin/sh
# scripts/run_experiment.sh PROGRAM NAME [ARGUMENTS]: what `make NAME` does. Trains experiments/NAME.json, or $CONFIG, into
# the folder $OUT, or outputs/NAME. That default folder always holds the latest run: an earlier one is kept next to it, with a number
# added, unless the arguments say what to do with it.
set -eu
program=$1 name=$2
shift 2
case " $* " in
  *" --resume "* | *" --force "*) ;;
  *) [ -n "${OUT:-}" ] || set -- "$@" --keep ;;
esac
exec "$program" train "${CONFIG:-experiments/$name.json}" --out "${OUT:-outputs/$name}" "$@"
