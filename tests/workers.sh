#!/usr/bin/env bash
# Workers that share the folder of a sweep, on a file system without locks, some of them as if on machines of their own, killed at
# random and started again: in the end every run is there once, and equal to that of a serial sweep byte for byte. Then shares,
# failures, signals, what is listed. Usage: workers.sh PATH/TO/elbow PATH/TO/compiler RUNS WORKERS
runs=$3 workers=$4 compiler=$2
# A short run waits for the disk most of its time, which is nothing of what is tested here.
[ -d /dev/shm ] && [ -w /dev/shm ] && export TMPDIR=/dev/shm
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

cp "$source/experiments/baseline.json" baseline.json
tiny='"training.epochs": 2, "data.train_rows": 128, "data.test_rows": 128, "evaluation.draws": 1'
cat >many.json <<END
{"name": "many", "base": "baseline.json", "set": {$tiny}, "grid": {"seed": [$(seq -s, "$runs")]}}
END
# A file system that has no locks, whoever asks, as NFS may be.
shim=$(env -u TMPDIR mktemp -d)
trap 'rm -rf "$work" "$shim"' EXIT
cat >"$shim/no_locks.c" <<'END'
#include <errno.h>
int flock(int file, int how) { return (void)file, (void)how, errno = ENOLCK, -1; }
int lockf(int file, int how, long size) { return (void)file, (void)how, (void)size, errno = ENOLCK, -1; }
END
"$compiler" -x c -shared -fPIC "$shim/no_locks.c" -o "$shim/no_locks.so" || bad "the shim for locks"

undrawn sweep many.json --jobs 1 --quiet --out serial 2>/dev/null || bad "the serial sweep"

# --- killed at random, and started again ---
# Every other worker has process numbers of its own, as on another machine, if that can be had here.
another_machine=(unshare --pid --fork --kill-child --mount-proc)
"${another_machine[@]}" true 2>/dev/null || another_machine=()
start() { # the worker of that number
  local machine=()
  [ $(($1 % 2)) -eq 1 ] && machine=("${another_machine[@]}")
  LD_PRELOAD="$shim/no_locks.so" ELBOW_HEARTBEAT=0.2 exec "${machine[@]}" \
    env PATH="$work/no_programs" "$elbow" sweep many.json --worker --quiet --out shared >>"worker$1" 2>&1
}
children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }
ended() { find shared/ended -name '*.done' -o -name '*.failed' 2>/dev/null | wc -l; }
RANDOM=17 kills=0
declare -a pid
for i in $(seq 0 $((workers - 1))); do
  start "$i" &
  pid[i]=$!
done
deadline=$((SECONDS + 300))
while [ "$(ended)" -lt "$runs" ] && [ $SECONDS -lt $deadline ]; do
  sleep "0.0$((RANDOM % 9 + 1))"
  i=$((RANDOM % workers))
  children=$(children "${pid[i]}")
  # shellcheck disable=SC2086  # lists of numbers
  case $((RANDOM % 4)) in
    0) if [ "$(cat "/proc/${pid[i]}/comm")" = unshare ]; then kill -TERM $children; else kill -TERM "${pid[i]}"; fi ;;
    1) kill -KILL "${pid[i]}" $children ;; # and the run that it makes, which the system would tell to stop
    *) kill -KILL "${pid[i]}" ;;
  esac 2>/dev/null
  wait "${pid[i]}" 2>/dev/null
  kills=$((kills + 1))
  start "$i" &
  pid[i]=$!
done
for i in "${!pid[@]}"; do
  wait "${pid[i]}"
  check "worker $i ends well when nothing is left" test $? -eq 0
done
echo "$runs runs, $workers workers, $kills times one was killed"
check "some were killed" test "$kills" -gt 0
check "all runs are done" test "$(find shared/ended -name '*.done' | wc -l)" -eq "$runs"
cat shared/ended/*.failed 2>/dev/null
check "no run has failed" test -z "$(find shared/ended -name '*.failed')"
check "no run has another name" test "$(find shared -mindepth 1 -maxdepth 1 | wc -l)" -eq $((runs + 1))
check "none is claimed" test -z "$(find shared -name 'run.lock*')"
timings='"(train_step_us|eval_step_us|total_s|peak_rss_mb)"'
same_runs() { # FOLDER FOLDER
  local run file
  for run in "$1"/seed=*; do
    for file in "$run"/*; do
      case ${file##*/} in
        run.log | report.html) ;; # have times
        checkpoint.safetensors) [ -s "$2/${run##*/}/${file##*/}" ] || return 1 ;; # as well
        summary.json) diff <(grep -vE "$timings" "$file") <(grep -vE "$timings" "$2/${run##*/}/summary.json") >/dev/null || return 1 ;;
        *) cmp -s "$file" "$2/${run##*/}/${file##*/}" || { echo "$file differs" && return 1; } ;;
      esac
    done
  done
}
check "every run is that of the serial sweep" same_runs serial shared
check "and the other way round" same_runs shared serial
for run in shared/seed=*; do
  [ "$(grep -c ' done$' "$run/run.log")" -le 1 ] || bad "$run was finished twice"
done
undrawn sweep many.json --out shared --quiet 2>/dev/null || bad "a plain sweep afterwards"
check "compares them all" test "$(wc -l <shared/comparison/comparison.csv)" -eq $((runs + 1))

