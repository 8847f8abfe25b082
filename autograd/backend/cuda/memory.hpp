#pragma once
#include "autograd/backend/backend.hpp"
#include "autograd/tensor.hpp"

// Memory of the device, cached as that of the host is (autograd/memory.hpp): a released block is handed out again, in the
// stream's order, so that nothing needs to wait for it.
namespace elbow::cuda {

Storage* new_storage(size_t bytes);
void release_storage(Storage* storage);
/// What new_storage() could still hand out, in blocks of any size.
int64_t free_bytes();

/// While one lives, blocks are taken from a pool of its own, and stay there until it is gone: a graph that was recorded
/// meanwhile writes to them at every launch, so that nobody else may have them.
class PrivatePool {
 public:
  PrivatePool();
  ~PrivatePool();
  PrivatePool(const PrivatePool&) = delete;
  PrivatePool& operator=(const PrivatePool&) = delete;
  /// New blocks come from the common pool again; this one's stay reserved.
  void close();

 private:
  struct Pool* pool_;
};

}  // namespace elbow::cuda
