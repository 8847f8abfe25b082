// How an op runs.
#include "autograd/backend/backend.hpp"
#include "autograd/checks.hpp"
#include "autograd/op.hpp"
#include "autograd/op_observer.hpp"
#include "autograd/profile.hpp"

namespace elbow::ops {
namespace {

void check_inputs(const OpRule& rule, Inputs in) {
  if (rule.arity >= 0) require_inputs(rule.name, in, size_t(rule.arity));
  if (in.size() == 0) fail(rule.name, "needs at least one tensor");
  for (size_t i = 0; i < in.size(); ++i) {
    if (!in[i]) fail(rule.name, "input ", i, " is an undefined tensor");
    if (in[i].dtype() != in[0].dtype())
      fail(rule.name, "input 0 is ", name_of(in[0].dtype()), " and input ", i, " is ", name_of(in[i].dtype()),
           ": convert one with to()");
    if (in[i].device() != in[0].device())
      fail(rule.name, "input 0 is on ", name_of(in[0].device()), " and input ", i, " on ",
           name_of(in[i].device()));
  }
}

}  // namespace

Tensor apply_op(const OpRule& rule, const void* op, Inputs in) {
  const Timed timed(rule.name, Work::forward);
  check_inputs(rule, in);
  Tape* tape = rule.backward ? Tape::recording(rule.name, in) : nullptr;
  const DeviceWork named(rule.name);
  Tensor y = rule.output(op, in);
  ForwardContext context(in, y, tape != nullptr);
  kernel_of(rule, y.device(), &OpRule::forward, &DeviceKernels::forward)(op, context);
  if (checking()) {
    for (size_t i = 0; i < in.size(); ++i) check(in[i], rule.name, "input");
    check(y, rule.name, "output");
  }
  if (tape) tape->record(rule, op, in, context.saved(), context.n_saved(), y);
  if (OpObserver* observer = OpObserver::current()) [[unlikely]]
    observer->applied(rule, op, in, y);
  return y;
}

}  // namespace elbow::ops
