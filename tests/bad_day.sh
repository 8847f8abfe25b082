#!/usr/bin/env bash
# What can go wrong while a run writes: two at once, a folder that is moved, kills, divergence, figures that fail, --out where
# something is already. Usage: bad_day.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

cp "$source/experiments/baseline.json" config.json
small=(--set training.epochs=2 --set data.train_rows=6400 --set data.test_rows=640 --set evaluation.draws=2
  --quiet --threads 1)
endless=("${small[@]}" --set training.epochs=1000000 --set training.schedule.kind=constant)
# ends_with STATUS COMMAND...
ends_with() {
  local status=$1
  shift
  "$@"
  [ $? -eq "$status" ]
}

# --- one run at a time in a folder, and nobody moves one that writes ---
"$elbow" train config.json "${endless[@]}" --out busy 2>/dev/null &
logged 'epoch 1 ' busy/run.log
for how in --force --keep --resume; do
  refused "another run is writing to it: process $! on this machine" "$elbow" train config.json "${endless[@]}" --out busy $how
done
refused "exists already" "$elbow" train config.json "${small[@]}" --out busy
check "it is where it was" test ! -e busy.1
# Moved all the same, and another run in its place: each keeps to its own.
mv busy moved
check "a second run takes the name" undrawn train config.json "${small[@]}" --out busy --seed 7 2>/dev/null
lines=$(wc -l <moved/run.log)
sleep 0.3
check "the first one goes on where it was moved" test "$(wc -l <moved/run.log)" -gt "$lines"
kill -TERM $!
wait $!
check "and ends there" grep -q interrupted moved/run.log
check "the second one is whole" grep -q '"seed": 7' busy/summary.json
check "and alone" test "$(grep -c started busy/run.log)" -eq 1
check "no claim is left" test ! -e busy/run.lock -a ! -e moved/run.lock

# --- an earlier run is kept, an unfinished one taken over ---
check "--keep" undrawn train config.json "${small[@]}" --out busy --keep 2>/dev/null
check "keeps the earlier run" grep -q '"seed": 7' busy.1/summary.json
check "beside the new one" grep -q '"seed": 1' busy/summary.json
refused "no run of elbow" "$elbow" train config.json "${small[@]}" --out "$source/docs" --keep
# claimed FIRST_LINE AGE: the folder as a process leaves it that was killed, or is on another machine.
claimed() {
  rm -rf held && cp -r busy held
  printf '%s' "$1" >held/run.lock
  touch -d "$2 seconds ago" held/run.lock
}
other=$'otherhost\tother-system\t12\t34\tabc\t0.1\tnow\n' # which promises a sign of life every 0.1 s
claimed "$other" 3600
while [ ! -e stop ]; do touch -d '1 hour ago' held/run.lock && sleep 0.02; done &
refused "process 12 on otherhost" "$elbow" train config.json "${endless[@]}" --out held --force
touch stop && wait $! && rm stop
claimed "$other" -3600
check "a claim that nobody renews" undrawn train config.json "${small[@]}" --out held --force 2>/dev/null
claimed 'damaged' 0
check "a damaged claim" env ELBOW_HEARTBEAT=0.1 "$elbow" train config.json "${small[@]}" --out held --force 2>/dev/null
refused "ELBOW_HEARTBEAT: must be" env ELBOW_HEARTBEAT=often "$elbow" train config.json "${small[@]}" --out held --force

# --- a run that is taken over while it was stopped, and wakes up again ---
"$elbow" train config.json "${endless[@]}" --out asleep 2>message &
logged 'epoch 1 ' asleep/run.log
# Not in the middle of a checkpoint, which is still its own: the claim is looked at before.
until kill -STOP $! && sleep 0.02 && [ -z "$(find asleep -name '*.part*')" ]; do
  kill -CONT $! || break
  sleep 0.01
done
printf '%s' "$other" >asleep/run.lock
cp asleep/checkpoint.safetensors taken.safetensors
kill -CONT $!
wait $!
check "ends" test $? -eq 2
check "and says so" grep -q 'asleep: another run has taken it over' message
check "without a new checkpoint" cmp asleep/checkpoint.safetensors taken.safetensors
check "nor a word to the new owner's claim" test "$(cat asleep/run.lock)" = "${other%$'\n'}"

# A process that has ended and that nobody has waited for. Its parent here is a shell that has become `sleep`.
rm -rf held && cp -r busy held
sh -c "'$elbow' train config.json ${endless[*]} --out zombie 2>/dev/null & exec sleep 20" &
sleeper=$!
logged 'epoch 1 ' zombie/run.log
kill -9 "$(cut -f3 zombie/run.lock)"
sleep 0.1
check "a killed run that nobody has waited for" undrawn train config.json "${small[@]}" --out zombie --force 2>/dev/null
kill $sleeper
ln -s nowhere held/run.lock
check "a claim that cannot be read, and that nobody renews" env ELBOW_HEARTBEAT=0.1 PATH="$work/no_programs" \
  "$elbow" train config.json "${small[@]}" --out held --force 2>/dev/null
