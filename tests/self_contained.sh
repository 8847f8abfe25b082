#!/usr/bin/env bash
# shellcheck disable=SC2016  # the dollars are those of sed and awk
# A run holds all that its answers depend on. Commands that need no rows answer without the table or the images it was trained
# on; those that read them again find them from any folder, and refuse by name what is gone or has changed. Usage:
# self_contained.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

mkdir lab elsewhere
cd lab || exit 1
awk 'BEGIN { srand(3); print "size,ripe,colour,note"
  for (i = 0; i < 300; ++i) { c = i % 4; printf "%.3f,%s,%s,%d\n", 960 + 5 * rand() + c, i % 3 ? "yes" : "no", substr("red  blue greenNA   ", 5 * c + 1, 5), i } }' |
  tr -d ' ' >table.csv
cat >schema.json <<'END'
{"others": "ignore", "columns": [{"name": "size", "kind": "real"}, {"name": "ripe", "kind": "binary"}, {"name": "colour", "kind": "categorical"}]}
END
cat >table.json <<'END'
{"name": "table", "data": {"source": "table", "path": "table.csv", "schema": "schema.json"},
 "model": {"encoder": [8], "decoder": [8], "latents": 2},
 "evaluation": {"analyses": [], "draws": 1}, "training": {"epochs": 2}}
END
printf 'size,ripe,colour\n,yes,\n962.5,,red\n,no,blue\n' >holes.csv
check "a run on a table" undrawn train table.json --out run --quiet
check "its data are described" test -s run/data.json
cp -r run before
cp table.csv table.kept
cp schema.json schema.kept

# --- without the table: sample, impute, encode, reconstruct and likelihood of one's own rows ---
answers() { # FOLDER of the run, FOLDER of the rows
  "$elbow" sample "$1" --rows 50 --noise && "$elbow" sample "$1" --given colour=red --rows 5 &&
    "$elbow" impute "$1" "$2/holes.csv" --sd && "$elbow" encode "$1" "$2/holes.csv" --given all &&
    "$elbow" reconstruct "$1" "$2/holes.csv" --draws 2 && "$elbow" likelihood "$1" "$2/holes.csv" --samples 3 2>/dev/null
}
same_answers() { check "$1" cmp <(answers "${2:-run}" "${3:-.}" 2>&1) answers.txt; }
answers run . >answers.txt || bad "answers with the table there"
"$elbow" evaluate run --json | grep -v 'step_us\|total_s\|rss' >evaluated.txt
"$elbow" encode run >encoded.txt
same_evaluation() {
  check "$1" cmp evaluated.txt <("$elbow" evaluate "${2:-run}" --json | grep -v 'step_us\|total_s\|rss')
  check "$1: the test rows" cmp encoded.txt <("$elbow" encode "${2:-run}")
}
same_evaluation "evaluate is a function of the run"
rm schema.json
same_evaluation "the schema is not needed again"
refused "schema.json: is not there" undrawn train table.json --out run --resume
echo '{"others": "real"}' >schema.json
same_evaluation "nor looked at"
refused "schema.json: has changed" undrawn train table.json --out run --resume
cp schema.kept schema.json
rm table.csv
same_answers "answers without the table"
for command in "evaluate run" "encode run" "encode run holes.csv --active" "reconstruct run" "traverse run" "interpolate run" \
  "selection run" "evaluate run --set seed=3" "train table.json --out run --resume"; do
  # shellcheck disable=SC2086  # a command and its arguments
  refused "table.csv: is not there" "$elbow" $command
done

# --- a table that has changed ---
changed() { # WHAT SED-SCRIPT...
  sed "${@:2}" table.kept >table.csv
  same_answers "answers: $1"
  for command in "evaluate run" "evaluate run --set data.test_rows=20" "encode run" "reconstruct run" "pca run" \
    "train table.json --out run --resume"; do
    # shellcheck disable=SC2086
    refused "table.csv: has changed since the run in run was started" undrawn $command
  done
}
changed "a column in other units" 's/^\([0-9]*\)\./\1000./'
changed "a category renamed" 's/red/rot/'
changed "a row appended" '$p'
changed "a row removed" '7d'
changed "rows in another order" '2{h;d};$G'
cp table.kept table.csv
same_evaluation "with the table as it was, all is as before"
awk -F, -v OFS=, 'NR > 1 { $1 += 20 } { print }' table.csv >other.csv
check "another table is scaled as the run's was: far from what it was trained on" bash -c \
  "'$elbow' evaluate run --set data.path=other.csv --json | awk '/\"test\"/ { on = 1 } on && /\"loss\"/ { exit !(\$2 > 50) }'"
