#!/usr/bin/env bash
# The elbow program as its users meet it: results, errors, interruptions. Usage: program.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

cp "$source/experiments/baseline.json" config.json
small=(--set training.epochs=2 --set data.train_rows=6400 --set data.test_rows=6400 --set evaluation.draws=2)

# --- a run leaves all its files, and its summary can be read ---
check "a short run" "$elbow" train config.json "${small[@]}" --out run --quiet --threads 1
for file in config.json run.log summary.json costs.csv costs_per_dimension.csv encoding_kl_per_lt.csv \
  encoding_kl_vs_rcl.csv model.safetensors encoding_test_plots.png ELBO.png KLD_vs_dimension.png report.html \
  encoding_test_plots.svg ELBO.svg KLD_vs_dimension.svg; do
  check "run/$file is there" test -s "run/$file"
done
check "the page begins with the results" test "$(grep -n -m1 'test loss' run/report.html | cut -d: -f1)" -lt \
  "$(grep -n -m1 '<figure>' run/report.html | cut -d: -f1)"
check "tables are open" bash -c "sed -n '/<details>/q;p' run/report.html | grep -q '<table>'"
for key in name seed device threads isa epochs rows parameters train test bound excess excess_stderr per_count \
  train_step_us eval_step_us total_s peak_rss_mb; do
  check "summary.json has $key" grep -q "\"$key\"" run/summary.json
done
check "quiet means silent" test -z "$("$elbow" train config.json "${small[@]}" --out silent --quiet 2>&1)"

# --- the same bits: from the resolved configuration, for any number of threads, after a resume ---
check "the resolved configuration runs" undrawn train run/config.json --out again --quiet --threads 1
check "and gives the same bits" cmp run/model.safetensors again/model.safetensors
check "and the same costs" cmp run/costs.csv again/costs.csv
for threads in 2 3; do
  undrawn train config.json "${small[@]}" --out "threads$threads" --quiet --threads $threads
  check "same bits with $threads threads" cmp run/model.safetensors "threads$threads/model.safetensors"
  check "same figures with $threads threads" cmp run/encoding_kl_vs_rcl.csv "threads$threads/encoding_kl_vs_rcl.csv"
done
steady=("${small[@]}" --set training.schedule.kind=constant --set training.freeze_batch_norm_after=1 --quiet --threads 1)
undrawn train config.json "${steady[@]}" --out whole
undrawn train config.json "${steady[@]}" --set training.epochs=1 --out resumed
check "resume with more epochs" undrawn train config.json "${steady[@]}" --out resumed --resume
check "same bits after a resume" cmp whole/model.safetensors resumed/model.safetensors
check "same costs after a resume" cmp whole/costs.csv resumed/costs.csv
undrawn train config.json "${small[@]}" --seed 2 --out other --quiet
check "another seed, other bits" bash -c '! cmp -s run/model.safetensors other/model.safetensors'

refused "no fewer" "$elbow" train config.json "${steady[@]}" --set training.epochs=1 --out resumed --resume
refused "depends on the number of epochs" "$elbow" train config.json "${small[@]}" --set training.epochs=3 --out run --resume
undrawn train config.json "${steady[@]}" --out resumed --resume
check "resuming a finished run changes no result" cmp whole/model.safetensors resumed/model.safetensors

# --- validation rows choose the model: the same one for any number of threads, after a resume, and from the resolved configuration ---
held=("${steady[@]}" --set data.train_rows=640 --set data.test_rows=640 --set training.schedule.learning_rate=0.03
  --set 'training.validation={"fraction": 0.1, "metric": "loss", "draws": 1}')
undrawn train config.json "${held[@]}" --set training.epochs=8 --out best
check "the best epoch is recorded" grep -q '"best_epoch"' best/summary.json
check "the rows are recorded" grep -q '"validation_rows": 64' best/data.json
check "costs.csv has the validation losses" bash -c "head -1 best/costs.csv | grep -q 'bound_klds,validation_loss,'"
check "other runs have none" bash -c "! grep -q validation whole/costs.csv whole/config.json whole/data.json whole/summary.json"
undrawn train config.json "${held[@]}" --set training.epochs=3 --out best_resumed
check "more epochs" undrawn train config.json "${held[@]}" --set training.epochs=8 --out best_resumed --resume
undrawn train best/config.json --out best_again --quiet --threads 3
for run in best_resumed best_again; do
  check "$run: the same model" cmp best/model.safetensors $run/model.safetensors
  check "$run: the same costs" cmp best/costs.csv $run/costs.csv
