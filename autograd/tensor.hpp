#pragma once
#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <utility>
#include <vector>

#include "autograd/range.hpp"
#include "autograd/shape.hpp"
#include "base/error.hpp"

namespace elbow {

enum class DType : uint8_t { float32, float64 };
enum class Device : uint8_t { cpu, cuda };

inline const char* name_of(DType d) { return d == DType::float32 ? "float32" : "float64"; }
inline const char* name_of(Device d) { return d == Device::cpu ? "cpu" : "cuda"; }
inline size_t bytes_of(DType d) { return d == DType::float32 ? 4 : 8; }

/// The types of elements: float and double, and no other of the same size.
template <class T>
concept Element = std::same_as<T, float> || std::same_as<T, double>;
template <Element T> inline constexpr DType dtype_of = std::same_as<T, float> ? DType::float32 : DType::float64;

/// Calls f.template operator()<T>() with T = float or double.
template <class F> decltype(auto) dispatch(DType d, F&& f) {
  return d == DType::float32 ? f.template operator()<float>() : f.template operator()<double>();
}

/// Reference-counted memory, with a count of the writes made in place (see Tape: a saved tensor must not
/// change).
struct Storage {
  std::atomic<int> references;
  uint32_t version;           // how often it was written in place
  const char* last_writer;    // who did so last, for the message
  size_t bytes;               // of the whole block, this header included
  void* on_device = nullptr;  // the elements, where they lie on a device: the header is the host's
  // Several models that are trained together (backend/backend.hpp): the elements of model m lie m * model_bytes further.
  int64_t model_bytes = 0;
  int32_t models = 1;
  Device device = Device::cpu;
  void* data() { return on_device ? on_device : reinterpret_cast<char*>(this) + 64; }
};
static_assert(sizeof(Storage) <= 64);

class Tensor;

/// A handle on a dense, row-major array. Copying it copies the handle, never the elements. The default-made
/// handle is undefined: it refers to nothing, and all but `bool`, printing, copying and assignment throw.
///
/// Constness is that of the handle: elements are written through a handle that is not const.
///
/// Threads. One handle is used by one thread at a time. Several threads may read the same elements through
/// handles of their own, so a model may be evaluated by several threads at once, or trained by one after the
/// other, if what hands it over synchronises them (a join, a mutex). Whichever thread drops the last handle
/// frees the memory. Tapes and NoGrad belong to the thread that made them.
class Tensor {
 public:
  struct Body;

