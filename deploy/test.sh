#!/bin/bash
# Runs the files of this folder against the real engines on this machine: deploy/test.sh path/to/lenet-train
# Needs root for Slurm, because slurmd starts jobs as other users. What is missing is skipped.
set -euo pipefail
program=$(realpath "${1:?path of lenet-train}")
here=$(dirname "$(realpath "$0")")
folder=$(mktemp -d)
started=()
stop() {
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
cat > spec.toml <<'SPEC'
seeds = 2
[base]
data = "synthetic"
synthetic-count = 400
epochs = 1
[grid]
lr = [0.01, 0.02, 0.05, 0.1]
SPEC
# The bits that one machine without an engine computes.
"$program" sweep spec.toml --out alone >/dev/null 2>&1
same() {
  local run
  for run in alone/*/; do
    cmp "$run/model.safetensors" "$1/$(basename "$run")/model.safetensors"
  done
  [ -f "$1/sweep.html" ]
}

if ! command -v parallel >/dev/null; then
  echo "skipped  parallel.sh: there is no parallel on the PATH: apt install parallel"
else
  LENET_TRAIN=$program LENET_DATA_DIR='' PARTS=3 "$here/parallel.sh" spec.toml by-parallel : >parallel.log 2>&1 ||
    { cat parallel.log; exit 1; }
  same by-parallel
  echo "right    parallel.sh: 8 runs in 3 parts, the same bits"
fi

if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
  echo "skipped  slurm.sh: there is no slurmctld or munged on the PATH: apt install slurm-wlm munge"
elif [ "$(id -u)" != 0 ]; then
  echo "skipped  slurm.sh: slurmd runs as root only"
else
  host=$(hostname -s)
  mkdir -p state spool
  cat > slurm.conf <<CONF
ClusterName=test
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName=$host CPUs=$(nproc) State=UNKNOWN
PartitionName=test Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF=$folder/slurm.conf
  chmod 755 "$folder"
  head -c 1024 /dev/urandom > munge.key
  chmod 400 munge.key
  munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munge.seed" 2>munged.err & started+=($!)
  for _ in $(seq 100); do [ -S munge.socket ] && break; sleep 0.1; done
  slurmctld -D >slurmctld.log 2>&1 & started+=($!)
  slurmd -D >slurmd.log 2>&1 & started+=($!)
  for _ in $(seq 300); do [ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && break; sleep 0.2; done
  # Memory is no consumable resource of this test cluster.
  if ! LENET_TRAIN=$program sbatch --wait --array=1-3 --cpus-per-task=1 --mem=0 --output="$folder/slurm-%a.log" \
    "$here/slurm.sh" spec.toml by-slurm
  then
    cat slurm-*.log; tail slurmctld.log slurmd.log
    exit 1
  fi
  same by-slurm
  echo "right    slurm.sh: 8 runs in an array of 3, the same bits"
fi

if ! python3 -c 'import kubernetes_validate' 2>/dev/null; then
  echo "skipped  kubernetes.yaml: Python has no kubernetes_validate: pip install kubernetes-validate"
else
  python3 - "$here/kubernetes.yaml" <<'PYTHON'
import sys
import kubernetes_validate
import yaml

version = kubernetes_validate.latest_version()
for document in yaml.safe_load_all(open(sys.argv[1])):
    kubernetes_validate.validate(document, version, strict=True)
print(f"right    kubernetes.yaml: valid for Kubernetes {version}")
PYTHON
fi
