#pragma once
#include <string>
#include <vector>

namespace elbow {

/// What `elbow page` was asked for.
struct PageOptions {
  std::vector<std::string> runs;  ///< folders of finished runs
  std::string out;                ///< the HTML file
  std::string title = "Experiments";
  bool force = false;  ///< write over existing files
};

/// Writes one page that shows several runs: a table of their results, then every figure of each. The figures stay in their
/// folders and are linked from there. Error, naming the folder, for one that holds no finished run; the page is then not
/// written.
void write_page(const PageOptions& options);

}  // namespace elbow