done
check "a finished run is resumed" undrawn train config.json "${held[@]}" --set training.epochs=8 --out best_resumed --resume
check "and stays as it is" cmp best/model.safetensors best_resumed/model.safetensors
refused "training.validation" "$elbow" train config.json "${held[@]}" --set training.epochs=8 --set training.validation.fraction=0.2 --out best --resume
check "it is evaluated again" bash -c "'$elbow' evaluate best | tail -n +2 | cmp - <('$elbow' evaluate best_again | tail -n +2)"
check "on other rows too" bash -c "'$elbow' evaluate best --set seed=7 >/dev/null"
undrawn train config.json "${held[@]}" --set training.epochs=200 --set training.validation.patience=2 --out patient
check "patience ends a run" test "$(wc -l <patient/costs.csv)" -lt 201
check "it is finished" undrawn compare patient best --out patient_compared
check "and resumed, has nothing to do" undrawn train patient/config.json --out patient --resume --quiet
refused "training.validation.patience has ended this run" "$elbow" train patient/config.json --set training.schedule.learning_rate=1e-5 --out patient --resume
check "which rows were held out is no matter afterwards" bash -c "'$elbow' evaluate best --set training.validation.fraction=0.5 >/dev/null"
check "nor how few there are" bash -c "'$elbow' evaluate best --set data.train_rows=4 >/dev/null"
refused "training.validation.fraction: must be" "$elbow" train config.json "${held[@]}" --set training.validation.fraction=1 --out refused
refused "training.validation.fraction: 0.001 of the 640 training rows" \
  "$elbow" train config.json "${held[@]}" --set training.validation.fraction=0.001 --out refused
refused "training.validation.metric: must be one of" "$elbow" train config.json "${held[@]}" --set training.validation.metric=x --out refused
refused "training.validation.patience: must be" "$elbow" train config.json "${held[@]}" --set training.validation.patience=-1 --out refused
refused "training.validation.metric: iwae" "$elbow" train config.json "${held[@]}" --set training.validation.metric=iwae \
  --set loss.beta=0 --out refused

# With one batch an epoch, and with one test row, standard errors are no numbers. JSON has null for them.
single=(--set data.train_rows=64 --set data.test_rows=1 --set training.schedule.kind=constant
  --set training.freeze_batch_norm_after=1 --quiet --threads 1)
undrawn train config.json "${single[@]}" --set training.epochs=1 --out single 2>/dev/null
check "resume after epochs of one batch" undrawn train config.json "${single[@]}" --set training.epochs=2 --out single --resume
undrawn train config.json "${single[@]}" --set training.epochs=2 --out single_whole
check "same bits" cmp single/model.safetensors single_whole/model.safetensors
check "the summary is JSON" grep -q '"loss_stderr": null' single/summary.json
check "and is compared" undrawn compare single single_whole --out singles

# --- fewer rows than a batch, and a rise that does not end: a line for each, and all commands agree ---
few=(--set data.train_rows=40 --set data.test_rows=40 --set training.schedule.kind=constant
  --set training.freeze_batch_norm_after=1 --set loss.kl_warmup_steps=100 --threads 1)
check "a table of few rows" undrawn train config.json "${few[@]}" --set training.epochs=1 --out few >text 2>/dev/null
for warning in 'training.batch_rows: 64 rows are more than the 40 training rows; batches of 20' \
  'loss.kl_warmup_steps: the training has 2 steps, fewer than these 100'; do
  check "$warning" grep -q "^warning: $warning" text
  check "the log has $warning" grep -q "warning: $warning" few/run.log
done
units=("${few[@]}" --set 'loss.scale="one"' --set loss.beta=1 --set 'data={"source": "correlated_gaussian", "columns": 2, "covariance": [[9e4, 0], [0, 4]], "train_rows": 40, "test_rows": 40}')
undrawn train config.json "${units[@]}" --set training.epochs=1 --out units >text 2>/dev/null
check "units in which noise would have far to go" grep -q '^warning: loss.scale: .* standard deviations of 2 to 300: ' text
check "the batch that was taken" grep -q '"batch_rows": 20' few/config.json
check "more epochs of it" undrawn train config.json "${few[@]}" --set training.epochs=2 --out few --resume --quiet
check "from its own configuration" undrawn train few/config.json --out few_again --quiet --threads 1
check "the same bits" cmp few/model.safetensors few_again/model.safetensors
check "other commands open it" "$elbow" evaluate few >text

