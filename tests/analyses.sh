#!/usr/bin/env bash
# The analyses of a finished run: after training and as sub-commands. Usage: analyses.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

small=(--set training.epochs=1 --set data.train_rows=3200 --set data.test_rows=3200 --set evaluation.draws=1 --quiet)
"$elbow" train "$source/experiments/swissroll.json" "${small[@]}" --out roll --threads 1
"$elbow" train "$source/experiments/baseline.json" "${small[@]}" --out plain --threads 1 --set 'evaluation.analyses=["selection"]'

# --- after training ---
for file in selected_features.csv first_features.csv kl_per_lt.csv kl_all_lt.csv greedy_barplots.png \
  greedy_barplots_first_selection.png greedy_elbo_kld_rcl_dims.png; do
  check "roll/$file is there" test -s "roll/$file"
  check "plain/$file is there" test -s "plain/$file"
done
for k in 0 1 2 3; do check "latent space, $k given" test -s "roll/latent_space_colormap_$k.png"; done
check "the page shows them" grep -q "How much of the loss each feature saves" roll/report.html
for figure in greedy_barplots pca latent_space_colormap_0; do check "roll/$figure.svg is there" test -s "roll/$figure.svg"; done

# --- the columns of the original come first, under its names ---
header() { check "header of $1" test "$(head -1 "roll/$1")" = "$2"; }
header selected_features.csv selected_feature_number,selected_feature_name,ELBO,RCL,KLD,num_conds,gain,gain_stderr,ELBO_stderr,exact_number,exact_name,exact_ELBO,bound_ELBO
header first_features.csv selected_feature_number,selected_feature_name,ELBO,RCL,KLD,num_conds,gain,gain_stderr,ELBO_stderr,exact_ELBO
header kl_per_lt.csv latent_dim,kl_divergence,num_conds,popped_cond,cond_comb
header kl_all_lt.csv z_means_x,z_means_y,z_var_x,z_var_y,num_conds,cond_comb,row,dimension_x,dimension_y
header latent_space.csv num_conds,row,coordinate,z_x,z_y,dimension_x,dimension_y
check "a step for nothing and for each column" test "$(wc -l <roll/selected_features.csv)" -eq 5
check "a line for each single column" test "$(wc -l <roll/first_features.csv)" -eq 4
check "every latent at every step" test "$(wc -l <roll/kl_per_lt.csv)" -eq $((1 + 4 * 64))
check "nothing given comes first" grep -q '^,,' roll/selected_features.csv
check "what is withheld is listed" grep -q '"\[0, 1, 2\]"' roll/kl_per_lt.csv
check "no exact order without a Gaussian" grep -q ',,,,$' roll/selected_features.csv
check "the exact order of a Gaussian" bash -c "! grep -q ',,$' plain/selected_features.csv"
check "the lowest loss first" bash -c "cut -d, -f3 roll/first_features.csv | tail -n +2 | sort -c -g"

# --- as sub-commands: the same bits as after training, for any number of threads ---
check "selection on a finished run" "$elbow" selection roll --out again --threads 2 >/dev/null
for file in selected_features.csv first_features.csv kl_per_lt.csv kl_all_lt.csv; do
  check "the same $file" cmp "roll/$file" "again/$file"
done
check "latent space on a finished run" "$elbow" latent_space roll --out again --threads 3 >/dev/null
check "the same latent space" cmp roll/latent_space.csv again/latent_space.csv
for file in factors.csv factor_scores.csv factors.png factors.svg; do check "roll/$file is there" test -s "roll/$file"; done
header factors.csv factor,kind,latent,kl,mutual_information,normalised,importance,entropy,informativeness
header factor_scores.csv rows,given,active,active_units,kl,information,information_stderr,information_above,largest_information,prior_part,mig,disentanglement,completeness
check "a factor has a line for each active latent" test "$(grep -c '^angle,number,' roll/factors.csv)" -eq "$(cut -d, -f3 roll/factor_scores.csv | tail -1)"
check "the page shows the factors" grep -q "how far the best latent of each factor leads" roll/report.html
check "the summary has them" grep -q '"informativeness"' roll/summary.json
check "no factors of Gaussians" test ! -e plain/factors.csv
check "factors of a finished run" "$elbow" factors roll --out again --threads 3 >/dev/null
for file in factors.csv factor_scores.csv; do check "the same $file" cmp "roll/$file" "again/$file"; done
check "other rows" "$elbow" selection roll --out fewer --set evaluation.selection_rows=100 >/dev/null
check "other numbers" bash -c "! cmp -s roll/selected_features.csv fewer/selected_features.csv"

# --- starting over leaves nothing of the old model ---
echo mine >roll/notes.txt
echo mine >roll/latent_space_colormap_7.png
"$elbow" train "$source/experiments/swissroll.json" "${small[@]}" --out roll --force --set 'evaluation.analyses=[]'
check "no old analyses" test -z "$(find roll -name 'selected_*' -o -name 'first_*' -o -name 'kl_*' -o -name 'greedy_*' -o -name 'latent_space.csv')"
check "what a user put there stays" test "$(cat roll/notes.txt roll/latent_space_colormap_7.png | grep -c mine)" -eq 2

