# shellcheck shell=bash disable=SC2154  # what mpi.sh has defined
# The part of mpi.sh for cards: ranks that have one each. Nothing where there is none.
export ELBOW_EMULATED_CARDS=3 # those of an emulated machine
cards=$("$elbow" info --json | grep -c "MB free")
# SGD: where a gradient is nothing but rounding, as that of a bias before batch norm, a step of Adam is of full length all the same.
on_cards=(table.json --set training.epochs=3 --set training.optimizer.kind=sgd --set training.blocks=4
  --set evaluation.draws=1 --quiet --threads 1)

# close A B: the same losses, to rounding.
close() {
  paste -d, "$1/costs.csv" "$2/costs.csv" | awk -F, '
    NR > 1 { for (i = 1; i <= NF / 2; ++i) if (($i - $(i + NF / 2)) ^ 2 > 1e-8 * $i ^ 2) bad = 1 }
    END { exit bad || NR < 2 }'
}

if [ "$cards" -gt 0 ]; then
  check "one process, on a card" undrawn train "${on_cards[@]}" --device cuda --out card
  undrawn train "${on_cards[@]}" --out cpu
  check "the losses are those of the CPU" close cpu card
  check "but not its bits" bash -c '! cmp -s cpu/model.safetensors card/model.safetensors'
  for n in 2 3; do
    [ "$n" -le "$cards" ] || continue
    check "$n cards" ranks $n train "${on_cards[@]}" --device cuda --out card$n
    same_bits card card$n
  done
fi

# --- a run that was stopped goes on with other ranks, on cards or without ---
if [ "$cards" -ge 2 ]; then
  ranks 2 train "${on_cards[@]}" --device cuda --checkpoint-seconds 0 --out stopped >/dev/null 2>&1 &
  job=$!
  check "it has begun" logged "epoch 1 " stopped/run.log
  kill -TERM "$(pgrep -f "^mpirun .*$work/.*--out stopped")"
  wait $job
  check "it was stopped" grep -q interrupted stopped/run.log
  cp -r stopped continued
  check "one card goes on" undrawn train "${on_cards[@]}" --device cuda --out stopped --resume
  same_bits card stopped
  check "and so does the CPU, on two ranks" ranks 2 train "${on_cards[@]}" --out continued --resume
  check "to the same losses" close card continued
fi

# --- more ranks than cards ---
export ELBOW_EMULATED_CARDS=2
cards=$("$elbow" info --json | grep -c "MB free")
if [ "$cards" = 1 ] || [ "$cards" = 2 ]; then
  refused_once "3 ranks on a machine with $cards card" train "${on_cards[@]}" --device cuda --out refused
fi
