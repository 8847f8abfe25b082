#include "experiments/report/inpainting_figure.hpp"

#include "autograd/ops.hpp"
#include "experiments/report/image_figures.hpp"

namespace elbow {

void draw_completions(const Experiment& e, const std::filesystem::path& png,
                      const std::vector<CompletedImages>& groups, GridLayout layout) {
  constexpr double hole = 0.5;
  const size_t completions = groups.front().completions.drawn.size();
  layout.columns = int64_t(completions) + 3;
  layout.rows_per_group = groups.front().completions.x.size(0);
  layout.column_labels = {"image", "given"};
  for (size_t d = 0; d < completions; ++d) layout.column_labels.push_back(str(d + 1));
  layout.column_labels.emplace_back("mean");
  std::vector<float> pixels;
  for (const auto& [mask, made] : groups) {
    std::vector<Tensor> across{made.x, where(made.mask, made.x, hole)};
    across.insert(across.end(), made.drawn.begin(), made.drawn.end());
    across.push_back(made.mean);
    const int64_t columns = made.x.size(1);
    for (int64_t row = 0; row < made.x.size(0); ++row) {
      layout.row_labels.push_back(row == 0 ? mask : "");
      for (const Tensor& images : across) {
        const float* image = images.data<float>() + row * columns;
        pixels.insert(pixels.end(), image, image + columns);
      }
    }
  }
  write_images(e, png, pixels, layout);
}

}  // namespace elbow
