#include "autograd/tensor.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "autograd/alias.hpp"
#include "autograd/backend/backend.hpp"
#include "autograd/memory.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace elbow {
namespace {

constexpr size_t header_bytes = 64;  // the storage's header, padded so that the elements are aligned

Storage* new_storage(const Shape& shape, DType dtype, Device device) {
  int64_t numel = int64_t(bytes_of(dtype));  // counted in bytes, to see whether it is a number at all
  for (int64_t size : shape.sizes())
    if (__builtin_mul_overflow(numel, size, &numel) || numel > int64_t{1} << 46)
      fail("memory", "a tensor of shape ", shape, " is larger than any memory");
  numel = shape.numel();
  if (device != Device::cpu) return backend(device).new_storage(size_t(numel) * bytes_of(dtype));
  const size_t bytes = header_bytes + size_t(numel) * bytes_of(dtype);
  return new (pool_allocate(bytes)) Storage{1, 0, "", bytes};
}

void release(Storage* storage) {
  if (storage->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (storage->device != Device::cpu) return backend(storage->device).release(storage);
  pool_release(storage, storage->bytes);
}

// The place of an element among all of them.
int64_t offset_of(const Shape& shape, std::initializer_list<int64_t> indices, const char* asker) {
  if (int64_t(indices.size()) != shape.rank())
    fail(asker, indices.size(), " indices for a tensor of shape ", shape);
  int64_t offset = 0;
  int axis = 0;
  for (int64_t index : indices) {
    const int64_t size = shape[axis];
    if (index < -size || index >= size)
      fail(asker, "index ", index, " of axis ", axis, " of a tensor of shape ", shape);
    offset = offset * size + (index < 0 ? index + size : index);
    ++axis;
  }
  return offset;
}

// The tensor itself where its elements can be read, else a copy.
Tensor readable(const Tensor& t) { return t.device() == Device::cpu ? t : on_cpu(t); }

}  // namespace

void detail::fail_undefined(const char* asker) {
  fail(asker,
       "the tensor is undefined: it was made by Tensor(), or is the gradient of a tensor that has none yet");
}

void detail::fail_elements(const Tensor::Body& body, DType asked) {
  if (body.device != Device::cpu)
    fail("data", "the tensor of shape ", body.shape, " is on ", name_of(body.device),
         ": copy it with to(Device::cpu)");
  fail("data", "the tensor is ", name_of(body.dtype), ", not ", name_of(asked));
}

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

Tensor Tensor::make(const Shape& shape, DType dtype, Device device, Storage* storage, int64_t first_byte) {
  Body* body = new (pool_allocate(sizeof(Body))) Body;
  body->dtype = dtype;
  body->device = device;
  body->shape = shape;
  body->numel = shape.numel();
  body->storage = storage;
  body->data = static_cast<char*>(storage->data()) + first_byte;
  return Tensor(body);
}

Tensor::~Tensor() {
  if (!body_ || body_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  release(body_->storage);
  body_->~Body();
  pool_release(body_, sizeof(Body));
}

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  return make(shape, dtype, device, new_storage(shape, dtype, device), 0);
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) {
  Tensor t = empty(shape, dtype, device);
  if (device != Device::cpu)
    backend(device).fill(t, 0);
  else if (t.numel())
    std::memset(t.body_->data, 0, size_t(t.numel()) * bytes_of(dtype));
  return t;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype, Device device) {
  Tensor t = empty(shape, dtype, device);
  if (device != Device::cpu)
    backend(device).fill(t, value);
  else
    dispatch(dtype, [&]<class T>() { std::fill_n(t.data<T>(), t.numel(), static_cast<T>(value)); });
  return t;
}

Tensor Tensor::ones(const Shape& shape, DType dtype, Device device) { return full(shape, 1, dtype, device); }

template <Element T> Tensor Tensor::from(const std::vector<T>& values, const Shape& shape) {
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
  const Tensor t = readable(*this);
  return dispatch(dtype(), [&]<class T>() { return double(*t.data<T>()); });
}

double Tensor::element(std::initializer_list<int64_t> indices) const {
  const int64_t i = offset_of(shape(), indices, "at");
  const Tensor t = readable(*this);
  return dispatch(dtype(), [&]<class T>() { return double(t.data<T>()[i]); });
}

void Tensor::set(std::initializer_list<int64_t> indices, double value) {
  const int64_t i = offset_of(shape(), indices, "set");
  dispatch(dtype(), [&]<class T>() { data<T>()[i] = T(value); });
  mark_written("set");
}

template <class T> std::vector<T> Tensor::to_vector() const {
  std::vector<T> out(static_cast<size_t>(numel()));
  const Tensor t = readable(*this);
  dispatch(dtype(), [&]<class S>() { std::copy_n(t.data<S>(), numel(), out.data()); });
  return out;
}
template std::vector<float> Tensor::to_vector<float>() const;
template std::vector<double> Tensor::to_vector<double>() const;

Tensor alias(const Tensor& t, const Shape& shape, int64_t first_element) {
  Tensor::Body& body = t.checked("alias");
  if (first_element < 0 || first_element + shape.numel() > body.numel)
    fail("alias", "elements ", first_element, " to ", first_element + shape.numel(), " of a tensor of shape ",
         body.shape);
  return alias_bytes(t, body.dtype, shape, first_element * int64_t(bytes_of(body.dtype)));
}

Tensor alias_bytes(const Tensor& t, DType dtype, const Shape& shape, int64_t first_byte) {
  Tensor::Body& body = t.checked("alias_bytes");
  const int64_t held = static_cast<char*>(body.data) - static_cast<char*>(body.storage->data());
  const int64_t bytes = body.numel * int64_t(bytes_of(body.dtype)), size = int64_t(bytes_of(dtype));
  if (first_byte < 0 || first_byte % size || first_byte + shape.numel() * size > bytes)
    fail("alias_bytes", name_of(dtype), " ", shape, " from byte ", first_byte, " of ", bytes);
  body.storage->references.fetch_add(1, std::memory_order_relaxed);
  return Tensor::make(shape, dtype, body.device, body.storage, held + first_byte);
}

Tensor copy_of(const Tensor& t) {
  Tensor copy = Tensor::empty(t.shape(), t.dtype(), t.device());
  copy_elements(t, copy);
  return copy;
}

Tensor on_cpu(const Tensor& t) {
  if (t.device() == Device::cpu) return t.detach();
  Tensor copy = Tensor::empty(t.shape(), t.dtype());
  copy_elements(t, copy);
  return copy;
}

Tensor copy_of(const Tensor& t, DType dtype) {
  if (dtype == t.dtype()) return copy_of(t);
  if (t.device() != Device::cpu) {
    const NoGrad no_grad;
    return t.detach().to(dtype);
  }
  Tensor copy = Tensor::empty(t.shape(), dtype, t.device());
  dispatch(dtype, [&]<class To>() {
    dispatch(t.dtype(), [&]<class From>() { std::copy_n(t.data<From>(), t.numel(), copy.data<To>()); });
  });
  return copy;
}

Tensor Tensor::detach() const { return alias(*this, shape()); }
Tensor Tensor::clone() const { return elbow::clone(*this); }
Tensor Tensor::to(DType dtype) const { return elbow::cast(*this, dtype); }
Tensor Tensor::to(Device device) const {
  return device == this->device() ? *this : elbow::to_device(*this, device);
}
Tensor Tensor::reshape(const Shape& shape) const { return elbow::reshape(*this, shape); }

Tensor Tensor::reshape(std::initializer_list<int64_t> sizes) const {
  int64_t known = 1, open = 0;
  for (int64_t size : sizes) size == -1 ? ++open : known *= size;
  if (open > 1) fail("reshape", "only one size may be -1");
  std::vector<int64_t> found(sizes);
  for (int64_t& size : found)
    if (size == -1) {
      if (known == 0 || numel() % known)
        fail("reshape", "shape ", shape(), " has ", numel(), " elements, not a multiple of ", known);
      size = numel() / known;
    }
  return elbow::reshape(*this, Shape(found));
}

void Tensor::mark_written(const char* writer) {
  Body& body = checked(writer);
  ++body.storage->version;
  body.storage->last_writer = writer;
}

void Tensor::fill_(double value) {
  if (device() != Device::cpu)
    backend(device()).fill(*this, value);
  else
    dispatch(dtype(), [&]<class T>() { std::fill_n(data<T>(), numel(), static_cast<T>(value)); });
  mark_written("fill_");
}

void Tensor::copy_(const Tensor& source) {
  if (!(source.shape() == shape()) || source.dtype() != dtype())
    fail("copy_", "from ", name_of(source.dtype()), " ", source.shape(), " to ", name_of(dtype()), " ",
         shape());
  copy_elements(source, *this);
  mark_written("copy_");
}

Tensor& Tensor::set_requires_grad(bool value) {
  Body& body = checked("set_requires_grad");
  if (body.node >= 0)
    fail("set_requires_grad", "only leaves may ask for it; this tensor was computed: detach() it first");
  body.requires_grad = value;
  return *this;
}

Tensor Tensor::grad() const {
  Body& body = checked("grad");
  if (std::exchange(body.grad_is_zero, false)) body.grad.fill_(0);
  return body.grad;
}

Tensor& Tensor::zero_grad() {
  Body& body = checked("zero_grad");
  body.grad_is_zero = bool(body.grad);
  return *this;
}

void Tensor::set_grad(const Tensor& grad) {
  Body& body = checked("set_grad");
  if (grad && (!(grad.shape() == shape()) || grad.dtype() != dtype()))
    fail("set_grad", "a gradient of ", name_of(grad.dtype()), " ", grad.shape(), " for a tensor of ",
         name_of(dtype()), " ", shape());
  body.grad = grad;
  body.grad_is_zero = false;
}

bool Tensor::tracked() const {
  const Body& body = checked("tracked");
  return body.requires_grad || body.node >= 0;
}

void Tensor::backward() const { Tape::current("backward").backward(*this); }

}  // namespace elbow
