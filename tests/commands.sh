#!/usr/bin/env bash
# shellcheck disable=SC2016  # the dollars are awk's
# The commands on a finished run: evaluate, encode, reconstruct, likelihood, sample, impute; and features. Usage: commands.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"
near() { awk -v a="$1" -v b="$2" -v e="$3" 'BEGIN { exit !(a - b <= e && b - a <= e) }'; } # |a - b| <= e
mean() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == name) k = i; next }
                               { s += $k; ++n } END { printf "%.9g", s / n }' "$2"; } # of a column of a CSV file
test_of() { awk -v key="\"$1\":" '/"test"/ { on = 1 } on && $1 == key { sub(",", "", $2); print $2; exit }' "$2"; } # of summary.json

cat >gauss.json <<'END'
{"name": "gauss",
 "data": {"source": "correlated_gaussian", "covariance": [[1, 0.8, 0.3], [0.8, 1, 0.5], [0.3, 0.5, 1]], "test_rows": 4000},
 "model": {"encoder": [64, 64], "decoder": [64, 64], "latents": 8}, "loss": {"beta": 0.2},
 "evaluation": {"analyses": [], "draws": 4},
 "training": {"epochs": 10, "freeze_batch_norm_after": 0.5, "schedule": {"kind": "cosine", "learning_rate": 0.003}}}
END
cat >mixed.json <<'END'
{"name": "mixed", "data": {"source": "idx_images", "path": "images", "classes": 2, "class_names": ["dot", "bar"]},
 "condition": {"kind": "label"}, "model": {"encoder": [8], "decoder": [8], "latents": 2},
 "evaluation": {"analyses": []}, "training": {"epochs": 2, "batch_rows": 4}}
END
mkdir images # 8 images of 1 x 2 pixels, in two classes
for set in train t10k; do
  printf '\0\0\10\3\0\0\0\10\0\0\0\1\0\0\0\2\377\0\377\0\377\0\377\0\0\377\0\377\0\377\0\377' >images/$set-images-idx3-ubyte
  printf '\0\0\10\1\0\0\0\10\0\0\0\0\1\1\1\1' >images/$set-labels-idx1-ubyte
done
check "a Gaussian run" "$elbow" train gauss.json --out run --quiet
check "a run with labels" "$elbow" train mixed.json --out labelled --quiet
check "a run with a random law" "$elbow" train gauss.json --out random --quiet --set data.covariance=null \
  --set data.columns=3 --set training.epochs=1 --set data.train_rows=640 --set data.test_rows=640
check "a run with missing entries" "$elbow" train gauss.json --out holes --quiet --set training.epochs=1 \
  --set data.missing.entries=0.5 --set data.train_rows=640 --set data.test_rows=640
cp -r run before

# --- numbers that are none: as options, in the model's file, and in its answers ---
for number in nan inf -inf -nan 1e999; do
  refused "--range" "$elbow" traverse run --range=$number --out refused
  refused "--checkpoint-seconds" "$elbow" train gauss.json --out refused --checkpoint-seconds=$number
  for option in --steps --row --threads; do refused "$option" "$elbow" traverse run $option=$number --out refused; done
  refused "--given" "$elbow" sample run --given 0=$number --out refused
done
refused "not finite" "$elbow" traverse run --range 1e39 --out refused
with_last() { # FOLDER BYTES: the run with these bytes at the end of its model
  cp -r run "$1"
  printf '%b' "$2" | dd of="$1/model.safetensors" bs=1 seek=$(($(stat -c %s "$1/model.safetensors") - 4)) conv=notrunc status=none
}
with_last damaged '\0377\0377\0377\0377' # a NaN
printf 'x0,x1,x2\n1,,\n' >holes.csv
for command in evaluate encode reconstruct likelihood sample traverse interpolate selection pca frechet calibration; do
  refused "damaged/model.safetensors: the tensor " "$elbow" $command damaged
done
refused "damaged/model.safetensors: the tensor " "$elbow" impute damaged holes.csv
with_last overflowing '\0346\0261\0141\0177' # 3e38
refused "not finite" "$elbow" encode overflowing --out refused

# --- evaluate ---
"$elbow" evaluate run --json >summary.json
for key in loss distortion kl; do
  check "the same $key as at the end of training" test "$(test_of $key summary.json)" = "$(test_of $key run/summary.json)"
