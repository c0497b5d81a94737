#!/bin/bash
# Sees to it that the service managers take what is in deploy.
#
#   services.sh systemd    systemd finds nothing wrong with the units, and their exposure no more than 1.5 (of 10)
#   services.sh launchd    the property list can be read, and starts onetun
#
# Exit 77: what it takes is not there (the reason is printed).
set -euo pipefail

DEPLOY=$(realpath "$(dirname "$0")/../deploy")
EXPOSURE=15 # tenths
COPY=$(mktemp -d -t onetun-services-XXXXXX)
trap 'rm -rf "$COPY"' EXIT

fail() { echo "services.sh: $*" >&2 && exit 1; }
need() { command -v "$1" >/dev/null || { echo "there is no $1" && exit 77; }; }

check_systemd() {
    need systemd-analyze
    local unit found
    for unit in "$DEPLOY"/systemd/*.service; do
        unit=$(basename "$unit")
        # onetun need not be installed here
        sed 's|/usr/local/bin/onetun|/bin/true|' "$DEPLOY/systemd/$unit" >"$COPY/$unit"
        found=$(cd "$COPY" && systemd-analyze verify --man=no "./$unit" 2>&1) || fail "$unit: $found"
        [ -z "$found" ] || fail "$unit: $found"
        found=$(cd "$COPY" && systemd-analyze security --offline=true --threshold=$EXPOSURE --no-pager "./$unit") ||
            fail "$unit: $(grep -v '✓' <<<"$found")"
        tail -n 1 <<<"$found"
    done
}

check_launchd() {
    need python3
    local list=$DEPLOY/launchd/onetun.plist
    ! command -v plistutil >/dev/null || plistutil -i "$list" -o "$COPY/onetun.bin" || fail "$list cannot be read by plistutil"
    python3 - "$list" <<'PYTHON' || fail "$list does not start onetun"
import plistlib, sys
with open(sys.argv[1], "rb") as file:
    job = plistlib.load(file)
assert job["Label"] == "onetun" and job["RunAtLoad"] and job["ProgramArguments"][0].endswith("/onetun"), job
PYTHON
}

case "$*" in
systemd) check_systemd ;;
launchd) check_launchd ;;
*) sed -n '2,/^set -e/p' "$0" | sed '$d; s/^# \{0,1\}//' && exit 2 ;;
esac