# --- what an analysis finds is in the summary, for others: frechet gives features in the order of the selection ---
check "no findings yet" bash -c "! grep -q '\"analyses\"' roll/summary.json"
"$elbow" selection roll >/dev/null
check "a later analysis is in the summary" grep -q '"selection"' roll/summary.json
check "and on the list of files" grep -q '"greedy_barplots.png"' roll/manifest.json
rm roll/selected_features.csv
check "frechet on a finished run" "$elbow" frechet roll >text
check "follows its order" grep -q 'given in greedy order' text
check "and is in the summary beside it" test "$(grep -cE '"selection"|"frechet"' roll/summary.json)" -eq 2
check "it prints sensible digits" bash -c "! grep -E '[0-9]\.[0-9]{6}' text"

# --- calibration ---
"$elbow" train "$source/experiments/correlated.json" "${small[@]}" --out corr --set loss.kl_warmup_steps=10 \
  --set 'evaluation.analyses=["calibration"]' --threads 1
for file in calibration.csv pit.csv calibration.png calibration.svg; do check "corr/$file is there" test -s "corr/$file"; done
check "header of calibration.csv" test "$(head -1 corr/calibration.csv)" = feature,name,entries,coverage_50,coverage_50_stderr,\
coverage_90,coverage_90_stderr,coverage_95,coverage_95_stderr,crps,crps_stderr,exact_crps,crps_excess,crps_excess_stderr,brier,\
brier_stderr,energy,energy_stderr,exact_energy,energy_excess,energy_excess_stderr,pit_deviation,rows,draws
check "header of pit.csv" test "$(head -1 corr/pit.csv)" = feature,name,entries,low,high,density,band_low,band_high
check "a line for all and for each column" test "$(cut -d, -f2 corr/calibration.csv | tr '\n' ' ')" = "name all x0 x1 x2 x3 "
check "20 bins for each" test "$(wc -l <corr/pit.csv)" -eq $((1 + 5 * 20))
check "it is in the summary" grep -q '"coverage_90_stderr"' corr/summary.json
check "and on the page" grep -q "Where the truth stands among draws" corr/report.html
check "calibration on a finished run" "$elbow" calibration corr --out again_corr --threads 3 >text
check "prints coverage and the excess" grep -q 'intervals of 50, 90 and 95 % cover .* above that of the exact distribution' text
for file in calibration.csv pit.csv; do check "the same $file for any number of threads" cmp "corr/$file" "again_corr/$file"; done
check "fewer rows and draws" "$elbow" calibration corr --out few_corr --set evaluation.calibration_rows=50 --set evaluation.calibration_draws=9 >/dev/null
check "are in the table" bash -c "sed -n 2p few_corr/calibration.csv | grep -q ',50,9\$'"
refused "calibration_draws" "$elbow" calibration corr --out none --set evaluation.calibration_draws=1
"$elbow" pca corr >/dev/null
check "a later analysis keeps it in the summary" grep -q '"coverage_90_stderr"' corr/summary.json
sed -i '/"calibration_/d' corr/config.json # as an earlier version wrote it
check "a run of an earlier version" "$elbow" calibration corr >/dev/null
cp -r corr older
check "is taken up again" "$elbow" train "$source/experiments/correlated.json" "${small[@]}" --out older --resume \
  --set loss.kl_warmup_steps=10 --set 'evaluation.analyses=["calibration"]'
refused "does not apply" "$elbow" train "$source/experiments/baseline.json" "${small[@]}" --out none --set condition.given=1 \
  --set 'evaluation.analyses=["calibration"]'

# --- errors are one line ---
refused "no such folder" "$elbow" selection nowhere
mkdir empty
refused "no finished run" "$elbow" selection empty
check "an empty folder stays empty" test -z "$(ls empty)"
refused "does not apply" "$elbow" latent_space plain
refused "did you mean" "$elbow" train "$source/experiments/baseline.json" "${small[@]}" --out none \
  --set 'evaluation.analyses=["selektion"]'
echo '{"name": "x", "data": {"source": "correlated_gaussian", "columns": 3}, "evaluation": {"analyses": ["pka"]}}' >wrong.json
refused "wrong.json: evaluation.analyses: there is no analysis 'pka'" "$elbow" train wrong.json --out none
refused "name another with --out" "$elbow" selection roll --set evaluation.selection_rows=100
refused "selection_rows" "$elbow" selection roll --out none --set evaluation.selection_rows=0
refused "does not apply" "$elbow" factors plain
refused "evaluation.factor_rows: must be" "$elbow" factors roll --out none --set evaluation.factor_rows=50
refused "scatter_rows is 0" "$elbow" latent_space roll --out none --set evaluation.scatter_rows=0
check "nothing is left behind" test ! -e none
"$elbow" train "$source/experiments/baseline.json" "${small[@]}" --out unconditional --set 'condition={"kind": "none"}'
check "a run without conditions has no selection" test ! -e unconditional/selected_features.csv
refused "does not apply" "$elbow" selection unconditional
refused "does not apply" "$elbow" calibration unconditional

finish
