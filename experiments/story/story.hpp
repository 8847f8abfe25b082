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
#include "data/csv.hpp"
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

/// Where one of the encoders puts the test images: posterior means on its two latents.
struct Codes {
  std::string name;            ///< of the model
  std::vector<double> x, y;    ///< [rows]
  std::vector<int32_t> label;  ///< [rows]

  /// The square root of the codes' mean variance on the two latents; 1 for draws from N(0, I).
  double spread() const;
  /// The share of the codes that are within this distance of the origin; 1 - exp(-radius^2 / 2) for draws from N(0, I).
  double share_within(double radius) const;
};

/// The codes of the whole test set.
Codes codes_of(const StoryRun& run);

/// One line for each model and test row: model, row, class, z_0, z_1.
CsvTable codes_table(const std::vector<Codes>& models);

/// The codes of each model in the colours of their classes, and in a last panel draws from N(0, I), which is where samples
/// come from. Circles show within which distance of the origin N(0, I) has 39% and 86% of its mass (one and two standard
/// deviations). Throws Error like run_gnuplot.
void draw_codes(const StoryRuns& runs, const std::vector<Codes>& models, const std::filesystem::path& png);

}  // namespace elbow

/// The story's pictures: grids of images as PNG. Each throws Error like run_gnuplot.
namespace elbow {

/// Two test images of each class, one class a column, and below them each model's decoding of their codes.
void draw_story_reconstructions(const StoryRuns& runs, const std::filesystem::path& png);

/// Each model's decoding of the same draws z ~ N(0, I); the CVAE is given one class per column, in their order.
void draw_story_samples(const StoryRuns& runs, const std::filesystem::path& png);

/// The decoder's outputs for a grid of z: both latents go through the quantiles of N(0, 1) at the probabilities
/// (i + 1/2) / 15, so that each picture represents the same share of the samples. Latent 0 grows to the right, latent 1
/// upwards. A model with a condition is given `label`.
void draw_manifold(const StoryRun& run, int32_t label, const std::filesystem::path& png);

/// Samples of the CVAE, one class a row; all pictures in a column share one draw z ~ N(0, I).
void draw_classes(const StoryRuns& runs, const std::filesystem::path& png);

/// A test image of each class on top, and below it the CVAE's decoding of that image's code under every class.
void draw_style_transfer(const StoryRuns& runs, const std::filesystem::path& png);

/// From one test image to another, for a few pairs: pixels faded into each other, and below them each model's decoding
/// of the line between the two codes. The CVAE's condition goes from the one's class to the other's at the same time.
void draw_interpolation(const StoryRuns& runs, const std::filesystem::path& png);

/// The page's file name.
inline constexpr auto story_page_file = "story.html";

/// Draws all figures of the three runs into a folder, writes codes.csv (codes_table) there, and last of all the page, which
/// embeds the figures, says what is to be seen on them, and holds a table of the runs' results. `one_class` is the class
/// whose plane is shown. Error as write_file_atomically and run_gnuplot.
void write_story_page(const StoryRuns& runs, int32_t one_class, const std::filesystem::path& folder);

}  // namespace elbow
