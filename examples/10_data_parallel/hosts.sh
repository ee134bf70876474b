#!/bin/bash
# Runs a command by mpirun on several hosts that are network namespaces of this machine, joined by links of 1 Gbit/s with a delay:
#
#   sudo ./hosts.sh 2 target/debug/10_data_parallel --folder here
#
# Needs root, iproute2 and Open MPI. DELAY (50us) is that of each direction of each link, RATE (1gbit) its bandwidth.
set -euo pipefail
hosts=$1
shift
program=$(realpath "$1")
shift
net=10.77.0
agent=$(mktemp)
clean() {
  for host in $(seq "$hosts"); do ip netns del "lenet$host" 2>/dev/null || true; done
  ip link del lenet 2>/dev/null || true
  rm -f "$agent"
}
trap clean EXIT
ip link add lenet type bridge
ip link set lenet up
for host in $(seq "$hosts"); do
  ip netns add "lenet$host"
  ip link add "lenet$host" type veth peer name eth0 netns "lenet$host"
  ip link set "lenet$host" master lenet up
  ip -n "lenet$host" addr add "$net.$host/24" dev eth0
  ip -n "lenet$host" link set eth0 up
  ip -n "lenet$host" link set lo up
  # Both directions: each end delays and limits what it sends.
  ip netns exec "lenet$host" tc qdisc add dev eth0 root netem delay "${DELAY:-50us}" rate "${RATE:-1gbit}" 2>/dev/null || {
    echo "this kernel has no netem: the link of host $host has the bandwidth without the delay" >&2
    ip netns exec "lenet$host" tc qdisc add dev eth0 root tbf rate "${RATE:-1gbit}" burst 128kb latency 50ms
  }
done
# In place of ssh: the last number of the address is that of the host. Each host has a name of its own.
cat > "$agent" <<'AGENT'
#!/bin/bash
host=${1##*.}
shift
exec ip netns exec "lenet$host" unshare --uts bash -c "hostname lenet$host; $*"
AGENT
chmod +x "$agent"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
list=$(seq -s , -f "$net.%.0f" "$hosts")
"$agent" "$net.1" mpirun --host "$list" --mca plm_rsh_agent "$agent" --mca btl tcp,self \
  --mca btl_tcp_if_include "$net.0/24" --mca oob_tcp_if_include "$net.0/24" "$program" "$@"
