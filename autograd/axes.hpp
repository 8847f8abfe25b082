#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "autograd/kernels/row_view.hpp"
#include "autograd/tensor.hpp"

namespace elbow {

/// The axes that a reduction runs over, counted from the back when negative; none named means all of them.
class Axes {
 public:
  Axes() = default;  ///< all axes
  Axes(int axis) : Axes({axis}) {}
  /// Throws for more than Shape::max_rank.
  Axes(std::initializer_list<int> axes) {
    if (axes.size() > size_t(Shape::max_rank))
      fail("axes", "at most ", Shape::max_rank, " axes, not ", axes.size());
    for (int a : axes) axes_[size_t(count_++)] = static_cast<int8_t>(a);
  }

  /// Which axes of a tensor of that shape are meant. Throws, naming `op`, for an axis that is not there or named twice.
  std::array<bool, Shape::max_rank> of(const Shape& shape, const char* op) const {
    std::array<bool, Shape::max_rank> chosen{};
    for (int i = 0; i < shape.rank(); ++i) chosen[size_t(i)] = count_ == 0;
    for (int i = 0; i < count_; ++i) {
      const int a = shape.axis(axes_[size_t(i)], op);
      if (chosen[size_t(a)]) fail(op, "axis ", a, " of a tensor of shape ", shape, " is named twice");
      chosen[size_t(a)] = true;
    }
    return chosen;
  }

  /// The same as numbers, ascending.
  std::vector<int64_t> numbers(const Shape& shape, const char* op) const {
    const auto chosen = of(shape, op);
    std::vector<int64_t> axes;
    for (int i = 0; i < shape.rank(); ++i)
      if (chosen[size_t(i)]) axes.push_back(i);
    return axes;
  }

  /// The shape with the chosen axes shrunk to 1, or taken away.
  Shape reduced(const Shape& shape, bool keep, const char* op) const {
    const auto chosen = of(shape, op);
    Shape out;
    for (int i = 0; i < shape.rank(); ++i) {
      if (!chosen[size_t(i)]) out.push_back(shape[i]);
      if (chosen[size_t(i)] && keep) out.push_back(1);
    }
    return out;
  }

 private:
  std::array<int8_t, Shape::max_rank> axes_{};
  int8_t count_ = 0;
};

/// A tensor seen as rows, each holding the elements of the chosen axes: [kept axes, chosen axes]. When the chosen axes
/// are the last ones the tensor already lies in memory that way; otherwise it is copied there and back.
class AxisRows {
 public:
  AxisRows(const Shape& shape, const Axes& axes, const char* op);
  int64_t rows() const { return rows_; }
  int64_t length() const { return length_; }
  /// Whether the tensor lies in memory that way.
  bool in_order() const { return in_order_; }

  /// x as a tensor of shape [rows, length]: a view of it, or a copy.
  Tensor gather(const Tensor& x) const;
  /// to (+)= from, where `from` is [rows, length] and `to` has the tensor's own order.
  template <class T> void scatter(const T* from, T* to, bool add) const;
  /// Where each element lies, for the kernels of a device, which need no copy.
  RowView view() const { return {shape_, chosen_}; }

 private:
  template <class F> void walk(F f) const;  // f(index in rows, index in the tensor)
  bool in_order_ = true;
  Shape shape_;
  std::array<bool, Shape::max_rank> chosen_;
  int64_t rows_ = 1, length_ = 1;
  std::array<int64_t, Shape::max_rank> sizes_{}, strides_{};  // kept axes first, then the chosen ones
};

}  // namespace elbow
