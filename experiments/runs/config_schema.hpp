#pragma once
#include "base/config.hpp"

namespace elbow {

/// JSON Schema (draft 2020-12) of configuration files, for editors: what the program itself asks for, with its types, limits,
/// choices and defaults, over all sources of data, kinds of model, condition, optimiser and schedule. A setting of one kind is
/// allowed next to another kind: the program refuses that, an editor does not.
Json config_schema();

}  // namespace elbow
