#!/bin/sh
# scripts/run_story.sh PROGRAM [ARGUMENTS]: what `make story` does. Trains experiments/story/{ae,vae,cvae}.json into folders
# of these names below $OUT, or outputs/story, and draws the page story.html on them there. Earlier runs in outputs/story are kept
# next to the new ones, as by scripts/run_experiment.sh. With QUICK=1 on few images, two epochs each and without scores, in
# outputs/quick/story: a look at the page, not at what the models can do.
set -eu
program=$1
shift

root=${OUT:-outputs/story}
if [ "${QUICK:-0}" != 0 ]; then
  root=${OUT:-outputs/quick/story}
  set -- --force --set data.train_rows=6000 --set data.test_rows=1000 --set training.epochs=2 --set training.batch_rows=64 \
    --set evaluation.draws=1 --set 'evaluation.analyses=[]' "$@"
fi
case " $* " in
  *" --resume "* | *" --force "*) ;;
  *) [ -n "${OUT:-}" ] || set -- "$@" --keep ;;
esac

train() { # NAME [ARGUMENTS]
  kind=$1
  shift
  if [ ! -e "$root/$kind/checkpoint.safetensors" ]; then  # not yet started: there is nothing to resume
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
  train $kind "$@" || { incomplete=$?; [ $incomplete -eq 3 ] || exit $incomplete; }  # 3: all but some figures
done
"$program" story "$root/ae" "$root/vae" "$root/cvae" --out "$root" --threads "${THREADS:-0}" ${DEVICE:+--device "$DEVICE"}
exit "${incomplete:-0}"
