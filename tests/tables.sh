#!/usr/bin/env bash
# shellcheck disable=SC2016  # dollars are awk's, backticks are part of a message
# Tables as people have them, from file to imputed file: what is read, what is reported, what comes back. Usage: tables.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

# is WHAT EXPECTED COMMAND...: the command succeeds and prints that on standard output.
is() {
  local out
  out=$("${@:3}" 2>note) || bad "$1: status $?: $(cat note)"
  if [ "$out" = "$2" ]; then ok; else bad "$1: '$out', not '$2'"; fi
}
# reported WHAT TEXT COMMAND...: it succeeds, and prints TEXT on standard error.
reported() {
  "${@:3}" >/dev/null 2>note || bad "$1: status $?: $(cat note)"
  if grep -qF -- "$2" note; then ok; else bad "$1: '$2' is not in: $(cat note)"; fi
}

cat >config.json <<'JSON'
{"name": "t", "data": {"source": "table", "path": "t.csv", "schema": {"others": "real"}},
 "model": {"kind": "mlp", "encoder": [16], "latents": 2, "decoder": [16]},
 "training": {"epochs": 2, "batch_rows": 8}, "evaluation": {"analyses": []}}
JSON
awk 'BEGIN { print "a,b"; for (i = 0; i < 100; i++) printf "%.3f,%.3f\n", sin(i * 1.7), cos(i * 0.3) * 2 }' >plain.csv
cp plain.csv t.csv
train() { undrawn train config.json --quiet "$@"; }
kinds() { "$elbow" schema "$@" 2>note | grep -o '"kind":"[a-z]*"' | tr -d '"' | cut -d: -f2 | xargs; }

# --- three commands, as docs/tables.md has them ---
awk -F, 'NR % 10 == 5 { print $1 ","; next } 1' plain.csv >gaps.csv
check "schema" "$elbow" schema gaps.csv --out schema.json
check "train" train --set data.path=gaps.csv --set data.schema=schema.json --out run
check "impute" "$elbow" impute run gaps.csv --out filled.csv
check "as many rows" test "$(wc -l <filled.csv)" -eq "$(wc -l <gaps.csv)"
check "no gap is left" bash -c "! grep -q ',\$' filled.csv"
check "what was there stays" cmp <(awk -F, 'NR % 10 != 5' gaps.csv) <(awk -F, 'NR % 10 != 5' filled.csv)
for mark in NA '#N/A' . - '?' 'n/a'; do
  check "a usual mark, $mark" bash -c "printf 'a,b\n%s,0.5\n' '$mark' | '$elbow' impute run /dev/stdin | grep -q '^[-0-9.e]*,0.5$'"
done
refused 'column a: "oops" is neither a number nor a mark of a missing value ("", "NA", ' \
  bash -c "printf 'a,b\noops,0.5\n' | '$elbow' impute run /dev/stdin"

# --- an odd token; a file without a header; blanks; a byte-order mark that is none; Latin-1; gzip ---
{ head -60 plain.csv && echo 'oops,0.3' && tail -40 plain.csv; } >odd.csv
is "an odd token" "real real" kinds odd.csv
check "is proposed as a mark" grep -qF '"oops" in line 61' note
tail -n +2 plain.csv >rows.csv
is "no header" "real real" kinds rows.csv
check "is given" grep -q 'first line looks like a row' note
"$elbow" schema rows.csv --out rows.json 2>/dev/null
check "and trains" train --set data.path=rows.csv --set data.schema=rows.json --out headerless
refused '"header": false' "$elbow" train config.json --set data.path=rows.csv --set 'data.schema={"columns":[{"name":"a","kind":"real"},{"name":"b","kind":"real"}]}' --out refused
tr , ' ' <plain.csv >blanks.csv
is "blanks as separator" "real real" kinds blanks.csv
printf '\xef\xbc\xa9,a\n1,2\n3,4\n5,9\n' >wide.csv
is "a pipe that begins with 0xEF" "real real" kinds /dev/stdin <wide.csv
printf 'gr\xf6sse,b\n1,2\n3,4\n' >latin.csv
refused 'latin.csv:1: column 1: is not text in UTF-8 (`iconv' "$elbow" schema latin.csv
gzip -k plain.csv
check "gzip" train --set data.path=plain.csv.gz --out packed
check "gives the same model" bash -c "cp plain.csv t.csv && '$elbow' train config.json --quiet --out unpacked && cmp packed/model.safetensors unpacked/model.safetensors"

