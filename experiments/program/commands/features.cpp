#include "experiments/program/commands/commands.hpp"

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "autograd/backend/backend.hpp"
#include "base/config.hpp"
#include "base/machine.hpp"
#include "base/stopwatch.hpp"
#include "experiments/analyses/feature_file.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

struct FeaturesOptions {
  std::string config, path, out;
  std::vector<std::string> settings;  // path.to.key=value
  FeatureTraining training;
  int threads = 0;
  bool force = false, quiet = false;
};

// Trains the net whose features score images (metrics/feature_net.hpp) on the labelled images of a configuration or of a
// folder of IDX files, judges it by the test images, and writes it as safetensors with a record of how it was made. Error
// before anything is trained when there are no labelled images or the file is invalid.
void train_features(const FeaturesOptions& o) {
  set_threads(o.threads);
  check_environment();
  check_output_file(o.out, o.force);
  if (o.config.empty() == o.path.empty())
    throw Error("features train: name a configuration file or a folder with --path");
  const Config config =
      o.config.empty() ? settings_of_images(o.path, o.settings) : Config::read(o.config, o.settings);
  const Stopwatch watch;
  const FeatureNetFile made =
      make_feature_net(config.section("data"), config.get<uint64_t>("seed", uint64_t{1}), o.training,
                       [&](int64_t epoch, double loss) {
                         if (!o.quiet)
                           std::cout << "epoch " << epoch << ": cross-entropy " << fixed(loss, 4)
                                     << " nats per image, " << fixed(watch.seconds(), 1) << " s" << std::endl;
                       });
  save_feature_net(o.out, *made.net, made.metadata);
  const auto note = [&](const char* key) { return made.metadata.at(key); };
  if (!o.quiet)
    std::cout << "accuracy " << with_error({std::stod(note("accuracy")), std::stod(note("accuracy_stderr"))}, 4)
              << " on " << note("test_rows") << " test images; weights " << weights_hash(*made.net)
              << " are in " << o.out << '\n';
}

}  // namespace

void add_features(Command app) {
  Command features = app.command("features", "The net whose features score images").requires_command();
  Command command = features.command("train", "Train it on labelled images");
  auto o = std::make_shared<FeaturesOptions>();
  Option config = command.option("config", o->config, "Configuration file with the data to train on");
  command.option("--path", o->path, "Folder of IDX images with labels, instead of a configuration")
      .excludes(config);
  command.option("--out", o->out, "The safetensors file").required();
  command.settings(o->settings);
  command.option("--epochs", o->training.epochs, "Epochs: passes over the training images")
      .between(1, int64_t{1} << 20)
      .shows_default();
  command.option("--batch-rows", o->training.batch_rows, "Images in a training step")
      .between(1, int64_t{1} << 20)
      .shows_default();
  command
      .option("--learning-rate", o->training.learning_rate,
              "Learning rate of Adam; falls to 0 along half a cosine")
      .positive()
      .shows_default();
  command.option("--seed", o->training.seed, "Seed of the net and of the order of its images")
      .whole_number()
      .shows_default();
  command.threads(o->threads);
  command.device();
  command.flag("--force", o->force, "Write over an existing file");
  command.flag("--quiet", o->quiet, "Print nothing but errors");
  command.runs([o] { train_features(*o); });
}

}  // namespace elbow
