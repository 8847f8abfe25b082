#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

// The emulated card: a stream of work that runs when somebody waits for it, and kernels whose threads are run one at a time.
namespace elbow::cuda::emulator {

/// The order in which the blocks of a kernel run, and between two barriers the threads of a block. A kernel without races gives
/// the same bits in all of them. The environment variable ELBOW_EMULATED_ORDER sets the first.
enum class Order { forwards, backwards, shuffled };
void set_order(Order order);

/// Appends to the stream, or to the graph that is being recorded. Messages about it name the op that asks for it now. Graphs
/// count kernels and copies among their nodes.
enum class Node { counted, silent };
void enqueue(std::function<void()> work, Node node = Node::counted);

/// A kernel on x * y blocks of threads for each of z models; `thread` is what one thread does.
struct Extent {
  int64_t x, y, z;
};
void enqueue_kernel(const Extent& grid, int threads, std::function<void()> thread);

/// The op whose work runs now, for messages.
const char* op_at_work();

/// Runs a kernel at once, by fibers: threads that are switched by hand, where they wait for each other. For the stream.
void run_kernel(const Extent& grid, int threads, const std::function<void()>& thread);

// What a thread of a kernel may ask for. A wait ends when all threads of the block, or of the warp, have come to it.
inline bool in_kernel = false;
void wait_for_block();
/// The value of another thread of the warp, by its lane; all threads of the warp come here.
uint64_t exchange(uint64_t value, unsigned from_lane);

}  // namespace elbow::cuda::emulator
