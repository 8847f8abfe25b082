#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "nn/config.hpp"

namespace elbow {

/// Makes the data set that the section `data` of an experiment describes: {"source": NAME, ...that source's
/// options}. Every number in it is a function of the section and `seed`. Error, naming the key, for an unknown
/// source, an unknown option or an impossible value.
DataSplit make_data(const Config& data, uint64_t seed);

/// The sources that there are, in the order of their table in sources.cpp.
std::vector<std::string> source_names();

}  // namespace elbow
