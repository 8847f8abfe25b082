#include "cvae/experiment.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "base/streams.hpp"
#include "cvae/optimum_arcs.hpp"

namespace elbow {
namespace {

constexpr int64_t most_optimum_columns = 2048;  // half a minute

// The name is also that of a folder.
std::string read_name(const Config& config) {
  const auto name = config.get<std::string>("name");
  const bool printable =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return c >= ' ' && c != '/'; });
  if (name.empty() || name.front() == '.' || !printable)
    config.fail("name", "must be a name for a folder: not empty, no '/', not beginning with '.'");
  return name;
}

Schedule read_schedule(const Config& config, int64_t total_steps) {
  Schedule s;
  const std::string kind = config.choice("kind", {"constant", "step", "cosine"}, "constant");
  s.kind = kind == "step"     ? Schedule::Kind::step
           : kind == "cosine" ? Schedule::Kind::cosine
                              : Schedule::Kind::constant;
  s.learning_rate = config.get<double>("learning_rate", 1e-3, at_least(0));
  s.warmup = config.get<int64_t>("warmup_steps", int64_t{0}, at_least(0));
  if (s.kind == Schedule::Kind::step) {
    s.period = config.get<int64_t>("period_steps", int64_t{10000}, at_least(1));
    s.factor = config.get<double>("factor", 0.5, between(0, 1));
  }
  if (s.kind == Schedule::Kind::cosine) s.final = config.get<double>("final_fraction", 0.0, between(0, 1));
  s.total = total_steps;
  return s;
}

// Whether given features are copied into the output (LossSettings::copies_given).
bool read_copies_given(const Config& model, const Condition& condition) {
  if (condition.by_columns()) return model.choice("given", {"copy", "predict"}, "copy") == "copy";
  if (model.has("given"))
    model.fail("given",
               "the condition is not made of features of x, which the output could hold: leave it out");
  return false;
}

// How many training rows are held out, of the section `validation`.
HeldOut read_held_out(const Config& validation) {
  const double fallback = 0.1;
  const Json fraction = validation.get<Json>("fraction", fallback);
  if (fraction == "auto") return {0, true};
  if (fraction.is_string())
    validation.fail("fraction", "must be a number, or \"auto\", not " + fraction.dump());
  Limits share = at_least(0);
  share.high = 1;
  share.high_included = false;
  return {validation.get<double>("fraction", fallback, share), false};
}

// The rows of a batch. Where the set has fewer, half of them, so that an epoch has two batches and its losses a standard
// error; batch norm needs at least two rows.
int64_t read_batch_rows(const Config& config, int64_t fallback, int64_t train_rows,
                        std::vector<std::string>& warnings) {
  const int64_t asked = config.get<int64_t>("batch_rows", fallback, at_least(2));
  if (train_rows < 2)
    config.fail("batch_rows", "a batch has at least 2 rows, and there is 1 training row: give it more");
  if (asked <= train_rows) return asked;
  const int64_t fits = std::max<int64_t>(2, train_rows / 2);
  config.settle("batch_rows", fits);
  warnings.push_back(str("training.batch_rows: ", asked, " rows are more than the ", train_rows,
                         " training rows; batches of ", fits, " are taken instead"));
  return fits;
}

// The section `validation`. Files of earlier versions have none.
ValidationSettings read_validation(const Config& config, const DataSplit& data, const LossSettings& loss) {
  ValidationSettings v;
  if (!config.has("validation")) {
    config.leave_out("validation");
    return v;
  }
  const Config section = config.section("validation");
  const HeldOut held = read_held_out(section);
  const int64_t held_rows = data.validation.rows(), rows = data.train.rows() + held_rows;
  v.fraction = held.of(rows, int64_t(data.train.features.size()));
  section.settle("fraction", v.fraction);
  v.iwae = section.choice("metric", {"loss", "iwae"}, "loss") == "iwae";
  v.masks = section.get<int64_t>("masks", v.masks, between(1, 1000));
  v.draws = section.get<int64_t>("draws", int64_t{v.iwae ? 20 : 1}, between(1, 1000));
  v.every = section.get<int64_t>("every", v.every, at_least(1));
  v.patience = section.get_optional<int64_t>("patience", at_least(0)).value_or(0);
  if (v.iwae && !(loss.beta > 0 && !loss.autoencoder))
    section.fail("metric", "iwae is a bound of a likelihood, which there is not with beta = 0: take loss");
  return v;
}

