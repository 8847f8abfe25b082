#pragma once
#include "experiments/program/arguments.hpp"

namespace elbow {

/// Registers `elbow features train`: trains the net whose features score images (metrics/feature_net.hpp) on the labelled
/// images of a configuration or of a folder of IDX files, judges it by the test images, and writes it as safetensors with
/// a record of how it was made. Error before anything is trained when there are no labelled images or the file will not do.
void add_features(Command app);

}  // namespace elbow
