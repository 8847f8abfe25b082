#include "experiments/report/output_folder.hpp"

#include <nlohmann/json.hpp>

#include "base/config.hpp"
#include "base/files.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

// Everything that a run may have left in a folder without a manifest: one of an earlier version.
constexpr const char* files_of_earlier_versions[] = {"ELBO.png",
                                                     "KLD_vs_dimension.png",
                                                     "checkpoint.safetensors",
                                                     "config.json",
                                                     "costs.csv",
                                                     "costs_per_dimension.csv",
                                                     "data.json",
                                                     "data.safetensors",
                                                     "encoding_kl_per_lt.csv",
                                                     "encoding_kl_vs_rcl.csv",
                                                     "encoding_test_plots.png",
                                                     "features.safetensors",
                                                     "fid_data.csv",
                                                     "fid_score.png",
                                                     "figures.json",
                                                     "first_features.csv",
                                                     "greedy_barplots.png",
                                                     "greedy_barplots_first_selection.png",
                                                     "greedy_elbo_kld_rcl_dims.png",
                                                     "image_scores.csv",
                                                     "image_scores.json",
                                                     "image_scores.png",
                                                     "inputs.json",
                                                     "interpolation.png",
                                                     "kl_all_lt.csv",
                                                     "kl_per_lt.csv",
                                                     "label_consistency.csv",
                                                     "label_consistency.png",
                                                     "latent_space.csv",
                                                     "manifold.png",
                                                     "model.safetensors",
                                                     "pca.csv",
                                                     "pca.png",
                                                     "per_condition.csv",
                                                     "reconstructions.png",
                                                     "report.html",
                                                     "run.log",
                                                     "samples.png",
                                                     "samples_grid.png",
                                                     "selected_features.csv",
                                                     "summary.json",
                                                     "traverse.png"};

// One figure for each number of given features: latent_space_colormap_K.png.
bool is_colormap(const fs::path& file) {
  return file.filename().string().starts_with("latent_space_colormap_") && file.extension() == ".png";
}

std::set<std::string> without_manifest(const fs::path& folder) {
  std::set<std::string> names;
  for (const char* name : files_of_earlier_versions)
    if (fs::exists(folder / name)) names.insert(name);
  std::error_code not_there;
  for (const auto& entry : fs::directory_iterator(folder, not_there))
    if (is_colormap(entry.path())) names.insert(entry.path().filename().string());
  return names;
}

// Nothing outside the folder is a file of the run, whatever the list says.
bool is_plain_name(const std::string& name) {
  return name == fs::path(name).filename().string() && !name.empty() && name != "." && name != "..";
}

void write_manifest(const fs::path& folder, const std::set<std::string>& names) {
  write_file_atomically(folder / manifest_file, Json{{"files", names}}.dump(1) + "\n");
}

std::set<std::string> listed_files(const fs::path& folder) {
  const fs::path manifest = folder / manifest_file;
  if (!fs::exists(manifest)) return without_manifest(folder);
  const Json list = read_json(manifest);
  std::set<std::string> names;
  try {
    for (const Json& name : list.at("files"))
      if (is_plain_name(name.get_ref<const std::string&>())) names.insert(name);
  } catch (const Json::exception&) { throw Error(manifest.string() + ": is not the list of a run's files"); }
  return names;
}

}  // namespace

std::set<std::string> files_of_run(const fs::path& folder) {
  std::set<std::string> names = listed_files(folder);
  for (const std::string& name : std::set(names)) {  // Figure::save writes two files
    const fs::path svg = fs::path(name).replace_extension(".svg");
    if (name.ends_with(".png") && fs::exists(folder / svg)) names.insert(svg.string());
  }
  return names;
}

void list_file_of_run(const fs::path& folder, const std::string& name) {
  std::set<std::string> names = files_of_run(folder);
  if (!names.insert(name).second && fs::exists(folder / manifest_file)) return;
  write_manifest(folder, names);
}

void remove_files_of_run(const fs::path& folder) {
  std::error_code error;
  for (const std::string& name : files_of_run(folder)) fs::remove(folder / name, error);
  write_manifest(folder, {});
}

OutputFolder OutputFolder::of_run(fs::path path) {
  OutputFolder folder(std::move(path));
  folder.listed_ = true;
  return folder;
}

fs::path OutputFolder::file(const std::string& name) const {
  if (listed_) list_file_of_run(path_, name);
  return path_ / name;
}

}  // namespace elbow