  Tensor() = default;
  Tensor(const Tensor& other) noexcept;
  Tensor(Tensor&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  Tensor& operator=(Tensor other) noexcept { return std::swap(body_, other.body_), *this; }
  ~Tensor();

  /// @name Making one
  /// Elements are unset (empty), all 0, all 1, all `value`, or copied from a vector with one number per element.
  /// Throw when the memory cannot exist, the device is not there, or the numbers are too many or too few.
  /// @{
  static Tensor empty(const Shape& shape, DType dtype = DType::float32, Device device = Device::cpu);
  static Tensor zeros(const Shape& shape, DType dtype = DType::float32, Device device = Device::cpu);
  static Tensor ones(const Shape& shape, DType dtype = DType::float32, Device device = Device::cpu);
  static Tensor full(const Shape& shape, double value, DType dtype = DType::float32,
                     Device device = Device::cpu);
  template <Element T> static Tensor from(const std::vector<T>& values, const Shape& shape);
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

  /// @name Elements
  /// @{
  /// All of them, row by row. T must match the dtype, and the tensor be on the CPU (throws otherwise). Writing through the
  /// pointer is not seen by the tape: say so with mark_written().
  template <Element T> const T* data() const { return elements<T>(); }
  template <Element T> T* data() { return elements<T>(); }
  /// The element at those indices, one for each axis, counted from the back when negative, as a double.
  /// Throws for another number of indices, or one beyond the axis.
  template <std::integral... I> double at(I... indices) const { return element({int64_t(indices)...}); }
  /// Sets that element.
  void set(std::initializer_list<int64_t> indices, double value);
  /// The only element of a one-element tensor, as a double. These three wait for a device to have computed them.
  double item() const;
  /// All elements, row by row, converted to T.
  template <class T = double> std::vector<T> to_vector() const;
  /// @}

  /// @name The same elements as another tensor
  /// These are ops: gradients pass through them.
  /// @{
  /// Under another shape with the same number of elements; shares them. One size may be -1: it is found from the
  /// others.
  Tensor reshape(std::initializer_list<int64_t> sizes) const;
  Tensor reshape(const Shape& shape) const;
  /// A copy.
  Tensor clone() const;
  /// A copy in that type.
  Tensor to(DType dtype) const;
  /// The same elements on that device: itself when it is there already, else a copy.
  Tensor to(Device device) const;
  /// @}

  /// A selection, with NumPy's rules: x(Range(1, 3), all, -1) is x[1:3, :, -1]. A whole number drops its axis, a Range
  /// and `all` keep theirs, and so do the axes that are not named; negative ones count from the back. An op: gradients
  /// pass. It has elements of its own, unless every axis is kept whole: then it is the tensor itself. Throws for more
  /// indices than axes, a whole number beyond its axis, or a step below 1.
  template <std::convertible_to<AxisIndex>... I>
  requires(sizeof...(I) > 0) Tensor operator()(const I&... indices) const {
    return part({AxisIndex(indices)...});
  }

  /// Shares the elements, and cuts: no gradient passes. The only function of a tensor that does.
  Tensor detach() const;

  /// @name Writing in place
  /// Each of them marks the storage as written, so that a backward pass that needs the old elements says so.
  /// copy_ throws when shape or dtype differ.
  /// @{
  void fill_(double value);
  void copy_(const Tensor& source);
  void mark_written(const char* writer);
  /// @}

  /// @name Gradients
  /// A leaf is a tensor that nobody computed: a parameter. With requires_grad, Tape::backward adds to its
  /// grad(), which is undefined until then.
  /// @{
  bool requires_grad() const;
  /// Throws for a tensor that was computed.
  Tensor& set_requires_grad(bool value = true);
  Tensor grad() const;
  /// Sets grad() to 0 where there is one. No element is written until grad() is read: the backward pass overwrites instead of adding.
  Tensor& zero_grad();
  /// Where the next backward adds to. Throws when shape or dtype differ from the tensor's.
  void set_grad(const Tensor& grad);
  /// Whether the current tape has a node for it, or it is a leaf that requires a gradient.
  bool tracked() const;
  /// Tape::current().backward(*this).
  void backward() const;
  /// @}

  /// For kernels; null when undefined.
  Body* body() const { return body_; }
  bool same_as(const Tensor& other) const { return body_ == other.body_; }

 private:
  friend Tensor alias(const Tensor& t, const Shape& shape, int64_t first_element);
  friend Tensor alias_bytes(const Tensor& t, DType dtype, const Shape& shape, int64_t first_byte);
  explicit Tensor(Body* body) : body_(body) {}
  static Tensor make(const Shape& shape, DType dtype, Device device, Storage* storage, int64_t first_byte);
  Body& checked(const char* asker) const;
  template <Element T> T* elements() const;
  double element(std::initializer_list<int64_t> indices) const;
  Tensor part(std::initializer_list<AxisIndex> indices) const;
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
  void* data;                 // first element
  Tensor grad;                // of a leaf
  bool grad_is_zero = false;  // whatever the elements of grad say
};

namespace detail {
[[noreturn]] void fail_undefined(const char* asker);
[[noreturn]] void fail_elements(const Tensor::Body& body, DType asked);
}  // namespace detail

inline Tensor::Tensor(const Tensor& other) noexcept : body_(other.body_) {
  if (body_) body_->references.fetch_add(1, std::memory_order_relaxed);
}
inline Tensor::Body& Tensor::checked(const char* asker) const {
  if (!body_) [[unlikely]]
    detail::fail_undefined(asker);
  return *body_;
}
inline const Shape& Tensor::shape() const { return checked("shape").shape; }
inline int64_t Tensor::numel() const { return checked("numel").numel; }
inline DType Tensor::dtype() const { return checked("dtype").dtype; }
inline Device Tensor::device() const { return checked("device").device; }
inline bool Tensor::requires_grad() const { return checked("requires_grad").requires_grad; }
template <Element T> T* Tensor::elements() const {
  const Body& body = checked("data");
  if (body.dtype != dtype_of<T> || body.device != Device::cpu) [[unlikely]]
    detail::fail_elements(body, dtype_of<T>);
  return static_cast<T*>(body.data);
}

/// Prints shape, dtype and elements (the first and last few of a large tensor).
std::ostream& operator<<(std::ostream& out, const Tensor& t);

}  // namespace elbow
