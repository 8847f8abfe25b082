#include "autograd/operators.hpp"
#include "cvae/distortion.hpp"

namespace elbow {
namespace {

class BernoulliTerm : public DistortionTerm {
 public:
  BernoulliTerm(ColumnRange columns, OutputLayout& layout)
      : DistortionTerm(columns), logits_(layout.network(columns.width)) {}
  Tensor loss(const Tensor& y, const Tensor& x, Reduction reduction) const override {
    return bce_with_logits(logits_.of(y), columns.of(x), reduction);
  }
  Tensor values(const Tensor& y) const override { return sigmoid(logits_.of(y)); }
  // The cross-entropy of a grey value is that of no distribution of it.
  bool is_distribution_of(FeatureKind kind) const override { return kind == FeatureKind::binary; }

 private:
  std::string kind() const override { return "bernoulli"; }
  ColumnRange logits_;  // of y
};

class CategoricalTerm : public DistortionTerm {
 public:
  CategoricalTerm(ColumnRange columns, OutputLayout& layout)
      : DistortionTerm(columns), logits_(layout.network(columns.width)) {}
  Tensor loss(const Tensor& y, const Tensor& x, Reduction reduction) const override {
    return cross_entropy_with_logits(logits_.of(y), columns.of(x), reduction);
  }
  Tensor values(const Tensor& y) const override { return softmax(logits_.of(y), 1); }
  bool is_one_value() const override { return true; }

 private:
  std::string kind() const override { return "categorical"; }
  ColumnRange logits_;  // of y
};

}  // namespace

std::shared_ptr<const DistortionTerm> bernoulli_term(ColumnRange columns, OutputLayout& layout) {
  return std::make_shared<BernoulliTerm>(columns, layout);
}
std::shared_ptr<const DistortionTerm> categorical_term(ColumnRange columns, OutputLayout& layout) {
  return std::make_shared<CategoricalTerm>(columns, layout);
}

}  // namespace elbow
