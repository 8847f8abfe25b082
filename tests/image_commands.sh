#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2059  # the dollars are awk's; bytes are made by printf
# The commands that show what a model has learnt of images: sample --grid, --manifold, --label and --colour; traverse;
# interpolate. And what a damaged IDX file comes to. Usage: image_commands.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"
# As the harness's, and there is nothing on standard output.
refused() {
  local part=$1 out status
  shift
  out=$("$@" 2>&1 >stdout)
  status=$?
  [ $status -eq 2 ] || bad "exit status $status, not 2: $*"
  [ ! -s stdout ] || bad "something on standard output: $*"
  [ "$(printf '%s\n' "$out" | wc -l)" -eq 1 ] || bad "not one line: $out"
  case $out in *"$part"*) ok ;; *) bad "'$part' is not in: $out ($*)" ;; esac
}
png_size() { od -An -tu1 -j16 -N8 "$1" | awk '{ print ($1 * 256 + $2) * 65536 + $3 * 256 + $4 "x" ($5 * 256 + $6) * 65536 + $7 * 256 + $8 }'; }
is_png() { [ "$(head -c 4 "$1" | tail -c 3)" = PNG ]; }

# Images of 12 x 12 pixels. Class 0: the upper half is light, class 1: the lower half, class 2: all of it; how light depends
# on the image. 150 for training, 30 for tests.
mkdir images
bytes() { head -c "$2" /dev/zero | tr '\0' "\\$1"; }
number() { printf '\0\0\0'"\\$(printf %o "$1")"; }
for set in train:150 t10k:30; do
  count=${set#*:} name=${set%:*}
  {
    printf '\0\0\10\3' && number "$count" && number 12 && number 12
    for i in $(seq 0 $((count - 1))); do
      light=$(printf %o $((100 + i * 5 % 150)))
      case $((i % 3)) in
        0) bytes "$light" 72 && bytes 0 72 ;;
        1) bytes 0 72 && bytes "$light" 72 ;;
        2) bytes "$light" 144 ;;
      esac
    done
  } >"images/$name-images-idx3-ubyte"
  { printf '\0\0\10\1' && number "$count" && for i in $(seq 0 $((count - 1))); do printf "\\$((i % 3))"; done; } \
    >"images/$name-labels-idx1-ubyte"
done

cat >images.json <<'END'
{"name": "images",
 "data": {"source": "idx_images", "path": "images", "classes": 3, "class_names": ["top", "bottom", "both"]},
 "condition": {"kind": "label"}, "loss": {"distortion": "bce"},
 "model": {"encoder": [32], "decoder": [32], "latents": 3},
 "evaluation": {"analyses": [], "draws": 2, "active_kl": 0},
 "training": {"epochs": 200, "batch_rows": 10, "schedule": {"learning_rate": 0.003}}}
END
train() { "$elbow" train images.json --quiet "$@"; }
check "a run whose labels are always given" train --out labelled
# Latents cost five times as much, so that the model learns to take class and colour from the labels.
check "a run on coloured images" train --out coloured --set data.coloured=true --set condition.withheld=0.2 --set loss.beta=5
check "a run on binary images" train --out binary --set data.binarised=true --set condition.kind=none --set model.latents=2
check "a run without a picture" "$elbow" train images.json --quiet --out table --set 'data={"source": "blobs", "train_rows": 640,
  "test_rows": 64}' --set condition.kind=columns --set loss.distortion=squared_error --set training.epochs=3 --set evaluation.active_kl=1000
cp -r coloured before

# --- sample: labels ---
"$elbow" sample coloured --label top --colour red --rows 100 >a.csv
check "as words of their own or in --given: the same" cmp a.csv <("$elbow" sample coloured --given label=top,colour=red --rows 100)
"$elbow" sample coloured --label 0 --colour 0 --rows 100 >numbers.csv
check "by number: the same rows" cmp <(cut -d, -f1-432 a.csv) <(cut -d, -f1-432 numbers.csv)
check "label and colour stand beside the row" test "$(tail -1 a.csv | cut -d, -f433-434)" = "top,red"
light() { awk -F, -v a="$1" -v b="$2" 'NR > 1 { for (i = a; i <= b; ++i) s += $i } END { print s / (NR - 1) / (b - a + 1) }' "$3"; }
check "a red top is red at the top" awk -v t="$(light 1 72 a.csv)" -v b="$(light 73 144 a.csv)" -v g="$(light 145 432 a.csv)" \
  'BEGIN { exit !(t > 0.3 && b < t / 5 && g < t / 5) }'
