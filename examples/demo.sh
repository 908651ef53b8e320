#!/bin/sh
# The walkthrough that `./dev demo` shows: one file from nothing to a locked copy in another account,
# in the built-in simulator. Usage: examples/demo.sh BUILD_FOLDER
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
holdfast=$build/holdfast
file=$here/rds-immutable-backup.yaml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

step() { printf '\n\033[1m$ holdfast %s\033[0m\n' "$*"; }
run() {
    step "$*"
    "$holdfast" "$@" -f "$file"
}
expect() { # expect STATUS ARGUMENTS...
    want=$1
    shift
    step "$*"
    status=0
    "$holdfast" "$@" -f "$file" || status=$?
    if [ "$status" != "$want" ]; then
        echo "status $status, expected $want" >&2
        exit 1
    fi
}

echo "One file, two accounts, two Regions: $file"
run validate
run plan --simulate
echo
echo "The lock is for ever, so apply refuses it until it is named (status 7):"
expect 7 apply --simulate --auto-approve --quiet
run apply --simulate --auto-approve --allow-irreversible vaults.final/lock
echo
echo "What is applied plans empty:"
run plan --simulate --detailed-exitcode
echo
echo "Two days pass in a fresh world: does every backup reach the locked vault?"
run drill --days 2
echo
echo "Somebody deletes the permission of the relay behind our back:"
"$holdfast" simulator edit --simulate -f "$file" >/dev/null 2>&1 || true
run drift --simulate
