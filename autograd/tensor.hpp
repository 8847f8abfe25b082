#pragma once
#include <atomic>
#include <cstdint>
#include <ostream>
#include <utility>
#include <vector>

#include "autograd/error.hpp"
#include "autograd/shape.hpp"

namespace elbow {

enum class DType : uint8_t { float32, float64 };
enum class Device : uint8_t { cpu, cuda };

inline const char* name_of(DType d) { return d == DType::float32 ? "float32" : "float64"; }
inline const char* name_of(Device d) { return d == Device::cpu ? "cpu" : "cuda"; }
inline size_t bytes_of(DType d) { return d == DType::float32 ? 4 : 8; }
template <class T> inline constexpr DType dtype_of = sizeof(T) == 4 ? DType::float32 : DType::float64;

/// Calls f.template operator()<T>() with T = float or double.
template <class F> decltype(auto) dispatch(DType d, F&& f) {
  return d == DType::float32 ? f.template operator()<float>() : f.template operator()<double>();
}

/// Reference-counted memory, with a count of the writes made in place (see Tape: a saved tensor must not
/// change).
struct Storage {
  std::atomic<int> references;
  uint32_t version;         // how often it was written in place
  const char* last_writer;  // who did so last, for the message
  size_t bytes;             // of the whole block, this header included
  void* data() { return reinterpret_cast<char*>(this) + 64; }
};
static_assert(sizeof(Storage) <= 64);

class Tensor;

/// A handle on a dense, row-major array. Copying it copies the handle, never the elements. The default-made
/// handle is undefined: it refers to nothing. A handle may be used by one thread at a time.
class Tensor {
 public:
  struct Body;

  Tensor() = default;
  Tensor(const Tensor& other) noexcept;
  Tensor(Tensor&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  Tensor& operator=(Tensor other) noexcept { return std::swap(body_, other.body_), *this; }
  ~Tensor();

  /// @name Making one
  /// Elements are unset (empty), all 0, all 1, all `value`, or copied from a vector of just as many numbers.
  /// @{
  static Tensor empty(const Shape& shape, DType dtype = DType::float32, Device device = Device::cpu);
  static Tensor zeros(const Shape& shape, DType dtype = DType::float32, Device device = Device::cpu);
  static Tensor ones(const Shape& shape, DType dtype = DType::float32, Device device = Device::cpu);
  static Tensor full(const Shape& shape, double value, DType dtype = DType::float32,
                     Device device = Device::cpu);
  template <class T> static Tensor from(const std::vector<T>& values, const Shape& shape);
  /// @}

  /// @name What it is
  /// @{
  explicit operator bool() const { return body_ != nullptr; }
  const Shape& shape() const;
  int rank() const { return shape().rank(); }
  int64_t size(int axis) const { return shape()[shape().axis(axis, "size")]; }
  int64_t numel() const;
  DType dtype() const;
  Device device() const;
  /// @}

  /// The elements. T must match the dtype (throws otherwise). Writing through the pointer is not seen by the
  /// tape.
  template <class T> T* data() const;
  /// The only element of a one-element tensor, as a double.
  double item() const;
  /// All elements, row by row, converted to T.
  template <class T = double> std::vector<T> to_vector() const;

  /// @name Other tensors of the same elements, unknown to the tape
  /// `view` and `detach` share the elements; `clone` and `to` copy them.
  /// @{
  Tensor view(const Shape& shape, int64_t first_element = 0) const;
  Tensor detach() const { return view(shape()); }
  Tensor clone() const;
  Tensor to(DType dtype) const;
  /// @}

  /// @name Writing in place
  /// Each of them marks the storage as written, so that a backward pass that needs the old elements says so.
  /// @{
  void fill_(double value);
  void copy_(const Tensor& source);
  void mark_written(const char* writer) const;
  /// @}

  /// @name Gradients
  /// A leaf is a tensor that nobody computed: a parameter. With requires_grad, Tape::backward adds to its
  /// grad().
  /// @{
  bool requires_grad() const;
  Tensor& set_requires_grad(bool value = true);
  Tensor grad() const;
  void set_grad(const Tensor& grad) const;
  /// Whether the current tape has a node for it, or it is a leaf that requires a gradient.
  bool tracked() const;
  /// Tape::current().backward(*this).
  void backward() const;
  /// @}

  Body* body() const { return body_; }
  bool same_as(const Tensor& other) const { return body_ == other.body_; }

 private:
  explicit Tensor(Body* body) : body_(body) {}
  static Tensor make(const Shape& shape, DType dtype, Device device, Storage* storage, int64_t first_element);
  Body* body_ = nullptr;
};

/// What a handle refers to.
struct Tensor::Body {
  std::atomic<int> references{1};
  DType dtype;
  Device device;
  bool requires_grad = false;
  int32_t node = -1;  // its node on the tape of that serial number, or -1
  uint64_t tape = 0;  // serial number of the tape that computed it
  Shape shape;
  int64_t numel;
  Storage* storage;
  void* data;   // first element
  Tensor grad;  // of a leaf
};

inline Tensor::Tensor(const Tensor& other) noexcept : body_(other.body_) {
  if (body_) body_->references.fetch_add(1, std::memory_order_relaxed);
}
inline const Shape& Tensor::shape() const { return body_->shape; }
inline int64_t Tensor::numel() const { return body_->numel; }
inline DType Tensor::dtype() const { return body_->dtype; }
inline Device Tensor::device() const { return body_->device; }
inline bool Tensor::requires_grad() const { return body_->requires_grad; }
inline Tensor Tensor::grad() const { return body_->grad; }

template <class T> T* Tensor::data() const {
  if (body_->dtype != dtype_of<T>)
    fail("data", "the tensor is ", name_of(dtype()), ", not ", name_of(dtype_of<T>));
  return static_cast<T*>(body_->data);
}

/// Prints shape, dtype and elements (the first and last few of a large tensor).
std::ostream& operator<<(std::ostream& out, const Tensor& t);

}  // namespace elbow
