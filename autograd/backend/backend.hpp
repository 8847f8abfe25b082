#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/backend/training_work.hpp"
#include "autograd/random.hpp"
#include "autograd/tensor.hpp"

// What a device other than the CPU does for tensors. The rest of the library speaks to it through this table; the kernels of
// the ops are found through OpRule::device. autograd/backend/cuda/ implements it.
namespace elbow {

/// A card, as `elbow info` lists it.
struct Card {
  std::string name;
  int64_t bytes = 0, free_bytes = 0;  ///< of its memory; free ones of the card in use
  int multiprocessors = 0;
};

class Recording;

/// Memory of a device and copies to and from it. All work is queued and done in order: only
/// download() and synchronize() wait.
class Backend {
 public:
  virtual ~Backend() = default;
  /// Memory for `bytes` bytes of elements, unset. Throws, naming the op, the requested and the free bytes, when there
  /// is none.
  virtual Storage* new_storage(size_t bytes) = 0;
  virtual void release(Storage* storage) = 0;
  /// How much memory could be had now, what was released and not yet handed out again included.
  virtual int64_t free_bytes() = 0;

  /// `to` = numel elements at `from` on the host, which may be changed at once; of several models trained together, those of
  /// one, or of all.
  static constexpr int all_models = -1;
  virtual void upload(const void* from, Tensor& to, int model = all_models) = 0;
  /// The elements of `from`, of model `model` where several are trained together, to the host.
  virtual void download(const Tensor& from, void* to, int model) = 0;
  /// Memory of the host which the device copies from and to by itself: the quickest for large tensors.
  virtual std::shared_ptr<void> host_memory(size_t bytes) = 0;
  /// upload() from such memory, which must stay as it is until the device has fetched it.
  virtual void upload_in_place(const void* from, Tensor& to, int model = all_models) = 0;
  /// to = from and to += from, of the same dtype and number of elements, both on the device.
  virtual void copy(const Tensor& from, Tensor& to) = 0;
  virtual void add(const Tensor& from, Tensor& to) = 0;
  virtual void fill(Tensor& to, double value) = 0;
  /// The distributions of random.hpp: all elements of `to` from the sequence that `key` names.
  virtual void draw_uniform(const RandomKey& key, Tensor& to, double lo, double hi) = 0;
  virtual void draw_normal(const RandomKey& key, Tensor& to, double mean, double stddev) = 0;
  virtual void draw_bernoulli(const RandomKey& key, Tensor& to, double p) = 0;
  virtual void synchronize() = 0;

  // The work of a training step that is not ops: see training_work.hpp.
  virtual void advance(const StepTable& table) = 0;
  virtual void gather_batch(const BatchWork& work) = 0;
  virtual void record_losses(const LossRecord& record) = 0;
  virtual void adam(const AdamWork& work) = 0;
  virtual void sgd(const SgdWork& work) = 0;
  virtual void clip(Tensor& gradients, double limit, Tensor& norm) = 0;
  /// The work that f queues, recorded instead of run. Its memory stays reserved as long as the recording lives.
  virtual std::unique_ptr<Recording> record(const std::function<void()>& f) = 0;
};

/// Recorded work, which can be run any number of times.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void run() const = 0;
  /// How many kernels and copies it launches.
  virtual int64_t launches() const = 0;
};

/// Whether this build can compute on a GPU, and on which of the machine: none where there is no card, or no driver.
bool built_with_cuda();
std::vector<Card> cards();
/// What tells these cards from all others, in their order.
std::vector<std::string> card_ids();
/// From here on this process computes on card `index` of them; before that is called, on card 0. To be called before any work is
/// queued. Throws when there is no such card.
void use_card(int index);
int card_in_use();

/// The backend of `device`. Throws when this build has none, or the machine has no such device.
Backend& backend(Device device);

/// Where new experiments compute, unless they say otherwise; the CPU at first. Setting it throws as backend() does.
Device default_device();
void set_default_device(Device device);
/// Whether large float32 products on the default device may round their factors to 10 bits (TF32), as a GPU's tensor cores take
/// them; they may not at first. Allowing it throws where the default device has no such thing.
bool tf32_allowed();
void allow_tf32();
/// "cpu" or "cuda"; throws for any other name.
Device device_named(const std::string& name);

/// `to` = `from`, of the same dtype and number of elements, between any two devices.
void copy_elements(const Tensor& from, Tensor& to);

/// While one lives, messages about the device's memory and kernels name this op.
class DeviceWork {
 public:
  explicit DeviceWork(const char* op) : before_(std::exchange(op_, op)) {}
  ~DeviceWork() { op_ = before_; }
  DeviceWork(const DeviceWork&) = delete;
  DeviceWork& operator=(const DeviceWork&) = delete;
  static const char* current() { return op_; }

 private:
  static inline constinit thread_local const char* op_ = "cuda";  // where no op is at work
  const char* before_;
};

/// How many models are trained together: each block of a device's memory is larger by that factor, and every kernel runs
/// once for each model, on its own part (backend/cuda/kernels.hpp: Ptr). 1 unless a Models lives.
int models();

/// Several models of one architecture at once: what is made and launched while one lives is made and launched for each of
/// them. Shapes do not show it; Backend::upload and download say which model is meant. One thread, and the GPU only.
class Models {
 public:
  explicit Models(int count);
  ~Models();
  Models(const Models&) = delete;
  Models& operator=(const Models&) = delete;

 private:
  int before_;
};

/// Reads the environment variables that autograd knows (ELBOW_GEMM) and throws for a value that it does not, so that a
/// program can refuse it at the start and not in the middle.
void check_environment();

}  // namespace elbow
