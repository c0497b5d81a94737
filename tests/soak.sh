#!/bin/bash
# Onetun under mixed load and one fault after the other, for as many minutes as given; every byte is compared.
#
#   soak.sh [MINUTES [SEED]]        10 minutes, and a seed that is printed
#
# Ends with one line of figures. Exit code 1 if a byte was wrong, a connection broke without a fault that must break it, onetun
# threw or ended, or holds anything afterwards that it did not before. What each fault and each broken connection was stands in
# journal.log, what onetun said in onetun.log, of the directory that it prints (ONETUN_SOAK_LOGS, else a new one).
#
# As root on Linux with the .NET 10 SDK; on Debian and Ubuntu whatever else is missing is installed. All of it happens in two
# network namespaces of its own, which go when it ends; no clock but that of onetun is changed.
set -euo pipefail
cd "$(dirname "$0")/.."

MINUTES=${1:-10} SEED=${2:-$RANDOM}
NEAR=onetun-soak-$$-near FAR=onetun-soak-$$-far
KEYS=(onetun soak-first soak-second) # named as the interfaces, whose sockets in /run all namespaces share

near() { ip netns exec "$NEAR" "$@"; }
far() { ip netns exec "$FAR" "$@"; }

need() {
    local missing=() tool
    for tool in ip:iproute2 ss:iproute2 sysctl:procps wg:wireguard-tools wireguard-go:wireguard-go cc:build-essential; do
        command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "soak.sh: installing ${missing[*]}" >&2
    apt-get -o DPkg::Lock::Timeout=300 update >/dev/null &&
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" >/dev/null ||
        { echo "soak.sh: these are missing: ${missing[*]}" >&2 && exit 1; }
}

# all that runs in the namespaces was started here
finish() {
    local status=$? name
    trap - EXIT INT TERM
    for name in "$NEAR" "$FAR"; do
        ip netns pids "$name" 2>/dev/null | xargs --no-run-if-empty kill -KILL 2>/dev/null || true
        ip netns delete "$name" 2>/dev/null || true
    done
    rm -rf "$LOGS"/{onetun,soak,onetun.conf,onetun.conf.new,clock,clock.so,soak.sock,*.key,*.pub}
    exit $status
}

arrange() {
    local name
    for name in "${KEYS[@]}"; do
        (umask 077 && wg genkey >"$LOGS/$name.key")
        wg pubkey <"$LOGS/$name.key" >"$LOGS/$name.pub"
    done
    ip netns add "$NEAR"
    ip netns add "$FAR"
    ip link add out netns "$NEAR" type veth peer name in netns "$FAR"
    for name in near far; do
        $name ip link set lo up
    done
    # whoever has closed is as patient with what nobody acknowledges as who has not: by itself Linux forgets it after 102 s
    far sysctl -q net.ipv4.tcp_orphan_retries=15
    near ip address add 192.0.2.1/24 dev out
    near ip link set out up
    far ip address add 192.0.2.254/24 dev in
    far ip link set in up

    # the services' addresses, and where packets to onetun go when no wireguard-go is there
    far ip link add sink mtu 1420 type veth peer name drain
    far ip link set sink arp off up
    far ip link set drain up
    for name in 10.99.0.1/32 10.98.0.1/32; do far ip address add "$name" dev sink; done
    far ip address add fd99::1/128 dev sink nodad
    far ip route add 10.99.0.3 dev sink metric 9999 src 10.99.0.1
    far ip route add fd99::3 dev sink metric 9999 src fd99::1
    far ip rule add from 10.98.0.1 lookup 98
    far ip route add 10.99.0.3 dev sink metric 9999 table 98
}

# the load, in the near namespace, until it has told its figures
load() {
    local clock=("$LOGS/clock.so") status=0
    cc -shared -fPIC -O2 -o "${clock[0]}" tests/soak/clock.c ||
        { echo "soak.sh: clock.c is not compiled, so the clock does not jump" >&2 && clock=(); }
    # what has begun has 16 minutes to end, and an hour holds all else that is waited for
    near timeout --kill-after=10 $((MINUTES + 60))m "$LOGS/soak/Onetun.Soak" \
        "$MINUTES" "$SEED" "$LOGS" "$FAR" "$LOGS/onetun/onetun" "${clock[@]}" >"$LOGS/result" 2>"$LOGS/console.log" &
    # a signal is heard in a wait, but not while a command in front runs
    wait $! || status=$?
    cat "$LOGS/result"
    [ -s "$LOGS/result" ] || tail -n 20 "$LOGS/console.log" >&2
    return $status
}

# a function is read to its end before it runs, so that nothing happens to a run when this file changes
main() {
    local project
    exec 9>/run/lock/onetun-soak.lock
    flock --nonblock 9 || { echo "soak.sh: another one runs, or a process of its" >&2 && exit 1; }
    need
    # without the lock: servers of the build stay
    for project in src/Forwarder tests/soak; do dotnet build "$project" --configuration Release --verbosity quiet >&2 9>&-; done
    LOGS=${ONETUN_SOAK_LOGS:-$(mktemp -d -t onetun-soak-XXXXXX)}
    mkdir -p "$LOGS"
    trap finish EXIT
    trap 'exit 130' INT TERM
    # nor when somebody builds
    cp -r src/Forwarder/bin/Release/net10.0 "$LOGS/onetun"
    cp -r tests/soak/bin/Release/net10.0 "$LOGS/soak"
    arrange
    echo "soak.sh: seed $SEED, logs in $LOGS" >&2
    load
    exit
}

[[ $MINUTES =~ ^[0-9]+$ && $SEED =~ ^[0-9]+$ ]] || { sed -n '2,/^set -e/p' "$0" | sed '$d; s/^# \{0,1\}//'; exit 2; }
[ "$(id -u)" = 0 ] || { echo "soak.sh: network namespaces need root" >&2; exit 1; }
command -v dotnet >/dev/null || { echo "The .NET 10 SDK is not installed: https://dotnet.microsoft.com/download" >&2; exit 1; }
main
