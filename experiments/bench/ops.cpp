#include "experiments/bench/bench.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <vector>

#include "autograd/backend/backend.hpp"
#include "autograd/memory.hpp"
#include "autograd/registry.hpp"
#include "autograd/tape.hpp"
#include "base/parallel.hpp"
#include "base/stopwatch.hpp"

namespace elbow {
namespace {

/// What one op is timed on.
struct Subject {
  const OpInfo& op;
  OpSample sample;
  std::vector<Tensor> inputs;
  int64_t elements = 0;  // of the largest tensor that goes in or comes out
  double bytes = 0;      // read and written by the forward pass, each tensor once; 0: nothing is
  // Of a matrix product or a convolution, and of each of its two gradients; 0 for the others, which are bound by memory
  // or by function calls.
  double flops = 0;
  Tensor seed;

  Subject(const OpInfo& op, const OpSample& sample, DType dtype)
      : op(op), sample(sample), inputs(draw_inputs(sample.inputs, op.kinks, 1, dtype)) {
    for (Tensor& input : inputs) input = input.to(default_device());
    const Tensor y = sample.call(inputs);
    seed = Tensor::ones(y.shape(), y.dtype(), y.device());
    elements = y.numel();
    bytes = double(y.numel()) * double(bytes_of(dtype));
    for (size_t i = 0; i < inputs.size(); ++i) {
      inputs[i].set_requires_grad(!sample.inputs[i].is_constant);
      elements = std::max(elements, inputs[i].numel());
      bytes += double(inputs[i].numel()) * double(bytes_of(dtype));
    }
    if (y.body()->storage == inputs[0].body()->storage) bytes = 0;  // a view
    if (op.name == "matmul" || op.name == "linear") flops = 2.0 * double(y.numel()) * double(inputs[0].size(1));
    if (op.name == "conv2d") flops = 2.0 * double(y.numel() / y.size(1)) * double(inputs[1].numel());
    if (op.name == "conv_transpose2d")
      flops = 2.0 * double(inputs[0].numel() / inputs[0].size(1)) * double(inputs[1].numel());
  }
  void forward() const {
    const NoGrad no_grad;
    sample.call(inputs);
  }
  void both() const {
    Tape tape;
    const Tensor y = sample.call(inputs);
    if (op.has_derivative) tape.backward(y, seed);
  }
  /// Forward, and the gradient of that input alone.
  void gradient_of(size_t input) const {
    std::vector<Tensor> leaves;
    for (const Tensor& t : inputs) leaves.push_back(t.detach());
    leaves[input].set_requires_grad();
    Tape tape;
    tape.backward(sample.call(leaves), seed);
  }
};

struct Timing {
  double seconds;      // of one call, the median over the samples
  double allocations;  // blocks asked of the system by one call, after the warm-up
};

// Until a device has done what is queued.
void wait_for_device() {
  if (default_device() != Device::cpu) backend(default_device()).synchronize();
}

template <class F> Timing time_of(const BenchOpsOptions& options, F f) {
  for (int i = 0; i < 3; ++i) f();  // buffers, page faults, thread teams
  wait_for_device();
  Stopwatch watch;
  f();
  wait_for_device();
  const int calls = std::max(1, int(options.sample_us * 1e-6 / std::max(watch.seconds(), 1e-9)));
  std::vector<double> seconds;
  const int64_t allocations = memory_statistics().system_allocations;
  for (int r = 0; r < options.repeats; ++r) {
    watch.restart();
    for (int i = 0; i < calls; ++i) f();
    wait_for_device();
    seconds.push_back(watch.seconds() / calls);
  }
  const auto middle = seconds.begin() + std::ptrdiff_t(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return {*middle, double(memory_statistics().system_allocations - allocations) / (calls * options.repeats)};
}

void line(const Subject& s, const BenchOpsOptions& options, std::ostream& out) {
  const Timing forward = time_of(options, [&] { s.forward(); }), both = time_of(options, [&] { s.both(); });
  const double per_element = 1e9 / double(std::max<int64_t>(1, s.elements));
  const double rate = (s.flops > 0 ? s.flops : s.bytes) / forward.seconds * 1e-9;
  const char* const unit = s.flops > 0 ? "GFLOP/s" : "GB/s";
  const double allocations = forward.allocations + both.allocations;
  std::vector<double> gradients;  // seconds for each factor's, without the forward
  for (size_t i = 0; i < 2 && s.flops > 0; ++i)
    gradients.push_back(time_of(options, [&] { s.gradient_of(i); }).seconds - forward.seconds);
  if (options.json) {
    out << "{\"op\":\"" << s.op.name << "\",\"sample\":\"" << s.sample.note << "\",\"device\":\""
        << name_of(default_device()) << "\",\"forward_us\":" << forward.seconds * 1e6
        << ",\"forward_backward_us\":" << both.seconds * 1e6
        << ",\"ns_per_element\":" << forward.seconds * per_element << ",\""
        << (s.flops > 0 ? "gflops" : "gb_per_s") << "\":" << rate << ",\"allocations\":" << allocations;
    for (size_t i = 0; i < gradients.size(); ++i) out << ",\"gradient_" << i << "_us\":" << gradients[i] * 1e6;
    out << "}" << std::endl;
    return;
  }
  out << "  " << std::left << std::setw(26) << s.op.name << std::setw(32) << s.sample.note << std::right
      << std::fixed << std::setprecision(2) << std::setw(10) << forward.seconds * 1e6 << std::setw(10)
      << both.seconds * 1e6 << std::setprecision(3) << std::setw(10) << forward.seconds * per_element
      << std::setw(10) << both.seconds * per_element << std::setprecision(1) << std::setw(9) << rate << ' '
      << std::left << std::setw(8) << unit << std::right << std::setprecision(2) << std::setw(6) << allocations
      << std::endl;
  for (size_t i = 0; i < gradients.size(); ++i)
    out << "  " << std::left << std::setw(26) << "" << std::setw(32) << str("  gradient of input ", i, " alone")
        << std::right << std::setw(20) << gradients[i] * 1e6 << std::setprecision(1) << std::setw(29)
        << s.flops / gradients[i] * 1e-9 << ' ' << unit << std::setprecision(2) << std::endl;
}

/// The sizes that an op names, or the size of a wide hidden layer.
std::vector<OpSample> subjects_of(const OpInfo& op) {
  if (!op.benchmarks.empty() || op.arity < 0) return op.benchmarks;
  OpSample sample = op.samples.front();
  sample.note = "";
  for (InputSpec& input : sample.inputs) {
    input.shape = {64, 512};
    sample.note += str(sample.note.empty() ? "" : " ", input.shape);
  }
  return {sample};
}

}  // namespace

void bench_ops(const BenchOpsOptions& options, std::ostream& out) {
  std::vector<OpInfo> ops = all_ops();
  if (!options.only.empty()) {
    std::erase_if(ops, [&](const OpInfo& op) { return op.name != options.only; });
    if (ops.empty()) fail("bench ops", "there is no op named ", options.only, "; docs/ops.md lists them");
  }
  const DType dtype = options.float64 ? DType::float64 : DType::float32;
  const int threads_before = num_threads();
  set_num_threads(options.threads);
  if (!options.json)
    out << "ops, " << name_of(dtype) << ", "
        << (default_device() == Device::cpu ? str(options.threads, " thread(s)") : name_of(default_device()))
        << ", median of " << options.repeats << "; backward: forward with the tape and backward\n  "
        << std::left << std::setw(58) << "op" << std::right << std::setw(10) << "forward" << std::setw(10)
        << "backward" << std::setw(10) << "forward" << std::setw(10) << "backward" << std::setw(18) << "forward"
        << std::setw(6) << "alloc"
        << "\n  " << std::setw(68) << "us" << std::setw(10) << "us" << std::setw(10) << "ns/elem"
        << std::setw(10) << "ns/elem" << '\n';
  for (const OpInfo& op : ops)
    for (const OpSample& sample : subjects_of(op)) line(Subject(op, sample, dtype), options, out);
  set_num_threads(threads_before);
}

}  // namespace elbow