TrainingSettings read_training(const Config& config, const DataSplit& data, const LossSettings& loss,
                               std::vector<std::string>& warnings) {
  const int64_t train_rows = data.train.rows();
  TrainingSettings t;
  t.validation = read_validation(config, data, loss);
  const Json epochs = config.get<Json>("epochs", t.epochs);
  if (epochs.is_string() && epochs != "auto")
    config.fail("epochs", str("must be a whole number from 0 on, or \"auto\", not ", epochs.dump()));
  if (!epochs.is_string()) t.epochs = config.get<int64_t>("epochs", t.epochs, between(0, 1e9));
  t.batch_rows = read_batch_rows(config, t.batch_rows, train_rows, warnings);
  if (epochs.is_string()) {
    constexpr int64_t steps = 6000, fewest = 10, most = 1000;  // as docs/configuration.md has it
    t.epochs = std::clamp(steps / (train_rows / t.batch_rows), fewest, most);
    config.settle("epochs", t.epochs);
  }
  t.blocks = config.get<int64_t>("blocks", t.blocks, between(0, 512));
  if (t.blocks > t.batch_rows)
    config.fail("blocks", str("a batch of ", t.batch_rows, " rows cannot be cut into ", t.blocks, " blocks"));
  t.clip = config.get<double>("clip_gradient_norm", 0.0, at_least(0));
  t.freeze_after = config.get<double>("freeze_batch_norm_after", t.freeze_after, between(0, 1));
  const Config optimizer = config.section("optimizer");
  t.optimizer = optimizer.choice("kind", {"adam", "adamw", "sgd"}, "adam");
  Limits decay = between(0, 1);
  decay.high_included = false;
  const double weight_decay =
      optimizer.get<double>("weight_decay", t.optimizer == "adamw" ? 0.01 : 0.0, at_least(0));
  if (t.optimizer == "sgd") {
    t.sgd.weight_decay = weight_decay;
    t.sgd.momentum = optimizer.get<double>("momentum", 0.0, decay);
    t.sgd.nesterov = optimizer.get<bool>("nesterov", false);
  } else {
    t.adam.decoupled = t.optimizer == "adamw";
    t.adam.weight_decay = weight_decay;
    t.adam.beta1 = optimizer.get<double>("beta1", t.adam.beta1, decay);
    t.adam.beta2 = optimizer.get<double>("beta2", t.adam.beta2, decay);
    t.adam.epsilon = optimizer.get<double>("epsilon", t.adam.epsilon, positive());
  }
  t.schedule = read_schedule(config.section("schedule"), t.epochs * (train_rows / t.batch_rows));
  return t;
}

// Learned noise starts at 1, and an optimiser takes steps of one length: it does not get far.
void check_units(const Dataset& data, const LossSettings& loss, std::vector<std::string>& warnings) {
  if (!data.gaussian || !loss.is_normal()) return;
  std::vector<double> variances;
  for (int64_t i = 0; i < data.columns(); ++i) variances.push_back(data.gaussian->covariance(i, i));
  const auto [least, most] = std::ranges::minmax(variances);
  if (least < 0.01 || most > 100)
    warnings.push_back(
        str("loss.scale: learned noise starts at 1, in the units of the data, whose columns have standard "
            "deviations of ",
            float(std::sqrt(least)), " to ", float(std::sqrt(most)),
            ": training may not get there; choose units in which they are near 1"));
}

// A rise that is longer than the training ends on the way, which is seldom meant.
void check_rises(const LossSettings& loss, const TrainingSettings& training,
                 std::vector<std::string>& warnings) {
  const int64_t total = training.schedule.total;
  const auto check = [&](const char* setting, int64_t steps, const char* what) {
    if (total > 0 && steps > total)
      warnings.push_back(str(setting, ": the training has ", total, " steps, fewer than these ", steps, ": ",
                             what, " ends on its way"));
  };
  check("loss.kl_warmup_steps", loss.warmup_steps, "the weight of the KL");
  check("loss.capacity_steps", loss.capacity_steps, "the capacity");
  check("training.schedule.warmup_steps", training.schedule.warmup, "the learning rate");
}

EvaluationSettings read_evaluation(const Config& config, const Condition& condition) {
  EvaluationSettings e;
  e.draws = config.get<int64_t>("draws", e.draws, at_least(1));
  e.active_kl = config.get<double>("active_kl", e.active_kl, at_least(0));
  e.subsets = config.get<int64_t>("subsets", e.subsets, at_least(1));
  e.scatter_rows = config.get<int64_t>("scatter_rows", e.scatter_rows, at_least(0));
  e.epoch_rows = config.get_optional<int64_t>("epoch_rows", at_least(2));
  e.selection_rows = config.get_optional<int64_t>("selection_rows", at_least(1));
  e.calibration_rows = config.get<int64_t>("calibration_rows", e.calibration_rows, at_least(2));
  e.calibration_draws = config.get<int64_t>("calibration_draws", e.calibration_draws, between(2, 10000));
  e.features = config.get_optional<std::string>("features");
  e.score_class = config.get_optional<int64_t>("score_class", at_least(0));
  e.score_colour = config.get_optional<std::string>("score_colour");
  e.analyses = config.get_optional<std::vector<std::string>>("analyses");
  e.original_tables = config.get<bool>("original_tables", e.original_tables);
  e.factor_rows = config.get<int64_t>("factor_rows", e.factor_rows, between(100, 100000));
  if (!condition.by_pixels()) return e;
  e.inpaint_rows = config.get<int64_t>("inpaint_rows", e.inpaint_rows, at_least(1));
  e.inpaint_completions = config.get<int64_t>("inpaint_completions", e.inpaint_completions, between(1, 100));
  e.inpaint_samples = config.get<int64_t>("inpaint_samples", e.inpaint_samples, between(0, 1e6));
  return e;
}

}  // namespace

