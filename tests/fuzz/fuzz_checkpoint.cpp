#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "cvae/checkpoint.hpp"
#include "fuzz/support.hpp"
#include "fuzz/targets.hpp"

namespace elbow::fuzz {
namespace {

struct Started {
  Experiment experiment{Config(parse_json(R"({
    "name": "small",
    "data": {"source": "independent_gaussian", "columns": 1, "train_rows": 4, "test_rows": 4},
    "model": {"encoder": [1], "latents": 1, "decoder": [1]},
    "training": {"epochs": 3, "batch_rows": 2, "optimizer": {"kind": "sgd", "momentum": 0.5}}
  })",
                                          "small"))};
  Training training{experiment};
};

}  // namespace

void checkpoint(std::string_view input) {
  static Started started;
  for (const std::string& bytes : {std::string(input), with_length(input)}) {
    const auto path = file("checkpoint", bytes);
    accepted(path.string(), [&] {
      const auto save = [&](const std::vector<EpochLosses>& epochs) {
        save_checkpoint(path, started.experiment, started.training, epochs);
        return read_file(path);
      };
      const std::string saved = save(load_checkpoint(path, started.experiment, started.training));
      require(save(load_checkpoint(path, started.experiment, started.training)) == saved,
              "read back otherwise");
    });
    file("checkpoint", bytes);
    accepted(path.string(), [&] { load_model(path, *started.experiment.model); });
  }
}

}  // namespace elbow::fuzz
