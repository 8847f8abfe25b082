#!/usr/bin/env bash
# Sweeps and comparisons as users meet them: results, what is skipped, resumed or refused, failures, interruptions.
# Usage: sweep.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

mkdir configs sweeps
cp "$source/experiments/baseline.json" configs/
# The base is found from the sweep file's folder, wherever the program is called.
cat >sweeps/small.json <<'END'
{"name": "small", "base": "../configs/baseline.json",
 "set": {"training.epochs": 1, "data.train_rows": 640, "data.test_rows": 640, "evaluation.draws": 1},
 "grid": {"loss.beta": [0.5, 2.5], "seed": [1, 2]}}
END

# --- a dry run lists and makes nothing ---
check "a dry run lists the runs" bash -c "'$elbow' sweep sweeps/small.json --dry-run | grep -q '^loss.beta=2.5,seed=1  (to do)'"
check "and makes none" test ! -e outputs

# --- all runs, with the settings that were asked for, and the comparison ---
"$elbow" sweep sweeps/small.json --jobs 2 >text || bad "a small sweep"
for run in loss.beta=0.5,seed=1 loss.beta=0.5,seed=2 loss.beta=2.5,seed=1 loss.beta=2.5,seed=2; do
  check "$run is done" test -s "outputs/small/$run/summary.json"
done
check "a run has its beta" grep -q '"beta": 2.5' outputs/small/loss.beta=2.5,seed=2/summary.json
check "and its seed" grep -q '"seed": 2' outputs/small/loss.beta=2.5,seed=2/summary.json
check "and the constant settings" grep -q '"epochs": 1' outputs/small/loss.beta=2.5,seed=2/summary.json
check "each run is reported" test "$(grep -cE '^[1-4]/4  loss.beta=' text)" -eq 4
check "the time left is reported" grep -q 'left$' text
for file in comparison.csv comparison_over_seeds.csv compare.html multiple_models_conds_encoding.png \
  multiple_models_conds_epochs.png beta_elbo_fid.png beta_active.png; do
  check "comparison/$file is there" test -s "outputs/small/comparison/$file"
done
check "one line per run" test "$(wc -l <outputs/small/comparison/comparison.csv)" -eq 5
check "one line per group" test "$(wc -l <outputs/small/comparison/comparison_over_seeds.csv)" -eq 3
check "a run of a sweep is the run of train" "$elbow" train configs/baseline.json --quiet --threads 1 --seed 2 --out alone \
  --set training.epochs=1 --set data.train_rows=640 --set data.test_rows=640 --set evaluation.draws=1 --set loss.beta=2.5
check "bit by bit" cmp alone/model.safetensors outputs/small/loss.beta=2.5,seed=2/model.safetensors

# --- what is done is not done again; what was added is ---
find outputs -name summary.json -exec touch -d 2001-01-01 {} +
sed 's/\[1, 2\]/[1, 2, 3]/' sweeps/small.json >sweeps/more.json
check "a second time" "$elbow" sweep sweeps/more.json --out outputs/small --quiet
check "runs that are done stay" test "$(find outputs/small -name summary.json ! -newermt 2002-01-01 | wc -l)" -eq 4
check "new ones are made" test "$(find outputs/small -name summary.json | wc -l)" -eq 6
check "quiet means silent" test -z "$("$elbow" sweep sweeps/more.json --out outputs/small --quiet 2>&1)"

# --- other settings in the same folder are refused before anything starts ---
cp -r outputs/small before
refused "loss.beta=0.5,seed=1" "$elbow" sweep sweeps/small.json --set data.test_rows=320
refused "other settings" "$elbow" sweep sweeps/small.json --set data.test_rows=320
refused "1 epochs, not 0: set it back" "$elbow" sweep sweeps/small.json --set training.epochs=0
refused "learning rate 1e-05 instead of 0.003: set it back" "$elbow" sweep sweeps/small.json --set training.schedule.learning_rate=1e-5
check "and nothing is touched" diff -r before outputs/small

