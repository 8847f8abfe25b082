#!/bin/sh
# scripts/run_story.sh PROGRAM [ARGUMENTS]: what `make story` does. Trains experiments/story/{ae,vae,cvae}.json into folders
# of these names below $OUT, or outputs/story, and draws the page story.html on them there. An earlier outputs/story is kept
# beside it, as by scripts/run_experiment.sh. With QUICK=1 two epochs each, in outputs/quick/story.
set -eu
program=$1
shift

root=${OUT:-outputs/story}
if [ "${QUICK:-0}" != 0 ]; then
  root=${OUT:-outputs/quick/story}
  set -- --force --set training.epochs=2 --set evaluation.draws=2 "$@"
fi
earlier=
case " $* " in
  *" --resume "* | *" --force "*) ;;
  *)
    if [ -z "${OUT:-}" ] && [ -e "$root" ]; then
      n=1
      while [ -e "$root.$n" ]; do n=$((n + 1)); done
      earlier=$root.$n
      mv "$root" "$earlier"
      echo "The earlier story in $root is kept as $earlier (ARGS=--resume goes on with it, ARGS=--force replaces it)."
    fi
    ;;
esac

train() { # NAME [ARGUMENTS]
  kind=$1
  shift
  if [ ! -e "$root/$kind/checkpoint.safetensors" ]; then  # not yet begun: there is nothing to resume
    for argument; do
      shift
      [ "$argument" = --resume ] || set -- "$@" "$argument"
    done
  fi
  "$program" train "experiments/story/$kind.json" --out "$root/$kind" "$@"
}
for kind in ae vae cvae; do
  # The scores of all three are to compare: they use the net that the first one trained (same images, same net).
  net=$root/ae/features.safetensors
  if [ $kind = vae ] && [ -e "$net" ]; then set -- --set "evaluation.features=$net" "$@"; fi
  train $kind "$@" || {
    status=$?
    if [ -n "$earlier" ] && [ ! -e "$root" ]; then  # refused before it began: all is to be as it was
      mv "$earlier" "$root"
      echo "Nothing was trained: the earlier story is back in $root."
    fi
    exit $status
  }
done
"$program" story "$root/ae" "$root/vae" "$root/cvae" --out "$root" --threads "${THREADS:-0}"
