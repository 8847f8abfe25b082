#pragma once
#include <boost/context/fiber.hpp>
#include <cstddef>

namespace elbow::cuda::emulator {

/// Something that runs on a stack of its own and now stands still: a fiber, or whoever has made it go on.
class Context {
 public:
  Context() = default;
  /// Calls body(), which never returns, when it goes on for the first time; `caller` is then the context that it came from.
  Context(void (*body)(), Context& caller);
  /// Goes on with it until it comes back here, and stands somewhere else.
  void go_on();
  explicit operator bool() const { return bool(standing_); }

 private:
  boost::context::fiber standing_;
  const void* bottom_ =
      nullptr;  // of its stack, for AddressSanitizer, which must know of each change of the stack
  size_t bytes_ = 0;
};

}  // namespace elbow::cuda::emulator
