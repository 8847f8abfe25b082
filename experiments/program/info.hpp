#pragma once
#include <iosfwd>

namespace elbow {

/// `elbow info`: what the program was built with and runs on, as lines or as one JSON object.
void info(bool json, std::ostream& out);

}  // namespace elbow
