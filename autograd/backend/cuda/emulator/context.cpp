#include "autograd/backend/cuda/emulator/context.hpp"

#include <boost/context/protected_fixedsize_stack.hpp>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace elbow::cuda::emulator {

Context::Context(void (*body)(), Context& caller) {
  boost::context::protected_fixedsize_stack stacks(size_t{128} << 10);
  const boost::context::stack_context stack = stacks.allocate();
  bytes_ = stack.size;
  bottom_ = static_cast<char*>(stack.sp) - stack.size;
  const auto run = [body, &caller](boost::context::fiber&& from) {
    caller.standing_ = std::move(from);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(nullptr, &caller.bottom_, &caller.bytes_);
#endif
    body();
    return boost::context::fiber();
  };
  standing_ = boost::context::fiber(std::allocator_arg,
                                    boost::context::preallocated(stack.sp, stack.size, stack), stacks, run);
}

void Context::go_on() {
#ifdef __SANITIZE_ADDRESS__
  void* own = nullptr;
  __sanitizer_start_switch_fiber(&own, bottom_, bytes_);
  standing_ = std::move(standing_).resume();
  __sanitizer_finish_switch_fiber(own, &bottom_, &bytes_);
#else
  standing_ = std::move(standing_).resume();
#endif
}

}  // namespace elbow::cuda::emulator
