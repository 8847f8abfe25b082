#include "experiments/program/commands/commands.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/machine.hpp"
#include "experiments/story/story.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

/// The options of `elbow story`.
struct StoryOptions {
  std::string ae, vae, cvae;  ///< folders of finished runs
  std::string out;
  std::string one_class;  ///< name or number; by default 5, or the last of fewer
  int threads = 0;
  bool quiet = false;
};

// Error for a folder with other files than those of an earlier page; it may hold folders, such as those of the runs.
void check_folder(const fs::path& folder) {
  if (folder.empty()) throw Error("--out: the name of the folder is empty");
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder)) throw Error(folder.string() + ": exists and is not a folder");
  const bool files = std::ranges::any_of(
      fs::directory_iterator(folder), [](const fs::directory_entry& entry) { return !entry.is_directory(); });
  if (files && !fs::exists(folder / story_page_file))
    throw Error(folder.string() + ": holds files but no story: choose another --out");
}

// The page story.html on three finished runs, with its figures and the table codes.csv next to it. Error in one line,
// with nothing written, for runs that are not what the page is about (open_story_runs), or a folder that holds other
// files.
void story(const StoryOptions& o) {
  set_threads(o.threads);
  const fs::path out = o.out;
  check_folder(out);
  const StoryRuns runs = open_story_runs(o.ae, o.vae, o.cvae);
  const int32_t one_class = o.one_class.empty() ? std::min(5, runs.classes().classes() - 1)
                                                : int32_t(runs.classes().value_of(o.one_class));
  runs.one_of_each_class(1);  // says so where there are too few test images, before anything is written

  std::error_code error;
  fs::create_directories(out, error);
  if (error) throw Error(str(out.string(), ": cannot be made: ", error.message()));
  write_story_page(runs, one_class, out);
  if (!o.quiet) std::cout << "the story is on " << (out / story_page_file).string() << '\n';
}

}  // namespace

void add_story(Command app) {
  Command command =
      app.command("story", "One page that compares an autoencoder, a VAE and a CVAE by their pictures");
  auto o = std::make_shared<StoryOptions>();
  command.option("ae", o->ae, "Folder of a finished run with loss.autoencoder, two latents and no condition")
      .required();
  command.option("vae", o->vae, "The same with a KL").required();
  command.option("cvae", o->cvae, "The same with a KL and the label as its condition").required();
  command.option("--out", o->out, "Folder for story.html, its figures and codes.csv").required();
  command.option("--class", o->one_class,
                 "Class, by name or number, whose plane is shown; by default number 5, or the last one");
  command.threads(o->threads);
  command.device();
  command.flag("--quiet", o->quiet, "Print nothing but errors");
  command.runs([o] { story(*o); });
}

}  // namespace elbow
