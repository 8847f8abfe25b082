#include "experiments/image_figures.hpp"

#include <algorithm>

#include "autograd/ops.hpp"
#include "nn/streams.hpp"

namespace elbow {
namespace {

// The labels of the first n rows.
std::vector<int32_t> first_labels(const std::optional<Labels>& labels, int64_t n) {
  if (!labels) return {};
  return {labels->values.begin(), labels->values.begin() + n};
}

}  // namespace

std::vector<float> pixels_of(const Experiment& e, const Tensor& y) {
  return values_of(e.loss, y).to_vector<float>();
}

Tensor label_condition(const Experiment& e, const std::vector<int32_t>& labels,
                       const std::vector<int32_t>& colours) {
  Batch batch;
  batch.x = Tensor::zeros({int64_t(labels.size()), e.data.test.columns()});
  batch.labels = labels;
  batch.colours = colours;
  Condition::Drawn drawn;
  e.condition.apply(batch, drawn);
  return drawn.c;
}

void write_images(const Experiment& e, const std::filesystem::path& png, const std::vector<float>& pixels,
                  const GridLayout& layout) {
  const ImageSize& image = *e.data.test.image;
  write_image_grid(
      png, {pixels, int64_t(pixels.size()) / e.data.test.columns(), image.channels, image.height, image.width},
      layout);
}

void draw_samples(Experiment& e, const std::filesystem::path& png) {
  const Labels& classes = *e.data.test.labels;
  const bool any = e.condition.may_withhold_labels();
  struct Column {
    int32_t colour;
    std::string name;
  };
  std::vector<Column> columns(10, {LabelCondition::not_given, ""});
  if (const auto& colours = e.data.test.colours) {
    constexpr size_t each = 3;
    columns.clear();
    for (int32_t k = 0; k < colours->classes + (any ? 1 : 0); ++k) {
      const bool none = k == colours->classes;
      for (size_t i = 0; i < each; ++i)
        columns.push_back({none ? LabelCondition::not_given : k, i != each / 2 ? ""
                                                                 : none        ? "any colour"
                                                                               : colours->names[size_t(k)]});
    }
  }
  GridLayout layout;
  layout.columns = int64_t(columns.size());
  std::vector<int32_t> labels, of_colour;
  for (int32_t k = 0; k < classes.classes + (any ? 1 : 0); ++k) {
    const bool none = k == classes.classes;
    layout.row_labels.push_back(none                    ? "any class"
                                : classes.names.empty() ? std::to_string(k)
                                                        : classes.names[size_t(k)]);
    for (const Column& column : columns) {
      labels.push_back(none ? LabelCondition::not_given : k);
      of_colour.push_back(column.colour);
    }
  }
  if (e.data.test.colours)
    for (const Column& column : columns) layout.column_labels.push_back(column.name);
  const Tensor z = normal({e.seed, stream::sampling, 0}, {int64_t(labels.size()), e.model->latents()});
  write_images(e, png, pixels_of(e, e.model->decode(z, label_condition(e, labels, of_colour))), layout);
}

void draw_reconstructions(Experiment& e, const std::filesystem::path& png) {
  constexpr int64_t pairs = 4;
  const Dataset& test = e.data.test;
  const int64_t columns = std::min<int64_t>(12, test.rows()), n = std::min(columns * pairs, test.rows());
  const Tensor x = test.x.range(0, n);
  const Tensor c = label_condition(e, first_labels(test.labels, n), first_labels(test.colours, n));
  const auto back = pixels_of(e, e.model->decode(e.model->encode(x, c).mu, c)), original = x.to_vector<float>();
  const int64_t size = test.columns();
  std::vector<float> pixels;
  for (int64_t first = 0; first + columns <= n; first += columns)
    for (const auto* source : {&original, &back})
      pixels.insert(pixels.end(), source->begin() + first * size, source->begin() + (first + columns) * size);
  GridLayout layout;
  layout.columns = columns;
  layout.rows_per_group = 2;
  for (int64_t i = 0; i < pairs; ++i) {
    layout.row_labels.push_back("original");
    layout.row_labels.push_back("reconstruction");
  }
  write_images(e, png, pixels, layout);
}

}  // namespace elbow