done
check "evaluate --out" "$elbow" evaluate run --out evaluated --set seed=7 >text
for file in summary.json config.json costs.csv costs_per_dimension.csv encoding_kl_per_lt.csv encoding_kl_vs_rcl.csv; do
  check "evaluated/$file is there" test -s evaluated/$file
done
check "another seed, other test rows" test "$(test_of loss evaluated/summary.json)" != "$(test_of loss run/summary.json)"
check "of the same law: within 5 standard errors" near "$(test_of loss evaluated/summary.json)" "$(test_of loss run/summary.json)" \
  "$(awk -v s="$(test_of loss_stderr run/summary.json)" 'BEGIN { print 5 * sqrt(2) * s }')"
"$elbow" evaluate run --json --set loss.beta=0.4 >beta.json
check "another beta weighs the same KL" test "$(test_of kl beta.json)" = "$(test_of kl run/summary.json)"
check "and makes another loss" near "$(test_of loss beta.json)" \
  "$(awk -v d="$(test_of distortion beta.json)" -v k="$(test_of kl beta.json)" 'BEGIN { print d + 0.4 * k }')" 1e-6
"$elbow" evaluate random --set seed=9 --json >law.json
bound_of() { awk '/"bound"/ { on = 1 } on && $1 == "\"loss\":" { print $2; exit }' "$1"; }
check "another seed keeps a random law" test "$(bound_of law.json)" = "$(bound_of random/summary.json)"
# A table is cut into train and test by the seed that the run was trained with: with nothing given, the KL is a function of
# the test rows alone.
"$elbow" sample run --rows 500 --noise >table.csv
check "a run on a table" "$elbow" train gauss.json --out table --quiet --set training.epochs=1 \
  --set 'data={"source": "table", "path": "table.csv", "schema": {"others": "real"}}'
for seed in 1 9; do "$elbow" evaluate table --json --set condition.given=0 --set seed=$seed >table$seed.json; done
check "another seed keeps the test rows of a table" test "$(test_of kl table1.json)" = "$(test_of kl table9.json)"
check "and draws other noise" test "$(test_of distortion table1.json)" != "$(test_of distortion table9.json)"
refused "holds a run" "$elbow" evaluate run --out run
refused "exists already" "$elbow" evaluate run --out evaluated
echo mine >evaluated/notes.txt
check "--force writes over an evaluation" "$elbow" evaluate run --out evaluated --force --set evaluation.original_tables=false >text
check "and leaves none of its tables" test "$(cd evaluated && echo *)" = "config.json costs.csv manifest.json notes.txt results.csv summary.json"
refused "--set data.columns=4" "$elbow" evaluate run --set data.covariance=null --set data.columns=4
refused "--set model.activation=tanh: the trained model does not fit" "$elbow" evaluate run --set model.activation=tanh
refused "trained with another \`loss.distortion\`" "$elbow" evaluate labelled --set loss.distortion=bce
refused "--set loss.beta: must be a number >= 0" "$elbow" evaluate run --set loss.beta=-1
refused "--set data.covariance[0][0]: must be a number" "$elbow" evaluate run --set 'data.covariance=[[1e300]]'
refused "no such folder" "$elbow" evaluate nowhere
refused "no finished run" "$elbow" evaluate images

# --- encode ---
"$elbow" encode run --given random >a.csv
check "encode twice, the same bits" cmp a.csv <("$elbow" encode run --given random --threads 1)
check "its mean KL is that of the evaluation" near "$(mean kl a.csv)" "$(test_of kl run/summary.json)" 1e-6
check "4000 rows and a header" test "$(wc -l <a.csv)" -eq 4001
check "8 means, 8 log variances, kl, given" test "$(head -1 a.csv | tr , '\n' | wc -l)" -eq 18
"$elbow" encode run --active --given none >active.csv
check "--active leaves latents out" test "$(head -1 active.csv | tr , '\n' | wc -l)" -lt 18
check "--active keeps those with KL" test "$(head -1 active.csv | tr , '\n' | wc -l)" -ge 4
"$elbow" sample run --rows 1000 --noise >rows.csv
check "what sample writes can be encoded" "$elbow" encode run rows.csv --given x0,2 --out given.csv
check "x0,2 are two columns" test "$(cut -d, -f18 given.csv | sort -u | tr '\n' ' ')" = "2 given "
check "columns are found by name" cmp given.csv <(awk -F, '{ print $3 "," $1 "," $2 }' rows.csv | "$elbow" encode run /dev/stdin --given 0,2)
refused "exists already" "$elbow" encode run rows.csv --out given.csv
refused 'no column "x9"' "$elbow" encode run --given x9
refused "numbered from 0 to 2" "$elbow" encode run --given 3

