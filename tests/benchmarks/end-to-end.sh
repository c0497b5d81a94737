#!/bin/bash
# What programs get through WireGuard by way of onetun, and by way of the kernel's TCP over a wireguard-go: throughput,
# processor time, round trips, short connections, start, memory. Prints a Markdown table of medians; lower is better but for
# Mbit/s and connections a second. Each figure is taken of one contender after the other, in each round with another first,
# so that what slows the machine down slows them alike.
#
#   end-to-end.sh [OPTION]...
#     --onetun [NAME=]COMMAND      this onetun in place of one built here; again and again for several side by side:
#                                  --onetun before=/tmp/old/onetun --onetun 'bbr=/tmp/new/onetun --cc bbr'
#     --pair [NAME=]COMMAND        a onetun besides whose peer is no wireguard-go, but the same onetun with --remote
#     --wireproxy [NAME=]COMMAND   a wireproxy besides, its path for one
#     --forwarder [NAME=]COMMAND   any other forwarder besides; in COMMAND stand for its values {endpoint} {peer_public_key}
#                                  {private_key} {key_file} {source_ip} {mtu}, for the two ports that it has to forward
#                                  {local_iperf} {remote_iperf} {local_echo} {remote_echo} (ADDRESS:PORT), and for all
#                                  that in the words of wireproxy {wireproxy_file}
#     --against NAME               what the ratios are to (kernel)
#     --only FIGURE,...            of start down1 up1 down8 up8 memory idle pingpong connect1 connect32
#     --data FILE                  where each single run goes, tab separated
#
# SECONDS_EACH (10) a figure, RUNS (3) rounds, IDLE (10000) connections that are idle, for which `ulimit -Hn` has to be larger.
# WGGO names another wireguard-go, for both ends. Each forwarder is started anew in each round and runs to its end. Exit code 1 if
# a figure could not be taken.
#
# As root on Linux; on Debian and Ubuntu what is missing is installed, but for the .NET 10 SDK, which only building needs. All of
# it happens in two network namespaces of its own, which go when it ends.
set -euo pipefail

PROJECT=$(realpath "$(dirname "$0")/../..")
MEASURE=$PROJECT/tests/benchmarks/EndToEnd/measure.py
export WGGO=${WGGO:-wireguard-go}
FIGURES=start,down1,up1,down8,up8,memory,idle,pingpong,connect1,connect32
NEAR=onetun-e2e-$$-near FAR=onetun-e2e-$$-far STATE='' ONLY=$FIGURES AGAINST=kernel DATA=/dev/null
ONETUNS=() PAIRS=() OTHERS=() NAMES=(kernel)
declare -A VALUES
ONETUN_OPTIONS="{local_iperf}:{remote_iperf} {local_echo}:{remote_echo} --endpoint-addr {endpoint} --private-key-file {key_file} \
--endpoint-public-key {peer_public_key} --source-peer-ip {source_ip} --max-transmission-unit {mtu}"

near() { ip netns exec "$NEAR" "$@"; }
far() { ip netns exec "$FAR" "$@"; }
fail() { echo "end-to-end.sh: $*" >&2 && exit 1; }
usage() { sed -n '2,/^set -e/p' "$0" | sed '$d; s/^# \{0,1\}//'; }

# named DEFAULT [NAME=]COMMAND
named() { [[ $2 =~ ^[A-Za-z0-9_.-]+= ]] && echo "$2" || echo "$1=$2"; }

