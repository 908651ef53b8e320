#!/bin/sh
# run.sh SCRIPT: one of these tests with the Python environment of tools/setup.sh; 77 (skipped) where
# that has not been made.
here=$(dirname "$0")
venv="$here/../../build/venv"
if ! [ -x "$venv/bin/python3" ]; then
    echo "the Python clients are not installed (tools/setup.sh)"
    exit 77
fi
script=$1
shift
exec "$venv/bin/python3" "$here/$script" "$@"
