#pragma once
#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/backend/cuda/memory.hpp"
#include "autograd/backend/cuda/runtime.hpp"

namespace elbow::cuda {

/// Whole numbers of the host, copied to the device for kernels to read. Models that are trained together share one copy. It may
/// go as soon as the kernels are launched: the next owner of its memory comes later in the stream.
template <class T> class DeviceArray {
 public:
  explicit DeviceArray(std::span<const T> values) : count_(int64_t(values.size())) {
    const Models one(1);
    storage_ = new_storage(values.size_bytes());
    if (count_ > 0) runtime::upload(storage_->data(), values.data(), values.size_bytes());
  }
  ~DeviceArray() { release_storage(storage_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  Ptr<const T> in() const { return {static_cast<const T*>(storage_->data()), count_, 0}; }

 private:
  int64_t count_;
  Storage* storage_;
};

}  // namespace elbow::cuda
