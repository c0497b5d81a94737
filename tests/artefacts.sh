#!/bin/bash
# Builds what onetun is had in by eng/publish.sh, of what is committed, into a directory, and sees to what the interop tests do
# not: that packages and bills are sound, and that a Windows program runs, where wine is there.
#
#   tests/artefacts.sh DIR [PART...]    the parts of eng/publish.sh; this machine's, tool and sbom unless given, and where Wine
#                                       is to be had, win-x64
#
# Needs the .NET 10 SDK, a C compiler, zlib, zip and unzip, which are installed where that takes no more than apt-get, as is Wine.
set -euo pipefail

PROJECT=$(realpath "$(dirname "$0")/..")
OUTPUT=$(realpath -m "${1:?the directory for what is built}")
shift
PARTS=("$@")

fail() { echo "artefacts.sh: $*" >&2 && exit 1; }
skip() { echo "artefacts.sh: skipped: $*"; }
has() { command -v "$1" >/dev/null; }

# a linker takes the compiler to be there
MISSING=()
has clang || has gcc || MISSING+=(gcc libc6-dev zlib1g-dev)
has zip && has unzip || MISSING+=(zip unzip)
has wine || [ "$(uname -m)" != x86_64 ] || MISSING+=(wine wine64)
if [ ${#MISSING[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && has apt-get; then
    apt-get -o DPkg::Lock::Timeout=300 update && DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${MISSING[@]}"
fi >/dev/null

if [ ${#PARTS[@]} -eq 0 ]; then
    PARTS=("linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" tool sbom)
    ! has wine || PARTS+=(win-x64)
fi

"$PROJECT/eng/publish.sh" --output "$OUTPUT" "${PARTS[@]}"
(cd "$OUTPUT" && sha256sum --check --quiet SHA256SUMS) || fail "the sums are wrong"

for archive in "$OUTPUT"/onetun-*-linux-*.tar.gz; do
    [ -e "$archive" ] || continue
    [ "$(stat -c %s "$archive")" -le 8000000 ] || fail "$archive has more than 8 MB"
    folder=$(mktemp -d -t onetun-archive-XXXXXX)
    tar xzf "$archive" -C "$folder" --strip-components 1
    while IFS=: read -r document link; do
        [ -e "$(dirname "$document")/${link%%#*}" ] || fail "$archive: ${document#"$folder/"} refers to $link, which is not there"
    done < <(find "$folder" -name '*.md' -exec grep -oHP '\]\(\K(?!https?:|#)[^)]+' {} +)
    rm -rf "$folder"
done
for tool in "$OUTPUT"/onetun.any.*.nupkg; do
    [ -e "$tool" ] || continue
    unzip -p "$tool" '*.runtimeconfig.json' | grep -q '"System.Threading.ThreadPool.UnfairSemaphoreSpinLimit": 0' ||
        fail "$tool: its workers spin"
done
for bill in "$OUTPUT"/*.cdx.json; do
    [ -e "$bill" ] || continue
    for package in libsodium NSec.Cryptography BouncyCastle.Cryptography PacketDotNet; do
        grep -q "\"name\": \"$package\"" "$bill" || fail "$bill does not name $package"
    done
done
for deb in "$OUTPUT"/*.deb; do
    [ -e "$deb" ] || continue
    if has lintian; then
        lintian --allow-root --fail-on error,warning "$deb" || fail "$deb"
    else
        skip "there is no lintian to look at ${deb##*/}"
    fi
done
for archive in "$OUTPUT"/onetun-*-win-x64.zip; do
    [ -e "$archive" ] || continue
    has wine || { skip "there is no wine to run ${archive##*/}" && continue; }
    folder=$(mktemp -d -t onetun-wine-XXXXXX)
    unzip -q "$archive" -d "$folder"
    WINEPREFIX=$folder/wine WINEDEBUG=-all timeout 120 wine "$folder"/onetun-*/onetun.exe demo --once 2>/dev/null |
        grep -q '<h1>It works' || fail "win-x64: the demo does not work under wine"
    rm -rf "$folder"
    echo "win-x64: runs under wine"
done
echo "artefacts: right"
