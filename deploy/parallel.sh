#!/bin/sh
# A sweep on several hosts by GNU parallel over ssh, without a shared folder: deploy/parallel.sh SPEC.toml OUT HOST...
#
# Each host has lenet-train on its PATH (or where LENET_TRAIN says) and gets one part at a time; `:` is this machine. The specification is
# copied there, the runs are copied back, and the parts are merged. Done again after a failure, it copies nothing twice.
set -eu
spec=$1 out=$2
shift 2
hosts=$(printf '%s,' "$@")
parts=${PARTS:-$(($# * 4))}
program=${LENET_TRAIN:-lenet-train}
work=lenet-sweep-$(basename "$spec" .toml)
mkdir -p "$out" "$work"
cp "$spec" "$work/spec.toml"
# --basefile copies the specification to every host first, --return the part back. A part that fails is tried twice, on another host if
# there is one.
seq "$parts" | parallel --sshlogin "$hosts" --jobs "${JOBS:-1}" --retries 2 --joblog "$work/log.tsv" \
  --basefile "$work/spec.toml" --return "$work/part{}" \
  "LENET_DATA_DIR='${LENET_DATA_DIR:-}' '$program' sweep '$work/spec.toml' --out '$work/part{}' --shard {}/$parts"
"$program" runs merge "$out" "$work"/part*
"$program" sweep "$spec" --out "$out"
