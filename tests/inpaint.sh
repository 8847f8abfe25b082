#!/usr/bin/env bash
# shellcheck disable=SC2016  # the dollars are awk's
# Holes in images: what their training writes, and `elbow inpaint`. Usage: inpaint.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"
dark_and_bright images
cat >holes.json <<'END'
{"name": "holes", "data": {"source": "idx_images", "path": "images", "binarised": true},
 "condition": {"kind": "pixels", "area": [0.2, 0.4]},
 "model": {"encoder": [16], "decoder": [16], "latents": 2, "prior": {"kind": "learned", "hidden": [16]}},
 "evaluation": {"draws": 2, "inpaint_rows": 40, "inpaint_completions": 2, "inpaint_samples": 20},
 "training": {"epochs": 100, "batch_rows": 10, "schedule": {"learning_rate": 0.003}}}
END
train() { "$elbow" train holes.json --quiet "$@"; }
field() { awk -F, -v name="$1" -v line="$2" 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == name) c = i } NR == line { print $c }' "$3"; }
above() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }

# --- the analysis of a run ---
check "a run on images with holes" train --out run
check "its picture" test -s run/inpainting.png
check "is on the page" grep -q "the hole is grey" run/report.html
check "a line for each kind of mask" test "$(cut -d, -f1 run/inpainting.csv | tr '\n' ' ')" = "mask rectangle half noise "
check "a half is half of the pixels" test "$(field hidden 3 run/inpainting.csv)" = 72
for line in 2 3 4; do
  check "dark and bright are told apart" above "$(field psnr $line run/inpainting.csv)" "$(field psnr_plain $line run/inpainting.csv)"
  check "and so likely" above "$(field log_likelihood $line run/inpainting.csv)" -30
done
check "nothing is said of the number of given pixels" test ! -e run/KLD_vs_dimension.png
check "repeated on the finished run" "$elbow" inpainting run --out again --threads 2 >text
check "the same table" cmp run/inpainting.csv again/inpainting.csv
check "one kind alone" train --out half --set condition.mask=half --set training.epochs=1
check "is one line" test "$(wc -l <half/inpainting.csv)" -eq 2
check "a run that ends early" train --out parts --set training.epochs=60
check "goes on" train --out parts --resume
check "and has the same model" cmp run/model.safetensors parts/model.safetensors
check "the loss for one kind of mask" "$elbow" evaluate run --set condition.mask=left >text

# --- elbow inpaint ---
check "inpaint: a picture and its scores" test "$("$elbow" inpaint run 2>summary | tr '\n' ' ')" = "run/inpaint.png run/inpaint.csv "
check "the means on standard error" grep -q "^PSNR .* dB, mean over 8 completions; .* log-likelihood of the hidden -" summary
check "a line for each test image" test "$(wc -l <run/inpaint.csv)" -eq 41
check "header" test "$(head -1 run/inpaint.csv)" = row,hidden,psnr,psnr_mean,psnr_plain,log_likelihood,standard_error,effective_samples
check "on the list of the run's files" grep -q '"inpaint.csv"' run/manifest.json
refused "run/inpaint.png: exists already" "$elbow" inpaint run
left() { "$elbow" inpaint run --mask left --completions 3 --rows 5 --scored 7 --samples 50 "$@" >text 2>&1; }
left --out left.png --threads 1
check "scores next to the picture" test "$(wc -l <left.csv)" -eq 8
check "the left half" test "$(tail -n +2 left.csv | cut -d, -f2 | sort -u)" = 72
left --out two.png --csv two.txt --threads 2
check "the same picture for any number of threads" cmp left.png two.png
check "the same scores" cmp left.csv two.txt
left --seed 5 --out seed.png
check "another seed, other completions" bash -c "! cmp -s left.csv seed.csv"
"$elbow" inpaint run --mask rectangle --set 'condition.area=[0.5,0.6]' --samples 0 --out large.png >text 2>&1
check "larger holes" awk -F, 'NR > 1 && $2 < 72 { exit 1 }' large.csv
check "no samples, no likelihood" test "$(field log_likelihood 2 large.csv)" = ""
check "grey values under cross-entropy" train --out grey --set data.binarised=false --set loss.distortion=bce --set training.epochs=1
check "have no likelihood" test "$(field log_likelihood 2 grey/inpainting.csv)" = ""
check "and that is said" grep -q "no likelihood, because the cross-entropy of grey values" grey/report.html
check "coloured images" train --out coloured --set data.coloured=true --set training.epochs=1
check "are filled, too" "$elbow" inpaint coloured --mask noise --samples 0 --out coloured.png >text 2>&1
bare=(--set training.epochs=1 --set 'evaluation={"analyses": []}')
check "a run on columns of images" train --out columns "${bare[@]}" --set 'condition={"kind": "columns", "given": 0.3}'
check "can be asked" "$elbow" inpaint columns --samples 0 --out columns.png >text 2>&1

# --- what is refused ---
check "a run on labels" train --out labels "${bare[@]}" --set 'condition={"kind": "label"}' --set 'model={"encoder": [8], "decoder": [8]}'
refused "inpaint needs images whose pixels are the condition" "$elbow" inpaint labels --out refused.png
refused "there is no mask 'square'; there are \"rectangle\", \"half\"" "$elbow" inpaint run --mask square
refused "did you mean" "$elbow" inpaint run --mask rectangel
refused "--completions" "$elbow" inpaint run --completions 0
refused "--rows" "$elbow" inpaint run --rows 0
refused "--scored" "$elbow" inpaint run --scored 0
refused "--samples" "$elbow" inpaint run --samples -1
refused "a picture is a PNG" "$elbow" inpaint run --out refused.jpg
refused "there is no folder nowhere" "$elbow" inpaint run --out nowhere/refused.png
refused "there is no folder nowhere" "$elbow" inpaint run --out refused.png --csv nowhere/scores.csv
refused "exists already" "$elbow" inpaint run --out left.png
refused "is the picture's file" "$elbow" inpaint run --out refused.png --csv refused.png
refused "the scores are a CSV" "$elbow" inpaint run --out refused.png --csv refused.npy
cp run/manifest.json manifest && mv run/inpaint.png .
refused "run/inpaint.csv: exists already" "$elbow" inpaint run
check "nothing is listed then" cmp manifest run/manifest.json
mv inpaint.png run
refused "exists already" "$elbow" inpaint run --out refused.png --csv left.csv
refused "is a file of a run" "$elbow" inpaint run --out refused.png --csv run/summary.json --force
refused "condition.area" "$elbow" inpaint run --set 'condition.area=[0.5,0.1]' --out refused.png
refused "nowhere: is no finished run" "$elbow" inpaint nowhere
refused "condition.mask" train --out refused --set condition.mask=square
refused "condition.weights: needs three numbers" train --out refused --set 'condition.weights=[1]'
refused "are no images, and have no pixels" train --out refused --set 'data={"source": "moons"}'
check "nothing is left behind" test -z "$(ls refused* 2>/dev/null)"
finish
