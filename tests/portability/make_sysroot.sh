#!/usr/bin/env bash
# Downloads the aarch64 builds of the libraries that Coppice and its tests use, with all that they depend on, and
# unpacks them into a folder. apt works on state of its own inside that folder, so nothing on the system changes and
# nobody needs to be root.
set -euo pipefail

usage() {
  cat <<'HELP'
usage: tests/portability/make_sysroot.sh FOLDER

Makes FOLDER/ a sysroot of this release of Debian or Ubuntu for aarch64 (about 15 MB to download). A folder that is
complete is left as it is; delete it for newer packages.
HELP
}

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  "" | -*) usage >&2; exit 2 ;;
esac
[ $# -eq 1 ] || { usage >&2; exit 2; }
# shellcheck source=cmake/bootstrap.sh
. "$(dirname "$0")/../../cmake/bootstrap.sh"

packages=(libtbb-dev libcli11-dev libfmt-dev nlohmann-json3-dev zlib1g-dev libpng-dev libeigen3-dev libgtest-dev)

mkdir -p "$1"
sysroot=$(cd "$1" && pwd)
complete=$sysroot/.complete
[ "$(cat "$complete" 2>/dev/null)" != "${packages[*]}" ] || exit 0
command -v apt-get >/dev/null || die "no apt-get: the sysroot is made of packages of Debian or Ubuntu"
say "Downloading aarch64 libraries to $sysroot"

apt=$sysroot/.apt
rm -rf "$apt"
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
: >"$apt/status"  # nothing is installed, so everything needed is downloaded
options=(-qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Install-Recommends=false
  -o Acquire::Languages=none -o APT::Sandbox::User=root
  -o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt")

# The usual mirrors of Debian carry every architecture; those of Ubuntu only x86.
# shellcheck source=/dev/null
ubuntu=$(. /etc/os-release && printf '%s' "${UBUNTU_CODENAME:-}")
if [ -n "$ubuntu" ]; then
  for suite in "$ubuntu" "$ubuntu-updates" "$ubuntu-security"; do
    printf 'deb [signed-by=/usr/share/keyrings/ubuntu-archive-keyring.gpg] %s %s main universe\n' \
      http://ports.ubuntu.com/ubuntu-ports "$suite"
  done >"$apt/sources.list"
  options+=(-o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=-)
fi

apt-get "${options[@]}" update >&2 || die "apt-get update for arm64 failed"
apt-get "${options[@]}" -y --download-only install "${packages[@]}" >&2 ||
  die "apt-get could not download: ${packages[*]}"

# Older releases still ship files in /lib; with the link, as on an installed system, both places are one.
mkdir -p "$sysroot/usr/lib"
[ -e "$sysroot/lib" ] || ln -s usr/lib "$sysroot/lib"
for archive in "$apt"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$archive" | tar -x --keep-directory-symlink --no-same-owner -C "$sysroot" ||
    die "could not unpack $archive"
done
# Links to an absolute path would lead out of the sysroot.
find "$sysroot" -type l -lname '/*' | while read -r link; do ln -snrf "$sysroot$(readlink "$link")" "$link"; done
rm -rf "$apt"
printf '%s\n' "${packages[*]}" >"$complete"
