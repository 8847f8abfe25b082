// How tensors are printed.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

#include "autograd/tensor.hpp"

namespace elbow {
namespace {

constexpr int64_t most_elements = 1000,
                  edge = 3;  // larger tensors show `edge` elements from either end of each axis
constexpr size_t line_width = 100;

/// The elements that are printed, as texts of one width.
class Printer {
 public:
  explicit Printer(const Tensor& t)
      : shape_(t.shape()), values_(t.to_vector<double>()), cut_(t.numel() > most_elements) {
    visit(0, 0);
    choose_format();
    for (double v : shown_) width_ = std::max(width_, text(v).size());
  }
  void print(std::ostream& out) const { print(out, 0, 0); }

 private:
  Shape shape_;
  std::vector<double> values_, shown_;
  bool cut_;
  std::string format_ = "%.4f";
  size_t width_ = 0;

  bool skips(int axis, int64_t i) const { return cut_ && i >= edge && i < shape_[axis] - edge; }

  // Collects what will be shown of the sub-tensor that begins there.
  void visit(int axis, int64_t place) {
    if (axis == shape_.rank()) return shown_.push_back(values_[size_t(place)]);
    for (int64_t i = 0; i < shape_[axis]; ++i)
      if (!skips(axis, i)) visit(axis + 1, place * shape_[axis] + i);
  }

  // Whole numbers as such; four digits behind the point; or, where those would hide much, powers of ten.
  void choose_format() {
    double largest = 0, smallest = INFINITY;
    bool whole = true;
    for (double v : shown_) {
      if (!std::isfinite(v)) continue;
      whole = whole && v == std::round(v);
      largest = std::max(largest, std::abs(v));
      if (v != 0) smallest = std::min(smallest, std::abs(v));
    }
    if (shape_.rank() == 0)
      format_ = "%.6g";
    else if (largest >= 1e6 || (!whole && (largest < 1e-2 || smallest < 1e-4 || largest >= 1e5)))
      format_ = "%.4e";
    else if (whole)
      format_ = "%.0f";
  }
  std::string text(double v) const {
    char buffer[48];
    std::snprintf(buffer, sizeof buffer, format_.c_str(), v);
    return buffer;
  }

  void print(std::ostream& out, int axis, int64_t place) const {
    if (axis == shape_.rank()) {
      const std::string number = text(values_[size_t(place)]);
      out << std::string(width_ - number.size(), ' ') << number;
      return;
    }
    const bool numbers = axis + 1 == shape_.rank();
    const auto indent = size_t(axis) + 1;
    const size_t per_line = std::max(size_t{1}, (line_width - indent) / (width_ + 2));
    const std::string blank_lines(numbers ? 1 : size_t(shape_.rank()) - size_t(axis) - 1, '\n');
    size_t printed = 0;
    out << '[';
    for (int64_t i = 0; i < shape_[axis]; ++i) {
      if (i > 0) {
        if (!numbers || printed % per_line == 0)
          out << ',' << blank_lines << std::string(indent, ' ');
        else
          out << ", ";
      }
      ++printed;
      if (skips(axis, i)) {
        out << "...";
        i = shape_[axis] - edge - 1;
      } else {
        print(out, axis + 1, place * shape_[axis] + i);
      }
    }
    out << ']';
  }
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& t) {
  if (!t) return out << "undefined";
  Printer(t).print(out);
  out << ' ' << name_of(t.dtype()) << t.shape();
  return t.device() == Device::cpu ? out : out << " on " << name_of(t.device());
}

}  // namespace elbow