# --- reconstruct ---
"$elbow" reconstruct run --given random --draws 8 >draws.csv
check "distortion as in the evaluation" near "$(mean distortion draws.csv)" "$(test_of distortion run/summary.json)" \
  "$(awk -v s="$(test_of distortion_stderr run/summary.json)" 'BEGIN { print 2 * s }')"
check "8 lines for each row" test "$(wc -l <draws.csv)" -eq 32001
"$elbow" reconstruct run rows.csv --given all >given.csv
check "what is given is reconstructed" near "$(mean distortion given.csv)" 0 0.02
check "distortion is that of the row" awk -F, 'NR == FNR { x[FNR] = $1; y[FNR] = $2; z[FNR] = $3; next }
  FNR > 1 { e = ($1-x[FNR])^2 + ($2-y[FNR])^2 + ($3-z[FNR])^2 - $4; if (e > 1e-4 || e < -1e-4) exit 1 }' rows.csv given.csv
"$elbow" reconstruct holes >of_holes.csv
check "missing entries may be encoded where they were trained" test "$(wc -l <of_holes.csv)" -eq 641

# --- likelihood ---
likelihood() { "$elbow" likelihood "$@" 2>summary; }
likelihood run --given random --rows 700 --samples 200 >l.csv
check "likelihood: its columns" test "$(head -1 l.csv)" = log_likelihood,standard_error,effective_samples,given,exact,best
check "a line for each row" test "$(wc -l <l.csv)" -eq 701
check "and one that sums up" grep -q '^log-likelihood .* (700 rows; .* effective samples of 200, .*; exact minus model .*; best at this beta minus model ' summary
check "the same bits for any number of threads" cmp l.csv <(likelihood run --given random --rows 700 --samples 200 --threads 1)
check "another seed, other samples" bash -c "! '$elbow' likelihood run --given random --rows 700 --samples 200 --seed 9 2>/dev/null | cmp -s - l.csv"
check "the masks are those of encode" cmp <(cut -d, -f4 l.csv) <(head -701 a.csv | cut -d, -f18)
check "a trained model is near the best one" near "$(mean log_likelihood l.csv)" "$(mean best l.csv)" 0.1
check "which has the decoder's noise" near "$(mean best l.csv)" "$(mean exact l.csv)" 0.2
check "1000 rows of the test set" test "$(likelihood run --samples 1 | wc -l)" -eq 1001
check "or all; a single sample has no error" test "$(likelihood run --samples 1 --rows 0 | cut -d, -f2,3,4 | sort | uniq -c | tr -s ' \n' ' ')" = \
  " 4000 ,1,0 1 standard_error,effective_samples,given "
likelihood run rows.csv --keep x1,x0 --given 1 --samples 20 >of_rows.csv
check "all rows of a file" cmp <(cut -d, -f1,2 of_rows.csv) <(awk -F, '{ print $2 "," $1 }' rows.csv)
check "the exact density of x0 and x2 given x1, of covariance [0.36 -0.1, -0.1 0.75]" awk -F, '
  NR == FNR { u[FNR] = $1 - 0.8 * $2; v[FNR] = $3 - 0.5 * $2; next }
  FNR > 1 { e = -log(2 * 3.14159265 * sqrt(0.26)) - (0.75 * u[FNR]^2 + 0.2 * u[FNR] * v[FNR] + 0.36 * v[FNR]^2) / 0.52 - $7
            if (e > 1e-4 || e < -1e-4) exit 1 }' rows.csv of_rows.csv
check "missing entries" test "$(likelihood holes --samples 2 | wc -l)" -eq 641
check "labels" test "$(likelihood labelled --samples 2 | head -1)" = log_likelihood,standard_error,effective_samples
for setting in loss.autoencoder=true loss.distortion=bce loss.beta=0; do
  check "a run with $setting" undrawn train mixed.json --out "$setting" --quiet --set $setting --set training.epochs=1
