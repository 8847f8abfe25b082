#!/bin/sh
# scripts/tidy.sh BUILD_DIR FILE...: clang-tidy on each FILE, as BUILD_DIR/compile_commands.json names it. That a file has passed is kept
# next to ccache's files, under a hash of all that the answer depends on: the file and its headers, the system's too, the
# command that compiles it, the checks and clang-tidy itself. It is looked at again when any of that has changed.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
shift
passed=${CCACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/ccache}/clang-tidy
mkdir -p "$passed"
find "$passed" -type f -mtime +30 -delete # nobody has asked for these for a month

# The command that compiles a file, without its output; nothing for a file that is not built.
command_of() {
  awk -v file="\"file\": \"$1\"" '/"command": / {command = $0} index($0, file) {print command; exit}' \
    "$build/compile_commands.json" | sed 's/^ *"command": "//; s/",$//; s/\\\(["\\]\)/\1/g; s/ -o [^ ]* -c / /'
}

# The hash, which does not depend on where the project lies.
hash_of() {
  command=$(command_of "$1")
  [ -n "$command" ] || return 1
  files=$(cd "$build" && eval "$command -M") || return 1
  sums=$(cd "$build" && echo "$files" | sed 's/^[^ ]*://; s/\\$//' | xargs sha256sum) || return 1
  {
    printf '%s\n' "$command" "$sums"
    cat .clang-tidy scripts/tidy.sh
    clang-tidy --version
  } | sed "s|$PWD|.|g" | sha256sum | cut -d' ' -f1
}

status=0
for file in "$@"; do
  hash=$(hash_of "$file") || hash=
  [ -n "$hash" ] && [ -e "$passed/$hash" ] && touch "$passed/$hash" && continue
  # The flags are those of the build's compiler, and clang need not know them all.
  if clang-tidy -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option \
    --extra-arg=-Wno-ignored-optimization-argument \
    --header-filter="$PWD/(base|autograd|nn|cvae|data|metrics|experiments)/" "$file"; then
    [ -z "$hash" ] || touch "$passed/$hash"
  else
    status=1
  fi
done
exit $status
