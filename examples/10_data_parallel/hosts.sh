#!/bin/bash
# Runs a program with mpirun on several hosts. The hosts are network namespaces of this machine, each with one core, joined by links of
# 1 Gbit/s:
#
#   sudo ./hosts.sh 2 target/debug/10_data_parallel --folder here
#
# Needs root, iproute2 and Open MPI. RATE (1gbit) is the bandwidth of each direction of a link, DELAY (50us) its delay, which needs a
# kernel with netem.
set -euo pipefail
hosts=$1
program=$(realpath "$2")
shift 2
net=10.77.0
agent=$(mktemp)
clean() {
  for host in $(seq "$hosts"); do
    ip netns pids "lenet$host" 2>/dev/null | xargs --no-run-if-empty kill -9 || true
    ip netns del "lenet$host" 2>/dev/null || true
    ip link del "lenet$host" 2>/dev/null || true
  done
  ip link del lenet 2>/dev/null || true
}
trap 'clean; rm -f "$agent"' EXIT
clean # What a run that was killed may have left.
ip link add lenet type bridge
ip link set lenet up
for host in $(seq "$hosts"); do
  ip netns add "lenet$host"
  ip link add "lenet$host" type veth peer name eth0 netns "lenet$host"
  ip link set "lenet$host" master lenet up
  ip -n "lenet$host" addr add "$net.$host/24" dev eth0
  ip -n "lenet$host" link set eth0 up
  ip -n "lenet$host" link set lo up
  # Both directions: each end limits and delays what it sends.
  if ! ip netns exec "lenet$host" tc qdisc add dev eth0 root netem delay "${DELAY:-50us}" rate "${RATE:-1gbit}" 2>/dev/null; then
    echo "host $host: no delay, because this kernel has no netem; bandwidth ${RATE:-1gbit}" >&2
    ip netns exec "lenet$host" tc qdisc add dev eth0 root tbf rate "${RATE:-1gbit}" burst 128kb latency 50ms
  fi
done
# Takes the place of ssh: the last number of the address is that of the host. Each host has a name and a core of its own.
cat > "$agent" <<'AGENT'
#!/bin/bash
host=${1##*.}
shift
core=$(((host - 1) % $(nproc --all)))
exec ip netns exec "lenet$host" unshare --uts taskset -c "$core" bash -c "hostname lenet$host; $*"
AGENT
chmod +x "$agent"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
list=$(seq -s , -f "$net.%.0f" "$hosts")
# Without `--bind-to none` Open MPI would bind the first process of every host to the same core.
"$agent" "$net.1" mpirun --host "$list" --bind-to none --mca plm_rsh_agent "$agent" --mca btl tcp,self \
  --mca btl_tcp_if_include "$net.0/24" --mca oob_tcp_if_include "$net.0/24" "$program" "$@"
