#!/usr/bin/env bash
# The runs of a sweep on a Slurm cluster, by workers that share its folder (docs/cluster.md):
#
#   sbatch experiments/cluster/slurm.sh SWEEP.json FOLDER [option of elbow sweep ...]
#   sbatch --array=1-8 --ntasks=32 --time=02:00:00 experiments/cluster/slurm.sh SWEEP.json FOLDER
#
# Each job of the array starts as many workers as it has tasks. When a job comes to run, or whether it comes at all, matters
# not: each worker takes what is left. ELBOW names the program, if it is not build/elbow.
#
#SBATCH --job-name=elbow-sweep
#SBATCH --array=1-4
#SBATCH --ntasks=8
#SBATCH --cpus-per-task=1
#SBATCH --time=01:00:00
#SBATCH --signal=USR1@60
#SBATCH --requeue
#SBATCH --open-mode=append
set -u
[ $# -ge 2 ] || { echo "usage: sbatch slurm.sh SWEEP.json FOLDER [option of elbow sweep ...]" >&2; exit 2; }
sweep=$1 folder=$2
shift 2
elbow=${ELBOW:-build/elbow}

# A minute before the time is up, Slurm sends SIGUSR1 to the workers: each saves a checkpoint and ends. A later job goes on there.
# One worker that is killed, or ends with an error, does not take the others along.
srun --kill-on-bad-exit=0 "$elbow" sweep "$sweep" --out "$folder" --worker --quiet "$@"
status=$?

"$elbow" sweep "$sweep" --out "$folder" --status "$@"
exit $status
