#!/bin/bash
# What one flow achieves over distant and bad paths: onetun beside the Linux kernel's TCP over a second wireguard-go, with
# the kernel's TCP behind a wireguard-go at the far end of both. Prints a Markdown table, Mbit/s.
#
#   paths.sh [RTT-ms:Mbit/s:loss-%:late-%[:queue-BDP]]...      these paths; all of the table when none is given
#   paths.sh --beside PATH...                                  both at the same time, over one bottleneck
#
# As root on Linux, with wireguard-go, wg, ip, iperf3 and the .NET 10 SDK. All of it happens in two network namespaces, which
# go when it ends. SECONDS_EACH (10), RUNS (1, else the median), ONETUN_OPTIONS ("--cc bbr").
set -euo pipefail
cd "$(dirname "$0")/../.."

NEAR=onetun-near FAR=onetun-far
STATE= PIDS=() LINK=
near() { ip netns exec $NEAR "$@"; }
far() { ip netns exec $FAR "$@"; }

finish() {
    local pid
    for pid in "${PIDS[@]}" $LINK; do
        kill "$pid" && wait "$pid" || true
    done 2>/dev/null
    ip netns delete $NEAR || true
    ip netns delete $FAR || true
    [ -z "$STATE" ] || rm -r "$STATE"
}

# until_so COMMAND: waits for it to succeed, 10 s at most
until_so() {
    local i
    for i in {1..100}; do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "paths.sh: in vain: $*" >&2
    exit 1
}

# interface NETNS NAME ADDRESS KEY: a wireguard-go
interface() {
    WG_PROCESS_FOREGROUND=1 LOG_LEVEL=error ip netns exec "$1" wireguard-go -f "$2" >"$STATE/$2.log" 2>&1 &
    PIDS+=($!)
    until_so ip netns exec "$1" wg show "$2"
    ip netns exec "$1" wg set "$2" private-key "$STATE/$4"
    ip netns exec "$1" ip address add "$3" dev "$2"
    ip netns exec "$1" ip link set "$2" mtu 1420 up
}

arrange() {
    local who
    for who in far kernel onetun; do
        (umask 077 && wg genkey >"$STATE/$who")
        wg pubkey <"$STATE/$who" >"$STATE/$who.pub"
    done
    ip netns add $FAR
    ip link add veth0 netns $NEAR type veth peer name veth0 netns $FAR
    near ip address add 192.0.2.1/24 dev veth0
    far ip address add 192.0.2.2/24 dev veth0
    for who in near far; do
        $who ip link set lo up
        $who ip link set veth0 up
        # no connection begins with what one over another path has learnt
        $who sysctl -q net.ipv4.tcp_no_metrics_save=1
    done

    interface $FAR onetun-far 10.99.0.1/24 far
    far wg set onetun-far listen-port 51820 \
        peer "$(<"$STATE/kernel.pub")" allowed-ips 10.99.0.2/32 peer "$(<"$STATE/onetun.pub")" allowed-ips 10.99.0.3/32
    interface $NEAR onetun-near 10.99.0.2/24 kernel
    near wg set onetun-near peer "$(<"$STATE/far.pub")" allowed-ips 10.99.0.1/32 endpoint 127.0.0.1:51820
    ip netns exec $NEAR src/Forwarder/bin/Release/net10.0/onetun 127.0.0.1:5201:10.99.0.1:5201 127.0.0.1:5202:10.99.0.1:5202 \
        --endpoint-addr 127.0.0.1:51820 --endpoint-public-key "$(<"$STATE/far.pub")" \
        --private-key-file "$STATE/onetun" --source-peer-ip 10.99.0.3 ${ONETUN_OPTIONS:-} >"$STATE/onetun.log" 2>&1 &
    PIDS+=($!)
    for who in 5201 5202; do
        ip netns exec $FAR iperf3 --server --port $who >/dev/null 2>&1 &
        PIDS+=($!)
    done
}

# link RTT RATE LOSS LATE [QUEUE]: the path, in place of the last one
link() {
    [ -z "$LINK" ] || { kill "$LINK" && wait "$LINK" || true; } 2>/dev/null
    ip netns exec $NEAR tests/benchmarks/bin/Release/net10.0/Onetun.Benchmarks relay \
        127.0.0.1:51820 192.0.2.2:51820 "$@" &
    LINK=$!
    until_so near iperf3 --client 10.99.0.1 --bytes 1K
    until_so near iperf3 --client 127.0.0.1 --bytes 1K
}

# flow PORT HOST OPTION...: the goodput of one
flow() {
    near iperf3 --client "$2" --port "$1" --congestion cubic --time "${SECONDS_EACH:-10}" --format m "${@:3}" |
        awk '/receiver/ { for (i = 1; i < NF; i++) if ($(i + 1) == "Mbits/sec") rate = $i } END { print rate == "" ? "none" : rate }'
}

# median PORT HOST OPTION...
median() {
    local run
    for ((run = 0; run < ${RUNS:-1}; run++)); do flow "$@"; done | sort -n | awk '{ rate[NR] = $1 } END { print rate[int((NR + 1) / 2)] }'
}

row() {
    local cells
    printf -v cells ' %s |' "$@"
    echo "|$cells"
}

alone() {
    row "RTT, ms" link "lost, %" "late, %" "kernel down" "onetun down" "kernel up" "onetun up"
    row ---: ---: ---: ---: ---: ---: ---: ---:
    local path fields
    for path; do
        IFS=: read -ra fields <<<"$path"
        link "${fields[@]}"
        row "${fields[@]:0:4}" "$(median 5201 10.99.0.1 --reverse)" "$(median 5201 127.0.0.1 --reverse)" \
            "$(median 5201 10.99.0.1)" "$(median 5201 127.0.0.1)"
    done
}

beside() {
    row "RTT, ms" link "queue, BDP" "kernel up" "onetun up"
    row ---: ---: ---: ---: ---:
    local path fields other
    for path; do
        IFS=: read -ra fields <<<"$path"
        link "${fields[@]}"
        flow 5202 10.99.0.1 >"$STATE/kernel.rate" &
        other=$!
        local onetun
        onetun=$(flow 5201 127.0.0.1)
        wait $other
        row "${fields[@]:0:2}" "${fields[4]:-1}" "$(<"$STATE/kernel.rate")" "$onetun"
    done
}

HOW=alone
[ "${1:-}" != --beside ] || { HOW=beside && shift; }
PATHS=("$@")
[ $# -gt 0 ] || PATHS=({1,20,100,300}:{10,100,1000}:{0,0.01,0.1,1}:{0,1})
dotnet build src/Forwarder --configuration Release --verbosity quiet >&2
dotnet build tests/benchmarks --configuration Release --verbosity quiet >&2
ip netns add $NEAR # fails when another one runs, whose namespaces are not ours to delete
trap finish EXIT
STATE=$(mktemp -d)
trap 'exit 130' INT TERM
arrange
$HOW "${PATHS[@]}"
