#!/usr/bin/env bash
# Tables as NumPy's arrays, through the commands: .npy and .npz in and out next to CSV, and a configuration of the field's tables from
# its arrays to its likelihood. Usage: arrays.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

cat >config.json <<'JSON'
{"name": "t", "data": {"source": "table", "path": "t.csv", "schema": {"others": "real"}},
 "model": {"kind": "mlp", "encoder": [16], "latents": 2, "decoder": [16]}, "loss": {"scale": "column"},
 "training": {"epochs": 2, "batch_rows": 8}, "evaluation": {"analyses": []}}
JSON
train() { undrawn train config.json --quiet "$@"; }
# Elbow's own .npy files, made from CSV: a table goes through `impute`, which keeps what is there.
awk 'BEGIN { print "a,b"; for (i = 0; i < 100; i++) printf "%.4g,%.4g\n", sin(i * 1.7), cos(i * 0.3) * 2 }' >t.csv
awk -F, 'NR % 10 == 5 { print $1 ","; next } 1' t.csv >gaps.csv
check "a run on CSV" train --out run
check "CSV to .npy" "$elbow" impute run t.csv --out t.npy
check "CSV to .npz" "$elbow" impute run t.csv --out t.npz

# --- in ---
check "a run on .npy" train --out array_run --set data.path=t.npy
check "is that on CSV" cmp <(grep -v '"path"\|seconds' run/summary.json | head -20) <(grep -v '"path"\|seconds' array_run/summary.json | head -20)
check "a run on .npz" train --out named_run --set data.path=t.npz
check "has its names" grep -q '"name": *"b"' named_run/data.json
check "one array of it" train --out part_run --set data.path=t.npz:rows
check "describe" bash -c "'$elbow' describe t.npz | grep -q \"100 rows, 2 columns, arrays of NumPy's\""
check "schema" bash -c "'$elbow' schema t.npy | grep -q x1"
for command in encode reconstruct likelihood impute; do
  "$elbow" $command run t.csv >csv.csv 2>/dev/null || bad "$command of CSV"
  for file in t.npy t.npz; do
    check "$command of $file is that of CSV" cmp csv.csv <("$elbow" $command run $file 2>/dev/null)
  done
  check "$command of a pipe" cmp csv.csv <("$elbow" $command run /dev/stdin <t.npy 2>/dev/null)
done
check "a run moves with its array" bash -c "mkdir away && cd away && '$elbow' evaluate ../part_run >/dev/null"
check "another table is evaluated" bash -c "'$elbow' evaluate run --set data.path=t.npy >/dev/null"
check "impute-benchmark" bash -c "'$elbow' schema t.npy --out t.json 2>/dev/null && '$elbow' impute-benchmark t.npy --schema t.json \
  --config config.json --draws 4 --baselines mean --method true=t.npy --quiet | grep -q '^true'"

awk 'BEGIN { print "a,b"; for (i = 0; i < 100; i++) print (i % 3 == 0) "," (i % 4 == 0) }' >hidden.csv
check "a pattern of 0 and 1" "$elbow" impute run hidden.csv --out hidden.npy
check "what is hidden, as an array" bash -c "'$elbow' impute-benchmark t.npy --schema t.json --config config.json --draws 4 --baselines mean \
  --hidden hidden.npy --quiet | grep -q '59 entries hidden'"

# --- out ---
for command in encode reconstruct likelihood impute sample; do
  file=gaps.csv
  case $command in sample) file= ;; impute) ;; *) file=t.csv ;; esac
  # shellcheck disable=SC2086  # nothing, or a word
  "$elbow" $command run $file >csv.csv 2>/dev/null || bad "$command as CSV"
  for out in out.npy out.npz; do
    # shellcheck disable=SC2086
    check "$command to $out" "$elbow" $command run $file --out $out --force 2>/dev/null
    check "$out has as many rows" bash -c "'$elbow' describe $out | grep -q '^$(($(wc -l <csv.csv) - 1)) rows'"
  done
  check "$command names its columns" cmp <(head -1 csv.csv | tr , '\n' | sort) \
    <("$elbow" describe out.npz | sed '1,3d;/^$/,$d' | cut -d' ' -f1 | sort)
