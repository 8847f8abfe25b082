#include "autograd/tensor.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "autograd/memory.hpp"
#include "autograd/tape.hpp"

namespace elbow {
namespace {

constexpr size_t header_bytes = 64;  // the storage's header, padded so that the elements are aligned

Storage* new_storage(const Shape& shape, DType dtype) {
  int64_t numel = int64_t(bytes_of(dtype));  // counted in bytes, to see whether it is a number at all
  for (int64_t size : shape.sizes())
    if (__builtin_mul_overflow(numel, size, &numel) || numel > int64_t{1} << 46)
      fail("memory", "a tensor of shape ", shape, " is larger than any memory");
  numel = shape.numel();
  const size_t bytes = header_bytes + size_t(numel) * bytes_of(dtype);
  return new (pool_allocate(bytes)) Storage{1, 0, "", bytes};
}

void release(Storage* storage) {
  if (storage->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  pool_release(storage, storage->bytes);
}

template <class From, class To> void convert(const void* from, void* to, int64_t n) {
  std::copy_n(static_cast<const From*>(from), n, static_cast<To*>(to));
}

}  // namespace

Shape broadcast(const Shape& a, const Shape& b, const char* op) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape out = longer;
  const int skip = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    const int64_t p = longer[i + skip], q = shorter[i];
    if (p != q && p != 1 && q != 1)
      fail(op, "lhs ", a, " and rhs ", b, " do not broadcast: sizes ", p, " and ", q,
           " differ and neither is 1");
    out[i + skip] = p == 1 ? q : p;
  }
  return out;
}

Tensor Tensor::make(const Shape& shape, DType dtype, Device device, Storage* storage, int64_t first_element) {
  Body* body = new (pool_allocate(sizeof(Body))) Body;
  body->dtype = dtype;
  body->device = device;
  body->shape = shape;
  body->numel = shape.numel();
  body->storage = storage;
  body->data = static_cast<char*>(storage->data()) + size_t(first_element) * bytes_of(dtype);
  return Tensor(body);
}

Tensor::~Tensor() {
  if (!body_ || body_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  release(body_->storage);
  body_->~Body();
  pool_release(body_, sizeof(Body));
}

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  if (device == Device::cuda) fail("cuda", "this build has no CUDA backend: use --device cpu");
  return make(shape, dtype, device, new_storage(shape, dtype), 0);
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) {
  Tensor t = empty(shape, dtype, device);
  if (t.numel()) std::memset(t.body_->data, 0, size_t(t.numel()) * bytes_of(dtype));
  return t;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype, Device device) {
  Tensor t = empty(shape, dtype, device);
  dispatch(dtype, [&]<class T>() { std::fill_n(t.data<T>(), t.numel(), static_cast<T>(value)); });
  return t;
}

Tensor Tensor::ones(const Shape& shape, DType dtype, Device device) { return full(shape, 1, dtype, device); }

template <class T> Tensor Tensor::from(const std::vector<T>& values, const Shape& shape) {
  if (int64_t(values.size()) != shape.numel())
    fail("from", values.size(), " numbers do not fill a tensor of shape ", shape);
  Tensor t = empty(shape, dtype_of<T>);
  std::copy(values.begin(), values.end(), t.data<T>());
  return t;
}
template Tensor Tensor::from<float>(const std::vector<float>&, const Shape&);
template Tensor Tensor::from<double>(const std::vector<double>&, const Shape&);

double Tensor::item() const {
  if (numel() != 1) fail("item", "a tensor of shape ", shape(), " has ", numel(), " elements, not one");
  return dispatch(dtype(), [&]<class T>() { return double(*data<T>()); });
}

template <class T> std::vector<T> Tensor::to_vector() const {
  std::vector<T> out(static_cast<size_t>(numel()));
  dispatch(dtype(), [&]<class S>() { convert<S, T>(data<S>(), out.data(), numel()); });
  return out;
}
template std::vector<float> Tensor::to_vector<float>() const;
template std::vector<double> Tensor::to_vector<double>() const;

Tensor Tensor::view(const Shape& shape, int64_t first_element) const {
  const int64_t held = (static_cast<char*>(body_->data) - static_cast<char*>(body_->storage->data())) /
                       int64_t(bytes_of(dtype()));
  if (first_element < 0 || first_element + shape.numel() > numel())
    fail("view", "elements ", first_element, " to ", first_element + shape.numel(), " of a tensor of shape ",
         this->shape());
  body_->storage->references.fetch_add(1, std::memory_order_relaxed);
  return make(shape, dtype(), device(), body_->storage, held + first_element);
}

Tensor Tensor::clone() const {
  Tensor t = empty(shape(), dtype(), device());
  if (numel()) std::memcpy(t.body_->data, body_->data, size_t(numel()) * bytes_of(dtype()));
  return t;
}

Tensor Tensor::to(DType target) const {
  if (target == dtype()) return clone();
  Tensor t = empty(shape(), target, device());
  if (target == DType::float64)
    convert<float, double>(body_->data, t.body_->data, numel());
  else
    convert<double, float>(body_->data, t.body_->data, numel());
  return t;
}

void Tensor::mark_written(const char* writer) const {
  ++body_->storage->version;
  body_->storage->last_writer = writer;
}

void Tensor::fill_(double value) {
  dispatch(dtype(), [&]<class T>() { std::fill_n(data<T>(), numel(), static_cast<T>(value)); });
  mark_written("fill_");
}

void Tensor::copy_(const Tensor& source) {
  if (!(source.shape() == shape()) || source.dtype() != dtype())
    fail("copy_", "from ", name_of(source.dtype()), " ", source.shape(), " to ", name_of(dtype()), " ",
         shape());
  if (numel()) std::memmove(body_->data, source.body_->data, size_t(numel()) * bytes_of(dtype()));
  mark_written("copy_");
}

Tensor& Tensor::set_requires_grad(bool value) {
  if (body_->node >= 0) fail("set_requires_grad", "only leaves may ask for it; this tensor was computed");
  body_->requires_grad = value;
  return *this;
}

void Tensor::set_grad(const Tensor& grad) const {
  if (grad && (!(grad.shape() == shape()) || grad.dtype() != dtype()))
    fail("set_grad", "a gradient of ", name_of(grad.dtype()), " ", grad.shape(), " for a tensor of ",
         name_of(dtype()), " ", shape());
  body_->grad = grad;
}

bool Tensor::tracked() const { return body_->requires_grad || body_->node >= 0; }

void Tensor::backward() const { Tape::current("backward").backward(*this); }

std::ostream& operator<<(std::ostream& out, const Tensor& t) {
  if (!t) return out << "undefined";
  const auto values = t.to_vector<double>();
  const size_t n = values.size(), edge = 8;
  out << name_of(t.dtype()) << t.shape() << " {";
  for (size_t i = 0; i < n; ++i) {
    if (n > 2 * edge && i == edge) {
      out << ", ...";
      i = n - edge;
    }
    out << (i ? ", " : "") << values[i];
  }
  return out << '}';
}

}  // namespace elbow
