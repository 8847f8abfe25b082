#pragma once
#include <memory>
#include <optional>
#include <string>

#include "base/config.hpp"
#include "cvae/condition.hpp"
#include "cvae/elbo.hpp"
#include "cvae/model.hpp"
#include "cvae/optimum.hpp"
#include "data/sources.hpp"
#include "data/validation.hpp"
#include "nn/optimizer.hpp"

namespace elbow {

/// Which model a training ends with: the one that is best on training rows that are held out.
struct ValidationSettings {
  double fraction = 0;   ///< of the training rows that are held out; 0: the last model is kept
  bool iwae = false;     ///< whether the loss is that of the importance-weighted bound
  int64_t masks = 8;     ///< of what is given, for each row
  int64_t draws = 1;     ///< of the encoder's noise for each of them
  int64_t every = 1;     ///< epochs from one look to the next
  int64_t patience = 0;  ///< epochs without a better model after which the training ends; 0: never
  bool on() const { return fraction > 0; }
};

/// How the parameters are trained.
struct TrainingSettings {
  int64_t epochs = 30, batch_rows = 64;
  int64_t blocks = 0;  ///< that a batch is cut into (BlockSteps); 0: it is computed as a whole
  Schedule schedule;
  double clip = 0;  ///< largest norm of the gradient; 0 = no limit
  double freeze_after =
      1;  ///< share of the epochs after which batch norm keeps its running statistics; 1 = never
  /// Whether batch norm keeps its running statistics in an epoch, the first being 0.
  bool freezes(int64_t epoch) const { return double(epoch) >= freeze_after * double(epochs); }
  std::string optimizer = "adam";
  AdamOptions adam;
  SgdOptions sgd;
  ValidationSettings validation;
};

/// How the trained model is judged.
struct EvaluationSettings {
  int64_t draws = 16;                 ///< of the encoder's noise for each test row, in the last evaluation
  double active_kl = 0.01;            ///< a latent is active when its mean KL is above that, in nats
  int64_t subsets = 8;                ///< of each size, where there are too many to take all
  int64_t scatter_rows = 4000;        ///< test rows in the scatter plots
  std::optional<int64_t> epoch_rows;  ///< first test rows whose loss is computed after each epoch; none: all
  std::optional<int64_t> selection_rows;  ///< test rows in the greedy selection; none: selection_settings()
  int64_t calibration_rows = 2048, calibration_draws = 100;  ///< test rows, and draws for each
  std::optional<std::string>
      features;                        ///< file of the features that score images; none: a net of the run's own
  std::optional<int64_t> score_class;  ///< of images that are scored by themselves; none: 5, or the last one
  std::optional<std::string> score_colour;           ///< the same; none: the first one
  std::optional<std::vector<std::string>> analyses;  ///< by name; none named: all that apply
  int64_t factor_rows = 4096;                        ///< test rows that the analysis of factors looks at
  /// Of images with holes: test rows that are scored, completions of each, samples of its likelihood (InpaintingSettings).
  int64_t inpaint_rows = 512, inpaint_completions = 8, inpaint_samples = 200;
  bool original_tables = true;  ///< whether the tables of the original testbed are written along with our own
};

/// Makes the data of an experiment from the section `data` of its settings.
/// It holds validation rows out as held_out_by() says.
using DataMaker = std::function<DataSplit(const Config& settings, uint64_t seed)>;
/// Which of the training rows `training.validation` holds out.
HeldOut held_out_by(const Config& settings);
/// The data that the section itself describes.
DataSplit data_of_settings(const Config& settings, uint64_t seed);

/// The optimiser that the settings name.
std::unique_ptr<Optimizer> make_optimizer(const TrainingSettings& settings, const FlatParameters& parameters);

/// All that a configuration file describes, made and checked: data, condition, model, loss, training. Every number in it
/// is a function of the file and the seed.
struct Experiment {
  /// Error, naming file and key, for anything in the file that is unknown, missing, of a wrong type or impossible.
  /// The model is on default_device().
  explicit Experiment(const Config& config, const DataMaker& data_maker = data_of_settings);

  Config settings;  ///< what it was read from: its fail() names file and key in checks made later
  std::string name;
  uint64_t seed;
  DataSplit data;
  std::vector<std::string> warnings;  ///< those of the data, and settings that cannot do what they say
  Condition condition;
  LossSettings loss;
  TrainingSettings training;
  EvaluationSettings evaluation;
  RandomStream dropout_stream;
  std::unique_ptr<Cvae> model;
  /// Under squared error: of Gaussian sets of up to 2048 columns, and of curves without noise. With learned noise and beta 1: of
  /// such Gaussian sets (GaussianEntropy). Else null.
  std::unique_ptr<KnownOptimum> optimum;
  /// The same of a Gaussian set under squared error; else null.
  const GaussianOptimum* gaussian_optimum() const;
  /// How many masks an average of the optimum takes: fewer for wide sets, and never fewer than `least` (affordable_masks).
  int64_t optimum_masks(int64_t least = 16) const;
  /// The configuration as JSON text with every setting in it, also those that were left out.
  std::string resolved;
};

/// What the model of an experiment must fit.
ModelSizes sizes_of(const Dataset& set, const Condition& condition, const LossSettings& loss);

}  // namespace elbow