# --- a run that fails: the others go on, and it is named ---
cat >sweeps/failing.json <<'END'
{"name": "failing", "base": "../configs/baseline.json",
 "set": {"training.epochs": 2, "data.train_rows": 640, "data.test_rows": 640, "evaluation.draws": 1},
 "list": [{"name": "mad", "training.schedule.learning_rate": 1e30}, {"name": "good"},
          {"name": "wide net", "model.encoder": [32, 32]}]}
END
refused "1 of 3 runs failed: mad: " "$elbow" sweep sweeps/failing.json --jobs 1
check "the others are done" test -s outputs/failing/good/summary.json -a -s outputs/failing/wide_net/summary.json
check "and compared" test "$(wc -l <outputs/failing/comparison/comparison.csv)" -eq 3

# --- interrupted: the runs stop with it, and the same command continues ---
cat >sweeps/long.json <<'END'
{"name": "long", "base": "../configs/baseline.json",
 "set": {"data.train_rows": 6400, "data.test_rows": 640, "training.epochs": 40, "evaluation.draws": 1},
 "grid": {"seed": [1, 2, 3]}}
END
"$elbow" sweep sweeps/long.json --jobs 2 >/dev/null 2>message &
logged 'epoch 2 ' outputs/long/seed={1,2}/run.log
kill -TERM $!
wait $!
check "an interrupted sweep ends with the status of the signal" test $? -eq 143
check "and how to go on" grep -q 'the same command continues' message
check "its runs have checkpoints" test -s outputs/long/seed=1/checkpoint.safetensors
check "and were stopped in time" test ! -e outputs/long/seed=1/summary.json
check "they do not run on: their folders are free" bash -c \
  "'$elbow' train outputs/long/seed=1/config.json --out outputs/long/seed=1 --resume --quiet --threads 1"
"$elbow" sweep sweeps/long.json --dry-run >list
check "the list says what is left" grep -q 'seed=1  (done)' list
check "and what goes on" grep -q 'seed=2  (to continue)' list
check "the same command" "$elbow" sweep sweeps/long.json --quiet
check "all are done" test "$(find outputs/long -name summary.json | wc -l)" -eq 3
"$elbow" train configs/baseline.json --quiet --threads 1 --seed 2 --out alone2 --set training.epochs=40 \
  --set data.train_rows=6400 --set data.test_rows=640 --set evaluation.draws=1
check "as if never stopped" cmp alone2/model.safetensors outputs/long/seed=2/model.safetensors

# --- killed without a word: the runs stop all the same, and the same command continues ---
sed 's/"long"/"killed"/' sweeps/long.json >sweeps/killed.json
"$elbow" sweep sweeps/killed.json --jobs 2 >/dev/null 2>&1 &
logged 'epoch 2 ' outputs/killed/seed={1,2}/run.log
kill -9 $!
wait $! 2>/dev/null
check "the runs of a killed sweep stop" logged interrupted outputs/killed/seed={1,2}/run.log
check "the same command continues after a kill" "$elbow" sweep sweeps/killed.json --quiet
check "with the same bits" cmp alone2/model.safetensors outputs/killed/seed=2/model.safetensors

# --- two sweeps at once share the runs ---
sed 's/"long"/"shared"/' sweeps/long.json >sweeps/shared.json
"$elbow" sweep sweeps/shared.json --jobs 1 --quiet &
check "a second sweep into the same folder" "$elbow" sweep sweeps/shared.json --jobs 1 --quiet
wait $!
check "the first one" test $? -eq 0
for seed in 1 2 3; do
  check "run $seed was trained once" test "$(grep -c started outputs/shared/seed=$seed/run.log)" -eq 1
done
check "with the same bits" cmp alone2/model.safetensors outputs/shared/seed=2/model.safetensors
check "and all compared" test "$(wc -l <outputs/shared/comparison/comparison.csv)" -eq 4

