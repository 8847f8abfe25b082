#include "autograd/backend/cuda/cuda_backend.hpp"

#include "autograd/backend/cuda/arrays.hpp"
#include "autograd/backend/cuda/memory.hpp"
#include "autograd/backend/cuda/runtime.hpp"
#include "autograd/backend/cuda/training_work.hpp"

namespace elbow::cuda {
namespace {

size_t bytes_in(const Tensor& t) { return size_t(t.numel()) * bytes_of(t.dtype()); }

// f(where the elements of `t` lie) for that model, or for all; for none where there are no elements.
template <class F> void for_each_model(const Tensor& t, int model, F f) {
  const Storage& storage = *t.body()->storage;
  for (int m = 0; m < storage.models && t.numel() > 0; ++m)
    if (model == Backend::all_models || model == m)
      f(static_cast<char*>(t.body()->data) + m * storage.model_bytes);
}

// The pool stays reserved as long as the graph that writes to it.
class CudaRecording : public Recording {
 public:
  explicit CudaRecording(const std::function<void()>& f) {
    runtime::Graph::begin();
    try {
      f();
    } catch (...) {
      runtime::Graph::abandon();
      throw;
    }
    graph_ = runtime::Graph::end();
    pool_.close();
  }
  void run() const override { graph_.launch(); }
  int64_t launches() const override { return graph_.nodes(); }

 private:
  PrivatePool pool_;
  runtime::Graph graph_;
};

class CudaBackend : public Backend {
 public:
  Storage* new_storage(size_t bytes) override { return cuda::new_storage(bytes); }
  void release(Storage* storage) override { release_storage(storage); }
  int64_t free_bytes() override { return cuda::free_bytes(); }

  void upload(const void* from, Tensor& to, int model) override {
    for_each_model(to, model, [&](void* part) { runtime::upload(part, from, bytes_in(to)); });
  }
  void download(const Tensor& from, void* to, int model) override {
    const Storage& storage = *from.body()->storage;
    if (model < 0 || model >= storage.models) fail("download", "model ", model, " of ", storage.models);
    if (from.numel() > 0)
      runtime::download(to, static_cast<char*>(from.body()->data) + model * storage.model_bytes,
                        bytes_in(from));
  }
  std::shared_ptr<void> host_memory(size_t bytes) override {
    return {runtime::allocate_on_host(bytes), runtime::release_on_host};
  }
  void upload_in_place(const void* from, Tensor& to, int model) override {
    for_each_model(to, model, [&](void* part) { runtime::upload_in_place(part, from, bytes_in(to)); });
  }
  void copy(const Tensor& from, Tensor& to) override {
    if (from.numel() == 0) return;
    const Storage &source = *from.body()->storage, &target = *to.body()->storage;
    runtime::copy(to.body()->data, size_t(target.model_bytes), from.body()->data, size_t(source.model_bytes),
                  {bytes_in(from), size_t(target.models)});
  }
  void add(const Tensor& from, Tensor& to) override { add_arrays(from, to); }
  void fill(Tensor& to, double value) override {
    if (to.numel() == 0) return;
    if (value != 0) return fill_array(to, value);
    const Storage& target = *to.body()->storage;
    runtime::clear(to.body()->data, size_t(target.model_bytes), {bytes_in(to), size_t(target.models)});
  }
  void draw_uniform(const RandomKey& key, Tensor& to, double lo, double hi) override {
    uniform_array(key, to, lo, hi);
  }
  void draw_normal(const RandomKey& key, Tensor& to, double mean, double stddev) override {
    normal_array(key, to, mean, stddev);
  }
  void draw_bernoulli(const RandomKey& key, Tensor& to, double p) override { bernoulli_array(key, to, p); }
  void synchronize() override { runtime::synchronize(); }
  void advance(const StepTable& table) override { cuda::advance(table); }
  void gather_batch(const BatchWork& work) override { cuda::gather_batch(work); }
  void record_losses(const LossRecord& record) override { cuda::record_losses(record); }
  void adam(const AdamWork& work) override { cuda::adam(work); }
  void sgd(const SgdWork& work) override { cuda::sgd(work); }
  void clip(Tensor& gradients, double limit, Tensor& norm) override { cuda::clip(gradients, limit, norm); }
  std::unique_ptr<Recording> record(const std::function<void()>& f) override {
    return std::make_unique<CudaRecording>(f);
  }
};

}  // namespace

Backend& the_backend() {
  static Backend& backend = []() -> Backend& {
    if (runtime::card_ids().empty())
      fail("cuda", "this machine has no NVIDIA GPU, or no driver for it: use --device cpu");
    install_all_kernels();
    return *new CudaBackend;  // never destroyed: a static tensor may die late
  }();
  return backend;
}

}  // namespace elbow::cuda
