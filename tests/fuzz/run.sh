#!/usr/bin/env bash
# Builds the fuzz targets and runs each for a while; what it learns stays in the build folder for the next time.
set -euo pipefail

usage() {
  cat <<'HELP'
usage: tests/fuzz/run.sh [SECONDS] [BUILD] [TARGET…]

Runs every target (text molecules meshes clouds arrays images archive), or those named, SECONDS each (default 5).
BUILD (default build-fuzz) holds the programs, the corpora and, when something is found, the input and the log: the closing
lines name both, and BUILD/fuzz_TARGET INPUT runs it again. Needs clang 14 with its runtime libraries, cmake and ninja.

Environment: CXX (default clang++-14).
HELP
}

case "${1:-}" in -h | --help) usage; exit 0 ;; esac
[[ ${1:-5} =~ ^[1-9][0-9]*$ ]] || { usage >&2; exit 2; }
seconds=${1:-5}
here=$(cd "$(dirname "$0")" && pwd)
build=${2:-$here/../../build-fuzz}
targets=("${@:3}")
[ ${#targets[@]} -gt 0 ] || targets=(text molecules meshes clouds arrays images archive)

mkdir -p "$build"
build=$(cd "$build" && pwd)
log=$build/build.log
cmake -S "$here" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER="${CXX:-clang++-14}" >"$log" || { cat "$log" >&2; exit 1; }
cmake --build "$build" ${COPPICE_JOBS:+--parallel "$COPPICE_JOBS"} >"$log" || { tail -n 60 "$log" >&2; exit 1; }
python3 "$here/make_seeds.py" "$build/seeds"

failed=()
for target in "${targets[@]}"; do
  mkdir -p "$build/corpus/$target" "$build/found"
  if "$build/fuzz_$target" "$build/corpus/$target" "$build/seeds/$target" -max_total_time="$seconds" -max_len=4096 \
    -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512 -use_value_profile=1 -print_final_stats=1 \
    -artifact_prefix="$build/found/$target-" >"$build/$target.log" 2>&1; then
    printf '%-10s %s inputs, nothing found\n' "$target" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")"
  else
    failed+=("$target")
    grep -E 'ERROR|SUMMARY|runtime error|Test unit written' "$build/$target.log" >&2 || tail -n 20 "$build/$target.log" >&2
  fi
done
[ ${#failed[@]} -eq 0 ] || { printf 'found something in: %s (logs and inputs in %s)\n' "${failed[*]}" "$build" >&2; exit 1; }
