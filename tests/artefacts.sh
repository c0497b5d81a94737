#!/bin/bash
# Publishes onetun as one file, and compiled ahead of time, and sees to it that both run, with the settings of the runtime that
# src/Forwarder/Forwarder.csproj asks for. In a copy: a publish for one system adds to the files that lock the packages.
#
# Needs the .NET 10 SDK, and for the second a C compiler and zlib, which are installed where that takes no more than apt-get.
set -euo pipefail

PROJECT=$(realpath "$(dirname "$0")/..")
COPY=$(mktemp -d -t onetun-artefacts-XXXXXX)
trap 'rm -rf "$COPY"' EXIT
SETTINGS=(System.Threading.ThreadPool.UnfairSemaphoreSpinLimit=0 System.GC.Concurrent=false)

fail() { echo "artefacts.sh: $*" >&2 && exit 1; }

# publish NAME OPTION...
publish() {
    dotnet publish "$COPY/src/Forwarder" --configuration Release --use-current-runtime --output "$COPY/$1" --verbosity quiet \
        -p:RunAnalyzers=false "${@:2}"
    "$COPY/$1/onetun" demo --once 2>/dev/null | grep -q '<h1>It works' || fail "$1: the demo does not work"
}

# a linker takes the compiler to be there
can_compile() {
    if ! command -v clang gcc >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get -o DPkg::Lock::Timeout=300 update && DEBIAN_FRONTEND=noninteractive \
            apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends gcc libc6-dev zlib1g-dev
    fi >/dev/null
    command -v clang gcc >/dev/null
}

mkdir "$COPY/src"
(cd "$PROJECT" && git ls-files -z src '*.props' '*.txt' '*.md' LICENSE .editorconfig global.json nuget.config |
    xargs -0 cp --parents -t "$COPY")

publish one-file --no-self-contained -p:PublishSingleFile=true
for setting in "${SETTINGS[@]}"; do
    grep -aq "\"${setting%=*}\": ${setting#*=}" "$COPY/one-file/onetun" || fail "one file: it is not told $setting"
done
echo "one file: runs, with ${SETTINGS[*]}"

can_compile || { echo "ahead of time: skipped, there is neither clang nor gcc" && exit; }
publish ahead-of-time -p:PublishAot=true
for setting in "${SETTINGS[@]}"; do
    # the file holds names and values in two places, so that the value is read from what it was compiled with
    grep -aq "${setting%=*}" "$COPY/ahead-of-time/onetun" &&
        find "$COPY/src/Forwarder/obj" -name '*.ilc.rsp' -exec grep -qx -- "--runtimeknob:$setting" {} + ||
        fail "ahead of time: it is not told $setting"
done
echo "ahead of time: runs, with ${SETTINGS[*]}"
