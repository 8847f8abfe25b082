#include "experiments/program/rows/picture_output.hpp"

#include <algorithm>
#include <iostream>

#include "base/error.hpp"
#include "data/array_output.hpp"
#include "experiments/report/output_folder.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {
namespace fs = std::filesystem;

bool wants_picture(const RowsOptions& o, const Experiment& e) {
  const fs::path ending = fs::path(o.out).extension();
  if (!e.data.test.image && ending == ".png")
    throw Error(o.out + ": the rows of this run are not images: --out FILE.csv");
  return e.data.test.image && ending != ".csv" && !is_array_file(o.out);
}

std::vector<fs::path> command_files(const RowsOptions& o, const std::vector<CommandFile>& files) {
  std::vector<fs::path> paths;
  for (const auto& [out, name] : files) {
    const fs::path& path = paths.emplace_back(out.empty() ? fs::path(o.run) / name : out);
    if (!out.empty())
      check_output_file(path, o.force);
    else if (fs::exists(path) && !o.force)  // the run's own
      throw Error(path.string() + ": exists already: choose another --out, or --force");
  }
  for (const auto& [out, name] : files)
    if (out.empty()) list_file_of_run(o.run, name);
  return paths;
}

void check_picture(const RowsOptions& o) {
  if (!o.out.empty() && fs::path(o.out).extension() != ".png")
    throw Error(o.out + ": a picture is a PNG: --out FILE.png");
}

fs::path picture_path(const RowsOptions& o, const std::string& name) {
  check_picture(o);
  return command_files(o, {{o.out, name}}).front();
}

void check_images(const Experiment& e, const std::string& option) {
  if (!e.data.test.image) throw Error(option + ": the rows of this run are not images");
}

GridLayout labelled_layout(const Experiment& e, int64_t columns) {
  constexpr int64_t room = 64;  // screen pixels of a number
  GridLayout layout;
  layout.columns = columns;
  layout.scale = std::max(layout.scale, (room + e.data.test.image->width - 1) / e.data.test.image->width);
  return layout;
}

void check_size(const Experiment& e, int64_t columns, int64_t rows) {
  constexpr double side = 30000,
                   area = 1 << 22;  // screen pixels that a PNG may have; image pixels that take seconds
  const ImageSize& image = *e.data.test.image;
  const double scale = double(labelled_layout(e, columns).scale), gap = 2;
  const double width = double(columns) * (double(image.width) + gap),
               height = double(rows) * (double(image.height) + gap);
  if (width * scale > side || height * scale > side || width * height > area)
    throw Error(str("too large a picture: ", rows, " rows of ", columns, " images of ", image.height, " x ",
                    image.width, " pixels"));
}

void tell_picture(const fs::path& png) { std::cout << png.string() << '\n'; }

}  // namespace elbow