# --- what is listed; shares ---
cat >few.json <<END
{"name": "few", "base": "baseline.json", "set": {$tiny}, "grid": {"seed": [1, 2, 3, 4, 5]}}
END
"$elbow" sweep few.json --out few --list >list
check "a list of names, states and folders" test "$(head -1 list)" = $'seed=1\tnew\tfew/seed=1' -a "$(wc -l <list)" -eq 5
check "that makes nothing" test ! -e few
check "a share" undrawn sweep few.json --out few --shard 2/3 --quiet 2>/dev/null
check "is every third run" test "$(cd few && echo seed=*)" = "seed=2 seed=5"
check "with the same bits" cmp few/seed=2/model.safetensors serial/seed=2/model.safetensors
"$elbow" sweep few.json --out few --status >status
check "the status says what is done" grep -q $'^done\t2' status
check "and what is left" grep -q $'^new\t3' status
check "of a share, too" test "$("$elbow" sweep few.json --out few --shard 1/3 --list | cut -f1,2 | tr '\n\t' '  ')" = "seed=1 new seed=4 new "
# other_settings SED SETTING: under the file so changed, both runs are listed as made with another SETTING.
other_settings() {
  sed "$1" few.json >other.json
  "$elbow" sweep other.json --out few --status >status
  check "$2 is another one" test "$(grep -A 2 '^other' status | cut -f1,2)" = $'other\t2\n  seed=2\t'"$2"$'\n  seed=5\t'"$2"
  check "$2: and listed so" test "$("$elbow" sweep other.json --out few --list | grep -c $'^seed=[25]\tother\t')" -eq 2
  refused "$2: set it back in the sweep, or remove this folder" "$elbow" sweep other.json --out few --shard 2/3
}
other_settings 's/"set": {/&"loss.beta": 0.5, /' loss.beta
other_settings 's/"data.test_rows": 128/"data.test_rows": 64/' data.test_rows
other_settings 's/, "evaluation.draws": 1//' evaluation.draws # as by default
mv few/ended away
check "the same settings are not other ones" test "$("$elbow" sweep few.json --out few --list | grep -c started)" -eq 2
mv away few/ended
check "a share of nothing" undrawn sweep few.json --out few --shard 9/9 --quiet
for shard in 0/3 4/3 x/3 3 1/3x / ''; do
  refused "--shard: must be I/N" "$elbow" sweep few.json --out few --shard "$shard"
done
refused "few/seed=1/run.lock: cannot be removed" bash -c "mkdir -p few/seed=1/run.lock && ELBOW_HEARTBEAT=0.2 timeout 30 '$elbow' sweep few.json --out few --worker --quiet"
rm -r few/seed=1
sed 's/"grid".*/"list": [{"name": "run.lock"}]}/' few.json >lock.json
refused "lock.json: list" "$elbow" sweep lock.json --out locked
refused "--retry-failed excludes --list" "$elbow" sweep few.json --out few --list --retry-failed
refused "--dry-run: not together" "$elbow" sweep few.json --out few --worker --dry-run

# --- a run that fails is written down, and nobody tries it again unless asked ---
cat >failing.json <<END
{"name": "failing", "base": "baseline.json", "set": {$tiny},
 "list": [{"name": "mad", "training.schedule.learning_rate": 1e30}, {"name": "good"}]}
END
undrawn sweep failing.json --out failing --worker --quiet 2>message
check "a failure has status 2" test $? -eq 2
check "and is named" grep -q '1 of 2 runs that this worker made failed: mad: ' message
check "it is written down, and why" grep -q 'the loss is' failing/ended/mad@*.failed
check "and what to do about it in a sweep" grep -q 'set it in the sweep and remove failing/mad$' failing/ended/mad@*.failed
check "the other one is done" test -s failing/good/summary.json
"$elbow" sweep failing.json --out failing --status >status
check "the status says so" grep -q $'^  mad\t.*the loss is' status
logs=$(wc -l <failing/mad/run.log)
check "another worker leaves it alone, and says so" grep -q '1 have failed' <(undrawn sweep failing.json --out failing --worker)
undrawn sweep failing.json --out failing --quiet 2>message
check "a plain sweep names it" grep -q '1 of 2 runs failed: mad: .*--retry-failed' message
check "and leaves it alone" test "$(wc -l <failing/mad/run.log)" -eq "$logs"
check "unless asked" bash -c "! '$elbow' sweep failing.json --out failing --worker --retry-failed --quiet 2>/dev/null"
check "it was tried again" test "$(wc -l <failing/mad/run.log)" -gt "$logs"
sed -i 's/1e30/0.001/' failing.json
rm -r failing/mad
check "with other settings it is another run" undrawn sweep failing.json --out failing --worker --quiet 2>/dev/null
check "which is done" test -s failing/mad/summary.json
sed 's/0.001/-1/; s/, {"name": "good"}//' failing.json >invalid.json
refused "mad: baseline.json: training.schedule.learning_rate" undrawn sweep invalid.json --out invalid --worker
check "a run that is refused is not written down" test ! -e invalid/ended

# --- signals ---
sed 's/"few"/"long"/; s/"training.epochs": 2/"training.epochs": 60000/; s/\[1.*\]/[1]/' few.json >long.json
for signal in TERM:143 USR1:138; do
  "$elbow" sweep long.json --out long --worker 2>message &
  logged 'epoch 2 ' long/seed=1/run.log
  "$elbow" sweep long.json --out long --status >status
  check "it runs here" grep -q $'^  seed=1\tprocess .* on this machine, since 20' status
  kill -"${signal%:*}" $!
  wait $!
  check "SIG${signal%:*} ends a worker" test $? -eq "${signal#*:}"
  check "that says how to go on" grep -q 'the same command continues' message
  check "its run has stopped at a checkpoint" grep -q interrupted long/seed=1/run.log
  check "and is free" test ! -e long/seed=1/run.lock
  check "and has not failed" test ! -e long/ended
  rm -r long
done

finish
