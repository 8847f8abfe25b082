#include "experiments/report/image_figures.hpp"

#include <algorithm>
#include <numeric>

#include "autograd/ops.hpp"
#include "cvae/sampling.hpp"

namespace elbow {
void write_images(const Experiment& e, const std::filesystem::path& png, const std::vector<float>& pixels,
                  const GridLayout& layout) {
  const ImageSize& image = *e.data.test.image;
  write_image_grid(
      png, {pixels, int64_t(pixels.size()) / e.data.test.columns(), image.channels, image.height, image.width},
      layout);
}

std::vector<float> decoded_pixels(const Experiment& e, const Tensor& z, const Tensor& c) {
  constexpr int64_t at_once = 512;
  std::vector<float> pixels;
  for (int64_t first = 0; first < z.size(0); first += at_once) {
    const int64_t last = std::min(first + at_once, z.size(0));
    const Tensor values =
        decoded_values(*e.model, e.loss, slice(z, 0, first, last), c ? slice(c, 0, first, last) : c);
    const auto part = values.to_vector<float>();
    pixels.insert(pixels.end(), part.begin(), part.end());
  }
  return pixels;
}

namespace {

// The values of one attribute that a grid shows: the one that is given, or each category in turn, last of all "withheld", where
// that may be. Of an attribute that is not swept one value.
std::vector<float> shown_values(const Experiment& e, size_t a, const SampleGrid& wanted) {
  constexpr size_t swept = 2;  // along the rows, and along the columns
  const Attribute& attribute = e.data.test.attributes[a];
  const bool may_withhold = e.condition.may_withhold();
  if (a < wanted.given.size() && wanted.given[a]) return {*wanted.given[a]};
  if (a >= swept || !attribute.categorical())
    return {may_withhold || attribute.values.empty() ? Attribute::unknown : attribute.values.front()};
  std::vector<float> all(size_t(attribute.classes()));
  std::iota(all.begin(), all.end(), 0.0f);
  if (may_withhold) all.push_back(Attribute::unknown);
  return all;
}

}  // namespace

void draw_samples(const Experiment& e, const std::filesystem::path& png, uint64_t seed,
                  const SampleGrid& wanted) {
  const std::vector<Attribute>& attributes = e.data.test.attributes;
  std::vector<std::vector<float>> shown;  // of each attribute
  for (size_t a = 0; a < attributes.size(); ++a) shown.push_back(shown_values(e, a, wanted));
  const std::vector<float> across = shown.size() > 1 ? shown[1] : std::vector{Attribute::unknown};
  const size_t each = across.size() > 1 ? 3 : 10;  // columns of a value
  const auto name = [&](size_t a, float value) {
    return attributes[a].text_of(value, "any " + attributes[a].feature.name);
  };
  GridLayout layout;
  layout.columns = int64_t(each * across.size());
  layout.rows_per_group = shown[0].size() > 1 ? wanted.rows : 1;
  std::vector<float> values;  // [pictures, attributes]
  for (const float down : shown[0])
    for (int64_t row = 0; row < wanted.rows; ++row) {
      layout.row_labels.push_back(row > 0 ? "" : name(0, down));
      for (const float value : across)
        for (size_t i = 0; i < each; ++i)
          for (size_t a = 0; a < shown.size(); ++a)
            values.push_back(a == 0 ? down : a == 1 ? value : shown[a][0]);
    }
  for (size_t i = 0; i < each * across.size() && shown.size() > 1; ++i)
    layout.column_labels.push_back(i % each == each / 2 ? name(1, across[i / each]) : "");
  const int64_t n = int64_t(shown[0].size()) * wanted.rows * layout.columns;
  const Tensor c = e.condition.of(Tensor::from(values, {n, int64_t(shown.size())}));
  const Tensor z = sample_prior(*e.model, c, n, sampling_noise(seed, 0));
  write_images(e, png, decoded_pixels(e, z, c), layout);
}

void draw_reconstructions(const Experiment& e, const std::filesystem::path& png) {
  constexpr int64_t pairs = 4;
  const Dataset& test = e.data.test;
  const int64_t columns = std::min<int64_t>(12, test.rows()), n = std::min(columns * pairs, test.rows());
  std::vector<int64_t> index(static_cast<size_t>(n));
  std::iota(index.begin(), index.end(), 0);
  const Batch batch = rows_of(test, index);
  Condition::Drawn drawn;
  e.condition.give(batch, Mask(size_t(e.condition.features()), !e.condition.by_columns()), drawn);
  const auto back = decoded_pixels(e, e.model->encode(batch.input, drawn.c).mu, drawn.c),
             original = batch.x.to_vector<float>();
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
