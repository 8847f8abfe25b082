#!/usr/bin/env bash
# The scores of images: after training, as a sub-command, and files of features that will not do. Usage: image_scores.sh
# PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

mkdir pictures # 100 images of 12 x 12 pixels: dark ones are of class 0, bright ones of class 1
for set in train t10k; do
  {
    printf '\0\0\10\3\0\0\0\144\0\0\0\14\0\0\0\14'
    for _ in $(seq 50); do
      head -c 144 /dev/zero | tr '\0' '\20'
      head -c 144 /dev/zero | tr '\0' '\377'
    done
  } >pictures/$set-images-idx3-ubyte
  {
    printf '\0\0\10\1\0\0\0\144'
    for _ in $(seq 50); do printf '\0\1'; done
  } >pictures/$set-labels-idx1-ubyte
done
cat >pictures.json <<'JSON'
{"name": "pictures", "data": {"source": "idx_images", "path": "pictures", "classes": 2, "coloured": true},
 "condition": {"kind": "label"}, "model": {"encoder": [8], "latents": 2, "decoder": [8]}, "loss": {"distortion": "bce"},
 "training": {"epochs": 1, "batch_rows": 20}}
JSON

# --- after training, and as a sub-command: the same bits for any number of threads ---
check "training" "$elbow" train pictures.json --out run --threads 1 >text
for file in image_scores.csv image_scores.json image_scores.png label_consistency.csv label_consistency.png features.safetensors; do
  check "run/$file is there" test -s "run/$file"
done
check "training tells the scores" grep -q '^image scores in the features of a feature net [0-9a-f]\{16\}, accuracy' text
check "and how labels are read" grep -q '^given class and colour: class ' text
check "each score names its net" test "$(grep -c ',feature net,[0-9a-f]\{16\},' run/image_scores.csv)" -eq 11
check "the header" test "$(head -1 run/image_scores.csv)" = "condition,images,rows,rows_per_feature,fid,fid_stderr,\
kid,kid_stderr,precision,precision_stderr,recall,recall_stderr,neighbour_rows,blur,blur_stderr,blur_min,real_blur,\
real_blur_stderr,real_blur_min,features,weights_hash,accuracy,version"
check "the header of the labels" test "$(head -1 run/label_consistency.csv)" = \
  "given,label,value,name,rows,consistency,consistency_stderr,real,real_stderr,weights_hash,accuracy,version"
check "on a finished run" "$elbow" image_scores run --out again --threads 2 >/dev/null
for file in image_scores.csv image_scores.json label_consistency.csv features.safetensors; do
  check "the same $file" cmp "run/$file" "again/$file"
done
check "another class and colour" "$elbow" image_scores run --out other --set evaluation.score_class=0 \
  --set evaluation.score_colour=blue >/dev/null
check "are named" grep -q '^blue/0,samples,50,' other/image_scores.csv

# --- features from a file ---
"$elbow" features train run/config.json --set seed=1 --out net.safetensors --quiet
check "a run's own net is that of features train" cmp net.safetensors run/features.safetensors
"$elbow" features train pictures.json --out net.safetensors --epochs 3 --quiet --force
check "features from a file" "$elbow" train pictures.json --out given --quiet --set evaluation.features=net.safetensors
check "no net of its own" test ! -e given/features.safetensors
check "other scores" bash -c "! cmp -s run/image_scores.csv given/image_scores.csv"
refused "evaluation.features: nowhere" "$elbow" train pictures.json --out none --set evaluation.features=nowhere
head -c 1000 net.safetensors >cut.safetensors
refused "evaluation.features: cut.safetensors" "$elbow" train pictures.json --out none \
  --set evaluation.features=cut.safetensors
refused "not 1 x 12 x 12 pixels" "$elbow" train pictures.json --out none --set evaluation.features=net.safetensors \
  --set data.coloured=false
refused "there is no class 2" "$elbow" train pictures.json --out none --set evaluation.score_class=2
refused "there is no colour 'pink'" "$elbow" train pictures.json --out none --set evaluation.score_colour=pink
refused "evaluation.features: cut.safetensors" "$elbow" image_scores run --out none \
  --set evaluation.features=cut.safetensors
check "nothing is left behind" test ! -e none
check "--force removes what the scores left" bash -c "'$elbow' train pictures.json --out run --force --quiet \
  --set 'evaluation.analyses=[]' && test -z \"\$(find run -name 'image_scores*' -o -name 'label_*' -o -name 'features*')\""

finish
