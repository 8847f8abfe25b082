#!/usr/bin/env bash
# Data-parallel training under mpirun: the same bits for any number of ranks, errors that are said once, ranks that are killed.
# Usage: mpi.sh PATH/TO/elbow; ends with status 77, skipped, where there is no MPI. Where there are cards, on those as well.
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

if ! command -v mpirun >/dev/null || ! "$elbow" info | grep -q '^mpi: true'; then
  echo "skipped: there is no mpirun, or this elbow is built without MPI (scripts/dependencies.sh install mpi)"
  exit 77
fi

# ranks N ARGUMENT...: elbow on N ranks, as root too, and more of them than cores; undrawn.
ranks() {
  mpirun --oversubscribe --allow-run-as-root -n "$1" /usr/bin/env "PATH=$work/no_programs" "$elbow" "${@:2}"
}

# tensors FILE: the bytes of its tensors, without the metadata, which hold times.
tensors() { tail -c +$((9 + $(od -An -t u8 -N 8 "$1"))) "$1"; }
# results FILE: a summary without what was measured.
results() { grep -vE '"(train_step_us|eval_step_us|total_s|peak_rss_mb|threads)"' "$1"; }
same_bits() {
  check "$2: the same model" cmp "$1/model.safetensors" "$2/model.safetensors"
  check "$2: the same losses" cmp "$1/costs.csv" "$2/costs.csv"
  check "$2: the same checkpoint" cmp <(tensors "$1/checkpoint.safetensors") <(tensors "$2/checkpoint.safetensors")
  check "$2: the same summary" cmp <(results "$1/summary.json") <(results "$2/summary.json")
}

# refused_once PART ARGUMENT...: on 3 ranks, one line of elbow's.
refused_once() {
  local part=$1 out status
  shift
  out=$(ranks 3 "$@" 2>&1)
  status=$?
  [ $status -eq 2 ] || bad "exit status $status, not 2: $*"
  [ "$(grep -c '^elbow: ' <<<"$out")" -eq 1 ] || bad "not one line of elbow's: $out"
  case $out in *"$part"*) ok ;; *) bad "'$part' is not in: $out ($*)" ;; esac
  [ ! -e refused ] || { bad "a folder was left behind: $*"; rm -rf refused; }
}

cp "$source/experiments/baseline.json" mlp.json
dark_and_bright images
cat >conv.json <<'CONFIG'
{"name": "conv", "data": {"source": "idx_images", "path": "images"}, "condition": {"kind": "pixels"},
 "model": {"kind": "unet", "encoder": [4, 8], "latents": 3, "decoder": [8, 4]},
 "training": {"epochs": 3, "batch_rows": 20}, "evaluation": {"analyses": [], "inpaint_samples": 0}}
CONFIG
{
  echo "a,b,class"
  for i in $(seq 300); do
    echo "$((i * 37 % 100)),$([ $((i % 7)) = 0 ] || echo $((i * 53 % 89))),$([ $((i % 5)) = 0 ] || echo k$((i % 3)))"
  done
} >table.csv
cat >table.json <<'CONFIG'
{"name": "table", "data": {"source": "table", "path": "table.csv", "test_fraction": 0.2,
          "schema": {"columns": [{"name": "class", "kind": "categorical"}], "others": "real"}},
 "model": {"kind": "mlp", "base": "gaussian", "encoder": [16], "latents": 3, "decoder": [16], "dropout": 0.1},
 "loss": {"scale": "column"}, "evaluation": {"analyses": [], "draws": 2},
 "training": {"epochs": 6, "batch_rows": 40, "clip_gradient_norm": 1, "freeze_batch_norm_after": 0.6,
              "validation": {"fraction": 0.2, "patience": 4}, "schedule": {"learning_rate": 0.01}}}
CONFIG
mlp=(mlp.json --set training.epochs=2 --set data.train_rows=1600 --set data.test_rows=320 --set evaluation.draws=2
  --set 'evaluation.analyses=[]')
# Megabytes of weights, so that each rank's range of them goes in several pieces.
cat >wide.json <<'CONFIG'
{"name": "wide", "data": {"source": "table", "path": "table.csv", "test_fraction": 0.2,
          "schema": {"columns": [{"name": "class", "kind": "categorical"}], "others": "real"}},
 "model": {"kind": "mlp", "base": "gaussian", "encoder": [1100, 1100], "latents": 3, "decoder": [70]},
 "loss": {"scale": "column"}, "evaluation": {"analyses": [], "draws": 2},
 "training": {"epochs": 2, "batch_rows": 40, "clip_gradient_norm": 0.5, "blocks": 6}}
CONFIG

# --- one card a rank; where the cards are emulated, all else is as in other builds ---
# shellcheck source=tests/mpi_cards.sh
. "$source/tests/mpi_cards.sh"
if "$elbow" info | grep -q "emulated GPU"; then
  finish
  exit
fi

