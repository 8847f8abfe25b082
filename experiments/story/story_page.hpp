#pragma once
#include <filesystem>

#include "experiments/story/runs.hpp"

namespace elbow {

/// The page's file name.
inline constexpr auto story_page_file = "story.html";

/// Draws all figures of the three runs into a folder, writes codes.csv (codes_table) there, and last of all the page, which
/// embeds the figures, says what is to be seen on them, and holds a table of the runs' results. `one_class` is the class
/// whose plane is shown. Error as write_file_atomically and run_gnuplot.
void write_story_page(const StoryRuns& runs, int32_t one_class, const std::filesystem::path& folder);

}  // namespace elbow
