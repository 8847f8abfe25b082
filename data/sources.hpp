#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/config.hpp"
#include "data/validation.hpp"

namespace elbow {

/// What is known of data before they are made.
struct KnownData {
  /// Of a table: its rows are read as this says. Nothing is fitted to them, and no file with a schema is read.
  std::shared_ptr<const TableCodec> codec = {};
  bool missing = false;  ///< whether entries of the table may be missing, even if none is
  /// Where the file or the folder lies that a setting names. Error if it is not what it was.
  std::function<std::filesystem::path(const std::string& setting)> find = [](const std::string& s) {
    return s;
  };
  HeldOut held_out = {};  ///< which training rows are held out for validation; a table is not scaled by them
};

/// Makes the data set that the section `data` of an experiment describes: {"source": NAME, ...that source's
/// options}. Every number in it is a function of the section, `seed`, and the files that it names. Error, naming the key, for
/// an unknown source, an unknown option or an impossible value.
DataSplit make_data(const Config& data, uint64_t seed, const KnownData& known = {});

/// The sources that there are, in the order of their table in sources.cpp.
std::vector<std::string> source_names();

}  // namespace elbow
