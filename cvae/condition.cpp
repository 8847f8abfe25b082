#include "cvae/condition.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "autograd/operators.hpp"

namespace elbow {
namespace {

void fit(Tensor& t, const Shape& shape) {
  if (!t || !(t.shape() == shape)) t = Tensor::zeros(shape);
}

}  // namespace

Condition::Condition(const Config& config, const Dataset& data) {
  const std::string kind = config.choice("kind", kinds(), "columns");
  kind_ = kind == "columns"  ? Kind::columns
          : kind == "pixels" ? Kind::pixels
          : kind == "label"  ? Kind::attributes
                             : Kind::none;
  if (by_columns()) {
    features_ = data.features;
    value_columns_ = data.columns();
  }
  if (by_pixels()) {
    if (!data.image) config.fail("kind", str("the rows of ", data.name, " are no images, and have no pixels"));
    pixel_masks_ = read_pixel_masks(config, *data.image);
  }
  if (kind_ == Kind::columns) {
    const Json given = config.get<Json>("given", 0.5);
    rule_.uniform = given == "uniform";
    const bool automatic = given == "auto";
    if (given.is_string() && !rule_.uniform && !automatic)
      config.fail("given", str("must be a number >= 0 and <= 1, \"uniform\" or \"auto\", not ", given.dump()));
    if (automatic) {
      rule_.given = data.observed ? 0.7 : 0.5;  // what is missing is withheld already
      config.settle("given", rule_.given);
    } else if (!rule_.uniform) {
      rule_.given = config.get<double>("given", 0.5, between(0, 1));
    }
    rule_.groups = groups_of(features_);
  }
  if (!by_attributes()) return;
  value_columns_ = int64_t(data.attributes.size());
  if (value_columns_ == 0)
    config.fail("kind", str("the data set ", data.name, " has no labels to condition on"));
  withheld_ = config.get<double>("withheld", value_columns_ > 1 ? 0.5 : 0.0, between(0, 1));
  for (int64_t a = 0; a < value_columns_; ++a) {
    const Attribute& attribute = data.attributes[size_t(a)];
    features_.push_back(attribute.feature);
    features_.back().first = a, features_.back().width = 1;
    categories_.push_back(attribute.categorical() ? attribute.classes() : 0);
  }
}

int64_t Condition::width() const {
  if (by_columns()) return 2 * value_columns_;
  int64_t width = 0;
  for (const int64_t categories : categories_) width += std::max<int64_t>(1, categories) + (withheld_ > 0);
  return width;
}

int64_t Condition::count_given(const Drawn& drawn, int64_t row) const {
  const float* mask = drawn.mask.data<float>() + row * value_columns_;  // [value columns]
  int64_t count = 0;
  for (const Feature& f : features_) count += mask[f.first] != 0;
  return count;
}

void Condition::draw(const Batch& batch, const RandomKey& key, Drawn& out) const {
  if (kind_ == Kind::none) return;
  const int64_t rows = batch.x.size(0);
  fit(out.mask, {rows, value_columns_});
  if (by_pixels()) {
    draw_pixel_mask(key, pixel_masks_, out.mask);
  } else if (by_columns()) {
    draw_mask(key, rule_, out.mask);
  } else if (withheld_ == 0) {
    std::fill_n(out.mask.data<float>(), out.mask.numel(), 1.0f);
    out.mask.mark_written("condition");
  } else {
    const Tensor withheld = bernoulli(key, {value_columns_, rows}, withheld_);
    const float* w = withheld.data<float>();  // [attributes, rows]
    float* mask = out.mask.data<float>();     // [rows, attributes]
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t a = 0; a < value_columns_; ++a) *mask++ = 1 - w[a * rows + r];
    out.mask.mark_written("condition");
  }
  withhold_unknown(batch, out.mask);
  apply(batch, out);
}

void Condition::apply(const Batch& batch, Drawn& out) const {
  if (kind_ != Kind::none) write(values_of(batch), out);
}

void Condition::give(const Batch& batch, std::span<const Mask> subsets, Drawn& out) const {
  const int64_t rows = batch.x.size(0), part = rows / int64_t(subsets.size());
  if (part * int64_t(subsets.size()) != rows)
    fail("condition", rows, " rows cannot be shared out evenly among ", subsets.size(), " subsets");
  for (const Mask& subset : subsets)
    if (int64_t(subset.size()) != features())
      fail("condition", subset.size(), " of the ", features(), " features are said to be given or withheld");
  if (kind_ == Kind::none) return;
  fit(out.mask, {rows, value_columns_});
  float* mask = out.mask.data<float>();  // [rows, value columns]
  for (int64_t r = 0; r < rows; ++r) {
    const Mask& subset = subsets[size_t(r / part)];
    for (size_t f = 0; f < features_.size(); ++f)
      std::fill_n(mask + r * value_columns_ + features_[f].first, features_[f].width, subset[f] ? 1.0f : 0.0f);
  }
  out.mask.mark_written("condition");
  withhold_unknown(batch, out.mask);
  apply(batch, out);
}