done
refused "autoencoder" "$elbow" likelihood loss.autoencoder=true
refused "grey values" "$elbow" likelihood loss.distortion=bce
refused "beta = 0" "$elbow" likelihood loss.beta=0
refused "--samples" "$elbow" likelihood run --samples 0
refused 'no column "x9"' "$elbow" likelihood run --given x9
refused "exists already" "$elbow" likelihood run --out l.csv

# --- sample ---
"$elbow" sample run --given 0=1.50,x2=-0.3 --rows 600 >sampled.csv
check "given values keep their text" test "$(cut -d, -f1,3 sampled.csv | sort -u | tr '\n' ' ')" = "1.50,-0.3 x0,x2 "
check "the mean is the conditional one: 0.98571" near "$(mean x1 sampled.csv)" 0.98571 0.08
check "sample twice, the same bits" cmp sampled.csv <("$elbow" sample run --given 0=1.50,x2=-0.3 --rows 600)
check "a longer sample begins alike" cmp <(head -601 rows.csv) <("$elbow" sample run --rows 600 --noise)
check "another seed, other rows" bash -c "! '$elbow' sample run --rows 1000 --noise --seed 5 | cmp -s - rows.csv"
check "with its noise a sample has the data's variance" near \
  "$(awk -F, 'NR > 1 { s += $1 * $1 } END { print s / (NR - 1) }' rows.csv)" 1 0.2
"$elbow" sample labelled --given label=bar --rows 2 >bars.csv
check "the label stands beside the row" test "$(tail -1 bars.csv | cut -d, -f3)" = bar
check "labels are read" test "$("$elbow" encode labelled bars.csv | wc -l)" -eq 3
refused "is not a class" "$elbow" sample labelled --given label=circle
refused "label=CLASS" "$elbow" sample labelled
refused "given twice" "$elbow" sample run --given x0=1,0=2
refused "neither a number" "$elbow" sample run --given x0=one
refused "COLUMN=VALUE" "$elbow" sample run --given x0
refused "has no value" "$elbow" sample run --given x0=

# --- impute: for a Gaussian the conditional mean S_UO S_OO^-1 x_O is known ---
awk -F, 'NR == 1 { print "x2,x1,x0"; next } { print $3 ",," $1 }' rows.csv >incomplete.csv
"$elbow" impute run incomplete.csv >filled.csv
check "what is there keeps its text" cmp <(cut -d, -f1,3 incomplete.csv) <(cut -d, -f1,3 filled.csv)
check "x1 given x0 and x2 is 0.65/0.91 x0 + 0.26/0.91 x2, to 6% of its spread" awk -F, 'NR > 1 {
  m = (0.65 * $3 + 0.26 * $1) / 0.91; e += ($2 - m)^2; s += m^2 } END { exit !(s > 500 && sqrt(e / s) < 0.06) }' filled.csv
cut -d, -f2 rows.csv >only_x1.csv
"$elbow" impute run only_x1.csv --sd --noise --draws 200 >wide.csv
check "columns that are absent are added" test "$(head -1 wide.csv)" = x1,x0,x2,x0_sd,x1_sd,x2_sd
check "x0 given x1 is 0.8 x1, to 8% of its spread" awk -F, 'NR > 1 { e += ($2 - 0.8 * $1)^2; s += (0.8 * $1)^2 }
  END { exit !(s > 300 && sqrt(e / s) < 0.08) }' wide.csv
check "its standard deviation is 0.6" near "$(mean x0_sd wide.csv)" 0.6 0.06
check "what is there has none" test "$(cut -d, -f5 wide.csv | sort -u | tr -d '\n')" = x1_sd
printf 'x0,x1,x2\n1.0,,0\n1e0,+2,-0\n,NA,\n' >few.csv
"$elbow" impute run few.csv --multiple --draws 3 >multiple.csv
check "three imputations of each row" test "$(cut -d, -f1 multiple.csv | tr '\n' ' ')" = "draw 0 1 2 0 1 2 0 1 2 "
check "a whole row passes through" test "$(grep -c '1e0,+2,-0' multiple.csv)" -eq 3
check "nothing is missing in the end" bash -c "! grep -qE ',,|,\$|NA' multiple.csv"
check "imputing from nothing gives the mean" near "$("$elbow" impute run few.csv | tail -1 | cut -d, -f1)" 0 0.15
refused "few.csv:2: column x1 is missing" "$elbow" encode run few.csv
refused "elbow impute" "$elbow" reconstruct run few.csv
refused 'no column "x0"' "$elbow" encode run only_x1.csv
printf 'x0,x1,x2,id\n1,2,3,4\n' >extra.csv
refused 'unknown column "id" (--keep' "$elbow" impute run extra.csv
printf 'x0,x1,x2\n1,2,3\n1,two,3\n' >wrong.csv
refused "wrong.csv:3: column x1" "$elbow" impute run wrong.csv --out not_made.csv
check "and no file is left behind" test ! -e not_made.csv
refused "given columns" "$elbow" impute labelled bars.csv
refused "--sd" "$elbow" impute run few.csv --noise

