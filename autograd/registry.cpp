#include "autograd/registry.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "autograd/alias.hpp"
#include "autograd/kernels/broadcast.hpp"
#include "autograd/op.hpp"
#include "autograd/random.hpp"
#include "autograd/samples.hpp"
#include "base/error.hpp"

namespace elbow {
namespace {

// f(inputs) for tensors in a vector.
template <class F> auto with_inputs(const std::vector<Tensor>& tensors, F f) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& t : tensors) pointers.push_back(&t);
  return f(ops::Inputs{pointers.data(), pointers.size()});
}

void make_one_hot(const InputSpec& spec, double* x) {
  const int64_t n = spec.shape[spec.shape.rank() - 1], rows = n ? spec.shape.numel() / n : 0;
  for (int64_t row = 0; row < rows; ++row) {
    const double u = (x[row * n] - spec.lo) / (spec.hi - spec.lo);
    for (int64_t i = 0; i < n; ++i) x[row * n + i] = i == std::min<int64_t>(n - 1, int64_t(u * double(n)));
  }
}

// The elements keep their order, and lie evenly between lo and hi; at least 0.05 apart.
void make_distinct(const InputSpec& spec, double* x) {
  const size_t n = size_t(spec.shape.numel());
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return x[a] < x[b]; });
  const double step = std::max(0.05, (spec.hi - spec.lo) / double(std::max<size_t>(n, 1)));
  for (size_t i = 0; i < n; ++i) x[order[i]] = spec.lo + step * (double(i) + 0.5);
}

// Each matrix x [n,n] of [...,n,n] becomes x x^T / n + 1.
void make_positive_definite(const InputSpec& spec, double* x) {
  const int64_t n = spec.shape[spec.shape.rank() - 1];
  for (const double* end = x + spec.shape.numel(); x != end; x += n * n) {
    const std::vector<double> a(x, x + n * n);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j)
        x[i * n + j] =
            double(i == j) +
            std::inner_product(&a[size_t(i * n)], &a[size_t(i * n)] + n, &a[size_t(j * n)], 0.0) / double(n);
  }
}

}  // namespace

Tensor AnyOp::operator()(const std::vector<Tensor>& inputs) const {
  return with_inputs(inputs, [&](ops::Inputs in) { return ops::apply_op(*rule, settings.get(), in); });
}

Tensor AnyOp::operator()(const Tensor& x) const {
  const Tensor* in[] = {&x};
  return ops::apply_op(*rule, settings.get(), {in, 1});
}

void OpSample::reference(const std::vector<Tensor>& inputs, double* y) const {
  with_inputs(inputs, [&](ops::Inputs in) { reference_function(call.settings.get(), in, y); });
}

double OpSample::formula(int input, DType dtype, const double* x, double gy) const {
  return formula_function(call.settings.get(), input, dtype, x, gy);
}

namespace {

// The element-wise ops of one tensor by name; listed once, since all_ops() makes every sample of every op.
const std::map<std::string, AnyOp>& unary_ops() {
  static const std::map<std::string, AnyOp> ops = [] {
    std::map<std::string, AnyOp> unary;
    for (const OpInfo& op : all_ops())
      if (op.arity == 1) unary[op.name] = op.op;
    return unary;
  }();
  return ops;
}

}  // namespace

AnyOp unary_op(const std::string& name) {
  const auto found = unary_ops().find(name);
  return found == unary_ops().end() ? AnyOp{} : found->second;
}

std::vector<std::string> unary_op_names() {
  std::vector<std::string> names;
  for (const auto& [name, op] : unary_ops()) names.push_back(name);
  return names;
}