// What a row lacks is not given.
void Condition::withhold_unknown(const Batch& batch, Tensor& mask) const {
  if (by_columns() && batch.observed) return withhold_missing(batch.observed, mask);
  if (by_columns()) return;
  const float* values = batch.attributes.data<float>();  // [rows, attributes]
  float* m = mask.data<float>();
  for (int64_t i = 0; i < mask.numel(); ++i)
    if (std::isnan(values[i])) m[i] = 0;
}

Tensor Condition::of(const Tensor& values) const {
  if (kind_ == Kind::none) return {};
  Drawn out;
  fit(out.mask, values.shape());
  float* mask = out.mask.data<float>();
  for (int64_t i = 0; i < values.numel(); ++i) mask[i] = std::isnan(values.data<float>()[i]) ? 0.0f : 1.0f;
  write(values, out);
  return out.c;
}

Tensor Condition::in_ops(const Tensor& values, const Tensor& mask) const {
  if (kind_ == Kind::none) return {};
  if (by_columns()) return concat(where(mask, values, 0.0), mask, 1);
  std::vector<Tensor> parts;  // as write_attributes has them
  for (int64_t a = 0; a < value_columns_; ++a) {
    const int64_t n = categories_[size_t(a)];
    const Tensor value = slice(values, 1, a, a + 1);  // [rows, 1]
    const Tensor given = mask ? slice(mask, 1, a, a + 1) : Tensor();
    std::vector<float> numbers(size_t(n), 0);
    std::iota(numbers.begin(), numbers.end(), 0.0f);
    const Tensor part = n == 0 ? value : equal(value, Tensor::from(numbers, {1, n}));  // [rows, 1 or n]
    parts.push_back(given ? where(given, part, 0.0) : part);
    if (withheld_ > 0) parts.push_back(1 - given);
  }
  return concat(parts, 1);
}

Tensor Condition::nothing(int64_t rows) const {
  return Tensor::full({rows, value_columns_}, Attribute::unknown, DType::float32);
}

void Condition::write(const Tensor& values, Drawn& out) const {
  fit(out.c, {values.size(0), width()});
  by_columns() ? write_condition(values, out.mask, out.c) : write_attributes(values, out.mask, out.c);
}

void Condition::write_attributes(const Tensor& values, const Tensor& mask, Tensor& c) const {
  const int64_t rows = values.size(0), attributes = value_columns_;
  const float *v = values.data<float>(), *m = mask.data<float>();  // [rows, attributes]
  float* to = c.data<float>();                                     // [rows, width]
  for (int64_t i = 0; i < rows * attributes; ++i) {
    const int64_t a = i % attributes, n = categories_[size_t(a)];
    const auto refuse = [&](const auto&... why) {
      fail("condition", "the ", features_[size_t(a)].name, " of row ", i / attributes, ' ', why...);
    };
    const bool given = m[i] != 0;
    if (n == 0) *to++ = given ? v[i] : 0.0f;
    if (n > 0 && given && !(v[i] >= 0 && v[i] < float(n))) refuse("is ", v[i], ", not one of 0..", n - 1);
    for (int64_t k = 0; k < n; ++k) *to++ = float(given && v[i] == float(k));
    if (withheld_ > 0)
      *to++ = float(!given);
    else if (!given)
      refuse("cannot be withheld: the model was trained with it in every row");
  }
  c.mark_written("condition");
}

Tensor Condition::draw_on_device(const RandomKey& key, Device device, BatchWork& work, MaskWork& mask) const {
  if (kind_ == Kind::none) return {};
  const Tensor c = Tensor::empty({work.x.size(0), width()}, DType::float32, device);
  if (by_attributes()) {
    std::vector<float> columns;  // [width, 2], as BatchWork has them
    for (size_t a = 0; a < categories_.size(); ++a) {
      const auto add = [&](float category) { columns.insert(columns.end(), {float(a), category}); };
      for (int64_t k = 0; k < categories_[a]; ++k) add(float(k));
      if (categories_[a] == 0) add(BatchWork::attribute_value);
      if (withheld_ > 0) add(BatchWork::attribute_withheld);
    }
    work.attribute_columns = Tensor::from(columns, {width(), 2}).to(device);
    work.withheld = withheld_;
    work.withheld_key = key;
    work.attribute_condition = c;
    return c;
  }
  mask.key = key;
  if (by_pixels()) {
    mask.holes = holes_of(pixel_masks_);
    const std::vector<float> widths = rectangle_widths(pixel_masks_);  // [height, 2]
    mask.widths = Tensor::from(widths, {mask.holes->height, 2}).to(device);
  }
  mask.given = rule_.given;
  mask.uniform = rule_.uniform;
  if (!rule_.groups.empty()) {
    const std::vector<float> groups(rule_.groups.begin(), rule_.groups.end());
    mask.groups = Tensor::from(groups, {value_columns_}).to(device);
    mask.n_groups = int64_t(*std::max_element(groups.begin(), groups.end())) + 1;
  }
  work.mask = &mask;
  work.condition = c;
  return c;
}

}  // namespace elbow
