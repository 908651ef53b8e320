#!/bin/sh
# What a pipeline does with a topology, in one place: the workflows beside this file call it, and so do our own
# tests. Copy it into the repository of your topology, as ci/pipeline.sh.
#
#   pipeline.sh plan          validates and plans: plan.json (to apply) and plan.txt (to read, warnings and errors too)
#   pipeline.sh apply         carries out plan.json and nothing else; ends with 6 when what it rests on has moved
#   pipeline.sh drift         ends with 2 when somebody has changed what the topology owns
#   pipeline.sh fetch         GitHub, after a merge: the plan that was made for the pull request
#
# What a person says to `apply` stands in variables, each with nothing or with words between spaces or on lines:
#
#   ALLOW_IRREVERSIBLE  addresses of changes that cannot be taken back
#   ALLOW_DESTROY       addresses of what may be deleted
#   BREAK_LOCK          the id of the lock of a runner that was lost, as the apply that ended with 5 named it
#
# Credentials: AWS_ROLE_ARN names the role, and the runner's own identity token (OIDC) is all that proves who we
# are; no key is kept anywhere. Elsewhere whatever credentials the machine has are used.
set -eu

ROOM=400000 # bytes
holdfast=${HOLDFAST:-holdfast}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Runs a command and sets `status`. Its warnings and errors go to the log as they come, and into a file for the page.
hear() {
    status=0
    mkfifo "$scratch/pipe"
    tee "$scratch/said" <"$scratch/pipe" >&2 &
    "$@" 2>"$scratch/pipe" || status=$?
    wait "$!"
    rm "$scratch/pipe"
}

# What was said and what came of it: into FILE, into the log, and onto the page of the run, where there is one, as far as
# there is room on it: GitHub takes a megabyte from a step, in which `apply` shows two things. First what was said, so that no
# long plan pushes it out.
show() { # TITLE FILE
    cat "$2"
    cat "$scratch/said" "$2" >"$scratch/page"
    cp "$scratch/page" "$2"
    [ -n "${GITHUB_STEP_SUMMARY:-}" ] || return 0
    {
        printf '### %s\n\n`````text\n' "$1"
        head -c "$ROOM" "$2"
        printf '\n`````\n'
        [ "$(wc -c <"$2")" -le "$ROOM" ] || echo "The rest is in the log of this step."
    } >>"$GITHUB_STEP_SUMMARY"
}

# The token goes through pipes and a private file: arguments are for everybody to see.
sign_in() {
    token=
    if [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
        token=$(printf 'url = "%s&audience=sts.amazonaws.com"\nheader = "Authorization: bearer %s"\n' \
            "$ACTIONS_ID_TOKEN_REQUEST_URL" "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
            curl --fail --silent --show-error --retry 3 --config - |
            sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p')
        [ -n "$token" ] || { echo "GitHub gave no identity token: has the job the permission id-token: write?" >&2; return 3; }
    elif [ -n "${HOLDFAST_ID_TOKEN:-}" ]; then
        token=$HOLDFAST_ID_TOKEN
        unset HOLDFAST_ID_TOKEN
    fi
    [ -n "$token" ] || return 0
    (umask 077 && printf '%s' "$token" >"$scratch/token") || return
    export AWS_WEB_IDENTITY_TOKEN_FILE="$scratch/token" AWS_ROLE_SESSION_NAME="holdfast-$1"
}

# What has to go well before there is anything to do; if it does not, its words are all that there is to see.
first() { # TITLE FILE COMMAND...
    title=$1 file=$2
    shift 2
    hear "$@" >"$file"
    [ "$status" -eq 0 ] || show "$title (status $status)" "$file"
    return "$status"
}

cmd_plan() {
    first "The topology is not valid" plan.txt "$holdfast" validate || return
    first "There is no plan" plan.txt sign_in plan || return
    hear "$holdfast" plan --detailed-exitcode --out plan.json >plan.txt
    case $status in
    0) show "Nothing to do" plan.txt ;;
    2) show "What the merge would do" plan.txt; status=0 ;;
    *) show "There is no plan (status $status)" plan.txt ;;
    esac
    return "$status"
}

