#!/usr/bin/env bash
# The scripts of experiments/cluster, run for real: on a Slurm of one node, which is started here and ended again, and by GNU
# parallel. What is not installed is skipped (scripts/dependencies.sh install cluster). Usage: cluster.sh PATH/TO/elbow
[ -d /dev/shm ] && [ -w /dev/shm ] && export TMPDIR=/dev/shm
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"
have() { command -v "$@" >/dev/null; }
PATH=$PATH:/usr/sbin
export ELBOW=$elbow
skipped=0

cp "$source/experiments/baseline.json" baseline.json
cat >tiny.json <<'END'
{"name": "tiny", "base": "baseline.json",
 "set": {"training.epochs": 2, "data.train_rows": 128, "data.test_rows": 128, "evaluation.draws": 1},
 "grid": {"seed": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}}
END
sed 's/"training.epochs": 2/"training.epochs": 2000/; s/\[1.*\]/[1]/' tiny.json >long.json
undrawn sweep tiny.json --jobs 1 --quiet --out serial 2>/dev/null
undrawn sweep long.json --jobs 1 --quiet --out long-serial 2>/dev/null
as_serial() { # FOLDER: all runs are there, with the bits of the serial sweep
  local run
  for run in serial/seed=*; do
    cmp -s "$run/model.safetensors" "$1/${run#*/}/model.safetensors" && cmp -s "$run/costs.csv" "$1/${run#*/}/costs.csv" || return 1
  done
}

# --- GNU parallel ---
if have parallel && parallel --version | grep -q GNU; then
  WORKERS=3 PATH=$work/no_programs:$PATH "$source/experiments/cluster/parallel.sh" tiny.json parallel >text 2>&1
  check "GNU parallel makes all runs" test $? -eq 0
  check "with the bits of a serial sweep" as_serial parallel
  check "and they are compared" test -s parallel/comparison/comparison.csv
  check "each was made once" test "$(cat parallel/seed=*/run.log | grep -c ' done$')" -eq 12
  "$source/experiments/cluster/parallel.sh" long.json parallel-long 2>text &
  logged 'epoch 2 ' parallel-long/seed=1/run.log
  kill -TERM $! $(pgrep -P $!)
  wait $!
  logged interrupted parallel-long/seed=1/run.log
  check "stopped, it can go on" "$source/experiments/cluster/parallel.sh" long.json parallel-long
  check "to the same bits" cmp long-serial/seed=1/model.safetensors parallel-long/seed=1/model.safetensors
else
  echo "skipped: GNU parallel is not installed"
  skipped=$((skipped + 1))
fi

# --- Slurm ---
# A cluster of this machine alone, of the user who runs this, with all files here.
start_slurm() {
  local slurm=$work/slurm host
  host=$(hostname -s)
  mkdir -p "$slurm/state" "$slurm/spool"
  chmod 755 "$work" "$slurm"
  (umask 077 && head -c 64 /dev/urandom >"$slurm/key")
  munged --foreground --force --key-file="$slurm/key" --socket="$slurm/munge" --pid-file="$slurm/munged.pid" \
    --log-file="$slurm/munged.log" --seed-file="$slurm/seed" --num-threads=2 >"$slurm/munged.out" 2>&1 &
  daemons+=($!)
  export SLURM_CONF=$slurm/slurm.conf
  local port=$((20000 + $$ % 20000))
  cat >"$SLURM_CONF" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$slurm/munge
CredType=cred/munge
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd.pid
SlurmctldLogFile=$slurm/slurmctld.log
SlurmdLogFile=$slurm/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
SchedulerParameters=sched_interval=1
KillWait=5
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
  for _ in $(seq 50); do [ -S "$slurm/munge" ] && break; sleep 0.1; done
  slurmctld -D -c >"$slurm/slurmctld.out" 2>&1 &
  daemons+=($!)
  slurmd -D >"$slurm/slurmd.out" 2>&1 &
  daemons+=($!)
  for _ in $(seq 150); do
    [ "$(sinfo --noheader --format=%t 2>/dev/null)" = idle ] && return
    sleep 0.2
  done
  tail -n 3 "$slurm"/*.out "$slurm"/*.log
  return 1
}
daemons=()
stop_slurm() {
  local i
  for ((i = ${#daemons[@]} - 1; i >= 0; --i)); do
    kill "${daemons[i]}" 2>/dev/null
    wait "${daemons[i]}" 2>/dev/null
  done
  daemons=()
}
trap 'stop_slurm; rm -rf "$work"' EXIT

script=$source/experiments/cluster/slurm.sh
if have sbatch && have slurmctld && have slurmd && have munged; then
  if ! start_slurm; then
    echo "skipped: no Slurm can be started here"
    skipped=$((skipped + 1))
  else
    PATH=$work/no_programs:$PATH timeout 120 sbatch --wait --quiet --array=1-2 --ntasks=3 --time=5 --output=job-%a.txt "$script" tiny.json slurm
    check "an array of jobs ends well" test $? -eq 0
    check "with the bits of a serial sweep" as_serial slurm
    check "each run was made once" test "$(cat slurm/seed=*/run.log | grep -c ' done$')" -eq 12
    check "and says what is done" grep -q $'^done\t12' job-1.txt
    check "a plain sweep compares them" undrawn sweep tiny.json --out slurm --quiet
    # What Slurm does when the time is nearly up (#SBATCH --signal), at a time of our own.
    job=$(sbatch --parsable --array=1 --ntasks=2 --time=5 --output=stopped.txt "$script" long.json slurm-long)
    logged 'epoch 2 ' slurm-long/seed=1/run.log
    scancel --signal=USR1 "$job"
    logged interrupted slurm-long/seed=1/run.log
    check "SIGUSR1 stops a run at a checkpoint" test -s slurm-long/seed=1/checkpoint.safetensors
    for _ in $(seq 200); do [ -z "$(squeue --noheader)" ] && break; sleep 0.1; done
    check "and ends the job" grep -q 'the same command continues' stopped.txt
    check "with the run free" test ! -e slurm-long/seed=1/run.lock
    check "which has not failed" test ! -e slurm-long/ended
    check "the next job goes on" timeout 120 sbatch --wait --quiet --array=1 --ntasks=2 --time=5 --output=resumed.txt "$script" long.json slurm-long
    check "to the same bits" cmp long-serial/seed=1/model.safetensors slurm-long/seed=1/model.safetensors
    check "having gone on, not begun again" grep -q resumed slurm-long/seed=1/run.log
  fi
else
  echo "skipped: Slurm is not installed"
  skipped=$((skipped + 1))
fi

finish || exit 1
[ $skipped -lt 2 ] || exit 77
