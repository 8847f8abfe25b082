#pragma once
#include <string>
#include <vector>

#include "autograd/registry.hpp"

namespace elbow {

/// docs/ops.md: a table of these ops, grouped by kind. `make docs` writes it; a test holds the file to it.
std::string op_page(const std::vector<OpInfo>& ops);

}  // namespace elbow