std::vector<Tensor> draw_inputs(const std::vector<InputSpec>& specs, const std::vector<double>& kinks,
                                uint64_t seed, DType dtype) {
  std::vector<Tensor> inputs;
  uint64_t step = 0;
  for (const InputSpec& spec : specs) {
    Tensor t = uniform({seed, 0, step++}, spec.shape, spec.lo, spec.hi, DType::float64);
    double* x = t.data<double>();
    if (spec.is_one_hot) make_one_hot(spec, x);
    if (spec.is_distinct) make_distinct(spec, x);
    if (spec.is_positive_definite) make_positive_definite(spec, x);
    if (spec.is_binary)
      for (int64_t i = 0; i < t.numel(); ++i) x[i] = x[i] < (spec.lo + spec.hi) / 2 ? 0 : 1;
    for (double kink : kinks)
      for (int64_t i = 0; i < t.numel(); ++i)
        if (std::abs(x[i] - kink) < 0.05) x[i] = kink + (x[i] < kink ? -0.05 : 0.05);
    inputs.push_back(copy_of(t, dtype));
  }
  return inputs;
}

namespace ops {

void elementwise_reference(OpSample::Formula formula, const void* op, int arity, Inputs in, double* y) {
  constexpr size_t most = 3;
  const Shape scalar, shape = elementwise_shape("reference", in);
  std::array<const Shape*, most> shapes{&scalar, &scalar, &scalar};
  for (size_t j = 0; j < size_t(arity); ++j) shapes[j] = &in[j].shape();
  if (shape.numel() == 0) return;
  const BroadcastWalk<most> walk(shape, shapes);
  for (int64_t row = 0; row < walk.rows(); ++row) {
    const auto at = walk.offsets(row);
    for (int64_t i = 0; i < walk.inner_size(); ++i) {
      double x[most];
      for (size_t j = 0; j < size_t(arity); ++j) x[j] = in[j].data<double>()[at[j] + i * walk.inner_stride(j)];
      y[row * walk.inner_size() + i] = formula(op, -1, DType::float64, x, 0);
    }
  }
}

void SampleList::add_sample(std::vector<OpSample>& list, AnyOp op, std::vector<InputSpec> inputs,
                            const std::string& note) {
  OpSample sample{note, std::move(inputs), std::move(op), reference_, formula_};
  for (const InputSpec& i : sample.inputs) sample.note += str(sample.note.empty() ? "" : " ", i.shape);
  list.push_back(std::move(sample));
}

void SampleList::add_refusal(AnyOp op, std::vector<InputSpec> inputs, const std::string& message) {
  info_.refusals.push_back({message, std::move(inputs), std::move(op)});
}

void SampleList::add_value(AnyOp op, std::vector<double> inputs, double output) {
  info_.values.push_back({std::move(op), std::move(inputs), output});
}

}  // namespace ops
namespace {

constexpr const char* introduction = R"(# Ops

All ops, as the registry lists them. `make docs` writes this page from what the files in `autograd/ops` say of
themselves; do not edit it. How to add one: [adding-an-op.md](adding-an-op.md).

An op is called as a free function of `autograd/ops.hpp`, declared at the top of its file. **Settings** are parameters
that are not tensors: axes, a slope, a reduction. All ops can be differentiated as often as one likes, but for those that
say "not recorded": the comparisons, whose derivative is 0, and `principal_axes`.
)";

struct Group {
  const char *kind, *title, *text;
};
constexpr Group groups[] = {
    {"unary", "Element-wise, one tensor", ""},
    {"binary", "Element-wise, two tensors", "The shapes are broadcast against each other, as in NumPy.\n\n"},
    {"ternary", "Element-wise, three tensors", "The shapes are broadcast against each other, as in NumPy.\n\n"},
    {"structured", "The others",
     "They look at more than one element at a time. The losses among them refuse to broadcast.\n\n"},
};

// A bar would end the cell of a table.
std::string cell(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

}  // namespace

std::string op_page(const std::vector<OpInfo>& ops) {
  std::string page = introduction;
  for (const Group& group : groups) {
    page += str("\n## ", group.title, "\n\n", group.text, "| Op | | Settings |\n|---|---|:-:|\n");
    for (const OpInfo& op : ops)
      if (op.kind == group.kind)
        page += str("| [`", op.name, "`](../autograd/ops/", op.name, ".cpp) | ", cell(op.doc), " | ",
                    op.has_settings ? "yes" : "", " |\n");
  }
  return page;
}

}  // namespace elbow
