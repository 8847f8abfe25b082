#include "experiments/story/story.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autograd/tape.hpp"
#include "experiments/report/image_figures.hpp"
#include "experiments/runs/opened_run.hpp"

namespace elbow {
namespace {

std::vector<int32_t> labels_of(const Dataset& set, const std::vector<int64_t>& index) {
  std::vector<int32_t> labels;
  for (const int64_t r : index) labels.push_back(set.classes()->class_of(r));
  return labels;
}

// Of two images of n pixels, as vectors; 0 where one is black.
double cosine(const float* a, const float* b, size_t n) {
  double aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < n; ++i)
    aa += double(a[i]) * a[i], bb += double(b[i]) * b[i], ab += double(a[i]) * b[i];
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

// The distance of samples of any class and colour; for a model that needs labels, under those of the test images.
std::optional<Findings::ImageFid> fid_of(const Findings& findings, bool own_labels) {
  for (const Findings::ImageFid& f : findings.image_fids)
    if (f.condition == "any/any" && f.images == (own_labels ? "samples_own_labels" : "samples")) return f;
  return {};
}

StoryRun open(const std::string& name, const std::string& folder) {
  StoryRun run{name, nullptr, read_finished_run(folder), {}};  // which throws if the run is not finished
  run.experiment = open_run(folder);
  run.fid = fid_of(run.record.findings, run.experiment->condition.by_attributes());
  return run;
}

// Error unless the run is what the figures need.
void check(const StoryRun& run, bool autoencoder, bool by_label) {
  const Experiment& e = *run.experiment;
  const auto refuse = [&](const std::string& why) {
    throw Error(str(run.record.folder.string(), ": cannot be the ", run.name, ": ", why));
  };
  const Dataset& set = e.data.test;
  if (!set.image || !set.classes()) refuse("its rows are not images with labels");
  if (set.attribute("colour")) refuse("its images are coloured, and the story needs grey ones");
  if (e.loss.autoencoder != autoencoder)
    refuse(autoencoder ? "it was trained with a KL (loss.autoencoder is false)"
                       : "it was trained without a KL (loss.autoencoder is true)");
  if (by_label && !e.condition.by_attributes()) refuse("its condition is not the label (condition.kind)");
  if (!by_label && e.condition.width() > 0) refuse("it has a condition (condition.kind is not none)");
  if (!e.model->has_standard_prior()) refuse("its prior is not N(0, I) (model.prior)");
  if (e.model->latents() != 2) refuse(str("it has ", e.model->latents(), " latents, not 2"));
}

void check_alike(const StoryRun& run, const StoryRun& other) {
  const auto refuse = [&](const char* what) {
    throw Error(str(run.record.folder.string(), ": was trained with another ", what, " than ",
                    other.record.folder.string()));
  };
  if (run.record.config.at("data") != other.record.config.at("data")) refuse("section `data`");
  if (run.record.config.at("loss").at("distortion") != other.record.config.at("loss").at("distortion"))
    refuse("`loss.distortion`");
}

}  // namespace

void for_each_block(int64_t rows, const std::function<void(const std::vector<int64_t>& index)>& visit) {
  constexpr int64_t at_once = 512;
  for (int64_t first = 0; first < rows; first += at_once) {
    std::vector<int64_t> index(size_t(std::min(at_once, rows - first)));
    std::iota(index.begin(), index.end(), first);
    visit(index);
  }
}

Tensor StoryRun::encode(const std::vector<int64_t>& index) const {
  const NoGrad no_grad;
  const Dataset& test = experiment->data.test;
  const Tensor c = condition_of(labels_of(test, index));
  return experiment->model->encode(rows_of(test, index).input, c).mu;
}

Tensor StoryRun::condition_of(const std::vector<int32_t>& labels) const {
  if (!experiment->condition.by_attributes()) return {};
  const std::vector<float> values(labels.begin(), labels.end());
  return experiment->condition.of(Tensor::from(values, {int64_t(values.size()), 1}));
}

std::vector<float> StoryRun::decode(const Tensor& z, const std::vector<int32_t>& labels) const {
  const NoGrad no_grad;
  return decoded_pixels(*experiment, z, condition_of(labels));
}

std::string StoryRuns::class_name(int32_t label) const { return classes().text_of(float(label), ""); }

std::vector<int64_t> StoryRuns::one_of_each_class(int64_t place) const {
  std::vector<int64_t> index(size_t(classes().classes()), -1), seen(index.size(), 0);
  for (int64_t r = 0; r < test().rows(); ++r) {
    const auto label = size_t(classes().class_of(r));
    if (seen[label]++ == place) index[label] = r;
  }
  for (size_t k = 0; k < index.size(); ++k)
    if (index[k] < 0)
      throw Error(str(cvae.record.folder.string(), ": its test set has but ", seen[k], " images of class ",
                      class_name(int32_t(k)), ", and the figures show ", place + 1));
  return index;
}

std::vector<int64_t> StoryRuns::best_of_each_class() const {
  const size_t pixels = size_t(test().columns());
  std::vector<int64_t> best = one_of_each_class(0);
  std::vector<double> most(best.size(), -1);
  for_each_block(test().rows(), [&](const std::vector<int64_t>& index) {
    const auto labels = labels_of(test(), index);
    const auto x = rows_of(test(), index).x.to_vector<float>();
    std::vector<double> likeness(index.size(), 0);
    for (const StoryRun* run : all()) {
      const auto y = run->decode(run->encode(index), labels);
      for (size_t i = 0; i < index.size(); ++i) likeness[i] += cosine(&x[i * pixels], &y[i * pixels], pixels);
    }
    for (size_t i = 0; i < index.size(); ++i)
      if (const auto k = size_t(labels[i]); likeness[i] > most[k]) most[k] = likeness[i], best[k] = index[i];
  });
  return best;
}

StoryRuns open_story_runs(const std::string& ae, const std::string& vae, const std::string& cvae) {
  StoryRuns runs{open("AE", ae), open("VAE", vae), open("CVAE", cvae)};
  check(runs.ae, true, false);
  check(runs.vae, false, false);
  check(runs.cvae, false, true);
  check_alike(runs.vae, runs.ae);
  check_alike(runs.cvae, runs.ae);
  return runs;
}

}  // namespace elbow
