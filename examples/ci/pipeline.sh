#!/bin/sh
# What a pipeline does with a topology, in one place: the workflows beside this file call it, and so do our own
# tests. Copy it into the repository of your topology, as ci/pipeline.sh.
#
#   pipeline.sh plan          validates and plans: plan.json (to apply) and plan.txt (to read)
#   pipeline.sh apply [FLAG]  carries out plan.json and nothing else; ends with 6 when what it rests on has moved
#   pipeline.sh drift         ends with 2 when somebody has changed what the topology owns
#   pipeline.sh fetch         GitHub, after a merge: the plan that was made for the pull request
#
# Credentials: AWS_ROLE_ARN names the role, and the runner's own identity token (OIDC) is all that proves who we
# are; no key is kept anywhere. Elsewhere whatever credentials the machine has are used.
set -eu

holdfast=${HOLDFAST:-holdfast}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The token goes through pipes and a private file: arguments are for everybody to see.
sign_in() {
    token=
    if [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
        token=$(printf 'url = "%s&audience=sts.amazonaws.com"\nheader = "Authorization: bearer %s"\n' \
            "$ACTIONS_ID_TOKEN_REQUEST_URL" "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
            curl --fail --silent --show-error --retry 3 --config - |
            sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p')
        [ -n "$token" ] || { echo "GitHub gave no identity token: has the job the permission id-token: write?" >&2; exit 3; }
    elif [ -n "${HOLDFAST_ID_TOKEN:-}" ]; then
        token=$HOLDFAST_ID_TOKEN
        unset HOLDFAST_ID_TOKEN
    fi
    [ -n "$token" ] || return 0
    (umask 077 && printf '%s' "$token" >"$scratch/token")
    export AWS_WEB_IDENTITY_TOKEN_FILE="$scratch/token" AWS_ROLE_SESSION_NAME="holdfast-$1"
}

# Onto the page of the run, where there is one, as far as there is room on it.
show() { # TITLE FILE
    cat "$2"
    [ -n "${GITHUB_STEP_SUMMARY:-}" ] || return 0
    {
        printf '### %s\n\n`````text\n' "$1"
        head -c 900000 "$2"
        printf '\n`````\n'
    } >>"$GITHUB_STEP_SUMMARY"
}

cmd_plan() {
    "$holdfast" validate
    sign_in plan
    status=0
    "$holdfast" plan --detailed-exitcode --out plan.json >plan.txt || status=$?
    case $status in
    0) show "Nothing to do" plan.txt ;;
    2) show "What the merge would do" plan.txt; status=0 ;;
    *) show "There is no plan" plan.txt ;;
    esac
    return "$status"
}

cmd_apply() {
    "$holdfast" show plan.json >plan.txt
    show "What is applied" plan.txt
    sign_in apply
    "$holdfast" apply plan.json --lock-timeout 10m "$@"
}

cmd_drift() {
    sign_in drift
    status=0
    "$holdfast" drift --detailed-exitcode >drift.txt || status=$?
    case $status in
    0) show "No drift" drift.txt ;;
    2) show "Somebody changed what the topology owns" drift.txt ;;
    *) show "Drift is not known" drift.txt ;;
    esac
    return "$status"
}

# PLAN_RUN, or the last run that planned the pull request that this commit comes from.
cmd_fetch() {
    run=${PLAN_RUN:-}
    if [ -z "$run" ]; then
        head=$(gh api "repos/$GITHUB_REPOSITORY/commits/$GITHUB_SHA/pulls" --jq '.[0].head.sha // empty')
        [ -n "$head" ] || { echo "$GITHUB_SHA comes from no pull request: start this by hand, with the run of a plan" >&2; exit 1; }
        run=$(gh run list --repo "$GITHUB_REPOSITORY" --workflow plan.yml --commit "$head" --status success \
            --limit 1 --json databaseId --jq '.[0].databaseId // empty')
        [ -n "$run" ] || { echo "nobody has planned $head" >&2; exit 1; }
    fi
    gh run download "$run" --repo "$GITHUB_REPOSITORY" --name plan
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
plan | apply | drift | fetch) "cmd_$command" "$@" ;;
*) sed -n '5,8s/^# *//p' "$0" >&2; exit 64 ;;
esac
