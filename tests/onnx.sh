#!/usr/bin/env bash
# tests/onnx.sh PATH/TO/elbow PATH/TO/test_onnx: what `elbow export` writes, as onnxruntime computes it: ops, models of every kind, and
# trained runs against the program's own commands. PYTHON names an interpreter that has onnxruntime and numpy; without one, only
# what needs none is tested, and the test counts as skipped.
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"
test_onnx=$2
python=${PYTHON:-python3}
script=$source/tests/onnx_check.py

cat >config.json <<'JSON'
{"name": "t", "data": {"source": "correlated_gaussian", "columns": 4, "train_rows": 2000, "test_rows": 200},
 "model": {"kind": "mlp", "encoder": [16, 16], "latents": 3, "decoder": [16]},
 "training": {"epochs": 2, "batch_rows": 50}, "evaluation": {"analyses": []}}
JSON
train() { undrawn train config.json --quiet "$@" 2>note || bad "train $*: $(cat note)"; }
train --out gaussian

# --- what needs no runtime: files and refusals ---
check "export" "$elbow" export gaussian --out onnx-gaussian --quiet
check "two files" test "$(find onnx-gaussian -type f | wc -l)" -eq 2
cp -r onnx-gaussian before
refused "onnx-gaussian/encoder.onnx: exists already" "$elbow" export gaussian --out onnx-gaussian
check "with --force" "$elbow" export gaussian --out onnx-gaussian --force --quiet
check "the same bytes again" diff -r before onnx-gaussian
mkdir other && echo old >other/prior.onnx
refused "other/prior.onnx: exists already" "$elbow" export gaussian --out other
check "a prior of another model" "$elbow" export gaussian --out other --force --quiet
check "does not stay" diff -r before other
check "into the run's own folder" "$elbow" export gaussian --out gaussian --quiet
check "its list of files" grep -q '"encoder.onnx"' gaussian/manifest.json
refused "refused: is no finished run" "$elbow" export refused --out nowhere
refused "onnx-gaussian/encoder.onnx: exists and is not a folder" "$elbow" export gaussian --out onnx-gaussian/encoder.onnx
train --set model='{"kind": "linear"}' --out linear
refused "linear: encoder.onnx cannot be made: " "$elbow" export linear --out refused

if ! "$python" -c 'import onnxruntime, numpy' 2>/dev/null; then
  finish || exit 1
  echo "skipped: onnxruntime is not installed"
  exit 77
fi

# --- ops, and models with random weights ---
mkdir cases
ELBOW_ONNX_TO=$work/cases "$test_onnx" >log 2>&1 || { cat log && bad "test_onnx"; }
check "ops and models" "$python" "$script" cases cases

# --- trained runs ---
# same RUN [OPTION...]: it is exported, and computes what the program's commands do.
same() {
  "$elbow" export "$1" --out "onnx-$1" --force --quiet || bad "export $1"
  check "$1" "$python" "$script" run "$elbow" "$1" "onnx-$1" "${@:2}"
}
"$elbow" sample gaussian --rows 50 --noise --out rows.csv
same gaussian --rows rows.csv
same gaussian --rows rows.csv --given x0,x2
same gaussian --rows rows.csv --given all
train --set data.missing=0.3 --out missing
awk -F, -v OFS=, 'NR % 3 == 0 { $2 = "" } 1' rows.csv >gaps.csv
same missing --rows gaps.csv --given x0,x1
train --set model.prior.kind=learned --out learned
same learned --rows rows.csv --given x1
train --set model.prior.kind=mixture --out mixture
same mixture --rows rows.csv --given x1
train --set model='{"kind": "residual", "encoder": [16, 16], "latents": 3, "decoder": [16], "bottleneck": 8}' --out residual
same residual --rows rows.csv --given x1
train --set model='{"kind": "dense", "encoder": [[8, 8], [8, 8]], "latent": [[8, 3]], "decoder": [[8, 8], [8]]}' --out dense
same dense --rows rows.csv --given x1
train --set condition.kind=none --out vae
same vae --rows rows.csv
train --set model='{"kind": "matched", "vae": "vae", "prior": {"kind": "learned"}}' --out matched
same matched --rows rows.csv --given x1
train --set condition.kind=none --set loss.autoencoder=true --out autoencoder
same autoencoder --rows rows.csv
awk -v OFS=, 'BEGIN { print "a,income,far,n"; for (i = 0; i < 200; i++) print sin(i * 1.7), exp(cos(i)), 1 / (sin(i) + 1.1), i * 7 % 9 }' >kinds.csv
train --set data='{"source": "table", "path": "kinds.csv", "schema": {"columns": [{"name": "a", "kind": "real"},
  {"name": "income", "kind": "positive"}, {"name": "far", "kind": "heavy_tailed"}, {"name": "n", "kind": "count"}]}}' --out kinds
same kinds --rows kinds.csv --given a,n
cells=$source/experiments/tables/cells
head -200 "$cells.csv" >cells.csv
undrawn train "$source/experiments/table.json" --quiet --set data.path="$cells.csv" --set data.schema="$cells.schema.json" \
  --set training.epochs=2 --out table 2>note || bad "train a table: $(cat note)"
same table --rows cells.csv
dark_and_bright images
train --set 'data={"source": "idx_images", "path": "images"}' --set condition.kind=label --set condition.withheld=0.5 \
  --set model='{"kind": "conv", "encoder": [8, 16], "latents": 2, "decoder": [16, 8]}' --set loss.distortion=bce --out conv
same conv --images images
finish
