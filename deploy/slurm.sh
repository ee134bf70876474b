#!/bin/sh
# A sweep as an array of Slurm: sbatch --array=1-10 deploy/slurm.sh SPEC.toml OUT
#
# The folder OUT is on a file system that all nodes share. A task that is cut by its limit of time or preempted gets a signal first: its
# runs save what they learnt, and the same command goes on with them. `--requeue` lets Slurm do that.
#SBATCH --job-name=lenet-sweep
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --time=01:00:00
#SBATCH --signal=TERM@60
#SBATCH --requeue
set -eu
spec=$1 out=$2
# exec: Slurm's signal reaches the program, not the shell.
exec "${LENET_TRAIN:-lenet-train}" sweep "$spec" --out "$out" \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --jobs "${JOBS:-1}" --threads "${SLURM_CPUS_PER_TASK:-1}"