# --- the row numbers of pandas and R ---
awk -F, -v OFS=, 'NR == 1 { print "", $0; next } { print NR - 2, $0 }' plain.csv >pandas.csv
is "an unnamed column is ignored" "ignore real real" kinds pandas.csv
check "which is reported" grep -q 'column_1: has no name: ignored' note
check "training ignores it, too" train --set data.path=pandas.csv --out pandas
check "and tells so" grep -q 'column 1 has no name and is ignored' pandas/run.log
check "and makes no difference" cmp pandas/model.safetensors unpacked/model.safetensors
awk -F, -v OFS=, '{ print $0, "" } END { print ",,"; print ",," }' plain.csv >excel.csv
check "commas at the end of lines and rows" train --set data.path=excel.csv --out excel
check "make no difference" cmp excel/model.safetensors unpacked/model.safetensors

# --- constants, counts, incomes, years ---
awk -F, -v OFS=, 'NR == 1 { print $0, "unit", "count", "income"; next } { print $0, "0.001", NR % 4, 3 * ($1 + 1.1)^4 }' plain.csv >t.csv
check "training with a constant" train --set training.epochs=5 --out kinds
check "which is reported" grep -q 'column unit: is 0.001 in all training rows' kinds/run.log
is "a constant is filled in" "0.5,0.5,0.001" bash -c "printf 'a,b,unit\n0.5,0.5,\n' | '$elbow' impute kinds /dev/stdin | tail -1 | cut -d, -f1-3"
"$elbow" sample kinds --rows 300 --noise >sampled.csv
check "and sampled" awk -F, 'NR > 1 && $3 != "0.001" { exit 1 }' sampled.csv
check "counts are counts" awk -F, 'NR > 1 && $4 !~ /^[0-3]$/ { exit 1 }' sampled.csv
check "incomes are positive" awk -F, 'NR > 1 && $5 <= 0 { exit 1 }' sampled.csv
refused "column \"unit\" is 0.001 in all training rows" "$elbow" sample kinds --given unit=1

# --- other notations come back in theirs ---
awk -F, 'NR == 1 { print "a;day"; next } { gsub(/\./, ",", $1); printf "%s;%02d.03.2021\n", $1, NR % 28 + 1 }' plain.csv >t.csv
"$elbow" schema t.csv --dates --force --out schema.json 2>/dev/null
check "decimal commas and dates" train --set data.schema=schema.json --out european
is "come back" 10 bash -c "'$elbow' sample european --rows 10 | grep -cE '^-?[0-9]+(,[0-9]+)?;[0-9]{2}\.03\.2021$'"

# --- what is written is read again: columns of one name, tables without a header, Excel's last rows, commas in values ---
awk 'BEGIN { print "x,c,x"; for (i = 0; i < 60; i++) printf "%.2f,a %s,%.2f\n", sin(i), i % 2 ? "b" : "b, c", cos(i * 3) }' |
  sed 's/a b, c/"a b, c"/' >t.csv