check "a finished run is taken up again" undrawn train table.json --out run --resume --quiet
check "and the description stays" cmp run/data.json before/data.json

# --- from another folder ---
cp answers.txt evaluated.txt encoded.txt ../elsewhere
cd ../elsewhere || exit 1
same_answers "answers from another folder" ../lab/run ../lab
same_evaluation "evaluation from another folder" ../lab/run
check "--resume from another folder" undrawn train ../lab/run/config.json --out ../lab/run --resume --quiet
echo "another table of that name" >table.csv
same_evaluation "another file of that name is none of the run's" ../lab/run
check "a training under other settings" undrawn train ../lab/run/config.json --out new --quiet --set data.path=../lab/table.csv \
  --set data.schema=../lab/schema.json
cd ../lab || exit 1

# --- a run of an earlier version, which has no description ---
cp -r run old
rm old/data.json
same_answers "an old run answers with its table" old
sed -i 's/red/rot/' table.csv
refused "table.csv: has changed" "$elbow" sample old
cp table.kept table.csv

# --- a damaged description ---
cp -r run damaged
damage() { # PART SED-SCRIPT
  sed "$2" run/data.json >damaged/data.json
  refused "$1" "$elbow" sample damaged
  refused "$1" "$elbow" evaluate damaged
}
damage "damaged/data.json: is damaged: train_rows: must be" 's/"train_rows": 240/"train_rows": -1/'
damage "damaged/data.json: is damaged: schema.columns[0].kind" 's/"real"/"reel"/'
damage "damaged/data.json: is damaged: scales[0]" '/"scales"/,$s/^   [0-9.]*$/   0.0/'
damage "damaged/data.json:2:" '1s/{/[/'
sed 's/"test_rows": 60/"test_rows": 61/' run/data.json >damaged/data.json
refused "damaged/data.json: describes other data" "$elbow" evaluate damaged
sed 's/"blue"/"blue", "violet"/' run/data.json >damaged/data.json
refused "model.safetensors" "$elbow" sample damaged
cp run/data.json damaged/data.json
echo '{"files": 3}' >damaged/inputs.json
refused "damaged/inputs.json: is damaged" "$elbow" evaluate damaged

# --- a sweep does not mix tables ---
cat >sweep.json <<'END'
{"name": "sweep", "base": "table.json", "set": {"training.epochs": 1}, "grid": {"seed": [1, 2]}}
END
check "a sweep" undrawn sweep sweep.json --out sweep --quiet 2>text
check "that is done" undrawn sweep sweep.json --out sweep --quiet 2>text
sed -i 2d table.csv
sed -i 's/\[1, 2\]/[1, 2, 3]/' sweep.json
refused "table.csv: has changed since the run in sweep/seed=1" undrawn sweep sweep.json --out sweep
check "no run of another table is started" test ! -e sweep/seed=3
cp table.kept table.csv

# --- images: labels, sizes and names are the run's ---
dark_and_bright images
cat >images.json <<'END'
{"name": "images", "data": {"source": "idx_images", "path": "images/", "classes": 2, "class_names": ["dark", "bright"], "coloured": true},
 "condition": {"kind": "label"}, "model": {"encoder": [8], "decoder": [8], "latents": 2}, "loss": {"distortion": "bce"},
 "evaluation": {"analyses": [], "draws": 1}, "training": {"epochs": 2, "batch_rows": 8}}
