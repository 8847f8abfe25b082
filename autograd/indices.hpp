#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include "autograd/shape.hpp"
#include "autograd/tensor.hpp"

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

/// Rows of 0 with a 1 at the index: [..., classes] from indices [...]. A constant: no gradient passes. Throws for an index
/// that is not in [0, classes).
Tensor one_hot(const Indices& indices, int64_t classes, DType dtype = DType::float32,
               Device device = Device::cpu);

/// @name Where the largest, or the smallest, element lies along an axis
/// The place of the first one that no other beats; a NaN beats every number. The result has x's shape without the axis, or
/// with size 1 there when `keep` is set. Not recorded: places have no gradient. Throws for an axis that is not there or has
/// no elements.
/// @{
Indices argmax(const Tensor& x, int axis, bool keep = false);
Indices argmin(const Tensor& x, int axis, bool keep = false);
/// @}

}  // namespace elbow
