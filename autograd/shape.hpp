#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <span>

#include "base/error.hpp"

namespace elbow {

/// The sizes of a tensor's axes, outermost first; at most six of them, held in place. Rank 0 is a scalar.
class Shape {
 public:
  static constexpr int max_rank = 6;

  Shape() = default;
  /// Throws for a negative size, or more than max_rank of them.
  Shape(std::initializer_list<int64_t> sizes) : Shape(std::span<const int64_t>(sizes.begin(), sizes.size())) {}
  explicit Shape(std::span<const int64_t> sizes) : rank_(static_cast<int>(sizes.size())) {
    if (sizes.size() > max_rank) fail("shape", "a tensor has at most ", max_rank, " axes, not ", sizes.size());
    for (int i = 0; i < rank_; ++i) {
      if (sizes[i] < 0) fail("shape", "axis ", i, " has the negative size ", sizes[i]);
      sizes_[i] = sizes[i];
    }
  }

  int rank() const { return rank_; }
  /// The size of an axis, 0 <= axis < rank(); not checked.
  int64_t operator[](int axis) const { return sizes_[axis]; }
  int64_t& operator[](int axis) { return sizes_[axis]; }
  /// All sizes, outermost first.
  std::span<const int64_t> sizes() const { return {sizes_.data(), static_cast<size_t>(rank_)}; }

  /// Number of elements: the product of the sizes, 1 for a scalar.
  int64_t numel() const {
    int64_t n = 1;
    for (int i = 0; i < rank_; ++i) n *= sizes_[i];
    return n;
  }

  /// An axis counted from the front, or from the back when negative; throws when there is no such axis.
  int axis(int64_t a, const char* op) const {
    if (a < -rank_ || a >= rank_)
      fail(op, "axis ", a, " of a tensor of shape ", *this, " with ", rank_, " axes");
    return static_cast<int>(a < 0 ? a + rank_ : a);
  }

  /// Adds an innermost axis; throws beyond max_rank.
  void push_back(int64_t size) {
    if (rank_ == max_rank) fail("shape", "a tensor has at most ", max_rank, " axes");
    sizes_[rank_++] = size;
  }

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i)
      if (a.sizes_[i] != b.sizes_[i]) return false;
    return true;
  }

  friend std::ostream& operator<<(std::ostream& out, const Shape& s) {
    out << '[';
    for (int i = 0; i < s.rank_; ++i) out << (i ? "," : "") << s.sizes_[i];
    return out << ']';
  }

 private:
  std::array<int64_t, max_rank> sizes_{};
  int rank_ = 0;
};

/// The shape that NumPy's broadcasting gives to two operands; throws, naming `op`, when there is none.
Shape broadcast(const Shape& a, const Shape& b, const char* op);

}  // namespace elbow
