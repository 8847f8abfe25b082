#!/bin/sh
# scripts/run_experiment.sh PROGRAM NAME [ARGUMENTS]: what `make NAME` does. Trains experiments/NAME.json, or $CONFIG, into
# the folder $OUT, or outputs/NAME. That default folder always holds the latest run: an earlier one is kept beside it, with a number
# added, unless the arguments say what to do with it.
set -eu
program=$1 name=$2
shift 2

folder=${OUT:-outputs/$name}
earlier=
case " $* " in
  *" --resume "* | *" --force "*) ;;
  *)
    if [ -z "${OUT:-}" ] && [ -e "$folder" ]; then
      n=1
      while [ -e "$folder.$n" ]; do n=$((n + 1)); done
      earlier=$folder.$n
      mv "$folder" "$earlier"
      echo "The earlier run in $folder is kept as $earlier (ARGS=--resume goes on with it, ARGS=--force replaces it)."
    fi
    ;;
esac

"$program" train "${CONFIG:-experiments/$name.json}" --out "$folder" "$@" || {
  status=$?
  if [ -n "$earlier" ] && [ ! -e "$folder" ]; then  # refused before it began: all is to be as it was
    mv "$earlier" "$folder"
    echo "Nothing was trained: the earlier run is back in $folder."
  fi
  exit $status
}
