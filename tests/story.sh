#!/usr/bin/env bash
# The page on an autoencoder, a VAE and a CVAE, and what the other commands say of an autoencoder. Usage:
# story.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

mkdir images # 48 images of 8 x 8 pixels: dark ones, bright ones, and some that are bright below, in three classes
bytes() { head -c "$2" /dev/zero | tr '\0' "$1"; }
for set in train t10k; do
  {
    printf '\0\0\10\3\0\0\0\60\0\0\0\10\0\0\0\10'
    for shade in '\200' '\240' '\300' '\340' '\200' '\240' '\300' '\340' '\200' '\240' '\300' '\340' '\200' '\240' '\300' '\340'; do
      bytes '\20' 64
      bytes "$shade" 64
      bytes '\0' 32
      bytes "$shade" 32
    done
  } >images/$set-images-idx3-ubyte
  {
    printf '\0\0\10\1\0\0\0\60'
    for _ in $(seq 16); do printf '\0\1\2'; done
  } >images/$set-labels-idx1-ubyte
done
tiny=(--quiet --threads 1 --set data.path=images --set data.classes=3 --set 'data.class_names=["dark", "bright", "half"]'
  --set 'model.encoder=[16]' --set 'model.decoder=[16]' --set training.epochs=3 --set training.batch_rows=8
  --set evaluation.draws=2 --set 'evaluation.analyses=[]')
for kind in ae vae cvae; do
  check "a run of story/$kind.json" "$elbow" train "$source/experiments/story/$kind.json" --out $kind "${tiny[@]}"
done

# --- the page ---
check "the page" "$elbow" story ae vae cvae --out page --threads 1 --quiet
figures="reconstructions codes samples manifold interpolation classes class-manifold style-transfer"
for figure in $figures; do
  check "page/$figure.png is a picture" bash -c "head -c 4 page/$figure.png | grep -q PNG"
done
check "all of them are on the page" test "$(grep -c 'data:image/png;base64' page/story.html)" -eq 8
check "the plot is there as SVG" grep -q '<view id="panel-4"' page/codes.svg
check "nothing else is there" test "$(find page -type f | wc -l)" -eq 11
check "a line for each model and test image" test "$(wc -l <page/codes.csv)" -eq $((1 + 3 * 48))
check "the columns of codes.csv" test "$(head -1 page/codes.csv)" = model,row,class,z_0,z_1
check "the codes are those that encode tells" cmp <(grep ^VAE page/codes.csv | cut -d, -f4,5) \
  <("$elbow" encode vae | tail -n +2 | cut -d, -f1,2)
check "classes by name" grep -q 'dark, bright, half' page/story.html
check "the class that is last of fewer than six" grep -q 'given class half everywhere' page/story.html
loss=$(awk '/"test"/ { on = 1 } on && $1 == "\"loss\":" { printf "%.2f", $2; exit }' vae/summary.json)
check "the numbers are the runs' own" grep -q ">$loss<" page/story.html
cp page/codes.csv before.csv
check "again, into the same folder, with another class" "$elbow" story ae vae cvae --out page --class dark --threads 2 --quiet
check "the same codes for any number of threads" cmp before.csv page/codes.csv
check "the class that was named" grep -q 'given class dark everywhere' page/story.html

