#!/usr/bin/env bash
# Cross-compiles Coppice for 64-bit Arm, looks at the kernels' machine code, and runs tests under user-mode emulation.
set -euo pipefail

usage() {
  cat <<'HELP'
usage: tests/portability/run.sh [BUILD]

On Debian or Ubuntu for amd64: installs the cross-compiler and the emulator when they are missing (apt, with sudo when
not root), unpacks the aarch64 libraries into BUILD/sysroot, builds into BUILD (default build-aarch64), then
  1. disassembles the library: no fused multiply-add may be in it, and the kernels must hold NEON arithmetic,
  2. runs the tests of the library (all but the simulator's) in the small scale under QEMU, the conformance suite among
     them, and the tool on a few points.
The closing line is a summary; any failure ends it with exit code 1. Nothing of the system's own libraries changes.

Environment:
  COPPICE_JOBS=N              jobs of the build (default: one a core)
  COPPICE_TEST_SEED=N|random  the seed of all random inputs (default: always the same)
  COPPICE_DATA=DIR            real files for the readers (default: ../shared/data; skipped when absent)
HELP
}

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  -*) usage >&2; exit 2 ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }
mkdir -p "${1:-$(dirname "$0")/../../build-aarch64}"
build=$(cd "${1:-$(dirname "$0")/../../build-aarch64}" && pwd)
cd "$(dirname "$0")/../.."
# shellcheck source=cmake/bootstrap.sh
. cmake/bootstrap.sh
[ "$(uname -m)" = x86_64 ] || die "this is for x86-64, which cross-compiles and emulates; on $(uname -m) use ./test"

require_packages g++-aarch64-linux-gnu qemu-user-static cmake ninja-build python3
sysroot=$build/sysroot
tests/portability/make_sysroot.sh "$sysroot"

# Not all of them: emulation is slow. These reach the kernels, every index, files, threads and the tool.
tests=(geometry storage rooms all_neighbors persist any_index concurrency io tool conformance)

say "Building (aarch64)"
log=$build/build.log
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/aarch64.cmake" \
  -DCMAKE_SYSROOT="$sysroot" -DCOPPICE_BUILD_TESTS=ON >"$log" || { cat "$log" >&2; exit 1; }
cmake --build "$build" --parallel "${COPPICE_JOBS:-$(nproc)}" --target "${tests[@]/#/test_}" coppice_tool >"$log" ||
  { tail -n 60 "$log" >&2; exit 1; }
grep -E 'warning:' "$log" >&2 || true

say "Checking the machine code"
python3 tests/portability/check_machine_code.py aarch64-linux-gnu-objdump "$build/src/libcoppice.a"

emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || die "no qemu-aarch64"
emulate() { timeout 600 "$emulator" -L "$sysroot" "$@"; }

failed=()
# run_test NAME: one test program, which must have run at least one test; its output appears only when it fails.
run_test() {
  local name=$1 output=$build/$1.log start=$SECONDS
  if COPPICE_TEST_SCALE=small emulate "$build/tests/test_$name" --gtest_brief=1 >"$output" 2>&1 &&
    grep -q '\[  PASSED  \] [1-9]' "$output"; then
    printf '%-12s %s, %s s\n' "$name" "$(sed -n 's/^\[  PASSED  \] \([0-9]* tests\?\).*/\1 passed/p' "$output")" \
      $((SECONDS - start))
  else
    tail -n 60 "$output" >&2
    failed+=("$name")
  fi
}

say "Testing (aarch64 under $(basename "$emulator"))"
for name in "${tests[@]}"; do run_test "$name"; done

printf '%s\n' 0,0,0 1,0,0 0,2,0 0,0,3 >"$build/points.csv"
found=$(emulate "$build/coppice" knn "$build/points.csv" -k 1 2>&1) || true
if [ "$found" = $'0: 1 1\n1: 0 1\n2: 0 2\n3: 0 3' ]; then
  printf '%-12s answers as expected\n' coppice
else
  printf 'coppice knn printed:\n%s\n' "$found" >&2
  failed+=(coppice)
fi

[ ${#failed[@]} -eq 0 ] || die "failed on aarch64: ${failed[*]}"
say "All passed: aarch64"
