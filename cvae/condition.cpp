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
    withheld_ = config.get<double>("withheld", data.colours ? 0.5 : 0.0, between(0, 1));
    labels_.push_back({data.labels->classes, withheld_ > 0});
    if (data.colours) labels_.push_back({data.colours->classes, withheld_ > 0});
  }
}

int64_t Condition::width() const {
  if (kind_ == Kind::columns) return 2 * columns_;
  int64_t width = 0;
  for (const LabelCondition& label : labels_) width += label.width();
  return width;
}

std::vector<std::string> Condition::label_names() const {
  std::vector<std::string> names{"class", "colour"};
  names.resize(labels_.size());
  return names;
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
  if (may_withhold_labels())
    write_labels(batch, bernoulli(key, {int64_t(labels_.size()), batch.x.size(0)}, withheld_), out);
  else
    apply(batch, out);
}

Tensor Condition::draw_on_device(const RandomKey& key, Device device, BatchWork& work, MaskWork& mask) const {
  if (kind_ == Kind::none) return {};
  const Tensor c = Tensor::empty({work.x.size(0), width()}, DType::float32, device);
  if (kind_ == Kind::label) {
    work.classes = labels_[0].classes;
    if (labels_.size() > 1) work.colour_classes = labels_[1].classes;
    work.withheld = withheld_;
    work.withheld_key = key;
    work.label_condition = c;
    return c;
  }
  mask.key = key;
  mask.given = rule_.given;
  mask.uniform = rule_.uniform;
  if (!rule_.groups.empty()) {
    const std::vector<float> groups(rule_.groups.begin(), rule_.groups.end());
    mask.groups = Tensor::from(groups, {columns_}).to(device);
    mask.n_groups = int64_t(*std::max_element(groups.begin(), groups.end())) + 1;
  }
  work.mask = &mask;
  work.condition = c;
  return c;
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
  if (kind_ == Kind::label) write_labels(batch, {}, out);
  if (kind_ != Kind::columns) return;
  fit(out.c, {batch.x.size(0), width()});
  write_condition(batch.x, out.mask, out.c);
}

void Condition::give_labels(const Batch& batch, const Mask& given, Drawn& out) const {
  if (given.size() != labels_.size())
    fail("condition", given.size(), " of the ", labels_.size(), " labels are said to be given or withheld");
  const int64_t rows = batch.x.size(0);
  Tensor withheld = Tensor::zeros({int64_t(labels_.size()), rows});
  for (size_t k = 0; k < labels_.size(); ++k)
    if (!given[k]) std::fill_n(withheld.data<float>() + int64_t(k) * rows, rows, 1.0f);
  write_labels(batch, withheld, out);
}

void Condition::write_labels(const Batch& batch, const Tensor& withheld, Drawn& out) const {
  const int64_t rows = batch.x.size(0);
  fit(out.c, {rows, width()});
  const float* hide = withheld ? withheld.data<float>() : nullptr;
  int64_t first = 0;
  for (size_t k = 0; k < labels_.size(); ++k) {
    const std::span<const int32_t> labels = k == 0 ? batch.labels : batch.colours;
    std::vector<int32_t> told(size_t(rows), LabelCondition::not_given);
    for (size_t r = 0; r < labels.size(); ++r)
      if (!hide || hide[k * size_t(rows) + r] == 0) told[r] = labels[r];
    labels_[k].write(told, out.c, first);
    first += labels_[k].width();
  }
}

}  // namespace elbow