# FLAG before each word of WORDS, each on a line: addresses may hold brackets, which are no patterns here.
flags() { # FLAG WORDS
    set -f
    for word in $2; do printf '%s\n%s\n' "$1" "$word"; done
    set +f
}

# A lock that may still be somebody's is not broken: its lease has to be over. One that is gone is none in the way.
break_lock() {
    "$holdfast" lock break "$1"
}

apply_plan() {
    flags --allow-irreversible "${ALLOW_IRREVERSIBLE:-}" >"$scratch/flags"
    flags --allow-destroy "${ALLOW_DESTROY:-}" >>"$scratch/flags"
    set --
    while read -r flag; do set -- "$@" "$flag"; done <"$scratch/flags"
    "$holdfast" apply plan.json --lock-timeout 10m "$@"
}

# All else that the runner has comes from the repository: a state that lies here was brought by somebody.
begins_clean() {
    [ ! -e .holdfast ] && [ ! -L .holdfast ] ||
        { echo ".holdfast is in the checkout, and the state is not kept there: find out what brought it, and remove it" >&2; return 1; }
}

cmd_apply() {
    first "Nothing was applied" applied.txt begins_clean || return
    first "There is nothing to apply" plan.txt "$holdfast" show plan.json || return
    show "What is applied" plan.txt
    first "Nothing was applied" applied.txt sign_in apply || return
    [ -z "${BREAK_LOCK:-}" ] || first "The lock was not broken" applied.txt break_lock "$BREAK_LOCK" || return
    hear apply_plan >applied.txt
    case $status in
    0) show "Applied" applied.txt ;;
    *) show "Not applied, or not all of it (status $status)" applied.txt ;;
    esac
    return "$status"
}

cmd_drift() {
    first "Drift is not known" drift.txt sign_in drift || return
    hear "$holdfast" drift --detailed-exitcode >drift.txt
    case $status in
    0) show "No drift" drift.txt ;;
    2) show "Somebody changed what the topology owns" drift.txt ;;
    *) show "Drift is not known (status $status)" drift.txt ;;
    esac
    return "$status"
}

# PLAN_RUN, or the last run that planned the pull request by which this commit came to this branch. A pull request can have
# changed what is in an artifact: it is unpacked elsewhere, and plan.json alone is taken out of it.
fetch() {
    run=${PLAN_RUN:-}
    if [ -z "$run" ]; then
        head=$(gh api "repos/$GITHUB_REPOSITORY/commits/$GITHUB_SHA/pulls" \
            --jq "map(select(.merged_at and .base.ref == \"$GITHUB_REF_NAME\"))[0].head.sha // empty") || return
        [ -n "$head" ] || { echo "$GITHUB_SHA comes from no pull request to $GITHUB_REF_NAME: start this by hand, with the run of a plan" >&2; return 1; }
        run=$(gh run list --repo "$GITHUB_REPOSITORY" --workflow plan.yml --event pull_request --commit "$head" \
            --status success --limit 1 --json databaseId --jq '.[0].databaseId // empty') || return
        [ -n "$run" ] || { echo "nobody has planned $head" >&2; return 1; }
    fi
    gh run download "$run" --repo "$GITHUB_REPOSITORY" --name plan --dir "$scratch/artifact" || return
    [ -f "$scratch/artifact/plan.json" ] && [ ! -L "$scratch/artifact/plan.json" ] ||
        { echo "the artifact of run $run has no plan.json: plan again" >&2; return 1; }
    rm -f plan.json && cp "$scratch/artifact/plan.json" plan.json
}

cmd_fetch() {
    first "There is no plan to apply" fetched.txt fetch
}

case ${1:-} in
plan | apply | drift | fetch) "cmd_$1" ;;
*) sed -n '5,8s/^# *//p' "$0" >&2; exit 64 ;;
esac
