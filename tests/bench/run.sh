#!/bin/sh
# Measurements, never assertions. Usage: tests/bench/run.sh BUILD_FOLDER [--quick] [PART...]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
shift
python="$root/build/venv/bin/python3"
[ -x "$python" ] || python=python3
HOLDFAST="$build/holdfast" HOLDFAST_DATA_DIR="$build/share/holdfast" exec "$python" \
    "$root/tests/bench/bench.py" "$@"
