#pragma once
#include <string>

#include "experiments/report/report.hpp"
#include "metrics/results.hpp"

/// The parts of a run's page that tell its results, and what its figures' captions say.
namespace elbow {

/// The numbers that stand first: loss, excess over the optimum, distortion, KL, active latents, epochs, time.
void add_headline(Report& page, const RunResults& run);

/// The results by number of given columns, or by given attributes, each with its optimum where that is known. Of many counts
/// some are shown.
void add_result_tables(Report& page, const RunResults& run);

/// What to see in encoding_test_plots.png, ELBO.png and KLD_vs_dimension.png.
std::string encoding_test_caption(const RunResults& run);
std::string elbo_caption(const RunResults& run);
std::string kld_caption(const RunResults& run);

}  // namespace elbow
