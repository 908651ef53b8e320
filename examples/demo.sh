#!/bin/sh
# The walkthrough that `./dev demo` shows: one file from nothing to a locked copy in another account,
# in the built-in simulator. Usage: examples/demo.sh BUILD_FOLDER
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
holdfast=$build/holdfast
file=$here/rds-immutable-backup.yaml
aws=$here/../build/venv/bin/aws # the AWS command line, from tools/setup.sh
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
echo
echo "Would every backup arrive? Each link is judged before anything exists:"
run check
echo
echo "One line is forgotten, and the same file breaks (status 7):"
grep -v accept_copies_from "$file" >forgotten.yaml
"$holdfast" check -f forgotten.yaml || [ $? = 7 ]
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
echo "Any SDK can talk to the simulator. Apply to a served world, then somebody with the"
echo "workload account's keys deletes the permission that lets the relay run:"
"$holdfast" simulator serve -f "$file" --world served.db >listening 2>serve.log &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
tries=0
until [ -s listening ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { cat serve.log >&2; exit 1; }
    sleep 0.1
done
AWS_ENDPOINT_URL=$(sed 's/listening on //' listening)
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=simulated
export AWS_DEFAULT_REGION=us-east-2 AWS_EC2_METADATA_DISABLED=true AWS_PAGER=''
run apply --auto-approve --quiet --allow-irreversible vaults.final/lock
function=rds-immutable-backup-to_final
statement=$("$aws" lambda get-policy --function-name "$function" --query Policy --output text |
    tr ',' '\n' | sed -n 's/.*"Sid": *"\([^"]*\)".*/\1/p' | head -n 1)
printf '\n\033[1m$ aws lambda remove-permission --function-name %s --statement-id %s\033[0m\n' "$function" "$statement"
"$aws" lambda remove-permission --function-name "$function" --statement-id "$statement"
expect 2 drift --detailed-exitcode
echo
echo "Done: planned, applied, drilled, and caught in the act."
