#!/bin/bash
# Gives the interop tests a Docker engine and the peer's image.
#
#   engine.sh up      uses the engine that runs; else, as root on Debian or Ubuntu, installs what is needed and starts
#                     one; then makes the image onetun-interop-peer. Exit 3: no engine can be had (the reason is printed)
#                     "up" prints the word "started" if it started the engine
#   engine.sh image   makes the images onetun, from the Dockerfile of the checkout, and onetun-interop-haproxy, which stands
#                     before several of it, with the engine that runs
#   engine.sh down    ends the engine that "up" started, and no other
#
# ONETUN_ENGINE_DIR (/var/tmp/onetun-engine-UID): data, log and pid of the engine started here.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
ENGINE=${ONETUN_ENGINE_DIR:-/var/tmp/onetun-engine-$(id -u)}
BASE=debian:bookworm-slim
IMAGE=onetun-interop-peer
export DOCKER_BUILDKIT=0

say() { printf "   %(%H:%M:%S)T %s\n" -1 "$*" >&2; }
is_debian() { grep -qx 'ID=debian' /etc/os-release; }
engine_runs() { timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    say "installing ${missing[*]}"
    echo 'wireshark-common wireshark-common/install-setuid boolean false' | debconf-set-selections
    { apt-get -o DPkg::Lock::Timeout=300 update \
        && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"; } \
        >"$ENGINE/apt.log" 2>&1 || { tail -n 20 "$ENGINE/apt.log" >&2; return 1; }
}

start_engine() {
    say "starting dockerd (log: $ENGINE/dockerd.log)"
    # the engine's own choice of a storage driver is overlay2 where the file system lets it, and else vfs, which copies whole images
    dockerd --data-root "$ENGINE/docker" --exec-root "$ENGINE/exec" --pidfile "$ENGINE/dockerd.pid" \
        --userland-proxy=false >"$ENGINE/dockerd.log" 2>&1 </dev/null 9>&- &
    local pid=$!
    for _ in $(seq 240); do
        engine_runs && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.25
    done
    say "dockerd did not come up:"
    tail -n 20 "$ENGINE/dockerd.log" >&2
    return 1
}

# the base image without a registry: debootstrap from the machine's own mirror, with the machine's way to reach it
make_base() {
    local root=$ENGINE/base sources
    say "no registry: making $BASE with debootstrap, which takes one to three minutes and is kept in $ENGINE (log: $ENGINE/debootstrap.log)"
    rm -rf "$root"
    mkdir --mode 755 "$root"
    sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Origin: Debian' 'Identifier: Packages' \
        | grep -E ' bookworm[^ ]* main$' || true)
    debootstrap --variant=minbase bookworm "$root" $(awk '$3 == "bookworm" { print $2; exit }' <<<"$sources") \
        >"$ENGINE/debootstrap.log" 2>&1 || { tail -n 20 "$ENGINE/debootstrap.log" >&2; return 1; }
    [ -z "$sources" ] || echo "$sources" >"$root/etc/apt/sources.list"
    apt-config dump | grep -E '^Acquire::(https?|Check-|Allow|Retries)' >"$root/etc/apt/apt.conf.d/99machine" || true
    mkdir -p "$root/etc/ssl/certs"
    [ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    tar --create --directory "$root" --one-file-system . | docker import - "$BASE" >/dev/null
    rm -rf "$root"
}

up() {
    mkdir -p "$ENGINE"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        # the server of PostgreSQL is for who starts one: none of the machine's comes with it
        [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' |
            install -D --mode 644 /dev/stdin /etc/postgresql-common/createcluster.conf
        install_packages bind9-dnsutils curl iperf3 libpcap0.8 openssh-client postgresql tcpdump tshark
        ! is_debian || install_packages chromium # that of Ubuntu is a snap, which needs systemd
    fi
    if ! engine_runs; then
        [ "$(id -u)" = 0 ] || { say "no Docker engine runs, and only root can start one"; return 3; }
        command -v apt-get >/dev/null || { say "no Docker engine runs, and this is no Debian or Ubuntu"; return 3; }
        install_packages docker.io iproute2 iptables procps
        engine_runs || { start_engine && echo started; }
    fi
    docker image inspect "$BASE" >/dev/null 2>&1 || say "asking the registry for $BASE, for a minute at most"
    if ! docker image inspect "$BASE" >/dev/null 2>&1 && ! timeout 60 docker pull "$BASE" >/dev/null 2>&1; then
        [ "$(id -u)" = 0 ] || { say "$BASE cannot be pulled, and only root can make it"; return 3; }
        install_packages debootstrap
        make_base
    fi
    say "building $IMAGE, the first time in about a minute (log: $ENGINE/build.log)"
    docker build --network host --tag "$IMAGE" "$HERE/peer" >"$ENGINE/build.log" 2>&1 \
        || { tail -n 30 "$ENGINE/build.log" >&2; return 1; }
}

# where no registry has the SDK's image, it is made of the SDK of this machine, once for each version
make_sdk() {
    local root
    root=$(dirname "$(realpath "$(command -v dotnet)")")
    SDK=onetun-interop-sdk:$(dotnet --version)-$(sha256sum /etc/ssl/certs/ca-certificates.crt | cut -c 1-12)
    docker image inspect "$SDK" >/dev/null 2>&1 && return
    say "no registry: making an image of the SDK in $root"
    rm -rf "$ENGINE/sdk" && mkdir "$ENGINE/sdk"
    cp /etc/ssl/certs/ca-certificates.crt "$ENGINE/sdk/"
    cat >"$ENGINE/sdk/Dockerfile" <<END
FROM $BASE
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates
COPY ca-certificates.crt /etc/ssl/certs/
COPY $(basename "$root") /usr/share/dotnet
RUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
END
    tar --create --directory "$ENGINE/sdk" . --directory "$(dirname "$root")" "$(basename "$root")" |
        docker build --network host --tag "$SDK" - >"$ENGINE/sdk.log" 2>&1 || { tail -n 20 "$ENGINE/sdk.log" >&2; return 1; }
    rm -rf "$ENGINE/sdk"
}

image() {
    local SDK
    say "building onetun-interop-haproxy (log: $ENGINE/haproxy.log)"
    docker build --network host --tag onetun-interop-haproxy "$HERE/haproxy" >"$ENGINE/haproxy.log" 2>&1 \
        || { tail -n 30 "$ENGINE/haproxy.log" >&2; return 1; }
    SDK=$(sed -n 's/^ARG SDK=//p' "$HERE/../../Dockerfile")
    docker image inspect "$SDK" >/dev/null 2>&1 || timeout 300 docker pull "$SDK" >/dev/null 2>&1 || make_sdk
    say "building onetun, in about three minutes (log: $ENGINE/image.log)"
    docker build --network host --build-arg "SDK=$SDK" --build-arg "REVISION=$(git -C "$HERE" rev-parse HEAD)" --tag onetun "$HERE/../.." >"$ENGINE/image.log" 2>&1 \
        || { tail -n 30 "$ENGINE/image.log" >&2; return 1; }
    # with the storage driver vfs each step of the build is a copy of the SDK
    docker image prune --force --filter label=stage=onetun-build >/dev/null
}

down() {
    local pid
    [ -s "$ENGINE/dockerd.pid" ] || return 0
    pid=$(cat "$ENGINE/dockerd.pid")
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] || return 0
    say "ending dockerd"
    kill "$pid"
    for _ in $(seq 120); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.25
    done
    umount "$ENGINE/exec/netns/default" 2>/dev/null || true
    ! kill -0 "$pid" 2>/dev/null && return 0
    say "dockerd (pid $pid) does not end"
    return 1
}

case "${1:-}" in
up) up ;;
image) image ;;
down) down ;;
*) sed -n '2,/^set -e/p' "$0" | sed '$d; s/^# \{0,1\}//'; exit 2 ;;
esac