# --- Frechet distances, where the runs have been scored under one net ---
check "no scores, no column for them" bash -c "! grep -q '>FID<' page/story.html"
for kind in ae vae cvae; do
  cp -r $kind scored_$kind
  own=$([ $kind = cvae ] && echo samples_own_labels || echo samples)
  printf 'condition,images,fid,fid_stderr,weights_hash\nany/any,train,1,0.1,abc\nany/any,%s,3%s,0.25,abc\n' \
    "$own" ${#kind}.5 >scored_$kind/image_scores.csv
done
check "scored runs" "$elbow" story scored_ae scored_vae scored_cvae --out scored --quiet
for fid in 32.5 33.5 34.5; do check "FID $fid" grep -q ">$fid<" scored/story.html; done
sed -i s/abc/other/ scored_ae/image_scores.csv
check "runs scored under two nets" "$elbow" story scored_ae scored_vae scored_cvae --out scored --quiet
check "are not compared" bash -c "! grep -q '>FID<' scored/story.html"
sed -i s/32.5/many/ scored_ae/image_scores.csv
refused "scored_ae/image_scores.csv:3: fid" "$elbow" story scored_ae scored_vae scored_cvae --out scored

# --- errors are one line, and nothing is made ---
train() { "$elbow" train "$source/experiments/story/$1.json" --out "$2" "${tiny[@]}" "${@:3}" || bad "no run $2"; }
train vae wide --set model.latents=3
train vae fewer --set data.train_rows=40
train vae squared --set loss.distortion=squared_error
train cvae coloured --set data.coloured=true
for kind in ae vae cvae; do train $kind short_$kind --set data.test_rows=3; done
"$elbow" train "$source/experiments/baseline.json" --out gauss --quiet --threads 1 --set loss.autoencoder=true --set loss.beta=0 \
  --set data.train_rows=640 --set data.test_rows=640 --set training.epochs=1 --set 'evaluation.analyses=[]'
refused "vae: cannot be the AE: it was trained with a KL" "$elbow" story vae vae cvae --out new
refused "ae: cannot be the VAE: it was trained without a KL" "$elbow" story ae ae cvae --out new
refused "vae: cannot be the CVAE: its condition is not the label" "$elbow" story ae vae vae --out new
refused "cvae: cannot be the VAE: it has a condition" "$elbow" story ae cvae cvae --out new
refused "gauss: cannot be the AE: its rows are not images with labels" "$elbow" story gauss vae cvae --out new
refused "wide: cannot be the VAE: it has 3 latents, not 2" "$elbow" story ae wide cvae --out new
refused "coloured: cannot be the CVAE: its images are coloured" "$elbow" story ae vae coloured --out new
refused "fewer: was trained with another section \`data\` than ae" "$elbow" story ae fewer cvae --out new
refused "squared: was trained with another \`loss.distortion\`" "$elbow" story ae squared cvae --out new
refused "has but 1 images of class dark" "$elbow" story short_ae short_vae short_cvae --out new
refused "is not a class" "$elbow" story ae vae cvae --out new --class square
refused "no such folder" "$elbow" story ae vae nowhere --out new
refused "--out" "$elbow" story ae vae cvae
check "no folder is made" test ! -e new
refused "vae: holds files but no story" "$elbow" story ae vae cvae --out vae
refused "images/train-images-idx3-ubyte: exists and is not a folder" "$elbow" story ae vae cvae --out images/train-images-idx3-ubyte
refused "loss.beta: an autoencoder has no KL" "$elbow" train "$source/experiments/story/ae.json" --out new "${tiny[@]}" --set loss.beta=1

# --- an autoencoder and the other commands ---
check "its run has figures" test -s ae/encoding_test_plots.png
check "its KL is 0" grep -q '"kl": 0.0,' ae/summary.json
"$elbow" encode ae >codes.csv
check "codes have no variance" test "$(head -1 codes.csv)" = mu_0,mu_1,kl
check "and no KL" test "$(cut -d, -f3 codes.csv | sort -u | tr '\n' ' ')" = "0 kl "
refused "--active: an autoencoder has no KL" "$elbow" encode ae --active
"$elbow" reconstruct ae | tail -n +2 >mean.csv
"$elbow" reconstruct ae --draws 1 | tail -n +2 | cut -d, -f3- >draw.csv
check "a draw of its code is the code" cmp mean.csv draw.csv
check "it is evaluated again" "$elbow" evaluate ae --out evaluated >/dev/null
refused "trained with another \`loss.autoencoder\`" "$elbow" evaluate ae --set loss.autoencoder=false
refused "trained with another \`loss.autoencoder\`" "$elbow" evaluate vae --set loss.autoencoder=true --set loss.beta=0
check "its latents by number of given columns" test "$(awk -F, 'NR > 1 && $2 != 0' gauss/encoding_kl_vs_rcl.csv | wc -l)" -eq 0
check "greedy selection works for it" "$elbow" selection gauss --out selected --set evaluation.selection_rows=64 >/dev/null
check "with a KL of 0" test "$(cut -d, -f5 selected/selected_features.csv | sort -u | tr '\n' ' ')" = "0 KLD "

finish
