#pragma once
#include "experiments/program/arguments.hpp"

namespace elbow {

/// Registers `elbow story AE VAE CVAE --out FOLDER`: the page story.html on three finished runs, with its figures and the
/// table codes.csv beside it. Error in one line, with nothing written, for runs that are not what the page is about
/// (open_story_runs), or a folder that holds other files.
void add_story(Command app);

}  // namespace elbow
