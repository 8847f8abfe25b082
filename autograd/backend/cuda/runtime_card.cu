// The machine under the backend: a card, through the CUDA runtime.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "autograd/backend/cuda/card.hpp"
#include "autograd/backend/cuda/runtime.hpp"

namespace elbow::cuda {
namespace {

void check(cudaError_t status) {
  if (status != cudaSuccess) fail(DeviceWork::current(), "the GPU reports: ", cudaGetErrorString(status));
}

bool poisoning = false;
bool is_recording = false;

// Where the bytes of an upload wait until the card has fetched them: pinned memory, in a few pieces that are filled in turn.
class Staging {
 public:
  static constexpr size_t piece_bytes = size_t{1} << 20;
  void send(void* to, const void* from, size_t bytes) {
    Piece& piece = pieces_[next_++ % pieces_.size()];
    if (!piece.memory) {
      check(cudaHostAlloc(&piece.memory, piece_bytes, cudaHostAllocDefault));
      check(cudaEventCreateWithFlags(&piece.fetched, cudaEventDisableTiming));
    }
    check(cudaEventSynchronize(piece.fetched));
    std::memcpy(piece.memory, from, bytes);
    check(cudaMemcpyAsync(to, piece.memory, bytes, cudaMemcpyHostToDevice, stream()));
    check(cudaEventRecord(piece.fetched, stream()));
  }

 private:
  struct Piece {
    void* memory = nullptr;
    cudaEvent_t fetched = nullptr;
  };
  std::array<Piece, 4> pieces_;
  size_t next_ = 0;
};

Staging& staging() {
  static Staging& all = *new Staging;  // never destroyed: the driver may be gone by then
  return all;
}

// The bytes of uploads that were recorded: their graph fetches them at every launch.
using PinnedBlocks = std::vector<void*>;
PinnedBlocks recorded_uploads;

void* pinned_copy(const void* from, size_t bytes) {
  void* memory = nullptr;
  check(cudaHostAlloc(&memory, bytes, cudaHostAllocDefault));
  std::memcpy(memory, from, bytes);
  return memory;
}
void free_blocks(PinnedBlocks& blocks) {
  for (void* memory : blocks) cudaFreeHost(memory);
  blocks.clear();
}

}  // namespace

cudaStream_t stream() {
  static const cudaStream_t only = [] {
    cudaStream_t made = nullptr;
    check(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking));
    return made;
  }();
  return only;
}

void check_launch() { check(cudaGetLastError()); }

namespace runtime {

std::vector<Card> cards() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
    cudaGetLastError();  // forgets it: no driver is no error
    return {};
  }
  std::vector<Card> all;
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, i));
    Card card{properties.name, int64_t(properties.totalGlobalMem), 0, properties.multiProcessorCount};
    size_t free = 0, total = 0;
    if (i == 0 && cudaMemGetInfo(&free, &total) == cudaSuccess) card.free_bytes = int64_t(free);
    all.push_back(card);
  }
  return all;
}

void* allocate(size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  check(status);
  return memory;
}

void release(void* memory) { cudaFree(memory); }

void poison(bool on) { poisoning = on; }
void unset(void* memory, size_t bytes) {
  if (poisoning) check(cudaMemsetAsync(memory, 0xFF, bytes, stream()));
}

void upload(void* to, const void* from, size_t bytes) {
  if (is_recording) {
    recorded_uploads.push_back(pinned_copy(from, bytes));
    check(cudaMemcpyAsync(to, recorded_uploads.back(), bytes, cudaMemcpyHostToDevice, stream()));
    return;
  }
  for (size_t done = 0; done < bytes; done += Staging::piece_bytes)
    staging().send(static_cast<char*>(to) + done, static_cast<const char*>(from) + done,
                   std::min(Staging::piece_bytes, bytes - done));
}

void download(void* to, const void* from, size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream()));
  synchronize();
}

void copy(void* to, size_t to_pitch, const void* from, size_t from_pitch, Pieces pieces) {
  if (pieces.rows > 1 && from_pitch >= pieces.width) {
    check(cudaMemcpy2DAsync(to, to_pitch, from, from_pitch, pieces.width, pieces.rows, cudaMemcpyDeviceToDevice,
                            stream()));
    return;
  }
  for (size_t r = 0; r < pieces.rows; ++r)  // one source for all
    check(cudaMemcpyAsync(static_cast<char*>(to) + r * to_pitch,
                          static_cast<const char*>(from) + r * from_pitch, pieces.width,
                          cudaMemcpyDeviceToDevice, stream()));
}

void clear(void* to, size_t pitch, Pieces pieces) {
  if (pieces.rows == 1)
    check(cudaMemsetAsync(to, 0, pieces.width, stream()));
  else
    check(cudaMemset2DAsync(to, pitch, 0, pieces.width, pieces.rows, stream()));
}

void synchronize() { check(cudaStreamSynchronize(stream())); }

namespace {
struct Recorded {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  PinnedBlocks uploads;
};
}  // namespace

void Graph::begin() {
  synchronize();
  check(cudaStreamBeginCapture(stream(),
                               cudaStreamCaptureModeRelaxed));  // relaxed: memory may be allocated meanwhile
  is_recording = true;
}
Graph Graph::end() {
  is_recording = false;
  Graph out;
  auto* recorded = new Recorded;
  out.impl_ = recorded;
  recorded->uploads = std::exchange(recorded_uploads, {});
  check(cudaStreamEndCapture(stream(), &recorded->graph));
  check(cudaGraphInstantiate(&recorded->executable, recorded->graph, 0));
  return out;
}
void Graph::abandon() {
  is_recording = false;
  cudaGraph_t unfinished = nullptr;
  if (cudaStreamEndCapture(stream(), &unfinished) == cudaSuccess && unfinished) cudaGraphDestroy(unfinished);
  free_blocks(recorded_uploads);
  cudaGetLastError();
}
bool Graph::recording() { return is_recording; }
Graph::~Graph() {
  auto* recorded = static_cast<Recorded*>(impl_);
  if (!recorded) return;
  cudaStreamSynchronize(stream());
  if (recorded->executable) cudaGraphExecDestroy(recorded->executable);
  if (recorded->graph) cudaGraphDestroy(recorded->graph);
  free_blocks(recorded->uploads);
  delete recorded;
}
void Graph::launch() const { check(cudaGraphLaunch(static_cast<Recorded*>(impl_)->executable, stream())); }
int64_t Graph::nodes() const {
  size_t count = 0;
  check(cudaGraphGetNodes(static_cast<Recorded*>(impl_)->graph, nullptr, &count));
  return int64_t(count);
}

}  // namespace runtime
}  // namespace elbow::cuda
