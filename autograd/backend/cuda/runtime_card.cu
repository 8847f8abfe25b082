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
int used_card = 0;

// The current device of CUDA is a thread's own, and the first one in a new thread.
void make_current() {
  thread_local int current = -1;
  if (current == used_card) return;
  check(cudaSetDevice(used_card));
  current = used_card;
}

// Where the bytes of an upload wait until the card has fetched them: pinned memory, in a few pieces that are filled in turn.
class Staging {
 public:
  static constexpr size_t piece_bytes = size_t{1} << 20;
  void send(void* to, const void* from, size_t bytes) {
    make_current();
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
  make_current();
  static const cudaStream_t only = [] {
    cudaStream_t made = nullptr;
    check(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking));
    return made;
  }();
  return only;
}

void check_launch() { check(cudaGetLastError()); }

namespace runtime {

namespace {
std::vector<cudaDeviceProp> properties_of_cards() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    cudaGetLastError();  // forgets it: no driver is no error
    return {};
  }
  std::vector<cudaDeviceProp> all(size_t(std::max(count, 0)));
  for (int i = 0; i < count; ++i) check(cudaGetDeviceProperties(&all[size_t(i)], i));
  return all;
}
}  // namespace

std::vector<Card> cards() {
  std::vector<Card> all;
  for (const cudaDeviceProp& p : properties_of_cards())
    all.push_back({p.name, int64_t(p.totalGlobalMem), 0, p.multiProcessorCount});
  if (all.empty()) return all;
  make_current();
  size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) == cudaSuccess) all[size_t(used_card)].free_bytes = int64_t(free);
  return all;
}
std::vector<std::string> card_ids() {
  std::vector<std::string> ids;
  for (const cudaDeviceProp& p : properties_of_cards()) {  // parts of one card (MIG) differ in the second
    std::string id = str(p.pciDomainID, ':', p.pciBusID, ':', p.pciDeviceID, ' ');
    for (const char byte : p.uuid.bytes) id += str(int(static_cast<unsigned char>(byte)), '.');
    ids.push_back(id);
  }
  return ids;
}
int card_in_use() { return used_card; }
void use_card(int index) { used_card = index; }

void* allocate(size_t bytes) {
  make_current();
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

void* allocate_on_host(size_t bytes) {
  make_current();
  void* memory = nullptr;
  check(cudaHostAlloc(&memory, bytes, cudaHostAllocDefault));
  return memory;
}
// Not before the copies that read it; called by destructors, so without an error.
void release_on_host(void* memory) {
  cudaStreamSynchronize(stream());
  cudaFreeHost(memory);
}
void upload_in_place(void* to, const void* from, size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream()));
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
