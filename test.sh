#!/bin/bash
# Builds everything, then runs the unit tests, those of the library, and ten seconds of the fuzzer, builds what onetun is had in, and
# runs the interop tests against wireguard-go in Docker, with what was built among them.
#
#   ./test.sh           all
#   ./test.sh --unit    only these tests and the fuzzer
#
# Needs the .NET 10 SDK. As root on Debian or Ubuntu, whatever else is missing is installed, Docker included; elsewhere the
# interop tests use the Docker engine that runs, or each is skipped and says why. On Debian on x86-64 with an engine, where all can
# be had, a skipped test is a failed one.
set -euo pipefail
cd "$(dirname "$0")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
RESULTS=$(mktemp -d)
touch "$RESULTS/Unit" "$RESULTS/Library" "$RESULTS/Fuzz" "$RESULTS/Started" "$RESULTS/Interop" "$RESULTS/Artefacts"
FAILED=0
PREPARING=

say() { echo "== $(date +%T) $*"; }

finish() {
    local status=$?
    [ -z "$PREPARING" ] || kill "$PREPARING" 2>/dev/null || true
    if [ -s "$RESULTS/Started" ]; then
        tests/interop/engine.sh down || true
    fi
    rm -rf "$RESULTS"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

# run_tests NAME LIMIT OPTION...: a hanging test must not hang the run
run_tests() {
    local name=$1 limit=$2
    shift 2
    say "$name tests"
    timeout --kill-after=30 "$limit" "tests/${name,,}/bin/Release/net10.0/Onetun.Tests.$name" "$@" \
        | tee "$RESULTS/$name" || { FAILED=1; echo "The $name tests failed, or did not end within $limit"; }
}

# one line of counts from the runner's summary
count() {
    awk -v name="$1" '
        /Total: [0-9]/ {
            for (i = 1; i < NF; i++) if ($i ~ /^(Total|Errors|Failed|Skipped|Not|Run):$/) n[$i] = $(i + 1) + 0
            bad = n["Errors:"] + n["Failed:"]
            printf "%-8s ran %4d, passed %4d, failed %d, skipped %d\n", name,
                n["Total:"] - n["Skipped:"], n["Total:"] - n["Skipped:"] - bad, bad, n["Skipped:"]
            found = 1
        }
        END { if (!found) printf "%-8s did not finish\n", name }' "$RESULTS/$1"
}

# what failed, once more at the end, each with the first lines of why
failures() {
    awk '/ \[FAIL\]$/ { n = 30 } !/^      / && !/ \[FAIL\]$/ { n = 0 } n-- > 0' "$RESULTS/Unit" "$RESULTS/Library" "$RESULTS/Interop"
}

artefacts() {
    say "artefacts"
    export ONETUN_ARTEFACTS=$RESULTS/artefacts
    timeout --kill-after=30 15m tests/artefacts.sh "$ONETUN_ARTEFACTS" | tee "$RESULTS/Artefacts" || { FAILED=1; echo "The artefacts are not right"; }
}

remove_containers() {
    docker ps --all --quiet --filter label=onetun-interop=peer | xargs --no-run-if-empty docker rm --force >/dev/null
    docker network prune --force --filter label=onetun-interop=peer >/dev/null
}

# has it started, and the images made, beside all that comes before the interop tests
engine() {
    # one run at a time: a second would lose the engine to the end of the first
    exec 9>"${TMPDIR:-/tmp}/onetun-interop.lock"
    { flock 9 && tests/interop/engine.sh up >"$RESULTS/Started" && tests/interop/engine.sh image; } &
    PREPARING=$!
}

interop() {
    local options=() status=0
    say "Docker engine"
    wait $PREPARING || status=$?
    case $status in
    0) ! { grep -qsx 'ID=debian' /etc/os-release && [ "$(uname -m)" = x86_64 ]; } || options=(-failSkips)
        remove_containers ;;
    3) echo "   the interop tests that need Docker are skipped" ;;
    *) FAILED=1 && return ;;
    esac
    run_tests Interop 25m -noColor "${options[@]}"
    [ $status -ne 0 ] || remove_containers
}

[ $# -eq 0 ] || [ "$*" = --unit ] || { sed -n '2,/^set -e/p' "$0" | sed '$d; s/^# \{0,1\}//'; exit 2; }
command -v dotnet >/dev/null || { echo "The .NET 10 SDK is not installed: https://dotnet.microsoft.com/download"; exit 1; }

[ "${1:-}" = --unit ] || engine
say "building"
dotnet build Onetun.sln --configuration Release --verbosity quiet -p:RestoreLockedMode=true
HELM=$(tests/helm.sh) && PATH=$PATH:$HELM || echo "   the tests that render the chart are skipped"
run_tests Unit 10m -noColor
run_tests Library 10m -noColor
run_tests Fuzz 5m --seconds 10 --threads 2
[ "${1:-}" = --unit ] || { artefacts; interop; }

say "results"
failures
count Unit
count Library
grep '^Fuzz ' "$RESULTS/Fuzz" || echo "Fuzz     did not finish"
[ "${1:-}" = --unit ] || { count Interop; grep '^artefacts: ' "$RESULTS/Artefacts" || echo "Artefacts did not finish"; }
exit $FAILED
