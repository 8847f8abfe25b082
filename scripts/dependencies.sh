#!/bin/sh
# The Debian and Ubuntu packages that Elbow needs. This list is the only one: the Makefile, CI and the docs read it here.
#
#   scripts/dependencies.sh [list | missing | install] [GROUP...]
#
# list      print them, one a line
# missing   print those that are not installed
# install   install those that are missing, and say so first (the default)
#
# The groups:
#   build    what building, testing and running need (the default; libboost-context-dev for the threads of the emulated GPU alone)
#   lint     what `make lint` needs besides
#   fuzz     what `make fuzz` needs besides
#   onnx     what installs onnxruntime for a test (.ci/run)
#   docs     what builds the site of the documentation (`make docs`)
#   cluster  what runs the scripts of experiments/cluster on this machine, for a test
#   mpi      what trains one model on several ranks (docs/parallel.md): without it all else builds and runs
#   arm64    what `make BUILD=arm64` compiles with for 64-bit Arm, and what runs its tests
# shellcheck disable=SC2034  # the groups' lists are read by their names
set -eu

# a|b|c: any of them will do, and the first is installed when there is none.
build='
g++
cmake
make
ccache
libxsimd-dev
libopenblas-openmp-dev
liblapacke-dev
librandom123-dev
nlohmann-json3-dev
libcli11-dev
libboost-iostreams-dev
libboost-context-dev
libboost-test-dev
gnuplot-nox|gnuplot-qt|gnuplot-x11
fonts-dejavu-core
dataset-fashion-mnist
'
lint='
clang-format
clang-tidy
libomp-dev
shellcheck
'
fuzz='
clang
libomp-dev
'
onnx='
python3-venv
'
docs='
pandoc
python3
fonts-lmodern
'
cluster='
slurm-wlm
parallel
'
mpi='
libopenmpi-dev
openmpi-bin
'
arm64='
g++-aarch64-linux-gnu
qemu-user
'

groups='build lint fuzz onnx docs cluster mpi arm64'
action=${1:-install}
[ $# -gt 0 ] && shift
packages=
for group in "${@:-build}"; do
  case " $groups " in
    *" $group "*) eval "packages=\"\$packages \$$group\"" ;;
    *) echo "dependencies.sh: there is no group '$group': $groups" >&2; exit 2 ;;
  esac
done

# The first of a|b|c, unless one of them is installed.
missing() {
  # shellcheck disable=SC2046,SC2086  # lists of words
  installed=$(dpkg-query -W -f '${Package}:${db:Status-Status} ' $(echo $packages | tr '|' ' ') 2>/dev/null || true)
  for package in $packages; do
    found=
    for choice in $(echo "$package" | tr '|' ' '); do
      case " $installed" in *" $choice:installed "*) found=yes ;; esac
    done
    [ "$found" ] || echo "${package%%|*}"
  done
}

by_hand() {
  echo "Elbow needs these packages (the names are Debian's); please install them:" >&2
  echo "$1" | sed 's/^/  /' >&2
  echo "(If they are there under other names, DEPS=no keeps make from asking.)" >&2
}

case $action in
  list) for package in $packages; do echo "${package%%|*}"; done ;;
  missing) missing ;;
  install)
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
      # Nothing to ask here: CMake says by itself what it does not find.
      for tool in c++ cmake; do
        command -v $tool >/dev/null || { by_hand "$("$0" list)"; exit 1; }
      done
      exit 0
    fi
    wanted=$(missing)
    [ "$wanted" ] || exit 0
    as_root=
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || { by_hand "$wanted"; exit 1; }
      as_root=sudo
    fi
    echo "Installing what Elbow needs and is missing here${as_root:+ (through sudo)}:"
    echo "$wanted" | sed 's/^/  /'
    $as_root apt-get update -qq || echo "apt-get update failed; trying with the package lists that are there" >&2
    # shellcheck disable=SC2086  # a list of words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted
    ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
