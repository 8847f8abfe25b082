#!/usr/bin/env bash
# shellcheck disable=SC2016  # the backticks and dollars are the attack
# Names that come with someone else's files, of columns, classes and folders, are shown and never obeyed. Usage:
# outside_text.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

# Columns whose names would be commands, mark-up and formats of gnuplot's.
{
  printf '"x\n!>pwned\n#","y_{a}^2 %%d '\''q'\''","`touch pwned`"\n'
  for i in $(seq 100); do echo "$((i % 7)).$i,$((i % 11)).$i,$((i % 5)).$i"; done
} >table.csv
"$elbow" schema table.csv --out schema.json >text
small=(--set training.epochs=1 --set evaluation.draws=1)
# A table that is quick to train on, with figures of its columns.
"$elbow" train "$source/experiments/table.json" --set data.path=table.csv --set data.schema=schema.json "${small[@]}" \
  --out run --threads 1 >text 2>errors
check "a table with such columns is trained on" test -s run/summary.json
check "nothing is missing" test ! -s errors
for figure in encoding_test_plots greedy_barplots pca; do check "$figure is drawn" test -s "run/$figure.png"; done
check "no control characters reach a terminal" bash -c "! grep -q '[[:cntrl:]]' <(tr -d '\n\t\r' <text)"

# A gnuplot that fails on some figures; it may start no program, so the shell itself looks at the script.
mkdir some
cat >some/gnuplot <<END
#!/bin/sh
while read -r line; do
  case \$line in *"Loss as features"* | *"step by step"*) echo "line 1: no luck" >&2; exit 1 ;; esac
done
exec $(command -v gnuplot) "\$@" </dev/stdin
END
chmod +x some/gnuplot
for command in "train $source/experiments/table.json --set data.path=table.csv --set data.schema=schema.json ${small[*]} --quiet" \
  "selection run"; do
  # shellcheck disable=SC2086  # words of a command
  PATH=$work/some:$PATH "$elbow" $command --out "${command%% *}" >text 2>errors
  check "${command%% *}: the others are drawn" test $? -eq 3 -a -s "${command%% *}/greedy_barplots_first_selection.png" -a \
    -s "${command%% *}/selected_features.csv"
  check "${command%% *}: a line for each that is not" test "$(grep -c '^not made: selection: .*no luck' errors)" -eq 2
done

# Images whose classes have such names, in a run folder as a stranger would send it.
mkdir images
for set in train t10k; do
  { printf '\0\0\10\3\0\0\0\20\0\0\0\10\0\0\0\10' && head -c $((16 * 64)) /dev/zero | tr '\0' '\100'; } >images/$set-images-idx3-ubyte
  { printf '\0\0\10\1\0\0\0\20' && for _ in 1 2 3 4 5 6 7 8; do printf '\0\1'; done; } >images/$set-labels-idx1-ubyte
done
cat >images.json <<'END'
{"name": "images",
 "data": {"source": "idx_images", "path": "images", "classes": 2, "class_names": ["x\n!>pwned\n#", "\u001b[31m{%d `touch pwned`"]},
 "condition": {"kind": "label"}, "model": {"encoder": [8], "latents": 2, "decoder": [8]}, "loss": {"distortion": "bce"},
 "evaluation": {"analyses": [], "draws": 1}, "training": {"epochs": 1, "batch_rows": 8}}
END
"$elbow" train images.json --out stranger --threads 1 >text 2>errors
check "images of such classes" test -s stranger/samples.png
check "nothing is missing there" test ! -s errors
"$elbow" sample stranger --grid --out grid.png >text
check "a grid of them" test -s grid.png

# A message is one line, whatever the name in it.
refused "no such folder" "$elbow" selection $'no\nsuch\e[31m\nfolder'

# What is not UTF-8, in a file, a setting or a path, is refused where it comes in: JSON and pages could not hold it.
config=$source/experiments/baseline.json
printf 'a,b\n1,2\n\xe9t\xe9,3\n' >latin.csv
printf '{"name": "\xe9t\xe9"}' >latin.json
refused 'latin.csv:3: column 1: is not text in UTF-8' "$elbow" schema latin.csv
refused 'latin.csv:3: column 1: is not text in UTF-8' "$elbow" train "$source/experiments/table.json" --set data.path=latin.csv \
  --set 'data.schema={"others": "categorical"}' --out refused
refused 'latin.json:1:' "$elbow" train latin.json --out refused
for argument in --set=$'name=\xe9t\xe9' --set=$'\xe9t\xe9=1' --out=$'\xe9t\xe9'; do
  refused 'is not UTF-8 text' "$elbow" train "$config" --out refused "$argument"
done
refused 'is not UTF-8 text' "$elbow" page $'\xe9t\xe9' --out refused

# The files of a run as a stranger may have changed them: the message is ours, not the JSON library's.
damaged() { # PART FILE TEXT
  cp -r stranger damaged
  printf '%s' "$3" >"damaged/$2"
  refused "damaged/$2: $1" "$elbow" page damaged --out refused
  rm -r damaged
}
damaged 'is not the summary of a run' summary.json '{"epochs": 1, "seed": "x"}'
damaged 'is not the summary of a run' summary.json '[1, 2]'
damaged 'name: must be a string, not 3' config.json '{"name": 3}'
damaged 'must be a section {...}, not [1]' config.json '[1]'
damaged 'caption: must be a string, not 1' figures.json '[{"file": "a.png", "caption": 1}]'
damaged 'must be a section {...}, not 7' figures.json '7'

# Folders whose names mean something in a URL, in HTML or to a shell.
mkdir 'runs#1'
mv run 'runs#1/50% <b>?&`touch pwned`'
check "a page of such a folder" "$elbow" page --out page.html --title '</title><script>' 'runs#1'/*
check "links to it" grep -q 'runs%231/50%25%20%3Cb%3E%3F%26%60touch%20pwned%60' page.html
check "no mark-up comes from a name" bash -c "! grep -q '<script>\|<b>' page.html"

check "no command was run" test -z "$(find . -name 'pwned*')"
finish
