#!/bin/sh
# scripts/arm64_sysroot.sh FOLDER: the libraries and headers of 64-bit Arm that Elbow is built with, unpacked below FOLDER as they
# would lie on such a machine. The packages of this machine are left alone: apt keeps a state of its own in FOLDER, which knows no
# other architecture and no installed package, so it fetches all that the packages in turn need.
set -eu
mkdir -p "$1"
root=$(cd "$1" && pwd)
list=$("$(dirname "$0")/dependencies.sh" list build | grep -- '-dev$')
[ "$(cat "$root/complete" 2>/dev/null)" != "$list" ] || exit 0

state=$root/apt
mkdir -p "$state/lists/partial" "$state/archives/partial"
: >"$state/status"
# Where this machine has its own packages from. Ubuntu keeps those of Arm on other servers.
# shellcheck source=/dev/null
. /etc/os-release
apt-get indextargets 'Created-By: Packages' --format "\$(ORIGIN) \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" |
  sed -nE "s|^$ID |deb [signed-by=/usr/share/keyrings/$ID-archive-keyring.gpg] |Ip" |
  sed -E 's|http[^ ]*ubuntu/ |http://ports.ubuntu.com/ubuntu-ports/ |' | sort -u >"$state/sources"
[ -s "$state/sources" ] || { echo "arm64_sysroot.sh: apt knows no packages of $ID: run apt-get update" >&2; exit 1; }

apt() {
  apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root -o Debug::NoLocking=1 \
    -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state" \
    -o Dir::Etc::sourcelist="$state/sources" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null "$@"
}
echo "Fetching the libraries for 64-bit Arm into $1"
apt update
# shellcheck disable=SC2086  # a list of words
apt install --download-only --no-install-recommends -y $list

mkdir -p "$root/usr/lib" "$root/usr/bin"
ln -sfn usr/lib "$root/lib"  # older packages name /lib, which is /usr/lib in every system of today
for package in "$state"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$root"
done
rm -rf "$state"
echo "$list" >"$root/complete"
