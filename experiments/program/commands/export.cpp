#include <filesystem>
#include <iostream>
#include <memory>

#include "base/files.hpp"
#include "base/machine.hpp"
#include "base/text.hpp"
#include "cvae/onnx_export.hpp"
#include "experiments/program/commands/commands.hpp"
#include "experiments/runs/opened_run.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
  std::string run, out;
  bool force = false, quiet = false;
};

// "x [rows, 4], given [rows, 4]"
std::string ports_text(const std::vector<OnnxPort>& ports) {
  std::string text;
  for (const OnnxPort& port : ports) {
    text += str(text.empty() ? "" : ", ", port.name, " [");
    for (size_t i = 0; i < port.sizes.size(); ++i)
      text += str(i ? ", " : "", port.sizes[i] < 0 ? onnx_rows : std::to_string(port.sizes[i]));
    text += ']';
  }
  return text;
}

// The trained model as ONNX files in a folder. All are made before the first is written.
void export_model(const ExportOptions& o) {
  set_threads(1);
  const fs::path folder = o.out;
  if (fs::exists(folder) && !fs::is_directory(folder)) throw Error(o.out + ": exists and is not a folder");
  for (const std::string& name : onnx_file_names())
    if (fs::exists(folder / name)) check_output_file(folder / name, o.force);
  const auto e = open_model(o.run);
  std::map<std::string, OnnxModel> files;
  try {
    files = onnx_files(*e);
  } catch (const Error& error) { throw Error(str(o.run, ": ", error.what())); }

  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(str(o.out, ": cannot be made: ", error.message()));
  for (const std::string& name : onnx_file_names()) {
    const auto file = files.find(name);
    if (file == files.end()) {
      fs::remove(folder / name, error);  // of another model
      continue;
    }
    const auto& [bytes, inputs, outputs] = file->second;
    if (fs::equivalent(folder, o.run))
      list_file_of_run(o.run, name);  // it goes when another run takes the folder
    write_file_atomically(folder / name, bytes);
    if (!o.quiet)
      std::cout << plain_text((folder / name).string()) << ": " << ports_text(inputs) << " -> "
                << ports_text(outputs) << ", " << bytes.size() << " bytes\n";
  }
}

}  // namespace

void add_export(Command app) {
  Command command = app.command("export", "A trained model as ONNX files, to run anywhere");
  auto o = std::make_shared<ExportOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command.option("--out", o->out, "Folder for the files; it is made if it is not there").required().not_empty();
  command.flag("--force", o->force, "Write over existing files");
  command.flag("--quiet", o->quiet, "Print nothing but errors");
  command.runs([o] { export_model(*o); });
}

}  // namespace elbow
