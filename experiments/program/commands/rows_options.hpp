#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace elbow {

/// What the commands on rows of data were asked for.
struct RowsOptions {
  std::string run;                    ///< folder of a finished run
  std::string data;                   ///< CSV file; empty: the run's test set
  std::string out;                    ///< file for the result; empty: standard output
  std::string given;                  ///< which columns are given
  std::vector<std::string> keep;      ///< columns of the file that are copied to the result
  std::optional<uint64_t> seed = {};  ///< of random numbers, instead of the run's
  int threads = 0;
  bool force = false;  ///< write over an existing file
};

/// What the commands that decode latents were asked for: the labels that the model is told, by name or number; "none" for
/// one to be withheld. The same may stand in `given`.
struct ToldOptions : RowsOptions {
  std::string label, colour;
};

}  // namespace elbow