HeldOut held_out_by(const Config& settings) {
  if (!settings.has("training")) return {};
  for (const char* earlier : {"data", "condition", "loss"})
    settings.section(earlier);  // the resolved file's order
  const Config training = settings.section("training");
  return training.has("validation") ? read_held_out(training.section("validation")) : HeldOut{};
}

DataSplit data_of_settings(const Config& settings, uint64_t seed) {
  KnownData known;
  known.held_out = held_out_by(settings);
  return make_data(settings.section("data"), seed, known);
}

std::unique_ptr<Optimizer> make_optimizer(const TrainingSettings& t, const FlatParameters& parameters) {
  return t.optimizer == "sgd" ? make_sgd(parameters, t.sgd) : make_adam(parameters, t.adam);
}

ModelSizes sizes_of(const Dataset& set, const Condition& condition, const LossSettings& loss) {
  std::vector<int64_t> locations(size_t(set.columns()), -1);
  for (const auto& term : loss.terms)
    for (int64_t i = 0; i < term->locations().width; ++i)
      locations[size_t(term->columns.first + i)] = term->locations().first + i;
  return {set.columns(),
          input_columns(set),
          condition.width(),
          set.image,
          condition.by_columns(),
          loss.outputs.network_width(),
          loss.outputs.trained(),
          loss.outputs.fixed(),
          locations,
          set.rows(),
          loss.is_squared_error() ? loss.beta / 2 : 0};
}

// The settings are read in the order of the members, which is also the order of the resolved file.
Experiment::Experiment(const Config& config, const DataMaker& data_maker)
    : settings(config),
      name(read_name(config)),
      seed(config.get<uint64_t>("seed", uint64_t{1})),
      data(data_maker(config, seed)),
      warnings(data.warnings),
      condition(config.section("condition"), data.train),
      loss(read_loss(config.section("loss"), data.train)),
      training(read_training(config.section("training"), data, loss, warnings)),
      evaluation(read_evaluation(config.section("evaluation"), condition)),
      dropout_stream(seed, stream::dropout),
      model(make_model(config.section("model"), sizes_of(data.train, condition, loss), seed, dropout_stream)) {
  loss.copies_given = read_copies_given(config.section("model"), condition);
  config.done();
  if (loss.autoencoder && !model->has_standard_prior())
    config.section("model").fail("prior", "an autoencoder has no prior: leave it out");
  if (loss.free_nats > 0 && !model->has_normal_prior())
    config.section("loss").fail(
        "free_nats", "are nats of each latent, into which the KL to a prior of this kind does not divide");
  check_rises(loss, training, warnings);
  check_units(data.train, loss, warnings);
  model->to(default_device());
  resolved = config.resolved().dump(2) + "\n";
  const bool known_gaps =
      !data.test.observed ||  // what is missing, by which distribution, and given by one probability
      (data.test.missing.any() && !condition.uniform());
  const bool likelihood =
      loss.is_normal() && loss.beta == 1;  // the loss is the negative ELBO of a normal distribution
  if (!known_gaps || (!loss.is_squared_error() && !likelihood) || loss.beta == 0) return;
  if (data.train.arcs && !likelihood && !condition.by_attributes()) {  // the class says which arc a row lies on
    const double least = ArcOptimum::least_beta(*data.train.arcs);
    if (loss.beta >= least)
      optimum = std::make_unique<ArcOptimum>(*data.train.arcs, loss.beta);
    else
      warnings.push_back(str("the optimum of ", data.train.name, " is known for a beta from ", float(least),
                             " on, not for ", loss.beta));
  }
  if (!data.train.gaussian) return;
  const auto& [mean, covariance] = *data.train.gaussian;
  if (data.train.columns() <= most_optimum_columns && likelihood)
    optimum = std::make_unique<GaussianEntropy>(mean, covariance, loss.least_scale * loss.least_scale);
  else if (data.train.columns() <= most_optimum_columns)
    optimum = std::make_unique<GaussianOptimum>(mean, covariance, loss.beta);
  else
    warnings.push_back(str("the optimum is known for up to ", most_optimum_columns, " columns, not for ",
                           data.train.columns(), ": beyond, it takes hours"));
}

const GaussianOptimum* Experiment::gaussian_optimum() const {
  return loss.is_squared_error() ? dynamic_cast<const GaussianOptimum*>(optimum.get()) : nullptr;
}

int64_t Experiment::optimum_masks(int64_t least) const {
  // With missing entries there are 3^d + 2^d cases, all of which are evaluated for 8 columns.
  return affordable_masks(data.train.columns(), least, data.test.missing.any() ? 8192 : 1024);
}

}  // namespace elbow