"$elbow" sample coloured --label bottom --colour blue --rows 100 >b.csv
check "a blue bottom is blue at the bottom" awk -v b="$(light 361 432 b.csv)" -v r="$(light 1 360 b.csv)" \
  'BEGIN { exit !(b > 0.3 && r < b / 5) }'
"$elbow" sample coloured --label top --rows 100 >any.csv
check "a label that is not given is withheld" test "$(tail -1 any.csv | cut -d, -f433-434)" = "top,"
check "the same as with explicit options" cmp any.csv <("$elbow" sample coloured --label top --colour none --rows 100)
check "which is no colour" bash -c '! cmp -s <(cut -d, -f1-432 a.csv) <(cut -d, -f1-432 any.csv)'
check "what sample writes can be encoded" test "$("$elbow" encode coloured a.csv | wc -l)" -eq 101
check "and the model is given its colour: without it, other latents" bash -c "! cmp -s <('$elbow' encode coloured a.csv) \
  <(sed 's/,red/,/' a.csv | '$elbow' encode coloured /dev/stdin)"
check "a label that the file lacks is withheld" cmp <(cut -d, -f1-433 a.csv | "$elbow" encode coloured /dev/stdin) \
  <(sed 's/,red/,/' a.csv | "$elbow" encode coloured /dev/stdin)
refused 'column colour: "pink" is not a colour' "$elbow" encode coloured <(sed 's/,red/,pink/' a.csv)
refused '"circle" is not a class: there are 0 to 2, or' "$elbow" sample coloured --label circle
refused '"pink" is not a colour' "$elbow" sample coloured --colour pink
refused "is not a class" "$elbow" sample coloured --label 3
refused "given twice" "$elbow" sample coloured --label top --given label=top
refused "label=CLASS, colour=NAME, not x0" "$elbow" sample coloured --given x0=1
refused "--colour: the images of this run have no colours" "$elbow" sample labelled --label top --colour red
refused "needs the label: --label CLASS" "$elbow" sample labelled
refused "none can be withheld" "$elbow" sample labelled --label none
refused "--label: the model was trained without labels" "$elbow" sample binary --label 1
"$elbow" sample binary --rows 5 >drawn.csv
check "binary pixels are drawn as 0 and 1" test "$(tail -n +2 drawn.csv | tr , '\n' | sort -u | tr '\n' ' ')" = "0 1 "

# --- sample --grid and --manifold ---
check "a grid goes to the run's folder" test "$("$elbow" sample coloured --grid)" = coloured/samples_grid.png
check "it is the run's own samples.png" cmp coloured/samples_grid.png coloured/samples.png
refused "coloured/samples_grid.png: exists already" "$elbow" sample coloured --grid
check "--force writes over it" test "$("$elbow" sample coloured --grid --seed 5 --force)" = coloured/samples_grid.png
check "another seed, another picture" bash -c '! cmp -s coloured/samples_grid.png coloured/samples.png'
"$elbow" sample coloured --grid --label top --colour red --out one.png --threads 1 >text
check "ten by ten of one class and colour" test "$(png_size one.png)" = 484x468
check "the same for any number of threads" bash -c "'$elbow' sample coloured --grid --label top --colour red --out two.png \
  --threads 2 >text && cmp one.png two.png"
"$elbow" sample coloured --grid --colour red --rows 2 --out classes.png >text
"$elbow" sample labelled --grid --rows 1 --out labelled.png >text
check "a grid of a model whose labels are always given" is_png labelled.png
"$elbow" sample binary --grid --out binary.png >text
check "a grid of a model without a condition: ten by ten" test "$(png_size binary.png)" = 438x438
check "the manifold" test "$("$elbow" sample binary --manifold --rows 5)" = binary/manifold.png
check "is a picture" is_png binary/manifold.png
"$elbow" sample coloured --manifold --label both --rows 3 --out three.png >text
check "a manifold of three latents: the two that tell most" is_png three.png
refused "needs the label" "$elbow" sample labelled --manifold
refused "a picture is a PNG" "$elbow" sample coloured --grid --out grid.jpg
refused "there is no folder nowhere" "$elbow" sample coloured --grid --out nowhere/grid.png
refused "--grid: the rows of this run are not images" "$elbow" sample table --grid
refused "--manifold: the rows of this run are not images" "$elbow" sample table --manifold
refused "excludes" "$elbow" sample coloured --grid --manifold
refused "excludes" "$elbow" sample coloured --grid --noise
refused "too large a picture" "$elbow" sample binary --manifold --rows 1000 --out large.png
check "and no picture is left behind" test ! -e large.png

