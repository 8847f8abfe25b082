#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "experiments/report/not_made.hpp"
#include "experiments/report/output_folder.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The figures of an analysis and its text. (Its tables are written already.)
struct AnalysisResult {
  struct Figure {
    std::string file, caption;  ///< the file's name in the folder
    std::function<void(const std::filesystem::path&)>
        draw;  ///< draws that file; holds everything it needs, except the experiment
  };
  std::vector<Figure> figures;
  std::string text;  ///< lines for the terminal and the report; may be empty
};

/// Called during long work with a description of the work and its progress. `done` is 0 at the beginning; `total` may
/// be 0 if it is not known.
using Tell = std::function<void(const std::string& what, int64_t done, int64_t total)>;

inline const Tell tell_nobody = [](const std::string&, int64_t, int64_t) {};

/// Where an analysis writes, the findings of the analyses before it, and the function that it reports progress to.
struct AnalysisContext {
  OutputFolder folder;
  Findings findings = {};
  Tell tell = tell_nobody;
  /// The file evaluation.features, where it lies today (find_feature_net).
  std::optional<std::string> features = {};
};

/// An analysis of a trained model: tables (CSV) and figures in the folder of its run. It runs after each training,
/// where it applies, and as the sub-command of its name on a finished run.
struct Analysis {
  const char *name, *doc;
  /// Whether it applies to such an experiment.
  bool (*applies)(const Experiment& experiment);
  /// Writes the tables, and replaces its own findings in the context. The figures are drawn afterwards, each
  /// independently, so one that cannot be drawn affects no table and no other figure. The model is in evaluation mode
  /// and nothing is recorded.
  AnalysisResult (*run)(const Experiment& experiment, AnalysisContext& context);
  /// Error, naming the setting, when its settings are invalid: called before anything is trained. Null: there are none.
  void (*check)(const Experiment& experiment, const std::optional<std::string>& features) = nullptr;
};

/// All analyses, in the order in which they are made. To add one: write experiments/analyses/NAME.cpp, declare it in
/// analyses.hpp next to it, and put it into the list in analysis.cpp.
const std::vector<Analysis>& analyses();

/// What became of several analyses.
struct AnalysesDone {
  std::vector<std::string> made;                ///< by name; a figure may still be missing
  std::vector<AnalysisResult::Figure> figures;  ///< those that were drawn
  std::string text;
  std::vector<NotMade> problems;  ///< analyses and figures that failed; the others are not touched by it
};

/// The names of those that the experiment asks for: evaluation.analyses; by default all that apply.
std::vector<std::string> analyses_of(const Experiment& experiment);

/// Makes the named analyses, one after the other.
AnalysesDone make_analyses(const Experiment& experiment, const std::vector<std::string>& names,
                           AnalysisContext& context);

/// Error, naming file and setting, when a name is unknown, an analysis does not apply to the experiment, or its settings are
/// invalid. `features` as in AnalysisContext.
void check_analyses(const Experiment& experiment, const std::vector<std::string>& names,
                    const std::optional<std::string>& features);

}  // namespace elbow
