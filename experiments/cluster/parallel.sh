#!/usr/bin/env bash
# The runs of a sweep on this machine, or on machines that one reaches by ssh, by GNU parallel (docs/cluster.md):
#
#   experiments/cluster/parallel.sh SWEEP.json FOLDER [option of elbow sweep ...]
#   WORKERS=24 HOSTS=8/node1,16/node2 experiments/cluster/parallel.sh SWEEP.json FOLDER
#
# WORKERS: how many there are; by default one for each core of this machine. HOSTS: where, as --sshlogin takes it, CORES/HOST,...;
# all of them have this folder, under this name. ELBOW names the program, if it is not build/elbow.
set -u
[ $# -ge 2 ] || { echo "usage: parallel.sh SWEEP.json FOLDER [option of elbow sweep ...]" >&2; exit 2; }
sweep=$1 folder=$2
shift 2
elbow=${ELBOW:-build/elbow}
workers=${WORKERS:-$(nproc)}
where=(--jobs "$workers")
[ -z "${HOSTS:-}" ] || where=(--sshlogin "$HOSTS" --jobs 100% --workdir "$PWD")

# When parallel is told to stop, each worker has five seconds for its checkpoint. The same command goes on there.
if seq "$workers" | parallel --will-cite --quote -N0 --termseq TERM,5000,KILL "${where[@]}" \
  "$elbow" sweep "$sweep" --out "$folder" --worker --quiet "$@"; then
  exec "$elbow" sweep "$sweep" --out "$folder" --quiet "$@" # all runs have ended: compares them
fi
"$elbow" sweep "$sweep" --out "$folder" --status "$@"
exit 2
