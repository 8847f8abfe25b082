#include "cvae/condition.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace elbow {
namespace {

void fit(Tensor& t, const Shape& shape) {
  if (!t || !(t.shape() == shape)) t = Tensor::zeros(shape);
}

}  // namespace

Condition::Condition(const Config& config, const Dataset& data)
    : columns_(data.columns()), features_(data.features) {
  const std::string kind = config.choice("kind", {"columns", "label", "none"}, "columns");
  kind_ = kind == "columns" ? Kind::columns : kind == "label" ? Kind::label : Kind::none;
  if (kind_ == Kind::columns) {
    const Json given = config.get<Json>("given", 0.5);
    rule_.uniform = given == "uniform";
    if (given.is_string() && !rule_.uniform)
      config.fail("given", str("must be a number >= 0 and <= 1, or \"uniform\", not ", given.dump()));
    if (!rule_.uniform) rule_.given = config.get<double>("given", 0.5, between(0, 1));
    rule_.groups = groups_of(features_);
  }
  if (kind_ == Kind::label) {
    if (!data.labels) config.fail("kind", str("the data set ", data.name, " has no labels to condition on"));
    label_.classes = data.labels->classes;
  }
}

int64_t Condition::width() const {
  return kind_ == Kind::columns ? 2 * columns_ : kind_ == Kind::label ? label_.width() : 0;
}

int64_t Condition::count_given(const float* mask) const {
  int64_t count = 0;
  for (const Feature& f : features_) count += mask[f.first] != 0;
  return count;
}

void Condition::draw(const Batch& batch, const RandomKey& key, Drawn& out) const {
  if (kind_ == Kind::columns) {
    fit(out.mask, {batch.x.size(0), columns_});
    draw_mask(key, rule_, out.mask);
    if (batch.observed) withhold_missing(batch.observed, out.mask);
  }
  apply(batch, out);
}

void Condition::give(const Batch& batch, std::span<const Mask> subsets, Drawn& out) const {
  const int64_t rows = batch.x.size(0), part = rows / int64_t(subsets.size());
  if (part * int64_t(subsets.size()) != rows)
    fail("condition", rows, " rows cannot be shared out evenly among ", subsets.size(), " subsets");
  fit(out.mask, {rows, columns_});
  float* mask = out.mask.data<float>();  // [rows, d]
  for (int64_t r = 0; r < rows; ++r) {
    const Mask& subset = subsets[size_t(r / part)];
    for (size_t f = 0; f < features_.size(); ++f)
      std::fill_n(mask + r * columns_ + features_[f].first, features_[f].width, subset[f] ? 1.0f : 0.0f);
  }
  out.mask.mark_written("condition");
  if (batch.observed) withhold_missing(batch.observed, out.mask);
  apply(batch, out);
}

void Condition::apply(const Batch& batch, Drawn& out) const {
  if (kind_ == Kind::none) return;
  fit(out.c, {batch.x.size(0), width()});
  if (kind_ == Kind::columns)
    write_condition(batch.x, out.mask, out.c);
  else
    label_.write(batch.labels, out.c);
}

}  // namespace elbow