"$elbow" schema t.csv --force --out schema.json 2>/dev/null
check "columns of one name" train --set data.schema=schema.json --out twice
is "in another order" "0.5,1.5" bash -c "printf 'x_2,c,x\n1.5,a b,0.5\n' | '$elbow' impute twice /dev/stdin | tail -1 | awk -F, '{ print \$3 \",\" \$1 }'"
check "one of them absent" bash -c "printf 'x,c\n0.5,a b\n' | '$elbow' impute twice /dev/stdin >out.csv"
check "written and read" bash -c "'$elbow' impute twice t.csv --multiple --draws 2 | '$elbow' encode twice /dev/stdin --keep draw >out.csv"
is "a comma in a value" 11 bash -c "'$elbow' sample twice --given 'c=\"a b, c\",x=0.5' | wc -l"
check "a table without a header, written with one" bash -c "'$elbow' reconstruct headerless rows.csv | '$elbow' encode headerless /dev/stdin --keep distortion,kl,given >out.csv"
reported "rows of commas at the end of a command's rows" "2 row(s) of nothing but empty fields at the end are left out" "$elbow" encode excel excel.csv
cp plain.csv same.csv
refused "is the table itself" "$elbow" schema same.csv --out same.csv --force

# --- a category that no training row has: one rule everywhere ---
awk -F, 'NR == 1 { print "a,c"; next } { print $1 "," (NR < 22 ? "rare" NR : NR % 2 ? "x" : "y") }' plain.csv >t.csv
check "in test rows" train --set 'data.schema={"columns":[{"name":"a","kind":"real"},{"name":"c","kind":"categorical"}]}' --out rare
check "is a warning" grep -q 'are in no training row: counted as missing' rare/run.log
reported "in the rows of a command, too" "in no training row: counted as missing" "$elbow" impute rare t.csv
refused "\"z\" is none of" "$elbow" sample rare --given c=z

# --- counts, positive and heavy-tailed numbers: what is imputed and drawn is of their kind ---
awk 'BEGIN { print "visits,claims,income,ret"
  for (i = 0; i < 200; i++) printf "%s,%d,%.2f,%.3f\n", i % 9 == 4 ? "" : i * i % 7, i % 4 * (i % 3), exp(8 + sin(i)), i % 25 == 3 ? 40 : cos(i) }' >t.csv
people='{"columns": [{"name": "visits", "kind": "poisson"}, {"name": "claims", "kind": "count"},
  {"name": "income", "kind": "positive"}, {"name": "ret", "kind": "heavy_tailed"}]}'
for scale in fixed column entry; do
  check "kinds of numbers, $scale" train --force --set "data.schema=$people" --set loss.scale=$scale --out numbers
done
check "imputed" "$elbow" impute numbers t.csv --sd --noise --out imputed.csv
check "a count" bash -c "! cut -d, -f1 imputed.csv | tail -n +2 | grep -qvE '^[0-9]+$'"
check "sampled" "$elbow" sample numbers --rows 50 --out people.csv
check "counts and incomes" bash -c "! tail -n +2 people.csv | grep -qvE '^[0-9]+,[0-9]+,[0-9.e+]+,-?[0-9.e-]+$'"
check "likelihood" bash -c "'$elbow' likelihood numbers --samples 20 --rows 20 >out.csv 2>note && ! grep -q nan out.csv"
sed 's/^0,/0.5,/' t.csv >half.csv
refused "half.csv:2: column visits: 0.5 is not a count" "$elbow" train config.json --set data.path=half.csv --set "data.schema=$people" --out refused
refused "half.csv:2: column visits: 0.5 is not a count" "$elbow" impute numbers half.csv

