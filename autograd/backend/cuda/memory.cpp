#include "autograd/backend/cuda/memory.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <new>
#include <unordered_map>

#include "autograd/backend/cuda/runtime.hpp"
#include "autograd/memory.hpp"

namespace elbow::cuda {

// Free blocks by their size.
struct Pool {
  std::multimap<size_t, void*> free;
  bool open = true;    // whether what is released comes back here
  int64_t in_use = 0;  // blocks that are handed out
};

namespace {

std::mutex mutex;
Pool& common_pool() {
  static Pool& pool = *new Pool;  // never destroyed: a static tensor may die late
  return pool;
}
Pool* current = nullptr;  // of the PrivatePool that lives, if one does
struct Home {
  Pool* pool;
  size_t bytes;
};
std::unordered_map<void*, Home>& homes() {
  static auto& map = *new std::unordered_map<void*, Home>;
  return map;
}

void free_all(Pool& pool) {
  for (const auto& [bytes, block] : pool.free) {
    runtime::release(block);
    homes().erase(block);
  }
  pool.free.clear();
}

int64_t free_on_card() {
  const auto cards = runtime::cards();
  return cards.empty() ? 0 : cards[size_t(runtime::card_in_use())].free_bytes;
}

void* take(Pool& pool, size_t bytes) {
  if (const auto found = pool.free.find(bytes); found != pool.free.end()) {
    void* block = found->second;
    pool.free.erase(found);
    return block;
  }
  void* block = runtime::allocate(bytes);
  if (!block && !runtime::Graph::recording()) {
    free_all(common_pool());
    block = runtime::allocate(bytes);
  }
  if (!block)
    fail(DeviceWork::current(), "out of memory on the GPU: ", bytes, " bytes requested, ", free_on_card(),
         " free");
  homes()[block] = {&pool, bytes};
  return block;
}

}  // namespace

Storage* new_storage(size_t bytes) {
  const std::lock_guard lock(mutex);
  const size_t each = pool_bytes(std::max<size_t>(bytes, 256)), all = each * size_t(models());
  Pool& pool = current ? *current : common_pool();
  void* block = take(pool, all);
  ++pool.in_use;
  runtime::unset(block, all);
  Storage* storage = new Storage{1, 0, "", bytes};
  storage->on_device = block;
  storage->device = Device::cuda;
  storage->models = models();
  storage->model_bytes = models() > 1 ? int64_t(each) : 0;
  return storage;
}

void release_storage(Storage* storage) {
  const std::lock_guard lock(mutex);
  const Home home = homes().at(storage->on_device);
  home.pool->free.emplace(home.bytes, storage->on_device);
  --home.pool->in_use;
  if (!home.pool->open && home.pool->in_use == 0) {
    free_all(*home.pool);
    delete home.pool;
  }
  delete storage;
}

int64_t free_bytes() {
  const std::lock_guard lock(mutex);
  int64_t bytes = free_on_card();
  for (const auto& [size, block] : common_pool().free) bytes += int64_t(size);
  return bytes;
}

PrivatePool::PrivatePool() : pool_(new Pool) {
  const std::lock_guard lock(mutex);
  current = pool_;
}
void PrivatePool::close() {
  const std::lock_guard lock(mutex);
  if (current == pool_) current = nullptr;
}
PrivatePool::~PrivatePool() {
  close();
  const std::lock_guard lock(mutex);
  pool_->open = false;
  free_all(*pool_);
  if (pool_->in_use == 0) delete pool_;
}

}  // namespace elbow::cuda
