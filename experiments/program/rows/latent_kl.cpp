#include "experiments/program/rows/latent_kl.hpp"

#include "cvae/evaluation.hpp"
#include "experiments/program/rows/row_reader.hpp"

namespace elbow {

std::vector<double> mean_latent_kl(const Experiment& e, const DrawCondition& draw) {
  std::vector<double> kl(size_t(e.model->latents()), 0);  // [latents], sums over the rows
  RowReader rows(e, "", RowReader::Missing::as_trained);
  for (Condition::Drawn drawn; rows.next();) {
    draw(rows.batch(), rows.number(), drawn);
    const Posterior q = e.model->encode(rows.batch().input, drawn.c);
    const auto part = latent_kl(e, q, drawn.c);
    for (size_t l = 0; l < kl.size(); ++l) kl[l] += part[l] * double(q.mu.size(0));
  }
  for (double& k : kl) k /= double(e.data.test.rows());
  return kl;
}

std::vector<int64_t> active_latents(const Experiment& e, const std::vector<double>& kl) {
  std::vector<int64_t> active;
  for (size_t l = 0; l < kl.size(); ++l)
    if (kl[l] > e.evaluation.active_kl) active.push_back(int64_t(l));
  return active;
}

}  // namespace elbow