done
check "pool reads what impute writes" bash -c "'$elbow' impute run gaps.csv --multiple --draws 3 --out m.npz && '$elbow' pool m.npz | grep -q '^b,'"
printf 'a,b,name\n1,2,Ann\n' >texts.csv
refused 'out2.npz: column name: "Ann" is a text, which an array of numbers cannot hold: write CSV' \
  "$elbow" impute run texts.csv --keep name --out out2.npz
check "nothing is left of it" bash -c "! ls out2.npz* 2>/dev/null"
printf 'a,b\n1,\n' >gap.csv
refused 'out.npy: exists already' "$elbow" impute run gap.csv --out out.npy
head -c 300 t.npy >cut.npy
printf 'PK\5\6%018d' 0 | tr 0 '\0' >empty.npz # how a zip archive ends, and nothing before
refused 'empty.npz: holds no arrays' "$elbow" train config.json --set data.path=empty.npz --out refused
refused 'cut.npy: is cut short: it has ' "$elbow" encode run cut.npy
refused 'cut.npy: is cut short: it has ' "$elbow" train config.json --set data.path=cut.npy --out refused
head -c 300 t.npz >cut.npz
refused 'cut.npz: its zip is damaged, or cut short' "$elbow" describe cut.npz
refused 't.npz:row: there is no such array among "rows", "columns"' "$elbow" describe t.npz:row
if command -v python3 >/dev/null; then
  python3 - <<'END'
import zipfile
with zipfile.ZipFile("short.npz", "w") as archive:
    for name, kind, shape, data in ("rows", "<f8", "(2, 2)", bytes(32)), ("columns", "<U1", "(1,)", "a".encode("utf-32-le")):
        header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        archive.writestr(name + ".npy", b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + data)
END
  refused 'short.npz: its array "columns" names 1 column(s), and "rows" has 2' "$elbow" describe short.npz
fi

# --- the tables of density estimation, by made-up ones with as many columns ---
for name in power:6 gas:8 hepmass:21 miniboone:43 bsds300:63; do
  mkdir "${name%:*}"
  for set in train:1 test:2; do
    check "$name" "$elbow" write-table "$source/experiments/correlated.json" --out "${name%:*}/${set%:*}.npy" --set "seed=${set#*:}" \
      --set data.structure_seed=1 --set "data.columns=${name#*:}" --set data.train_rows=600 --set data.test_rows=1 >/dev/null
  done
  check "$name" bash -c "'$elbow' config '$source/experiments/own-data/${name%:*}.json' >/dev/null"
done
check "POWER's configuration trains" undrawn train "$source/experiments/own-data/power.json" --quiet --set training.epochs=3 --out density
check "all rows of test.npy test" bash -c "grep -q '\"test_rows\": *600' density/summary.json || '$elbow' likelihood density --rows 0 --samples 2 2>/dev/null | tail -n +2 | wc -l | grep -qx 600"
"$elbow" likelihood density --rows 50 --samples 200 >scaled.csv 2>/dev/null || bad "likelihood"
"$elbow" likelihood density --rows 50 --samples 200 --table-units --out units.npz 2>summary || bad "likelihood --table-units"
check "the summary" grep -q '^log-likelihood -.* nats per row (50 rows' summary
"$elbow" likelihood density power/test.npy --rows 50 --samples 200 --table-units >units.csv 2>/dev/null || bad "likelihood of a file"
# The two differ by the logarithms of the standard deviations, the same for all rows.
check "units" bash -c "paste -d, scaled.csv units.csv | awk -F, 'NR == 2 { d = \$4 - \$1 } NR > 1 && ((\$4 - \$1 - d) ^ 2 > 1e-6 || d ^ 2 < 1e-8) { bad = 1 } END { exit bad }'"
refused '--table-units: ' bash -c "cd '$work' && '$elbow' train '$source/experiments/baseline.json' --quiet --set training.epochs=1 --set 'evaluation.analyses=[]' \
  --set data.train_rows=640 --set data.test_rows=64 --out small >/dev/null 2>&1; '$elbow' likelihood small --table-units"
finish