# --- impute-benchmark ---
awk 'BEGIN { print "a,b,c"; for (i = 0; i < 200; i++) { x = sin(i * 1.7); printf "%.3f,%.3f,%s\n", x, 2 * x + 0.1 * cos(i * 3.1), (x > 0 ? "up" : "down") } }' >whole.csv
echo '{"columns": [{"name": "a", "kind": "real"}, {"name": "b", "kind": "real"}, {"name": "c", "kind": "binary"}]}' >whole.json
benchmark() { "$elbow" impute-benchmark whole.csv --schema whole.json --quiet --missing 0.3 --set training.epochs=100 "$@"; }
score() { awk -F, -v m="$1" -v r="$2" -v k="$3" '$1 == m && $2 == r && $3 == "all" { print $k }' "$4"; } # METHOD ROWS FIELD FILE
check "a benchmark" bash -c "'$elbow' impute-benchmark whole.csv --schema whole.json --quiet --missing 0.3 --test-fraction 0.25 --set training.epochs=150 --out bench >table.txt 2>note"
check "a line for each method and kind of rows" test "$(grep -cE '^(elbow|mean|em|knn|oracle) +(training|held-out) ' table.txt)" -eq 10
check "the mean has an NRMSE of about 1" awk -v s="$(score mean training 4 bench/scores.csv)" 'BEGIN { exit !(s > 0.9 && s < 1.1) }'
check "no Gaussian does better than one that has seen the answers" awk -v o="$(score oracle training 4 bench/scores.csv)" \
  -v e="$(score em training 4 bench/scores.csv)" 'BEGIN { exit !(o > 0.05 && o <= e) }'
for rows in training held-out; do
  check "the model is better, $rows" awk -v s="$(score elbow $rows 4 bench/scores.csv)" -v p="$(score elbow $rows 6 bench/scores.csv)" \
    'BEGIN { exit !(s < 0.75 && p < 0.4) }'
done
check "its files" test "$(cd bench && echo *)" = "config.json filled.csv hidden.csv holes.csv scores.csv"
check "what is hidden is a hole" test "$(tail -n +2 bench/hidden.csv | tr -cd 1 | wc -c)" -eq "$(tail -n +2 bench/holes.csv | grep -o NA | wc -l)"
check "nothing is missing in the end" bash -c "! grep -qE 'NA|,,' bench/filled.csv"
check "the same pattern again, the same scores; and what it filled, read" "$elbow" impute-benchmark whole.csv --schema whole.json --quiet --test-fraction 0.25 \
  --hidden bench/hidden.csv --config bench/config.json --baselines none --method again=bench/filled.csv --out again
check "the model's scores" cmp <(grep '^elbow,training,a' bench/scores.csv) <(grep '^elbow,training,a' again/scores.csv)
check "those of the file" awk -v a="$(score again training 4 again/scores.csv)" -v b="$(score elbow training 4 again/scores.csv)" \
  'BEGIN { exit !(a - b < 1e-5 && b - a < 1e-5) }'
for mechanism in mar mnar; do check "$mechanism" bash -c "'$elbow' impute-benchmark whole.csv --schema whole.json --quiet \
  --mechanism $mechanism --set training.epochs=2 >/dev/null 2>&1"; done
refused '--mechanism: "mcra" is none of' benchmark --mechanism mcra
refused "--missing: " benchmark --missing 1
refused "--test-fraction: " benchmark --test-fraction 1
refused '--baselines: "mice"' benchmark --baselines mice
refused "--method: must be NAME=FILE" benchmark --method filled.csv
refused "--method mine: plain.csv: has no column" benchmark --method mine=plain.csv
refused "has not been imputed" benchmark --method mine=whole.csv --hidden bench/hidden.csv --method holes=bench/holes.csv
refused "exists already" benchmark --out bench
sed '3s/[01]/2/' bench/hidden.csv >two.csv
refused 'two.csv:3: "2" in the place of column a' benchmark --hidden two.csv
head -50 bench/hidden.csv >short.csv
refused "short.csv: has 49 rows, and the table 200" benchmark --hidden short.csv
refused "condition.kind" benchmark --set 'condition={"kind": "none"}' --set model.base=none --out refused
refused "training.epochs: must be a whole number" benchmark --set training.epochs=many --out refused
refused "model.dropout: must be a number" benchmark --set model.dropout=much --out refused
refused "condition.given: must be a number" benchmark --set condition.given=much --out refused

