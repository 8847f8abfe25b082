#include "autograd/checks.hpp"

#include <cmath>

#include "autograd/alias.hpp"
#include "autograd/memory.hpp"

namespace elbow {
namespace {

void set(detail::Check c, bool on) {
  if (on)
    detail::checks.fetch_or(c);
  else
    detail::checks.fetch_and(~unsigned(c));
}

}  // namespace

void set_check_nan(bool on) { set(detail::nan, on); }

void set_check_bounds(bool on) {
  set(detail::bounds, on);
  pool_guard(on);
}

void check(const Tensor& t, const char* where, const char* what) {
  if (!t) return;
  if (checking(detail::bounds) && t.device() == Device::cpu &&
      !pool_guard_intact(t.body()->storage, t.body()->storage->bytes))
    fail(where, "has written beyond its ", what, " of shape ", t.shape(), ": its shape() is too small");
  if (checking(detail::nan))
    dispatch(t.dtype(), [&]<class T>() {
      const Tensor on_host = on_cpu(t);
      const T* p = on_host.data<T>();
      for (int64_t i = 0; i < t.numel(); ++i)
        if (!std::isfinite(p[i])) fail(where, p[i], " in its ", what, " of shape ", t.shape(), ", element ", i);
    });
}

}  // namespace elbow
