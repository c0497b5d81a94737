#!/bin/bash
# Builds what onetun is had in, from what is committed, into a directory: archives, Debian packages, NuGet packages, a bill of
# materials, and SHA256SUMS over all of them, those of earlier runs too.
#
#   eng/publish.sh [--output DIR] [PART...]
#
# --output  where it goes; artifacts/ in the checkout unless given. What is there already stays, unless it is built anew
# PART      linux-x64 linux-arm64     compiled ahead of time (NativeAOT): an archive, and a .deb where dpkg-deb is there
#           win-x64 win-arm64 osx-x64 osx-arm64    one file with the runtime in it
#           tool                      dotnet tool install onetun: a package for each linux-… that is asked for too, or else for
#                                     this machine, and one for all other systems
#           libraries                 the packages of the libraries, with their symbols
#           sbom                      CycloneDX
#           manifests                 for Homebrew, Scoop and winget, of the archives built before; needs the address that they
#                                     will be had from: ONETUN_DOWNLOADS=https://…/v0.1.0
#           All of them unless given. What this machine lacks a compiler or a runtime for is left out, and named.
#
# Needs the .NET 10 SDK, git, zip for Windows, and for NativeAOT clang or gcc, for linux-arm64 on another processor clang and
# Debian's gcc-aarch64-linux-gnu and libc6-dev-arm64-cross. Two runs for one commit, in whatever folders, give equal archives.
set -euo pipefail
PROJECT=$(realpath "$(dirname "$0")/..")
OUTPUT=$PROJECT/artifacts
DOWNLOADS=${ONETUN_DOWNLOADS:-}
HERE=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
ALL=(linux-x64 linux-arm64 win-x64 win-arm64 osx-x64 osx-arm64 tool libraries sbom manifests)

say() { printf '== %(%T)T %s\n' -1 "$*"; }
fail() { echo "publish.sh: $*" >&2 && exit 1; }
leave_out() { say "left out: $*"; }
has() { command -v "$1" >/dev/null; }

PARTS=()
while [ $# -gt 0 ]; do
    case $1 in
    --output) OUTPUT=$(realpath -m "${2:?a directory}") && shift ;;
    -h | --help) sed -n '2,/^set -e/p' "$0" | sed '$d; s/^# \{0,1\}//' && exit ;;
    *) [[ " ${ALL[*]} " = *" $1 "* ]] || { echo "publish.sh: there is no part $1, only ${ALL[*]} (--help)" >&2 && exit 2; }
        PARTS+=("$1") ;;
    esac
    shift
done
[ ${#PARTS[@]} -gt 0 ] || PARTS=("${ALL[@]}")

COPY=$(mktemp -d -t onetun-publish-XXXXXX)
trap 'rm -rf "$COPY"' EXIT
[ -z "$(git -C "$PROJECT" status --porcelain)" ] || say "what is not committed is not in it"
git clone --quiet --no-hardlinks "$PROJECT" "$COPY/onetun"
! origin=$(git -C "$PROJECT" remote get-url origin 2>/dev/null) || git -C "$COPY/onetun" remote set-url origin "$origin"
mkdir -p "$OUTPUT" && touch "$COPY/begun"
cd "$COPY/onetun"
VERSION=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
export SOURCE_DATE_EPOCH DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 TZ=UTC
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)

# what the documents refer to each other for, so that all of it has to be there
DOCUMENTS=(README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md SECURITY.md THIRD-PARTY-NOTICES.md docs deploy samples)

# build COMMAND PROJECT OPTION...: the libraries, which are the same for all systems, are compiled once
build() {
    local options=(--configuration Release --verbosity quiet -p:ContinuousIntegrationBuild=true -p:RunAnalyzers=false)
    [ -d src/Tunnel/bin ] || dotnet build src/Tunnel "${options[@]}" || return
    dotnet "$1" "$2" "${options[@]}" -p:BuildProjectReferences=false "${@:3}"
}

# A build for one system adds the compilers of the SDK to the files that lock the packages, and changes nothing in them.
same_packages() {
    ! git diff -- '*packages.lock.json' | grep -q '^- .*"' || fail "other packages than the locked ones were taken"
    git checkout --quiet -- '*packages.lock.json'
}

# what NativeAOT needs for a system; its output is options of the build
compiler() {
    local host
    host=$(uname -m)
    case $1 in
    linux-x64) [ "$host" = x86_64 ] && { has clang || has gcc; } ;;
    linux-arm64) [ "$host" = aarch64 ] && { has clang || has gcc; } && return
        [ "$host" = x86_64 ] && has clang && has aarch64-linux-gnu-gcc && [ -e /usr/aarch64-linux-gnu/lib/libc.so ] &&
            echo -p:CppCompilerAndLinker=clang -p:ObjCopyName=aarch64-linux-gnu-objcopy ;;
    esac
}