# --- --keep, and names that are taken ---
printf 'id,x0,x1,x2,kl\n"a,1",1,,3,\nb,4,5,,k\n' >own.csv
"$elbow" impute run own.csv --keep id,kl --sd >kept.csv
check "impute leaves what is kept in its place" test "$(head -1 kept.csv)" = id,x0,x1,x2,kl,x0_sd,x1_sd,x2_sd
check "as it was" test "$(sed -n '2s/,1,.*//p;3s/,4,.*//p' kept.csv | tr '\n' ' ')" = '"a,1" b '
"$elbow" impute run kept.csv --keep id,kl,x0_sd,x1_sd,x2_sd --sd >again.csv
check "its own output is read again, and no name is there twice" test "$(head -1 again.csv)" = \
  id,x0,x1,x2,kl,x0_sd,x1_sd,x2_sd,x0_sd_1,x1_sd_1,x2_sd_1
"$elbow" impute run own.csv --keep kl,id --multiple --draws 2 >m.csv
"$elbow" impute run m.csv --keep id,kl,draw --multiple --draws 1 >mm.csv
check "draws of draws" test "$(head -1 mm.csv)" = draw_1,draw,id,x0,x1,x2,kl
check "each of them kept" test "$(cut -d, -f2 mm.csv | tr '\n' ' ')" = "draw 0 1 0 1 "
"$elbow" encode run m.csv --keep kl,id --keep draw >e.csv 2>message
refused 'unknown column "draw"' "$elbow" encode run m.csv --keep kl,id
check "encode puts them first, in the order of --keep" test "$(head -1 e.csv | cut -d, -f1-4)" = kl,id,draw,mu_0
check "a name that is taken gets a number" test "$(head -1 e.csv | tr , '\n' | tail -2 | tr '\n' ' ')" = "kl_1 given "
check "row by row" test "$(tail -n 2 e.csv | cut -d, -f1-3 | tr '\n' ' ')" = "k,b,0 k,b,1 "
check "the numbers are those without --keep" cmp <(sed 's/"a,1"/a/' e.csv | cut -d, -f4- | tail -n +2) \
  <(sed 's/"a,1"/a/' m.csv | cut -d, -f3-5 | "$elbow" encode run /dev/stdin | tail -n +2)
"$elbow" reconstruct run m.csv --keep id,kl,draw,x1 --draws 2 >r.csv
check "reconstruct: kept columns, then its own" test "$(head -1 r.csv)" = id,kl,draw,x1,row,draw_1,x0,x1_1,x2,distortion,kl_1,given
check "each row as often as it is drawn" test "$(tail -4 r.csv | cut -d, -f1-3,5-6 | tr '\n' ' ')" = "b,k,0,2,0 b,k,0,2,1 b,k,1,3,0 b,k,1,3,1 "
refused '--keep: m.csv has no column "idd"; did you mean "id"?' "$elbow" encode run m.csv --keep idd,kl,draw,id
refused '--keep: names the column "id" twice' "$elbow" encode run m.csv --keep id,id,kl,draw
refused "name a file" "$elbow" encode run --keep id
refused "name a file" "$elbow" reconstruct run --keep id
# Columns of the data that are named as what commands add.
awk -F, 'NR == 1 { $0 = "draw,kl,mu_0" } 1' rows.csv >names.csv
check "a run on a table with such names" "$elbow" train gauss.json --out names --quiet --set training.epochs=1 \
  --set 'data={"source": "table", "path": "names.csv", "schema": {"others": "real"}}'