check "what it named is not touched" test ! -e nowhere -a ! -e held/nowhere
# --- within an epoch: checkpoints by time, and the same bits ---
epoch=("${small[@]}" --set training.epochs=1 --set data.train_rows=64000)
undrawn train config.json "${epoch[@]}" --out whole 2>/dev/null
"$elbow" train config.json "${epoch[@]}" --checkpoint-seconds 0 --out killed 2>/dev/null &
for _ in $(seq 2000); do grep -qs epoch.steps killed/checkpoint.safetensors && break; sleep 0.005; done
kill -9 $!
wait $! 2>/dev/null
check "it was killed within its epoch" test ! -e killed/model.safetensors
check "and is taken up there" undrawn train config.json "${epoch[@]}" --out killed --resume 2>/dev/null
check "same bits" cmp whole/model.safetensors killed/model.safetensors
check "same costs" cmp whole/costs.csv killed/costs.csv
for signal in INT:130 USR1:138; do
  "$elbow" train config.json "${epoch[@]}" --set data.train_rows=6400000 --out stopped$signal 2>message &
  # So many ticks of processor time that it is between two steps, however busy the machine is.
  until [ "$(cut -d' ' -f14 "/proc/$!/stat" || echo 999)" -gt 100 ]; do sleep 0.02; done
  kill -${signal%:*} $!
  wait $!
  check "SIG${signal%:*} ends a run with ${signal#*:}" test $? -eq "${signal#*:}"
  check "and loses no step" grep -q epoch.steps stopped$signal/checkpoint.safetensors
done

# --- an evaluation ends within a second, too ---
"$elbow" train config.json "${small[@]}" --set evaluation.draws=100000000 --out evaluating 2>message &
for _ in $(seq 2000); do [ -e evaluating/model.safetensors ] && break; sleep 0.005; done
started=$(date +%s%N)
kill -TERM $!
wait $!
check "an evaluation ends with the status of the signal" test $? -eq 143
check "within two seconds" test $((($(date +%s%N) - started) / 1000000)) -lt 2500
check "says how to go on" grep -q -- --resume message
check "and notes it" grep -q interrupted evaluating/run.log
check "without a claim" test ! -e evaluating/run.lock

# --- divergence: the last finite state is of use ---
wild=("${small[@]}" --set training.schedule.kind=constant)
refused "the last finite state is kept" "$elbow" train config.json "${wild[@]}" --set training.schedule.learning_rate=1e6 --out wild
check "its log says so" grep -q 'diverged: ' wild/run.log
# On a terminal the line that moves makes room for the error: with one step an epoch, it stands there when the next one diverges.
script -qec "'$elbow' train config.json --set data.train_rows=64 --set data.test_rows=64 --set training.optimizer.kind=sgd \
  --set training.schedule.learning_rate=1e20 --threads 1 --out terminal" /dev/null </dev/null >screen
check "a terminal shows the line that moves" grep -q 'epoch 1/' screen
check "and the error by itself" grep -q $'\r\e\[Kelbow: ' screen
refused "other settings" "$elbow" train config.json "${wild[@]}" --set training.schedule.learning_rate=1e7 --out wild --resume
check "evaluate looks at it" "$elbow" evaluate wild >text 2>message
check "and says what it looks at" grep -q 'wild is not finished: its state after 0 whole epochs' message
check "it goes on at a lower rate" undrawn train config.json "${wild[@]}" --set training.schedule.learning_rate=0.001 \
  --out wild --resume 2>/dev/null
check "which is noted" grep -q 'learning rate 0.001 instead of' wild/run.log

# --- a finished run that is resumed for more epochs is not finished ---
more=("${small[@]}" --set training.schedule.kind=constant --set training.freeze_batch_norm_after=1)
undrawn train config.json "${more[@]}" --out more 2>/dev/null
"$elbow" train config.json "${more[@]}" --set training.epochs=100000 --out more --resume 2>/dev/null &
logged 'epoch 5 ' more/run.log
check "no analysis beside it" bash -c "! '$elbow' pca more 2>&1 | grep -qv 'more: another run is writing\|more is not finished'"
kill -TERM $!
wait $!
check "its last state is used" "$elbow" evaluate more >text 2>message
check "and reported" grep -q 'more is not finished' message
refused "--checkpoint-seconds" "$elbow" train config.json "${small[@]}" --out refused --checkpoint-seconds -1
refused "--checkpoint-seconds" "$elbow" train config.json "${small[@]}" --out refused --checkpoint-seconds nan

# --- figures that fail: always a warning, and a status of its own ---
mkdir broken
printf '#!/bin/sh\necho "line 1: no luck" >&2\nexit 1\n' >broken/gnuplot
chmod +x broken/gnuplot
check "failed figures have a status" ends_with 3 env PATH="$work/broken:/bin:/usr/bin" "$elbow" train config.json "${small[@]}" --out drawn 2>message
check "and a warning, though quiet" grep -q 'not made: .*ELBO.png' message
check "the results are whole" test -s drawn/summary.json -a -s drawn/report.html
check "and the log knows" grep -q 'not made: ' drawn/run.log
check "no gnuplot is no failure" undrawn train config.json "${small[@]}" --out plain 2>message
check "one line says so" test "$(grep -c 'gnuplot is not installed' message)" -eq 1

# --- one rule for every --out ---
cp -r busy before
for file in model.safetensors report.html; do
  refused "is a file of a run" "$elbow" page plain --out "busy/$file"
  refused "is a file of a run" "$elbow" page plain --out "busy/$file" --force
done
refused "is a file of a run" "$elbow" pca plain --out busy --force
check "an analysis elsewhere" "$elbow" pca plain --out elsewhere >text
check "is there" test -s elsewhere/pca.csv
refused "exists already" "$elbow" pca plain --out elsewhere
check "and again with --force" "$elbow" pca plain --out elsewhere --force >text
check "without anything else" test "$(find elsewhere -type f | wc -l)" -eq 3
refused "is a file of a run" "$elbow" sample plain --out busy/costs.csv --force
refused "is a file of a run" "$elbow" write-table config.json --out busy/costs.csv --force
refused "there is no folder" "$elbow" page plain --out nowhere/page.html
check "a page" "$elbow" page plain --out page.html
refused "exists already" "$elbow" page plain --out page.html
check "a page with --force" "$elbow" page plain --out page.html --force
check "the other run is as it was" diff -r busy before

finish