END
check "a net that scores images" "$elbow" features train images.json --epochs 1 --out net.safetensors --quiet
check "a run on images" undrawn train images.json --out pictures --quiet --set evaluation.features=net.safetensors
pictures() { # FOLDER of the run
  "$elbow" sample "$1" --label bright --colour red --rows 3 && "$elbow" sample "$1" --grid --out "$work/grid.png" --force &&
    "$elbow" sample "$1" --manifold --label 0 --out "$work/plane.png" --force && cat "$work/grid.png" "$work/plane.png"
}
pictures pictures >pictures.bin || bad "pictures"
mv images gone
check "samples without the images" cmp pictures.bin <(pictures pictures)
refused "images/: is not there" "$elbow" evaluate pictures
refused "images/: is not there" "$elbow" image_scores pictures --out refused
mv gone images
cp images/t10k-images-idx3-ubyte kept.images
printf '\1' | dd of=images/t10k-images-idx3-ubyte bs=1 seek=200 conv=notrunc 2>/dev/null
check "samples with others in their place" cmp pictures.bin <(pictures pictures)
refused "images/t10k-images-idx3-ubyte: has changed" "$elbow" evaluate pictures
cp kept.images images/t10k-images-idx3-ubyte
mkdir zipped
for file in images/*; do gzip -c "$file" >"zipped/${file#images/}.gz"; done
check "a run on compressed images" undrawn train images.json --out unzipped --quiet --set data.path=zipped
cp images/t10k-images-idx3-ubyte zipped/
refused "zipped/t10k-images-idx3-ubyte: is not what the run in unzipped was trained on" "$elbow" evaluate unzipped
# EMNIST's names, two sets in a folder, letters from 1 on.
mkdir -p zoo/more
for file in images/*; do
  name=${file#images/}
  for set in letters digits; do cp "$file" "zoo/emnist-$set-${name/t10k/test}"; done
done
for half in train test; do
  { head -c 8 images/t10k-labels-idx1-ubyte && for _ in $(seq 20); do printf '\20\21'; done; } >"zoo/emnist-letters-$half-labels-idx1-ubyte"
done
mv zoo/emnist-digits-test-images-idx3-ubyte zoo/more/others
refused "zoo: holds 2 sets of images" undrawn train images.json --out refused --set data.path=zoo
zoo=(--set data.path=zoo --set data.classes=null --set data.class_names='["P", "Q"]')
check "a run on one of several sets" undrawn train images.json --out letters "${zoo[@]}" --set data.train_images=emnist-letters-train-images-idx3-ubyte >text
check "says what its labels are" grep -q 'warning: the labels in zoo start from 16: label 16 is class 0, label 17 class 1' text
check "a run whose settings name files" undrawn train images.json --out named --quiet "${zoo[@]}" --set data.classes=2 \
  --set data.train_images=emnist-digits-train-images-idx3-ubyte --set data.test_images=more/others \
  --set data.test_labels=emnist-digits-test-labels-idx1-ubyte
for run in letters named; do
  check "$run: the same from another folder" cmp <("$elbow" encode $run) <(cd ../elsewhere && "$elbow" encode ../lab/$run)
  check "$run: resumed" undrawn train $run/config.json --out $run --resume --quiet
  check "$run: the settings it has written down" undrawn train $run/config.json --out "again_$run" --quiet
  check "$run: make the same" cmp $run/model.safetensors "again_$run/model.safetensors"
done
printf '\1' | dd of=zoo/more/others bs=1 seek=200 conv=notrunc 2>/dev/null
refused "zoo/more/others: has changed" "$elbow" evaluate named
(cd ../elsewhere && "$elbow" image_scores ../lab/pictures --out scores >/dev/null) || bad "scores from another folder"
"$elbow" image_scores pictures --out scores >/dev/null
check "are those of the run's own folder" cmp scores/image_scores.csv ../elsewhere/scores/image_scores.csv
check "a run's own net is trained from another folder" bash -c "cd ../elsewhere && '$elbow' image_scores ../lab/pictures \
  --out own --set evaluation.features=null >text"
"$elbow" features train images.json --epochs 2 --out net.safetensors --quiet --force
refused "net.safetensors: has changed" "$elbow" image_scores pictures --out refused
refused "net.safetensors: has changed" undrawn train images.json --out pictures --resume --set evaluation.features=net.safetensors
check "what needs no scores does not mind" "$elbow" evaluate pictures --json >text
rm net.safetensors
refused "net.safetensors: is not there" "$elbow" image_scores pictures --out refused

# --- a model that takes its moments from the training rows keeps them ---
cat >linear.json <<'END'
{"name": "linear", "data": {"source": "correlated_gaussian", "columns": 3, "train_rows": 640, "test_rows": 640},
 "model": {"kind": "linear"}, "evaluation": {"analyses": [], "draws": 1}, "training": {"epochs": 1}}
END
check "a run of kind linear" undrawn train linear.json --out linear --quiet
printf 'x0,x1,x2\n1,,0.5\n' >gap.csv
check "imputes without rows" bash -c "'$elbow' impute linear gap.csv | grep -qE '^1,-?[0-9.e-]+,0.5$'"

finish
