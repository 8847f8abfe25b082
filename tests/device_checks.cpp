#include "tests/device_checks.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "autograd/alias.hpp"
#include "autograd/backend/backend.hpp"
#include "autograd/ops.hpp"
#include "tests/gradcheck.hpp"
#include "tests/sample_inputs.hpp"
#if ELBOW_CUDA_EMULATED
#include "autograd/backend/cuda/emulator/emulated.hpp"
#endif

namespace elbow::test {
namespace {

/// What one sample of an op gives, in one type on one device.
class Run {
 public:
  struct Result {
    std::string what;
    Tensor value;  // on the CPU; undefined when there is none
  };
  Run(const OpInfo& op, const OpSample& sample, DType dtype, Device device)
      : call_(sample.call), wanted_(wanted_inputs(op, sample)) {
    for (const Tensor& t : converted(inputs_of(op, sample), dtype)) {
      inputs_.push_back(t.to(device));
      before_.push_back(random_cotangent(t.shape(), dtype).to(device));
    }
    std::vector<Tensor> inputs = clones(inputs_);
    const Tensor y = call_(inputs);
    cotangent_ = random_cotangent(y.shape(), y.dtype()).to(y.device());
    keep("output", {y});
    keep("after the forward, input", inputs);
    if (std::find(wanted_.begin(), wanted_.end(), true) == wanted_.end()) return;
    first_gradients();
    gradients_of_shared_inputs();
    second_gradients();
  }
  const std::vector<Result>& results() const { return results_; }

 private:
  void keep(const std::string& what, const std::vector<Tensor>& tensors) {
    for (size_t k = 0; k < tensors.size(); ++k)
      results_.push_back({str(what, " ", k), tensors[k] ? on_cpu(tensors[k]) : Tensor()});
  }
  std::vector<Tensor> gradients(const Function& f, const std::vector<Tensor>& before = {}) const {
    return tape_gradients(f, inputs_, wanted_, cotangent_, before);
  }
  void first_gradients() {
    keep("gradient of input", gradients(call_));
    keep("gradient added to that of input", gradients(call_, before_));
    for (size_t k = 0; inputs_.size() > 1 && k < inputs_.size(); ++k) {
      std::vector<bool> only(inputs_.size());
      only[k] = wanted_[k];
      keep(str("gradient of input ", k, " alone"), tape_gradients(call_, inputs_, only, cotangent_));
    }
  }
  // Two ops, or two inputs of one, add to one gradient.
  void gradients_of_shared_inputs() {
    keep("gradient by two uses of input", gradients([&](const std::vector<Tensor>& inputs) {
           std::vector<Tensor> computed;
           for (size_t k = 0; k < inputs.size(); ++k)
             computed.push_back(wanted_[k] ? neg(neg(inputs[k])) : inputs[k]);
           return add(call_(computed), call_(computed));
         }));
    for (size_t j = 1; j < inputs_.size(); ++j)
      for (size_t i = 0; i < j; ++i) {
        if (!wanted_[i] || !wanted_[j] || !(inputs_[i].shape() == inputs_[j].shape())) continue;
        keep(str("one tensor as inputs ", i, " and ", j, ": gradient of input"),
             gradients([&](std::vector<Tensor> inputs) {
               inputs[i] = inputs[j];
               return call_(inputs);
             }));
      }
  }
  void second_gradients() {
    Tape tape;
    std::vector<Tensor> leaves = clones(inputs_);
    for (size_t k = 0; k < leaves.size(); ++k) leaves[k].set_requires_grad(wanted_[k]);
    const auto first = tape.gradient(call_(leaves), leaves, cotangent_);
    keep("gradient in ops of input", first);
    Tensor objective;
    for (size_t k = 0; k < leaves.size(); ++k) {
      if (!wanted_[k]) continue;
      const Tensor term = sum(mul(first[k], before_[k]));
      objective = objective ? add(objective, term) : term;
    }
    if (!objective.tracked()) return;
    tape.backward(objective);
    for (size_t k = 0; k < leaves.size(); ++k) keep(str("second gradient of input ", k), {leaves[k].grad()});
  }

  AnyOp call_;
  std::vector<bool> wanted_;
  std::vector<Tensor> inputs_, before_;
  Tensor cotangent_;
  std::vector<Result> results_;
};

// The largest difference, relative to the largest element; NaN when there is one.
double apart(const Tensor& got, const Tensor& want) {
  if (!got && !want) return 0;
  if (!got || !want || !(got.shape() == want.shape()) || got.dtype() != want.dtype()) return INFINITY;
  const std::vector<double> g = got.to_vector(), w = want.to_vector();
  double largest = 1e-3, worst = 0;
  for (double v : w) largest = std::max(largest, std::abs(v));
  for (size_t i = 0; i < g.size(); ++i) {
    const double d = std::abs(g[i] - w[i]) / largest;
    if (!(d <= worst)) worst = d;
    if (std::isnan(d)) break;
  }
  return worst;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return bool(a) == bool(b) &&
         (!a || std::memcmp(a.body()->data, b.body()->data, size_t(a.numel()) * bytes_of(a.dtype())) == 0);
}

// The runs on the device, which must all be the same: in each order in which the emulator can run threads, on a card twice.
std::vector<Run> runs_on_device(const OpInfo& op, const OpSample& sample, DType dtype) {
  std::vector<Run> runs;
#if ELBOW_CUDA_EMULATED
  using cuda::emulator::Order;
  for (Order order : {Order::forwards, Order::backwards, Order::shuffled}) {
    cuda::emulator::set_order(order);
    runs.emplace_back(op, sample, dtype, Device::cuda);
  }
#else
  for (int run = 0; run < 2; ++run) runs.emplace_back(op, sample, dtype, Device::cuda);
#endif
  return runs;
}

void check_sample(const OpInfo& op, const OpSample& sample, DType dtype, DeviceChecks& checks) {
  const auto failed = [&](const auto&... what) {
    checks.failures.push_back(str(op.name, ": ", sample.note, ", ", name_of(dtype), ": ", what...));
  };
  try {
    const Run cpu(op, sample, dtype, Device::cpu);
    const std::vector<Run> device = runs_on_device(op, sample, dtype);
    const double tolerance = dtype == DType::float64 ? 1e-12 : 2e-5;
    for (size_t r = 0; r < cpu.results().size(); ++r) {
      const auto& [what, want] = cpu.results()[r];
      const Tensor& got = device[0].results().at(r).value;
      const double off = apart(got, want);
      if (!(off <= tolerance)) failed(what, " is off by ", off);
      for (const Run& again : device)
        if (!same_bits(again.results().at(r).value, got)) failed(what, " has other bits at another run");
      ++checks.compared;
    }
  } catch (const std::exception& e) { failed(e.what()); }
}

}  // namespace

std::string why_no_device() {
  try {
    backend(Device::cuda);
    return "";
  } catch (const Error& e) { return e.what(); }
}

DeviceChecks check_device_ops(bool large) {
  DeviceChecks checks;
  for (const OpInfo& op : ops_to_test()) {
    std::vector<OpSample> samples = op.samples;
    if (large) samples.insert(samples.end(), op.benchmarks.begin(), op.benchmarks.end());
    for (const OpSample& sample : samples)
      for (DType dtype : {DType::float64, DType::float32}) check_sample(op, sample, dtype, checks);
  }
  return checks;
}

}  // namespace elbow::test