# --- the optimum of a wide set is reported, sampled with its error; beyond 2048 columns it is not computed ---
wide=(--set data.train_rows=64 --set data.test_rows=4 --set data.source=correlated_gaussian --set 'evaluation.analyses=[]')
check "a wide set" undrawn train config.json "${wide[@]}" --set data.columns=600 --set training.epochs=1 --out wide >text 2>/dev/null
check "what takes long" grep -q '^working out the optimum of 600 columns' text
check "the error of the optimum" test "$(grep -c '"loss_stderr": [0-9]' wide/summary.json)" -gt 10
check "a very wide set" undrawn train config.json "${wide[@]}" --set data.source=independent_gaussian --set data.columns=2049 \
  --set training.epochs=1 --out very_wide >text 2>/dev/null
check "has no optimum, and says so" grep -q '^warning: the optimum is known for up to 2048 columns' text
check "nor in its summary" bash -c '! grep -q bound very_wide/summary.json'

# --- Ctrl-C, also where epochs are short: one line, and the run goes on from there ---
"$elbow" train config.json "${steady[@]}" --set training.epochs=100000 --set data.test_rows=640 --out stopped 2>message &
logged 'epoch 1 ' stopped/run.log
kill -TERM $!
wait $!
check "an interrupted run ends with the status of the signal" test $? -eq 143
check "and how to go on" grep -q -- --resume message
check "its log says so" grep -q interrupted stopped/run.log
check "a checkpoint is there" test -s stopped/checkpoint.safetensors

# --- one run at a time in a folder ---
"$elbow" train config.json "${steady[@]}" --set training.epochs=100000 --out busy 2>/dev/null &
logged 'epoch 1 ' busy/run.log
refused "another run" "$elbow" train config.json "${small[@]}" --out busy --force
kill -TERM $!
wait $!
check "the first run is unharmed" grep -q epoch busy/run.log

# --- a kill at any moment leaves whole files ---
long=("${small[@]}" --set training.epochs=60 --set data.test_rows=640 --quiet --threads 1)
"$elbow" train config.json "${long[@]}" --out killed &
logged 'epoch 3 ' killed/run.log
kill -9 $!
wait $! 2>/dev/null
check "a checkpoint is there after a kill" test -s killed/checkpoint.safetensors
check "it was killed in time" test ! -e killed/summary.json
check "and it can be taken up again" undrawn train killed/config.json --out killed --resume --quiet --threads 1
undrawn train config.json "${long[@]}" --out unharmed
check "same bits as without a kill" cmp unharmed/model.safetensors killed/model.safetensors
check "same costs as without a kill" cmp unharmed/costs.csv killed/costs.csv
check "no unfinished files are left over" test -z "$(find run resumed -name '*tmp*' -o -name '*.part')"

# --- a kill before the first checkpoint, and within a write: the same command continues ---
mkdir early
echo started >early/run.log
cp config.json early/config.json
echo half >early/checkpoint.safetensors.part1234
refused "without --resume it starts over" "$elbow" train config.json "${small[@]}" --out early --resume
check "a run that was killed early is started again" undrawn train config.json "${small[@]}" --out early --quiet --threads 1
check "with the same bits" cmp run/model.safetensors early/model.safetensors
check "and nothing half-written" test ! -e early/checkpoint.safetensors.part1234