need() {
    local missing=() tool
    for tool in ip:iproute2 wg:wireguard-tools "$WGGO:wireguard-go" iperf3:iperf3 ethtool:ethtool sysctl:procps python3:python3; do
        command -v "${tool%:*}" >/dev/null || missing+=("${tool##*:}")
    done
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || fail "these are missing: ${missing[*]}"
    echo "end-to-end.sh: installing ${missing[*]}" >&2
    { apt-get -o DPkg::Lock::Timeout=300 update && DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"; } >/dev/null ||
        fail "these could not be installed: ${missing[*]}"
}

# all that runs in the namespaces was started here
finish() {
    local status=$? name
    trap - EXIT
    trap '' INT TERM HUP
    for name in "$NEAR" "$FAR"; do
        ip netns pids "$name" | xargs --no-run-if-empty kill -KILL || true
        ip netns delete "$name" || true
    done 2>/dev/null
    wait 2>/dev/null
    rm -rf "$STATE" "/run/wireguard/e2e$$-near.sock" "/run/wireguard/e2e$$-far.sock"
    exit "$status"
}

# interface NETNS NAME ADDRESS KEY: a wireguard-go, of a name of its own, for all namespaces share the sockets in /run
interface() {
    WG_PROCESS_FOREGROUND=1 LOG_LEVEL=error ip netns exec "$1" "$WGGO" -f "$2" >"$STATE/$4.log" 2>&1 &
    until ip netns exec "$1" wg show "$2" >/dev/null 2>&1; do
        kill -0 $! 2>/dev/null || fail "$WGGO does not start: $(<"$STATE/$4.log")"
        sleep 0.1
    done
    ip netns exec "$1" wg set "$2" private-key "$STATE/$4.key"
    ip netns exec "$1" ip address add "$3" dev "$2"
    ip netns exec "$1" ip link set "$2" mtu 1420 up
}

# key NAME: a new one
key() {
    (umask 077 && wg genkey >"$STATE/$1.key")
    wg pubkey <"$STATE/$1.key" >"$STATE/$1.pub"
}

arrange() {
    local side
    ip netns add "$NEAR"
    ip netns add "$FAR"
    ip link add veth0 netns "$NEAR" type veth peer name veth0 netns "$FAR"
    near ip address add 192.0.2.1/24 dev veth0
    far ip address add 192.0.2.2/24 dev veth0
    for side in near far; do
        $side ip link set lo up
        $side ip link set veth0 up
        # as on a real link every datagram passes singly
        $side ethtool -K veth0 gso off tso off gro off tx-udp-segmentation off
        # no connection begins with what an earlier one has learnt, nor waits for a port
        $side sysctl -q net.ipv4.tcp_no_metrics_save=1 net.ipv4.tcp_tw_reuse=1
    done

    key far
    interface "$FAR" "e2e$$-far" 10.99.0.1/24 far
    far wg set "e2e$$-far" listen-port 51820
    ip netns exec "$FAR" python3 "$MEASURE" serve 10.99.0.1 7 &

    key kernel
    far wg set "e2e$$-far" peer "$(<"$STATE/kernel.pub")" allowed-ips 10.99.0.2/32
    interface "$NEAR" "e2e$$-near" 10.99.0.2/24 kernel
    near wg set "e2e$$-near" peer "$(<"$STATE/far.pub")" allowed-ips 10.99.0.1/32 endpoint 192.0.2.2:51820
    printf 'kernel\t10.99.0.1\t5201\t7\t%s\t\n' $! >"$STATE/contenders"
}

# contender NAME COMMAND [ENDPOINT HOST KEY]: makes it a peer, and writes its command down with all values filled in
contender() {
    local name=$1 command=$2 endpoint=${3:-192.0.2.2:51820} host=${4:-10.99.0.1} peer=${5:-far} value number=${#NAMES[@]}
    [ ! -e "$STATE/$name.key" ] || fail "another one is called $name"
    NAMES+=("$name")
    key "$name"
    VALUES=([endpoint]=$endpoint [peer_public_key]=$(<"$STATE/$peer.pub") [private_key]=$(<"$STATE/$name.key")
        [key_file]=$STATE/$name.key [source_ip]=10.99.0.$((number + 2)) [mtu]=1420 [wireproxy_file]=$STATE/$name.conf
        [local_iperf]=127.0.0.1:$((7000 + number)) [remote_iperf]=$host:5201
        [local_echo]=127.0.0.1:$((8000 + number)) [remote_echo]=$host:7)
    far wg set "e2e$$-far" peer "$(<"$STATE/$name.pub")" allowed-ips "${VALUES[source_ip]}/32"
    (umask 077 && printf '%s\n' \
        "[Interface]" "PrivateKey = ${VALUES[private_key]}" "Address = ${VALUES[source_ip]}/32" "MTU = 1420" \
        "[Peer]" "PublicKey = ${VALUES[peer_public_key]}" "Endpoint = ${VALUES[endpoint]}" "AllowedIPs = 10.99.0.1/32" \
        "[TCPClientTunnel]" "BindAddress = ${VALUES[local_iperf]}" "Target = ${VALUES[remote_iperf]}" \
        "[TCPClientTunnel]" "BindAddress = ${VALUES[local_echo]}" "Target = ${VALUES[remote_echo]}" >"$STATE/$name.conf")
    for value in "${!VALUES[@]}"; do command=${command//"{$value}"/"${VALUES[$value]}"}; done
    printf '%s\t127.0.0.1\t%d\t%d\t\t%s\n' "$name" $((7000 + number)) $((8000 + number)) "$command" >>"$STATE/contenders"
}

# pair NAME COMMAND: a contender with its own peer, which stays when the contender is started anew
pair() {
    local port=$((51821 + ${#NAMES[@]})) log=$STATE/$1-far.log
    key "$1-far"
    contender "$1" "$2 $ONETUN_OPTIONS" "192.0.2.2:$port" 10.98.0.1 "$1-far"
    # shellcheck disable=SC2086 # a command is words
    ip netns exec "$FAR" $2 --remote 5201:10.99.0.1:5201 --remote 7:10.99.0.1:7 --endpoint-addr 192.0.2.1:9 \
        --endpoint-bind-addr "192.0.2.2:$port" --endpoint-public-key "$(<"$STATE/$1.pub")" --private-key-file "$STATE/$1-far.key" \
        --source-peer-ip 10.98.0.1 --max-transmission-unit 1420 >"$log" 2>&1 &
}

main() {
    local one
    need
    STATE=$(mktemp -d -t onetun-e2e-XXXXXX)
    trap finish EXIT
    trap 'exit 130' INT TERM HUP
    if [ ${#ONETUNS[@]} -eq 0 ]; then
        command -v dotnet >/dev/null || fail "the .NET 10 SDK is not installed: https://dotnet.microsoft.com/download"
        (cd "$PROJECT" && dotnet build src/Forwarder --configuration Release --verbosity quiet >&2)
        # nothing happens to a run when somebody builds
        cp -r "$PROJECT/src/Forwarder/bin/Release/net10.0" "$STATE/onetun"
        ONETUNS=("onetun=$STATE/onetun/onetun")
    fi
    arrange
    for one in "${ONETUNS[@]}"; do contender "${one%%=*}" "${one#*=} $ONETUN_OPTIONS"; done
    for one in "${PAIRS[@]}"; do pair "${one%%=*}" "${one#*=}"; done
    for one in "${OTHERS[@]}"; do contender "${one%%=*}" "${one#*=}"; done
    [[ " ${NAMES[*]} " == *" $AGAINST "* ]] || fail "there is no $AGAINST to compare with"
    # a signal is heard in a wait, but not while a command in front runs
    ip netns exec "$NEAR" python3 "$MEASURE" measure "$FAR" "$STATE" "$ONLY" "$AGAINST" "$DATA" &
    wait $! || return
}

while [ $# -gt 0 ]; do
    [ "$1" != --help ] || { usage && exit; }
    [ $# -ge 2 ] || { usage >&2 && exit 2; }
    case $1 in
        --onetun) ONETUNS+=("$(named onetun "$2")") ;;
        --pair) PAIRS+=("$(named pair "$2")") ;;
        --wireproxy) OTHERS+=("$(named wireproxy "$2") --config {wireproxy_file}") ;;
        --forwarder) OTHERS+=("$(named forwarder "$2")") ;;
        --against) AGAINST=$2 ;;
        --only) ONLY=$2 ;;
        --data) DATA=$2 ;;
        *) usage >&2 && exit 2 ;;
    esac
    shift 2
done
for figure in ${ONLY//,/ }; do
    [[ ,$FIGURES, == *,$figure,* ]] || fail "no such figure: $figure; there are ${FIGURES//,/ }"
done
[[ ${RUNS:-3} =~ ^[1-9][0-9]*$ && ${SECONDS_EACH:-10} =~ ^[1-9][0-9]*$ ]] || fail "RUNS and SECONDS_EACH are whole numbers"
[ "$(id -u)" = 0 ] || fail "network namespaces need root"
[ -c /dev/net/tun ] || fail "there is no /dev/net/tun, which wireguard-go needs: modprobe tun, or docker run --device /dev/net/tun"
: 2>/dev/null >"$DATA" || fail "cannot write $DATA"
main
