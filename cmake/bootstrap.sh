# Shell functions shared by ./run and ./test: install what a build needs on Debian or Ubuntu, and only what is missing.
# To be sourced; the caller sets `set -euo pipefail`.

say() {
  if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then printf '\033[1m==>\033[0m %s\n' "$*" >&2; else printf '==> %s\n' "$*" >&2; fi
}
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# require_packages PACKAGE...: installs those that dpkg does not know as installed, with sudo when not root.
require_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "Not Debian or Ubuntu: please make sure that the equivalents of these are there: $*"
    return
  fi
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing packages and no sudo; as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing with apt: ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >/dev/null 2>&1 && return
  "${as_root[@]}" apt-get update -qq >&2 || die "apt-get update failed"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
    die "apt-get could not install: ${missing[*]}"
}

# What compiling the tool takes.
# shellcheck disable=SC2034  # for the scripts that source this one
build_packages=(g++ cmake ninja-build libtbb-dev libcli11-dev libfmt-dev nlohmann-json3-dev zlib1g-dev libpng-dev
  libeigen3-dev)

# find_python MODULE...: sets `python` to an interpreter with these modules: the system's, or .venv, made when needed.
find_python() {
  local module imports=""
  for module in "$@"; do imports+="import $module;"; done
  for python in python3 .venv/bin/python; do
    command -v "$python" >/dev/null && "$python" -c "$imports" 2>/dev/null && return
  done
  require_packages python3 python3-venv python3-pip
  say "Making .venv with: $*"
  [ -x .venv/bin/pip ] || python3 -m venv .venv || return 1
  .venv/bin/pip install --quiet --disable-pip-version-check "$@" >&2 || return 1
  python=.venv/bin/python
  "$python" -c "$imports"
}
