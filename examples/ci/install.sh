#!/bin/sh
# Builds holdfast as it was at one commit and puts it on the path of the steps that follow. A saved plan is bound
# to the version that made it, so plan and apply take the same commit. (An image of yours that holds the program
# is faster: leave this step out then.)
#
# HOLDFAST_REPOSITORY: where to fetch it, HOLDFAST_COMMIT: all 40 digits.
set -eu

at=${RUNNER_TEMP:-/tmp}/holdfast
rm -rf "$at"
git init --quiet "$at"
cd "$at"
git fetch --quiet --depth 1 "$HOLDFAST_REPOSITORY" "$HOLDFAST_COMMIT"
git checkout --quiet --detach FETCH_HEAD
[ "$(git rev-parse HEAD)" = "$HOLDFAST_COMMIT" ] || { echo "$HOLDFAST_COMMIT is not the full name of a commit" >&2; exit 1; }
sh tools/setup.sh
cmake --preset release
cmake --build --preset release --target holdfast relay_package
if [ -n "${GITHUB_PATH:-}" ]; then
    echo "$at/build/release" >>"$GITHUB_PATH"
else
    install -d /usr/local/share
    ln -sf "$at/build/release/holdfast" /usr/local/bin/holdfast
fi