printf 'draw,kl,mu_0\n1,,2\n' >names_few.csv
header() { "$elbow" "$@" | head -1; }
check "impute --multiple" test "$(header impute names names_few.csv --multiple)" = draw_1,draw,kl,mu_0
check "reconstruct --draws" test "$(header reconstruct names --draws 1)" = row,draw_1,draw,kl,mu_0,distortion,kl_1,given
check "traverse" test "$(header traverse names --all)" = latent,kl_1,z,draw,kl,mu_0
check "interpolate" test "$(header interpolate names)" = from,to,condition,weight,draw,kl,mu_0

# --- pool: the numbers are those of tests/golden/make_pooling.py ---
printf 'draw,a,b,id\n0,1,x,\n1,1,x,\n2,1,x,\n0,2.5,y,\n0,3,x,\n0,4,x,\n1,2.0,y,\n2,3.5,y,\n1,3,y,\n2,3,x,\n1,4.5,x,\n2,5,x,\n' >filled.csv
"$elbow" pool filled.csv >pooled.csv 2>message
check "pool: its header" test "$(head -1 pooled.csv)" = column,category,rows,draws,estimate,within,between,total,df,low,high,missing_information
check "a mean, and the share of each category" test "$(cut -d, -f1-4 pooled.csv | tail -n +2 | tr '\n' ' ')" = "a,,4,3 b,x,4,3 b,y,4,3 "
i=5
for number in 2.79167 0.543403 0.0833333 0.654514 1.62168 -1.59596 7.1793 0.192696; do
  check "column $i of a" near "$(sed -n 2p pooled.csv | cut -d, -f$i)" $number 1e-4
  i=$((i + 1))
done
i=5
for number in 0.666667 0.0694444 0.0208333 0.0972222 1.34986 -1.53136 2.8647 0.337662; do
  check "column $i of b" near "$(sed -n 3p pooled.csv | cut -d, -f$i)" $number 1e-4
  i=$((i + 1))
done
check "what is empty is left out" grep -q "'id' is left out" message
sed 's/,/;/g; s/\./,/g; s/draw/imputation/' filled.csv >german.csv
check "decimal commas, and another name" bash -c "'$elbow' pool german.csv --draw imputation --decimal , 2>message | cmp - pooled.csv"
printf 'draw;a\n0;1,5\n0;2,5\n1;1,25\n1;2,75\n' >fractions.csv
check "decimal commas are seen where most numbers have one" test "$("$elbow" pool fractions.csv | tail -1 | cut -d, -f1-5)" = a,,2,2,2
"$elbow" pool filled.csv --out pooled_too.csv 2>message
check "into a file" cmp pooled.csv pooled_too.csv
refused "exists already" "$elbow" pool filled.csv --out pooled_too.csv
check "unless --force" bash -c "'$elbow' pool filled.csv --out pooled_too.csv --force 2>message"
"$elbow" impute run few.csv --multiple --draws 8 --noise | "$elbow" pool /dev/stdin >pooled.csv
check "what impute writes" test "$(cut -d, -f1-4 pooled.csv | tail -n +2 | tr '\n' ' ')" = "x0,,3,8 x1,,3,8 x2,,3,8 "
refused "has no column 'draw'" "$elbow" pool few.csv
refused "holds one draw" bash -c "grep -E '^(draw|0)' filled.csv | '$elbow' pool /dev/stdin"
refused "4 rows in one, 3 in draw 2" bash -c "head -n -1 filled.csv | '$elbow' pool /dev/stdin"
refused "one row in each draw" bash -c "head -4 filled.csv | '$elbow' pool /dev/stdin"
refused "has no rows" bash -c "head -1 filled.csv | '$elbow' pool /dev/stdin"
refused "has no number in the column 'draw'" bash -c "printf 'draw,a\n,1\n' | '$elbow' pool /dev/stdin"
refused "nowhere.csv" "$elbow" pool nowhere.csv

