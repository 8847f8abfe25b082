#!/bin/sh
# tests/copied_checkout.sh: a checkout that was copied or moved with its build tree builds its own sources, not those of the
# folder where the tree was made. The Makefile is the real one, the project under it a tiny one.
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/first"
cp "$source/Makefile" "$work/first"
cat >"$work/first/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.22)
project(Tiny LANGUAGES NONE)
add_custom_target(elbow_program COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/name ${PROJECT_BINARY_DIR}/elbow)
END
builds() { # FOLDER: what is built there is its own
  basename "$1" >"$1/name"
  # Nothing of the make that runs this test: BUILD=sanitize, for one, would be handed down.
  env -i PATH="$PATH" make --no-print-directory -C "$1" DEPS=no >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  cmp "$1/name" "$1/build/elbow"
}
builds "$work/first"
cp -r "$work/first" "$work/copied"
builds "$work/copied"
mv "$work/first" "$work/moved"
builds "$work/moved"
builds "$work/moved"
if grep -q 'starting anew' "$work/log"; then echo "a tree that is in its place was made anew" >&2; exit 1; fi
echo "A copied and a moved checkout build themselves."