# --- errors are one line, with exit status 2, and nothing is left behind or lost ---
refused missing.json "$elbow" train missing.json --out refused
echo '{"name": "x", ' >broken.json
refused broken.json "$elbow" train broken.json --out refused
echo '[1, 2]' >list.json
refused list.json "$elbow" train list.json --out refused
refused training.epoch "$elbow" train config.json --set training.epoch=3 --out refused
refused training.epochs "$elbow" train config.json --set training.epochs=many --out refused
refused training.epochs "$elbow" train config.json --set training.epochs=-1 --out refused
refused training.epochs "$elbow" train config.json --set training.epochs=1.5 --out refused
refused training.epochs "$elbow" train config.json --set training.epochs=9223372036854775807 --out refused
refused "data.train_rows: not enough memory" "$elbow" train config.json --set data.train_rows=100000000000 --out refused
refused "data.test_rows: not enough memory" "$elbow" train config.json --set data.test_rows=100000000000 --out refused
refused data.columns "$elbow" train config.json --set data.columns=2147483647 --out refused
refused data.real "$elbow" train config.json --set 'data={"source": "latent_factors", "real": 9e15}' --out refused
refused data.categories "$elbow" train config.json --set 'data={"source": "latent_factors", "categories": [9e15, 9e15]}' --out refused
nested() { head -c 50000 /dev/zero | tr '\0' '['; }
nested >deep.json
refused "deep.json: is nested" "$elbow" train deep.json --out refused
refused "\"training\": the value is nested" "$elbow" train config.json --set "training=$(nested)" --out refused
refused "the path of a setting is nested" "$elbow" train config.json --set "$(nested | sed 's/\[/a./g')b=1" --out refused
lengthy=$(nested | head -c 300)
refused "File name too long" "$elbow" train "$lengthy" --out refused
refused "File name too long" "$elbow" train config.json --set 'data={"source": "table", "schema": {"others": "real"}, "path": "'"$lengthy"'"}' --out refused
refused "/dev/zero: cannot be read" "$elbow" train /dev/zero --out refused
refused model.latents "$elbow" train config.json --set model.latents=0 --out refused
refused data.source "$elbow" train config.json --set data.source=nowhere --out refused
refused data.path "$elbow" train config.json --set 'data={"source":"idx_images","path":3}' --out refused
refused /nonexistent "$elbow" train config.json --set 'data={"source":"idx_images","path":"/nonexistent"}' --out refused
refused seed "$elbow" train config.json --seed x --out refused
refused seed "$elbow" train config.json --seed -1 --out refused
refused path.to.key=value "$elbow" train config.json --set nonsense --out refused
refused threads "$elbow" train config.json --threads -1 --out refused
refused CUDA "$elbow" train config.json --device cuda --out refused
refused tf32 "$elbow" train config.json --tf32 --out refused
refused device "$elbow" train config.json --device gpu --out refused
refused ELBOW_GEMM env ELBOW_GEMM=fast "$elbow" train config.json --out refused
refused config "$elbow" train
refused nonsense "$elbow" nonsense
refused checkpoint "$elbow" train config.json --out refused --resume
cp -r run kept
refused kept "$elbow" train config.json "${small[@]}" --out kept
check "a refused folder is untouched" diff -r run kept
mkdir foreign
echo mine >foreign/config.json
refused "no run of elbow" "$elbow" train config.json "${small[@]}" --out foreign --force
check "a foreign file is untouched" grep -q mine foreign/config.json
refused name "$elbow" train config.json "${small[@]}" --set name=../evil
refused out "$elbow" train config.json "${small[@]}" --out ""
refused threads "$elbow" train config.json --threads 100000 --out refused
refused "memory" "$elbow" train config.json --set model.latents=100000000000 --out refused
refused "other settings" "$elbow" train config.json "${small[@]}" --set loss.beta=2 --out kept --resume
check "a refused resume touches nothing" diff -r run kept
refused training.epoch "$elbow" train config.json "${small[@]}" --set training.epoch=2 --out kept --force
check "a bad configuration with --force loses nothing" diff -r run kept
head -c 1000 run/checkpoint.safetensors >kept/checkpoint.safetensors
refused checkpoint.safetensors "$elbow" train config.json "${small[@]}" --out kept --resume
# A folder of an earlier version has no list of its files: those that it could leave are known by name.
rm kept/manifest.json
for file in per_condition.csv notes.txt; do echo stale >kept/$file; done
check "--force starts over" undrawn train config.json "${small[@]}" --out kept --force --quiet --threads 1
check "and gives the same bits" cmp run/model.safetensors kept/model.safetensors
check "no table of the earlier run stays" test ! -e kept/per_condition.csv
check "but what a user put there" grep -q stale kept/notes.txt
echo mine >kept/per_condition.csv # not on the new run's list
undrawn train config.json "${small[@]}" --out kept --force --quiet --threads 1 --set evaluation.original_tables=false
check "only what is on the list goes" grep -q mine kept/per_condition.csv
check "the original's tables are left out" test ! -e kept/encoding_kl_vs_rcl.csv
check "our own are not" test -s kept/results.csv -a -s kept/costs.csv
unlisted=$(for file in kept/*; do grep -q "\"${file#kept/}\"" kept/manifest.json || printf '%s ' "${file#kept/}"; done)
check "all else is on the list" test "$unlisted" = "manifest.json notes.txt per_condition.csv "
check "and it can be compared" undrawn compare run kept --out comparison --quiet
touch file
refused file "$elbow" train config.json --out file

# --- --check-nan names the op ---
refused "[" "$elbow" train config.json "${small[@]}" --set training.schedule.learning_rate=1e30 --check-nan --out nan
rm -rf nan
"$elbow" train config.json "${small[@]}" --set training.schedule.learning_rate=1e30 --out nan --quiet 2>message
check "a loss that is not finite ends the run" test $? -eq 2
check "with a reason" grep -q "check-nan" message
rm -rf nan
"$elbow" train config.json --set training.epochs=1 --set data.train_rows=64 --set data.test_rows=64 \
  --set training.schedule.learning_rate=1e30 --out nan --quiet 2>message
check "also when only the last step went wrong" test $? -eq 2
check "with a reason, too" grep -q "check-nan" message

# --- no gnuplot: a warning, and all results ---
undrawn train config.json "${small[@]}" --out plain --threads 1 >message 2>&1
check "results without gnuplot" test -s plain/summary.json
check "a warning without gnuplot" grep -q gnuplot message

# --- tables: written, described, trained on ---
check "a table is written" "$elbow" write-table "$source/experiments/tables/cells.source.json" --digits 3 --out cells.csv >message
check "as long as the one that is shipped" test "$(wc -l <cells.csv)" -eq "$(wc -l <"$source/experiments/tables/cells.csv")"
check "its schema is the one that is shipped" cmp cells.schema.json "$source/experiments/tables/cells.schema.json"
refused "cells.csv: exists already" "$elbow" write-table "$source/experiments/tables/cells.source.json" --out cells.csv
check "--force writes over a table" "$elbow" write-table "$source/experiments/tables/cells.source.json" --digits 3 --out cells.csv --force >message
if [ -c /dev/full ]; then
  refused "standard output cannot be written" bash -c "'$elbow' schema cells.csv >/dev/full"
fi
check "a schema is guessed" "$elbow" schema cells.csv --out guess.json
refused guess.json "$elbow" schema cells.csv --out guess.json
refused "has no column" "$elbow" train "$source/experiments/table.json" --set data.path=cells.csv \
  --set 'data.schema={"others":"ignore","columns":[{"name":"r99","kind":"real"}]}' --out refused
check "a table is trained on" undrawn train "$source/experiments/table.json" --set data.path=cells.csv \
  --set data.schema=guess.json --set training.epochs=2 --out table --quiet
check "its scaling is kept" test -s table/data.safetensors
sed -i '7s/,/,oops/' cells.csv
refused "cells.csv:7: column r0: " "$elbow" train "$source/experiments/table.json" --set data.path=cells.csv \
  --set data.schema=cells.schema.json --out refused

# --- configurations: every default, and the schema for editors ---
check "a configuration with its defaults" bash -c "'$elbow' config config.json --set training.epochs=2 --set data.train_rows=6400 \
  --set data.test_rows=6400 --set evaluation.draws=2 | cmp - run/config.json"
check "the defaults are a configuration" bash -c "'$elbow' config --defaults --set data.source=moons >defaults.json"
check "that comes to itself" bash -c "'$elbow' config defaults.json | cmp - defaults.json"
refused "--defaults, or --schema" "$elbow" config
refused "data.columns: there is no such setting" "$elbow" config --defaults --set data.source=moons --set data.columns=3
check "the schema is the one that is shipped (make docs-generated)" bash -c "'$elbow' config --schema | cmp - '$source/docs/configuration.schema.json'"
for file in "$source"/experiments/*.json "$source"/experiments/{own-data,story}/*.json; do
  # shellcheck disable=SC2016  # a key of that name
  check "$file names it" grep -q '"$schema": "\(../\)*docs/configuration.schema.json"' "$file"
done

# --- help, version, info ---
check "help" bash -c "'$elbow' --help | grep -q train"
check "help on train" bash -c "'$elbow' train --help | grep -q -- --check-nan"
check "info" bash -c "'$elbow' info --json | grep -q isa"
check "version" bash -c "'$elbow' --version | grep -q '[0-9]'"

finish
