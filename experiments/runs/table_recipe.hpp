#pragma once
#include "base/config.hpp"

namespace elbow {

/// How a model is trained on any table, but for the data: experiments/table.json without its sections `name` and `data`, for commands that
/// train on a table of their own.
Json table_recipe();

}  // namespace elbow