# --- traverse ---
check "traverse: a picture" test "$("$elbow" traverse binary --all)" = binary/traverse.png
check "is one" is_png binary/traverse.png
"$elbow" traverse coloured --all --steps 5 --range 2 --out t.csv
check "three latents, five steps" test "$(wc -l <t.csv)" -eq 16
check "from -2 to 2" test "$(head -6 t.csv | cut -d, -f3 | tr '\n' ' ')" = "z -2 -1 0 1 2 "
check "the largest KL first" awk -F, 'NR > 2 && $2 + 0 > last + 0 { exit 1 } { last = $2 }' <(tail -n +2 t.csv)
kl_of() { awk -F, '!seen[$1]++ && NR > 1 { s += $2 } END { printf "%.5f", s }' "$1"; }
check "in the middle all latents meet" test "$(awk -F, '$3 == 0' t.csv | cut -d, -f4- | sort -u | wc -l)" -eq 1
check "and nowhere else" test "$(awk -F, '$3 == -2' t.csv | cut -d, -f4- | sort -u | wc -l)" -eq 3
"$elbow" traverse labelled --all --row 4 --out r.csv
check "around a row its own labels are given: the KL is that of encode" test "$(kl_of r.csv)" = \
  "$("$elbow" encode labelled | awk -F, 'NR > 1 { s += $NF } END { printf "%.5f", s / (NR - 1) }')"
"$elbow" traverse labelled --all --quantiles --steps 4 --label both --out q.csv
check "at the quantiles of N(0, 1)" test "$(sed -n 2,5p q.csv | cut -d, -f3 | cut -c1-6 | tr '\n' ' ')" = "-1.150 -0.318 0.3186 1.1503 "
refused "needs the label" "$elbow" traverse labelled
refused "no latent is active" "$elbow" traverse table
refused "has rows 0 to 29, and no 30" "$elbow" traverse labelled --row 30
refused "binary/traverse.png: exists already" "$elbow" traverse binary
refused "--steps" "$elbow" traverse binary --steps 1
"$elbow" traverse table --all --given 0=1.50 --steps 3 >table.csv
check "of a table: CSV, what is given as it was typed" test "$(tail -n +2 table.csv | cut -d, -f4 | sort -u)" = 1.50
check "around a row the columns' own values" test "$("$elbow" traverse table --all --row 3 --given all --steps 3 | wc -l)" -eq 10
refused "rows of this run are not images" "$elbow" traverse table --out t.png

# --- interpolate ---
check "interpolate: a picture" test "$("$elbow" interpolate coloured)" = coloured/interpolation.png
check "is one" is_png coloured/interpolation.png
"$elbow" interpolate labelled --from 3,6 --to 4,8 --steps 3 --out i.csv
check "two pairs, each under two conditions, three steps" test "$(wc -l <i.csv)" -eq 13
check "which are named by their rows" test "$(cut -d, -f1-4 i.csv | sed -n '2p;5p;7p;13p' | tr '\n' ' ')" = \
  "3,4,3,0 3,4,4,0 3,4,4,1 6,8,8,1 "
"$elbow" reconstruct labelled | cut -d, -f1-144 >back.csv
check "it begins with the reconstruction of the first row" cmp <(sed -n 2p i.csv | cut -d, -f5-) <(sed -n 5p back.csv)
check "and ends with that of the second" cmp <(sed -n 7p i.csv | cut -d, -f5-) <(sed -n 6p back.csv)
"$elbow" interpolate labelled --from 3 --to 4 --steps 3 --label both --out both.csv
check "under one label that is given, once" test "$(wc -l <both.csv)" -eq 4
"$elbow" interpolate coloured --from 0 --to 1 --label none --colour none --out withheld.csv
check "with all labels withheld, once" test "$(wc -l <withheld.csv)" -eq 10
check "of a table: CSV, nine points between two classes" test "$("$elbow" interpolate table | wc -l)" -eq 10
check "given columns of each end: twice" test "$("$elbow" interpolate table --given 0 --from 0 --to 1 | wc -l)" -eq 19
refused "--from names 2 rows and --to 1" "$elbow" interpolate labelled --from 1,2 --to 3
refused "--to: the test set has rows 0 to 29" "$elbow" interpolate labelled --from 1 --to 99
refused "none, all or a list" "$elbow" interpolate table --given random
refused "exists already" "$elbow" interpolate labelled --out i.csv