# --- 1, 2, 3 and 4 ranks, and threads alone, give the same bits; 4 blocks by default on several ranks, which 3 share unevenly ---
quiet=(--quiet --threads 1)
undrawn train "${mlp[@]}" --set training.blocks=4 --out mlp --quiet --threads 2
for n in 2 3 4; do
  check "$n ranks" ranks $n train "${mlp[@]}" --out mlp$n "${quiet[@]}"
  same_bits mlp mlp$n
done
check "1 rank" ranks 1 train "${mlp[@]}" --set training.blocks=4 --out mlp1 "${quiet[@]}"
same_bits mlp mlp1
for run in conv table; do
  undrawn train $run.json --set training.blocks=7 --out $run "${quiet[@]}"
  for n in 2 3 5; do
    check "$run, $n ranks" ranks $n train $run.json --set training.blocks=7 --out $run$n "${quiet[@]}"
    same_bits $run $run$n
  done
done
for loss in free_nats=0.1 capacity=0.5 objective=iwae; do
  for n in 1 2 3; do
    check "$loss, $n ranks" ranks $n train "${mlp[@]}" --set data.train_rows=640 --set training.epochs=1 --set "loss.$loss" \
      --set training.blocks=3 --out "$loss-$n" "${quiet[@]}"
    [ $n = 1 ] || same_bits "$loss-1" "$loss-$n"
  done
done
# The norm of all gradients, moments and decay where each rank makes its share of a step; and 2 ranks go on where 3 have stopped.
for optimizer in '{"kind": "adamw", "weight_decay": 0.1}' '{"kind": "sgd", "momentum": 0.9, "weight_decay": 0.01, "nesterov": true}'; do
  wide=(wide.json --set "training.optimizer=$optimizer" --force)
  undrawn train "${wide[@]}" --out wide --quiet --threads 2
  for n in 2 3 4; do
    check "wide, $n ranks" ranks $n train "${wide[@]}" --out wide$n "${quiet[@]}"
    same_bits wide wide$n
  done
  check "one epoch on 3 ranks" ranks 3 train "${wide[@]}" --set training.epochs=1 --out wide3 "${quiet[@]}"
  check "and one on 2" ranks 2 train "${wide[@]:0:3}" --resume --out wide3 "${quiet[@]}"
  same_bits wide wide3
done
check "the log says how many" grep -q "4 ranks" mlp4/run.log
check "the blocks are among the settings" grep -q '"blocks": 4' mlp4/config.json
check "whole batches are another run" bash -c "'$elbow' train ${mlp[*]@Q} --out whole --quiet && ! cmp -s mlp/costs.csv whole/costs.csv"

# --- what is wrong is said once, and no rank waits ---
refused_once "training.blocks" train "${mlp[@]}" --set training.blocks=2 --out refused
refused_once "training.blocks" train "${mlp[@]}" --set training.blocks=0 --out refused
refused_once "resume a run that was begun so without mpirun" train "${mlp[@]}" --set training.epochs=3 --out whole --resume
refused_once "loss.free_nats" train "${mlp[@]}" --set loss.free_nats=0.1 --set model.prior.kind=mixture --out refused
refused_once "batch_rows" train mlp.json --set training.batch_rows=x --out refused
refused_once "exists already" train "${mlp[@]}" --out mlp
refused_once "cannot be read" train none.json --out refused
refused_once "--nonsense" train mlp.json --nonsense --out refused
refused_once "lower the learning rate" train "${mlp[@]}" --set training.optimizer.kind=sgd \
  --set training.schedule.learning_rate=1e20 --out diverged

# --- a rank that is killed, and a signal, leave a checkpoint from which any number of ranks goes on ---
long=("${mlp[@]}" --set training.epochs=60 --quiet)
undrawn train "${long[@]}" --set training.blocks=4 --out long --threads 2
# rank_of RUN RANK: the process id.
rank_of() {
  local pid
  for pid in $(pgrep -f "^$elbow train .*--out $1( |\$)"); do
    tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$2" && echo "$pid"
  done
}
for victim in 0 1; do
  ranks 2 train "${long[@]}" --threads 1 --checkpoint-seconds 0.01 --out killed$victim >/dev/null 2>said &
  job=$!
  logged "epoch 2 " killed$victim/run.log || break
  kill -KILL "$(rank_of killed$victim $victim)"
  wait $job
  check "rank $victim is killed: the others end" test $? -ne 0
  check "with a message" grep -q "signal 9" said
  check "and three ranks go on" ranks 3 train "${long[@]}" --threads 1 --out killed$victim --resume
  check "nothing half-written is left" test -z "$(find killed$victim -name '*.part*')"
  same_bits long killed$victim
done
ranks 2 train "${long[@]}" --threads 1 --out ended >/dev/null 2>said &
job=$!
check "it has begun" logged "epoch 2 " ended/run.log
kill -TERM "$(pgrep -f "^mpirun .*--out ended")"
wait $job
check "a signal ends it" grep -q "interrupted: continue with --resume" said
check "once" test "$(grep -c interrupted: said)" -eq 1
check "the log says so" grep -q interrupted ended/run.log
check "and one process goes on, with as many blocks" undrawn train "${long[@]}" --out ended --resume
same_bits long ended

finish