# Intervals of large numbers that differ little, and of counts, most of which are 0.
awk 'BEGIN { print "time,n"; for (i = 0; i < 200; i++) printf "%.3f,%d\n", 1e9 + sin(i * 1.7), i % 7 % 4 == 0 ? i % 3 : 0 }' >exact.csv
echo '{"columns": [{"name": "time", "kind": "real"}, {"name": "n", "kind": "count"}]}' >exact.json
check "numbers that a float cannot hold" "$elbow" impute-benchmark exact.csv --schema exact.json \
  --quiet --missing 0.3 --set training.epochs=100 --baselines none --out exact
check "are covered" awk -F, '$3 == "time" || $3 == "n" { n += $7 > 0.75 && $8 < 1 } END { exit n != 2 }' exact/scores.csv

# --- one recipe for all tables ---
check "a table of categories" undrawn train "$source/experiments/table.json" --quiet --set data.path=whole.csv --set training.epochs=2 \
  --set 'data.schema={"columns":[{"name":"c","kind":"binary"}],"others":"ignore"}' --out categories
check "the resolved recipe" bash -c "'$elbow' config '$source/experiments/table.json' --set data.path=whole.csv --set data.schema=whole.json >resolved.json"
check "has numbers for what depends on the rows" bash -c "! grep -q '\"auto\"' resolved.json && grep -q '\"epochs\": 1000' resolved.json && grep -q '\"dropout\": 0.5' resolved.json"
check "and reads as itself" cmp resolved.json <("$elbow" config resolved.json)

# --- numbers far from 1: 1e30 and 1e-300 ---
awk 'BEGIN { print "huge,tiny,b"; for (i = 0; i < 100; i++) { x = sin(i * 1.7)
  printf "%s,%.4fe-60,%.3f\n", i % 10 == 3 ? "" : sprintf("%.4fe60", 3 + x), 2 * x + cos(i), x } }' >t.csv
check "large and small numbers" train --out far
check "imputed, with their uncertainty" bash -c "'$elbow' impute far t.csv --sd --noise >out.csv && [ \$(grep -cE '^[0-9.]+e[+]?60,.*,[0-9.]+e[+]59,,\$' out.csv) = 10 ]"
check "and pooled" bash -c "'$elbow' impute far t.csv --multiple --noise --draws 3 | '$elbow' pool /dev/stdin >pooled.csv"
check "by the digits of a double" awk -F, '$1 == "huge" { n += $5 > 2.5e60 && $5 < 3.5e60 && $6 > 1e117 } $1 == "tiny" { n += $6 > 1e-123 } END { exit n != 2 }' pooled.csv
awk 'BEGIN { print "draw,t"; for (i = 0; i < 20; i++) printf "%d,%d\n", i % 2, 1700000000 + i }' >times.csv
is "of what is large and differs little" "1700000009.5 true" bash -c \
  "'$elbow' pool times.csv | awk -F, 'NR > 1 { print \$5, (\$11 - \$10 < 20 ? \"true\" : \"false\") }'"
awk 'BEGIN { print "a,b"; for (i = 0; i < 50; i++) printf "%de-311,%.3f\n", i, sin(i) }' >denormal.csv
refused "denormal.csv: column a: its numbers differ too little to be scaled" train --set data.path=denormal.csv --out refused

# A run from before there was a test_path goes on.
sed -i '/"test_path"/d' categories/config.json
check "an older run is resumed" undrawn train categories/config.json --quiet --out categories --resume

# --- what is noticed ---
is "a description" "100 rows, 2 columns, separated by \",\"" bash -c "'$elbow' describe plain.csv | head -1"
awk 'NR == 50 { print "1e36,0"; next } 1' plain.csv >t.csv
check "a sentinel" train --out sentinel
check "is reported" grep -q 'column a: 1e+36 (in 1 training row(s)) is far from all other values' sentinel/run.log

finish
