#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include "autograd/shape.hpp"

namespace elbow {

/// A dense, row-major array of whole numbers: class labels, positions along an axis, the result of argmax. It is not a
/// Tensor, since nothing is differentiated with respect to it; copying it copies a handle, and its elements never
/// change.
class Indices {
 public:
  /// None: shape [0].
  Indices() : Indices(std::vector<int64_t>{}) {}
  /// [n], from a list or a vector.
  Indices(std::initializer_list<int64_t> values) : Indices(std::vector<int64_t>(values)) {}
  Indices(const std::vector<int64_t>& values) : Indices(values, Shape{int64_t(values.size())}) {}
  /// Throws when the numbers do not fill the shape.
  Indices(std::vector<int64_t> values, const Shape& shape);

  const Shape& shape() const { return shape_; }
  int64_t numel() const { return int64_t(values_->size()); }
  const int64_t* data() const { return values_->data(); }
  /// Number i of all, row by row.
  int64_t operator[](int64_t i) const { return (*values_)[size_t(i)]; }
  const std::vector<int64_t>& to_vector() const { return *values_; }
  auto begin() const { return values_->begin(); }
  auto end() const { return values_->end(); }

  /// Throws, naming `op`, unless all lie in [0, limit).
  void require_below(int64_t limit, const char* op) const;

 private:
  std::shared_ptr<const std::vector<int64_t>> values_;
  Shape shape_;
};

}  // namespace elbow