# --- files that are whole or not there ---
yes '0.1,0.2,0.3' | head -300000 | cat <(echo x0,x1,x2) - >many.csv
echo old >old.csv
"$elbow" encode run many.csv --out old.csv --force 2>message &
encoding=$!
for _ in $(seq 1000); do compgen -G "old.csv.part$encoding*" >/dev/null && break; sleep 0.01; done
check "a file comes to be beside its place" bash -c "sleep 0.1; test -s old.csv.part$encoding*"
check "where nothing has changed" test "$(cat old.csv)" = old
kill -INT $encoding
wait $encoding
check "Ctrl-C ends the command" test $? -eq 130
check "says what was not made" grep -q "old.csv: is not written: the command was interrupted" message
check "and leaves nothing behind" test "$(echo old.csv*)" = old.csv
check "nor touches the old file" test "$(cat old.csv)" = old
printf 'x0,x1,x2\n,1,\n' >one.csv
"$elbow" impute run one.csv --draws 2000000000 --out slow.csv 2>message &
for _ in $(seq 1000); do compgen -G "slow.csv.part$!*" >/dev/null && break; sleep 0.01; done
started=$(date +%s%N)
kill -TERM $!
wait $!
check "also between two lines" test $? -eq 143 -a $((($(date +%s%N) - started) / 1000000)) -lt 2500
check "which are far apart" grep -q "slow.csv: is not written" message
check "and nothing is left" test "$(echo slow.csv*)" = 'slow.csv*'
head -200000 many.csv >bad.csv && echo 1,two,3 >>bad.csv
refused "bad.csv:200001: column x1" "$elbow" encode run bad.csv --out old.csv --force
check "an error leaves nothing behind" test "$(echo old.csv*)$(cat old.csv)" = old.csvold
check "many rows" "$elbow" encode run many.csv --out many_encoded.csv
check "are all there" test "$(wc -l <many_encoded.csv)" -eq 300001
"$elbow" encode run many.csv | head -1 >first
status=${PIPESTATUS[0]}
check "a pipe that closes early ends the command as it ends others" test "$status" -eq 141
check "whose first line is there" test "$(cut -d, -f1 first)" = mu_0
refused "standard output cannot be written" bash -c "trap '' PIPE; '$elbow' encode run many.csv | head -1 >first; exit \${PIPESTATUS[0]}"

# --- features ---
dark_and_bright pictures
features() { "$elbow" features train --path pictures --set data.classes=2 --batch-rows 8 --epochs 20 "$@"; }
features --out net.safetensors --threads 1 >text
check "a net for features learns to tell dark from bright" \
  grep -q '^accuracy 1.0000 +- 0.0000 on 40 test images; weights [0-9a-f]\{16\} are in net.safetensors$' text
features --out same.safetensors --threads 2 --quiet
check "the same file for any number of threads" cmp net.safetensors same.safetensors
features --out other.safetensors --seed 2 --quiet
check "another net for another seed" bash -c "test -s other.safetensors && ! cmp -s net.safetensors other.safetensors"
refused "net.safetensors: exists already" features --out net.safetensors
refused "there is no folder nowhere" features --out nowhere/net.safetensors
refused "name a configuration file or a folder" "$elbow" features train --out new.safetensors
refused "has no labels to learn" "$elbow" features train gauss.json --out new.safetensors
refused "too small" "$elbow" features train mixed.json --out new.safetensors
check "and no net is left behind" test ! -e new.safetensors

# --- the prior ---
check "a run with a learned prior" "$elbow" train gauss.json --out learned --quiet --set model.prior.kind=learned --set training.epochs=2
"$elbow" encode learned --given random >learned.csv
check "its KL is that to its prior" near "$(mean kl learned.csv)" "$(test_of kl learned/summary.json)" 1e-4
check "and it fills what is missing" "$elbow" impute learned holes.csv --sd --out learned_filled.csv
check "samples and traverses" bash -c "'$elbow' sample learned --given 0=1 && '$elbow' traverse learned --all && '$elbow' traverse learned --row 3 --all" >text
check "and is taken up again" "$elbow" train gauss.json --out learned --quiet --set model.prior.kind=learned --set training.epochs=2 --resume
refused "does not fit" "$elbow" evaluate learned --set model.prior=null
cp -r run named
check "the default prior may be named" "$elbow" train gauss.json --out named --quiet --set model.prior.kind=standard --resume
check "which the configuration does not do" cmp named/config.json run/config.json

# --- the model that takes its covariance from the training rows ---
check "a linear run" undrawn train gauss.json --out linear --quiet --set 'model={"kind": "linear"}' --set training.epochs=1
check "needs no rows afterwards" bash -c "'$elbow' sample linear --rows 3 >of_linear.csv && '$elbow' impute linear holes.csv && '$elbow' encode linear of_linear.csv" >text

check "none of the commands touched the run" diff -r run before
for command in evaluate encode reconstruct likelihood sample impute; do
  check "help on $command" bash -c "'$elbow' $command --help | grep -q 'finished run'"
done

finish
