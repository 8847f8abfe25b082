#include "cvae/condition.hpp"

namespace elbow {
namespace {

void fit(Tensor& t, const Shape& shape) {
  if (!t || !(t.shape() == shape)) t = Tensor::zeros(shape);
}

}  // namespace

Condition::Condition(const Config& config, const Dataset& data) : columns_(data.columns()) {
  const std::string kind = config.choice("kind", {"columns", "label", "none"}, "columns");
  kind_ = kind == "columns" ? Kind::columns : kind == "label" ? Kind::label : Kind::none;
  if (kind_ == Kind::columns) rule_.given = config.get<double>("given", 0.5, between(0, 1));
  if (kind_ == Kind::label) {
    if (!data.labels) config.fail("kind", str("the data set ", data.name, " has no labels to condition on"));
    label_.classes = data.labels->classes;
  }
}

int64_t Condition::width() const {
  return kind_ == Kind::columns ? 2 * columns_ : kind_ == Kind::label ? label_.width() : 0;
}

void Condition::draw(const Batch& batch, const RandomKey& key, Drawn& out) const {
  if (kind_ == Kind::columns) {
    fit(out.mask, {batch.x.size(0), columns_});
    draw_mask(key, rule_, out.mask);
  }
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