# archive NAME: the folder of that name, equal from equal contents
archive() {
    find "$COPY/$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
    case $1 in
    *win*) (cd "$COPY" && find "$1" -type f | LC_ALL=C sort | zip -9 -X -q "$OUTPUT/$1.zip" -@) ;;
    *) tar --create --directory "$COPY" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" "$1" |
        gzip -9 -n >"$OUTPUT/$1.tar.gz" ;;
    esac
}

# publish SYSTEM OPTION...: its one file, and what goes with it, in a folder named like the archive
publish() {
    local folder=$COPY/onetun-$VERSION-$1 program=onetun
    [[ $1 != win-* ]] || program=onetun.exe
    say "$1"
    if ! build publish src/Forwarder --runtime "$1" --output "$COPY/publish-$1" "${@:2}" >"$COPY/log" 2>&1; then
        ! grep -q 'error NU1101' "$COPY/log" || { leave_out "$1: its runtime cannot be had here" && git checkout --quiet . && return 0; }
        cat "$COPY/log" >&2
        fail "$1 cannot be built"
    fi
    warnings "$1"
    settings "$1" "$COPY/publish-$1/$program"
    same_packages
    mkdir "$folder"
    pages
    cp "$COPY/publish-$1/$program" LICENSE "$folder"
    cp -r "${DOCUMENTS[@]}" "$folder"
    case $1 in
    win-*) cp "$COPY/pages/onetun.powershell" "$folder/onetun.ps1" ;;
    *) cp "$COPY"/pages/onetun.{1,bash,zsh,fish} "$folder" ;;
    esac
    archive "onetun-$VERSION-$1"
}

# of what was compiled ahead of time or trimmed: ours fail the build; those of packages are in docs/publishing.md
warnings() {
    local strange
    strange=$(grep -oE '(IL[0-9]{4}): Assembly .[A-Za-z.]+|warning (IL|NETSDK|CS)[0-9]+.*' "$COPY/log" | grep -vE "Assembly 'PacketDotNet' produced" || true)
    [ -z "$strange" ] || { echo "$strange" >&2 && fail "$1: warnings of ours"; }
}

# what src/Forwarder/Forwarder.csproj has the runtime told: a third of the CPU of an upload hangs on it
settings() {
    local setting rsp=src/Forwarder/obj/Release/net10.0/$1/native/onetun.ilc.rsp
    for setting in System.Threading.ThreadPool.UnfairSemaphoreSpinLimit=0 System.GC.Concurrent=false; do
        case $1 in
        # the file holds names and values in two places, so that the value is read from what it was compiled with
        linux-*) grep -aq "${setting%=*}" "$2" && grep -qx -- "--runtimeknob:$setting" "$rsp" ;;
        *) grep -aq "\"${setting%=*}\": ${setting#*=}" "$2" ;;
        esac || fail "$1: it is not told $setting"
    done
}

ahead_of_time() {
    local options
    options=$(compiler "$1") || { leave_out "$1: no compiler for it here" && return 0; }
    # shellcheck disable=SC2086
    publish "$1" -p:PublishAot=true $options
    if ! has dpkg-deb; then
        leave_out "$1: a .deb takes dpkg-deb"
    elif [ -d "$COPY/onetun-$VERSION-$1" ]; then
        deb "$1"
    fi
}