# --- compare on its own ---
check "one run" "$elbow" compare alone --quiet
check "in outputs/compare" test -s outputs/compare/comparison.csv
check "several" "$elbow" compare alone alone2 outputs/failing/good --out both --quiet
"$elbow" compare outputs/small/* --out both >/dev/null 2>message
check "a folder that is no run is named" grep -q 'outputs/small/comparison: is no finished run' message
check "the earlier comparison stays" test "$(wc -l <both/comparison.csv)" -eq 4
"$elbow" compare outputs/small/loss* --out both >text
check "the table is narrow" test "$(grep -E '^ *(loss.beta|0.5|2.5)' text | awk '{ if (length > n) n = length } END { print n }')" -le 100
refused "missing: is no finished run" "$elbow" compare alone missing --out refused
refused "given twice" "$elbow" compare alone alone/ --out refused
refused "holds files but no comparison" "$elbow" compare alone --out configs
refused "holds files but no comparison" "$elbow" compare alone --out alone2
refused runs "$elbow" compare
check "nothing was left behind" test ! -e refused

# --- a page of several runs ---
check "a page" "$elbow" page alone outputs/failing/good --out page.html --title "Two runs"
check "has its title" grep -q 'Two runs' page.html
check "has their figures" grep -q 'outputs/failing/good/ELBO.png' page.html
# The loss has as many digits as two of its standard error: 0.85 +- 0.012 is 0.850.
loss=$(awk '/"test": / { on = 1 } on && /"loss":/ { loss = $2 } on && /"loss_stderr":/ { error = $2 + 0
  for (digits = 1; error * 10 ^ (digits - 1) < 1; ++digits) {}
  number = "%." digits "f"; printf number "</td><td[^>]*>" number, loss, error; exit }' alone/summary.json)
check "has their losses, in digits that the standard error justifies" grep -q ">$loss<" page.html
refused "missing: is no finished run" "$elbow" page alone missing --out refused
check "and no page is left behind" test ! -e refused

# --- what is wrong in a sweep file ---
wrong() { # part of the message, contents of the file
  echo "$2" >sweeps/wrong.json
  refused "$1" "$elbow" sweep sweeps/wrong.json --out refused
}
base='"name": "x", "base": "../configs/baseline.json"'
wrong 'wrong.json: grids: there is no such setting; did you mean "grid"' "{$base, \"grids\": {\"seed\": [1]}}"
wrong 'wrong.json: base: must be given' '{"name": "x", "grid": {"seed": [1]}}'
wrong 'wrong.json: grid: must be given' "{$base}"
wrong 'wrong.json: grid.seed: must be a list' "{$base, \"grid\": {\"seed\": 1}}"
wrong 'wrong.json: grid.seed: must be a list' "{$base, \"grid\": {\"seed\": []}}"
wrong 'wrong.json: grid.seed: is in the list as well' "{$base, \"grid\": {\"seed\": [1]}, \"list\": [{\"seed\": 2}]}"
wrong 'two runs are called seed=1' "{$base, \"grid\": {\"seed\": [1, 1]}}"
wrong 'list[1]' "{$base, \"list\": [{\"seed\": 1}, 3]}"
wrong 'name: must be a name' '{"name": "../x", "base": "../configs/baseline.json", "grid": {"seed": [1]}}'
wrong 'cannot be a folder' "{$base, \"list\": [{\"name\": \"..\"}]}"
wrong 'loss.beta=-1: configs/baseline.json: loss.beta: must be a number >= 0' "{$base, \"grid\": {\"loss.beta\": [1, -1]}}"
wrong 'loss.bta: there is no such setting' "{$base, \"grid\": {\"loss.bta\": [1]}}"
wrong 'nowhere.json' '{"name": "x", "base": "nowhere.json", "grid": {"seed": [1]}}'
refused 'varies this setting' "$elbow" sweep sweeps/small.json --set seed=4 --out refused
refused missing.json "$elbow" sweep missing.json
refused jobs "$elbow" sweep sweeps/small.json --jobs -1 --out refused
refused threads "$elbow" sweep sweeps/small.json --threads 0 --out refused
check "nothing was left behind by these" test ! -e refused

finish
