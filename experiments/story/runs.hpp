#pragma once
#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cvae/experiment.hpp"
#include "experiments/runs/results_files.hpp"

namespace elbow {

/// One of the three models: a finished run with its trained model, in evaluation mode.
struct StoryRun {
  std::string name;  ///< "AE", "VAE" or "CVAE": its name in figures and tables
  std::unique_ptr<Experiment> experiment;
  FinishedRun record;  ///< the results in its folder
  /// The Frechet distance of samples from the test images; empty where the run was not scored.
  std::optional<Findings::ImageFid> fid;

  /// The encoder's posterior means for test rows `index` under their own labels: [rows, latents].
  Tensor encode(const std::vector<int64_t>& index) const;
  /// The decoder's outputs for z [rows, latents] under the labels [rows], as pixels in 0..1, row by row. A model
  /// without a condition ignores the labels.
  std::vector<float> decode(const Tensor& z, const std::vector<int32_t>& labels) const;
  /// The condition of rows with these labels; undefined for a model without one.
  Tensor condition_of(const std::vector<int32_t>& labels) const;
};

/// An autoencoder, a VAE and a CVAE conditioned on the class, each with two latents, trained on the same labelled
/// images.
struct StoryRuns {
  StoryRun ae, vae, cvae;

  std::array<const StoryRun*, 3> all() const { return {&ae, &vae, &cvae}; }
  const Dataset& test() const { return cvae.experiment->data.test; }
  const Attribute& classes() const { return *test().classes(); }
  /// "Sneaker", or the number of a class that has no name.
  std::string class_name(int32_t label) const;
  /// For each class its test row number `place` (from 0). Error, naming the class, if it has fewer rows.
  std::vector<int64_t> one_of_each_class(int64_t place) const;
  /// For each class the test row that is most like its reconstructions: with the largest sum of the three models'
  /// cosines between the pixels of the image and of its reconstruction. (The distortion would choose dark images.)
  std::vector<int64_t> best_of_each_class() const;
};

/// Calls visit with the numbers of all rows, some hundred at a time.
void for_each_block(int64_t rows, const std::function<void(const std::vector<int64_t>& index)>& visit);

/// Opens the three runs. Error in one line, naming the folder, for one that is not finished or not a model of that
/// kind, for images that have no labels or are coloured, and for runs that differ in data or distortion.
StoryRuns open_story_runs(const std::string& ae, const std::string& vae, const std::string& cvae);

}  // namespace elbow
