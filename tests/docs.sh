#!/usr/bin/env bash
# shellcheck disable=SC2016  # the backticks and dollars are Markdown
# The links of the documentation lead somewhere (docs/site/check.py), and where pandoc is installed, the site can be built, without a
# warning, and its links lead somewhere, too. First: the check finds what is wrong in pages that were made so.
set -u
source=$(cd "$(dirname "$0")/.." && pwd) || exit 1
export PYTHONDONTWRITEBYTECODE=1
command -v python3 >/dev/null || { echo "skipped: there is no python3"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
check() { if ! "${@:2}"; then failed=1; echo "FAILED: $1"; fi; }

# A project of two pages.
mkdir -p "$work/small/docs/site" "$work/small/base"
cp "$source"/docs/site/* "$work/small/docs/site"
cd "$work/small" || exit 1
echo 'int a;' >base/a.cpp
printf '# Small\n\n[map](docs/index.md)\n' >README.md
good='# Map

## Pages

| page | what |
|---|---|
| [small](../README.md) | `base/a.cpp`, $E_{x} \lVert x \rVert$ |

## A `b_c`, d & [e](../base/a.cpp)!

[here](#a-b_c-d--e), [again](#twice-1), [source](../base/a.cpp#L1), [folder](../base), ![figure](f.svg)

    no [link](nowhere.md) in code

## Twice

$$ \{ a \} $$

## Twice'
echo '<svg xmlns="http://www.w3.org/2000/svg"/>' >docs/f.svg
page() { printf '%s\n' "$1" >docs/index.md; }
page "$good"
check "a good project" python3 docs/site/check.py >text
bad() { # WHAT-IS-SAID TEXT
  page "$good

$2"
  check "'$1' is found" bash -c "! python3 docs/site/check.py >said && grep -qF '$1' said && [ \$(wc -l <said) = 2 ]"
}
bad 'docs/index.md:21: there is no nowhere.md' '[to nothing](nowhere.md)'
bad 'no heading has the anchor #gone' '[to no heading](../README.md#gone)'
bad 'no heading has the anchor #twice-2' 'a [link over
two lines](#twice-2)'
bad 'there is no g.png' '![no figure](g.png)'
bad 'there is no g.png' '<img alt="no figure" src="g.png">'
bad 'is outside the project' '[away](../../..)'
bad '`base/b.cpp` does not exist' 'See `base/b.cpp`.'
bad 'GitHub takes the backslash' 'the set $\{ a \}$'

built() { # the site of the small project is refused with this text
  check "$2" bash -c "! python3 docs/site/build.py '$work/site' >said 2>&1 && grep -qF '$1' said"
}
if command -v pandoc >/dev/null; then
  page "$good"
  check "the small site" python3 docs/site/build.py "$work/site" >text
  check "its links" python3 docs/site/check.py "$work/site" >text
  check "it is built again" python3 docs/site/build.py "$work/site" >text
  check "the source is there" grep -q 'id="L1"' "$work/site/source/base/a.cpp.html"
  check "the search finds text" grep -q 'no \[link' "$work/site/search-index.js"
  sed -i 's/index.html#twice/index.html#gone/; s/href="#twice-1"/href="#gone"/' "$work/site/index.html"
  check "a broken link of a site is found" bash -c "! python3 docs/site/check.py '$work/site' >said && grep -q gone said"
  mkdir tour docs/tour
  printf '# Tour\n' >docs/tour/index.md
  built 'no table names docs/tour/index.md' "a page that the map does not name"
  for n in 02-b 01-a; do printf '# Chapter %s\n' $n >docs/tour/$n.md; done
  page "${good/| page/| page}
| a | b |
|---|---|
| [tour](tour/index.md) | |"
  check "with a tour" python3 docs/site/build.py "$work/site" >text
  check "its chapters are in order" bash -c "grep -o 'href=\"tour/0[^\"]*' '$work/site/index.html' | sort -cu"
  printf '# Tour\n\n$\\frobnicate{x}$\n' >docs/tour/index.md
  built 'docs/tour/index.md' "a formula that cannot be read"
  check "an earlier site is still there" test -s "$work/site/index.html"
  mkdir "$work/other" && echo text >"$work/other/file"
  rm -r docs/tour && page "$good
[source](../base/gone.cpp)"
  built 'a link to nothing: ../base/gone.cpp' "a link to nothing"
  check "it is still there" test -s "$work/site/index.html"
  check "no other folder is overwritten" bash -c "! python3 docs/site/build.py '$work/other' 2>/dev/null && [ -s '$work/other/file' ]"
fi

cd "$source" || exit 1
check "links of the documentation" python3 docs/site/check.py
if command -v pandoc >/dev/null; then
  check "the site" python3 docs/site/build.py "$work/whole"
  check "links of the site" python3 docs/site/check.py "$work/whole"
else
  echo "the site was not built: there is no pandoc"
fi
[ $failed = 0 ]