check "a picture in the run's folder is on the list of its files" grep -q '"samples_grid.png"' coloured/manifest.json
check "nothing else of a run was changed" bash -c "diff -r -x manifest.json coloured before | grep -v '^Only in coloured: ' | wc -l | grep -q '^0$'"
check "train --force takes such pictures away" bash -c "'$elbow' train images.json --quiet --out coloured --force --set \
  training.epochs=1 && ! test -e coloured/samples_grid.png && ! test -e coloured/interpolation.png"

# --- images without labels ---
mkdir plain
cp images/*-images-* plain
unlabelled=(--set data.path=plain --set data.classes=null --set data.class_names=[])
for kind in none columns; do
  check "a run on images without labels" train --out plain_$kind "${unlabelled[@]}" --set condition.kind=$kind --set training.epochs=2
  check "$kind: can be evaluated" "$elbow" evaluate plain_$kind --json >text
  check "$kind: between rows" "$elbow" interpolate plain_$kind --out plain_$kind.png >text
  check "$kind: a grid" "$elbow" sample plain_$kind --grid --out grid_$kind.png >text
done
check "coloured images without labels" train --out plain_coloured "${unlabelled[@]}" --set data.coloured=true --set condition.kind=none \
  --set training.epochs=2
refused "--label: the model was trained without labels" "$elbow" sample plain_none --label 1
refused "condition.kind: the data set idx_images has no labels to condition on" train --out new "${unlabelled[@]}"

# --- damaged files: one line that names the file ---
spoil() { # what the message says of which file; then what is done to it
  rm -rf damaged
  cp -r images damaged
  "${@:2}"
  refused "$1" train --out new --set data.path=damaged
}
cut_off() { head -c "$2" "images/$1" >"damaged/$1"; }
spoil "damaged/train-images-idx3-ubyte: is cut short" cut_off train-images-idx3-ubyte 1000
spoil "damaged/train-labels-idx1-ubyte: is cut short" cut_off train-labels-idx1-ubyte 100
spoil "damaged/t10k-images-idx3-ubyte: is cut short: it ends within its header" cut_off t10k-images-idx3-ubyte 0
spoil "damaged/t10k-labels-idx1-ubyte: has 150 labels for the 30 images" cp images/train-labels-idx1-ubyte damaged/t10k-labels-idx1-ubyte
spoil "damaged/train-images-idx3-ubyte: is no IDX file of images" cp images/train-labels-idx1-ubyte damaged/train-images-idx3-ubyte
nine() { { head -c 100 images/train-labels-idx1-ubyte && printf '\11' && tail -c 57 images/train-labels-idx1-ubyte; } >damaged/train-labels-idx1-ubyte; }
spoil "damaged/train-labels-idx1-ubyte: label 9 of row 92 is not one of 0..2" nine
longer() { printf x >>damaged/train-images-idx3-ubyte; }
spoil "damaged/train-images-idx3-ubyte: continues after" longer
packed() { gzip "damaged/$1" && head -c "$2" "damaged/$1.gz" >half && mv half "damaged/$1.gz"; }
spoil "damaged/train-images-idx3-ubyte.gz: " packed train-images-idx3-ubyte 100
spoil "damaged/t10k-labels-idx1-ubyte.gz: " packed t10k-labels-idx1-ubyte 5
spoil "damaged: holds no test labels: t10k-labels-idx1-ubyte, plain or with .gz; Debian" rm damaged/t10k-labels-idx1-ubyte
spoil "data.classes: there are no labels in damaged" rm damaged/train-labels-idx1-ubyte damaged/t10k-labels-idx1-ubyte
refused "dataset-fashion-mnist" train --out new --set data.path=nowhere
refused "make mnist MNIST=" train --out new --set data.path=nowhere
check "no run was started" test ! -e new

for command in traverse interpolate; do
  check "help on $command" bash -c "'$elbow' $command --help | grep -q 'finished run'"
done
finish
