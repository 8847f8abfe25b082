#include "experiments/report/image_figures.hpp"

#include <algorithm>
#include <numeric>

#include "autograd/ops.hpp"
#include "cvae/sampling.hpp"

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

std::vector<float> decoded_pixels(Experiment& e, const Tensor& z, const Tensor& c) {
  constexpr int64_t at_once = 512;
  std::vector<float> pixels;
  for (int64_t first = 0; first < z.size(0); first += at_once) {
    const int64_t last = std::min(first + at_once, z.size(0));
    const auto part = pixels_of(e, e.model->decode(slice(z, 0, first, last), c ? slice(c, 0, first, last) : c));
    pixels.insert(pixels.end(), part.begin(), part.end());
  }
  return pixels;
}

std::string label_name(const Labels& labels, int32_t label, const std::string& withheld) {
  if (label == LabelCondition::not_given) return withheld;
  return labels.names.empty() ? std::to_string(label) : labels.names[size_t(label)];
}

namespace {

// The label that was told or, where none was, all of them in turn; last of all "withheld", where that may be.
std::vector<int32_t> in_turn(const std::optional<int32_t>& told, const std::optional<Labels>& labels,
                             bool may_withhold) {
  if (told) return {*told};
  if (!labels) return {LabelCondition::not_given};
  std::vector<int32_t> all(size_t(labels->classes));
  std::iota(all.begin(), all.end(), 0);
  if (may_withhold) all.push_back(LabelCondition::not_given);
  return all;
}

}  // namespace

void draw_samples(Experiment& e, const std::filesystem::path& png, const SampleGrid& wanted) {
  const Dataset& data = e.data.test;
  const bool may_withhold = e.condition.may_withhold_labels();
  const auto classes = in_turn(wanted.label, data.labels, may_withhold),
             colours = in_turn(wanted.colour, data.colours, may_withhold);
  const size_t each = colours.size() > 1 ? 3 : 10;  // columns of a colour
  GridLayout layout;
  layout.columns = int64_t(each * colours.size());
  layout.rows_per_group = classes.size() > 1 ? wanted.rows : 1;
  std::vector<int32_t> labels, of_colour;
  for (const int32_t k : classes)
    for (int64_t row = 0; row < wanted.rows; ++row) {
      layout.row_labels.push_back(row > 0 ? "" : label_name(*data.labels, k, "any class"));
      for (const int32_t colour : colours) {
        labels.insert(labels.end(), each, k);
        of_colour.insert(of_colour.end(), each, colour);
      }
    }
  if (data.colours)
    for (const int32_t colour : colours)
      for (size_t i = 0; i < each; ++i)
        layout.column_labels.push_back(i == each / 2 ? label_name(*data.colours, colour, "any colour") : "");
  const Tensor c = label_condition(e, labels, of_colour);
  const Tensor z = sample_prior(*e.model, c, int64_t(labels.size()), sampling_noise(e.seed, 0));
  write_images(e, png, decoded_pixels(e, z, c), layout);
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