one_file() {
    publish "$1" -p:SelfContained=true -p:PublishSingleFile=true -p:PublishTrimmed=true -p:PublishReadyToRun=true \
        -p:EnableCompressionInSingleFile=true
}

# the manual page and the completions, which the program itself writes: the one for this machine, if it has been built
pages() {
    [ -d "$COPY/pages" ] && return
    local onetun=$COPY/publish-$HERE/onetun shell
    if [ ! -x "$onetun" ]; then
        say "manual page and completions"
        build build src/Forwarder >"$COPY/log" 2>&1 || { cat "$COPY/log" >&2 && fail "it cannot be built"; }
        onetun=src/Forwarder/bin/Release/net10.0/onetun
    fi
    mkdir "$COPY/pages"
    "$onetun" man >"$COPY/pages/onetun.1"
    for shell in bash zsh fish powershell; do
        "$onetun" completion "$shell" >"$COPY/pages/onetun.$shell"
    done
}

# the oldest C library that a program runs with
glibc() { grep -aoE 'GLIBC_[0-9]+\.[0-9]+' "$1" | sort -Vu | tail -1 | cut -d_ -f2; }

# whoever made the commit
maintainer() { git log -1 --format='%an <%ae>'; }

# deb SYSTEM: the files of its archive where Debian has them
deb() {
    local from=$COPY/onetun-$VERSION-$1 to=$COPY/deb-$1 architecture=amd64
    [ "$1" = linux-x64 ] || architecture=arm64
    install -D "$from/onetun" "$to/usr/bin/onetun"
    install -D -m 644 LICENSE "$to/usr/share/doc/onetun/copyright"
    cp -r "${DOCUMENTS[@]}" "$to/usr/share/doc/onetun" && rm "$to/usr/share/doc/onetun/CHANGELOG.md"
    install -d "$to/etc/onetun"
    gzip -9 -n <CHANGELOG.md | install -D -m 644 /dev/stdin "$to/usr/share/doc/onetun/CHANGELOG.md.gz"
    printf 'onetun (%s) unstable; urgency=medium\n\n  * CHANGELOG.md says what is new.\n\n -- %s  %s\n' "$VERSION" "$(maintainer)" \
        "$(date --rfc-email --date="@$SOURCE_DATE_EPOCH")" | gzip -9 -n | install -D -m 644 /dev/stdin "$to/usr/share/doc/onetun/changelog.gz"
    gzip -9 -n <"$COPY/pages/onetun.1" | install -D -m 644 /dev/stdin "$to/usr/share/man/man1/onetun.1.gz"
    install -D -m 644 "$COPY/pages/onetun.bash" "$to/usr/share/bash-completion/completions/onetun"
    install -D -m 644 "$COPY/pages/onetun.zsh" "$to/usr/share/zsh/vendor-completions/_onetun"
    install -D -m 644 "$COPY/pages/onetun.fish" "$to/usr/share/fish/vendor_completions.d/onetun.fish"
    for unit in deploy/systemd/*; do
        sed 's:/usr/local/bin/onetun:/usr/bin/onetun:' "$unit" | install -D -m 644 /dev/stdin "$to/lib/systemd/system/${unit##*/}"
    done
    mkdir "$to/DEBIAN" && install -m 755 deploy/debian/p* "$to/DEBIAN"
    sed -e "s/@VERSION@/$VERSION/; s/@ARCHITECTURE@/$architecture/; s/@MAINTAINER@/$(maintainer)/; s/@SIZE@/$(du -sk --apparent-size "$to" | cut -f1)/" \
        -e "s/@GLIBC@/$(glibc "$to/usr/bin/onetun")/" deploy/debian/control >"$to/DEBIAN/control"
    chmod -R u=rwX,go=rX "$to"
    dpkg-deb --root-owner-group -Zxz --build "$to" "$OUTPUT/onetun_${VERSION}_$architecture.deb" >/dev/null
}

