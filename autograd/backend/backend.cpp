#include "autograd/backend/backend.hpp"

#include <cstring>
#include <utility>

#include "autograd/kernels/gemm/gemm.hpp"

#if ELBOW_CUDA
#include "autograd/backend/cuda/cuda_backend.hpp"
#include "autograd/backend/cuda/runtime.hpp"
#else
#define ELBOW_CUDA 0
#endif

namespace elbow {

bool built_with_cuda() { return ELBOW_CUDA; }

std::vector<Card> cards() {
#if ELBOW_CUDA
  return cuda::runtime::cards();
#else
  return {};
#endif
}

std::vector<std::string> card_ids() {
#if ELBOW_CUDA
  return cuda::runtime::card_ids();
#else
  return {};
#endif
}

void use_card(int index) {
  const int64_t count = int64_t(card_ids().size());
  if (index < 0 || index >= count)
    fail("cuda", "there is no card ", index, ": this machine shows ", count, " of them");
#if ELBOW_CUDA
  cuda::runtime::use_card(index);
#endif
}

int card_in_use() {
#if ELBOW_CUDA
  return cuda::runtime::card_in_use();
#else
  return 0;
#endif
}

Backend& backend(Device device) {
  if (device == Device::cpu) fail("backend", "the CPU needs none");
#if ELBOW_CUDA
  return cuda::the_backend();
#else
  fail("cuda", "this build has no CUDA backend: use --device cpu, or build with CUDA=1");
#endif
}

namespace {
Device device_of_experiments = Device::cpu;
bool tf32 = false;
int model_count = 1;
}  // namespace

int models() { return model_count; }
Models::Models(int count) : before_(std::exchange(model_count, count)) {}
Models::~Models() { model_count = before_; }

Device default_device() { return device_of_experiments; }

void set_default_device(Device device) {
  if (device != Device::cpu) backend(device);  // says what is missing
  device_of_experiments = device;
}

bool tf32_allowed() { return tf32; }

void allow_tf32() {
  if (default_device() == Device::cpu) fail("tf32", "only a GPU rounds to TF32: use it with --device cuda");
  tf32 = true;
}

Device device_named(const std::string& name) {
  for (const Device device : {Device::cpu, Device::cuda})
    if (name == name_of(device)) return device;
  fail("device", "there is none named ", name, "; there are cpu and cuda");
}

void copy_elements(const Tensor& from, Tensor& to) {
  if (from.numel() == 0) return;
  const bool from_cpu = from.device() == Device::cpu, to_cpu = to.device() == Device::cpu;
  if (from_cpu && to_cpu)
    std::memmove(to.body()->data, from.body()->data, size_t(from.numel()) * bytes_of(from.dtype()));
  else if (from_cpu)
    backend(to.device()).upload(from.body()->data, to);
  else if (to_cpu)
    backend(from.device()).download(from, to.body()->data, 0);
  else
    backend(to.device()).copy(from, to);
}

void check_environment() { gemm_backend(); }

}  // namespace elbow
