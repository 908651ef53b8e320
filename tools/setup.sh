#!/bin/sh
# Installs what building and the demo need; `setup.sh tests` also what only tests need. Debian 12 or newer and
# Ubuntu; idempotent; asks for nothing.
set -eu
cd "$(dirname "$0")/.."

packages="gcc libc6-dev clang clang-format clang-tidy cmake ninja-build pkg-config git ca-certificates
 tzdata libyaml-dev libcurl4-openssl-dev libssl-dev libcjson-dev libsqlite3-dev libexpat1-dev
 libzip-dev zlib1g-dev libmicrohttpd-dev libcmocka-dev python3 python3-venv"

if ! command -v apt-get >/dev/null 2>&1; then
    echo "tools/setup.sh knows Debian and Ubuntu (apt-get). Elsewhere install the equivalents of:" >&2
    echo "$packages" >&2
    exit 1
fi

as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "run tools/setup.sh as root, or install sudo" >&2
        exit 1
    }
    as_root=sudo
fi

missing=
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "installing:$missing" >&2
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# environment VENV REQUIREMENTS: a Python environment with what the file pins.
environment() {
    if cmp -s "$2" "$1/.installed"; then return; fi
    echo "installing $2 into $1" >&2
    [ -x "$1/bin/pip" ] || python3 -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
    cp "$2" "$1/.installed"
}

# go_program PACKAGE@VERSION: a program from source, where there is a Go that is new enough.
go_program() {
    name=${1%@*}
    [ ! -x "build/servers/bin/${name##*/}" ] || return 0
    if GOTOOLCHAIN=local GOBIN="$PWD/build/servers/bin" go install "$1" 2>build/servers/go.log; then
        echo "installed $1" >&2
    else
        echo "no ${name##*/}, which one test needs: $(tail -n 1 build/servers/go.log)" >&2
    fi
}

environment build/venv tools/requirements.txt # clients that drive the simulator, in the demo and in tests
[ "${1:-}" = tests ] || exit 0
environment build/servers tools/requirements-servers.txt # servers that the tests drive

# A terminal to type into: what C-c sends.
if ! command -v tmux >/dev/null 2>&1; then
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends tmux >/dev/null
fi

# AWS's Lambda Runtime Interface Emulator, from source: there is no package of it. Without a Go that is
# new enough the test that needs it is skipped.
go_program github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@v0.0.0-20261030222936-bef5c4ba774d
# What judges the workflows of examples/ci.
go_program github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

# An editor's language server, which a test holds against `holdfast schema export`.
language_server=yaml-language-server@1.18.0
if [ "$(cat build/editor/.installed 2>/dev/null)" != "$language_server" ]; then
    if ! command -v npm >/dev/null 2>&1; then
        $as_root apt-get update -qq
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
    fi
    echo "installing $language_server into build/editor" >&2
    npm install --silent --no-audit --no-fund --prefix build/editor "$language_server"
    echo "$language_server" >build/editor/.installed
fi