# One package for each system that this run compiles for ahead of time, which is not done again; one of managed code for all
# others; and the one that names them.
tool() {
    local system options systems='' wanted=" ${PARTS[*]} "
    say "tool"
    [[ $wanted = *" linux-"* ]] || wanted=" $HERE "
    for system in linux-x64 linux-arm64; do
        [[ $wanted != *" $system "* ]] || ! compiler "$system" >/dev/null || systems+="$system;"
    done
    systems+=any
    for system in ${systems//;/ }; do
        options="-p:PublishAot=true $(compiler "$system")"
        [ "$system" != any ] || options="-p:SelfContained=false"
        # shellcheck disable=SC2086
        pack src/Forwarder --runtime "$system" "-p:ToolPackageRuntimeIdentifiers=\"$systems\"" $options
    done
    pack src/Forwarder "-p:ToolPackageRuntimeIdentifiers=\"$systems\"" -p:PublishAot=true
}

libraries() {
    local library
    say "libraries"
    for library in WireGuard NetStack Capture Tunnel Testing Extensions.Http Extensions.Hosting AspNetCore; do
        pack "src/$library"
    done
}

pack() {
    build pack "$1" --output "$OUTPUT" "${@:2}" >"$COPY/log" 2>&1 || { cat "$COPY/log" >&2 && fail "$1 cannot be packed"; }
    warnings "$1"
    same_packages
}

sbom() {
    say "bill of materials"
    dotnet tool restore --verbosity quiet >/dev/null
    dotnet tool run dotnet-CycloneDX -- src/Forwarder/Forwarder.csproj --output "$OUTPUT" --filename "onetun-$VERSION.cdx.json" \
        --output-format Json --exclude-dev --no-serial-number --set-name onetun --set-version "$VERSION" >"$COPY/log" ||
        { cat "$COPY/log" >&2 && fail "no bill of materials"; }
}

# the templates of deploy/, with the version, the address and the sums of the archives
manifests() {
    local template edit=(-e "s|@VERSION@|$VERSION|g" -e "s|@DOWNLOADS@|$DOWNLOADS|g" \
        -e "s|@HOMEPAGE@|${DOWNLOADS%%/releases/*}|g") archive
    [ -n "$DOWNLOADS" ] || { leave_out "manifests: ONETUN_DOWNLOADS does not say where the archives are to be had" && return; }
    say "manifests"
    for archive in "$OUTPUT"/onetun-"$VERSION"-*.{tar.gz,zip}; do
        archive=${archive##*/} archive=${archive#"onetun-$VERSION-"}
        edit+=(-e "s|@SHA256 ${archive%%.*}@|$(sha256sum "$OUTPUT/onetun-$VERSION-$archive" | cut -d' ' -f1)|g")
    done
    for template in deploy/{homebrew,scoop,winget}/*; do
        sed "${edit[@]}" "$template" >"$OUTPUT/${template##*/}"
        ! grep -n '@[A-Z]' "$OUTPUT/${template##*/}" || { leave_out "${template##*/}: an archive that it names" && rm "$OUTPUT/${template##*/}"; }
    done
}

for part in "${PARTS[@]}"; do
    case $part in
    linux-*) ahead_of_time "$part" ;;
    win-* | osx-*) one_file "$part" ;;
    *) "$part" ;;
    esac
done
built() { find "$OUTPUT" -maxdepth 1 -type f -newer "$COPY/begun" ! -name SHA256SUMS -printf "$1\n"; }
sums() {
    # those of an earlier run that are still there, and the new ones
    { sed 's/^[0-9a-f]* [ *]//' SHA256SUMS 2>/dev/null; built %P; } | sort -u |
        while read -r file; do [ ! -f "$file" ] || echo "$file"; done | xargs -rd '\n' sha256sum
}
(cd "$OUTPUT" && sums >"$COPY/sums" && mv "$COPY/sums" SHA256SUMS)
say "$OUTPUT:"
built '%s %f' | sort -k 2 | awk '{ printf "%9.2f MB  %s\n", $1 / 1e6, $2 }'
