// The machine under the backend: the emulated card. Its stream is a list of functions, which are called when somebody waits.
#include "autograd/backend/cuda/runtime.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>

#include "autograd/backend/cuda/emulator/emulator.hpp"
#include "autograd/backend/cuda/emulator/heap.hpp"

namespace elbow::cuda {
namespace emulator {
namespace {

struct Work {
  const char* op;
  std::function<void()> run;
  Node node;
};
using List = std::vector<Work>;

struct Stream {
  std::recursive_mutex mutex;
  List waiting;
  std::unique_ptr<List> recorded;  // while a graph is recorded
  std::exception_ptr error;        // of work that ran, until somebody hears of it
};

// Runs all that waits. Like that of a card, the stream is of no use after an error: what came later is dropped.
void run(Stream& s) {
  if (s.waiting.empty()) return;
  const List list = std::exchange(s.waiting, {});
  try {
    for (const Work& work : list) {
      const DeviceWork named(work.op);
      work.run();
    }
  } catch (...) {
    if (!s.error) s.error = std::current_exception();
  }
}

// What nobody has waited for runs when the program ends.
struct AtTheEnd {
  Stream& s;
  ~AtTheEnd() {
    try {
      run(s);
      if (s.error) std::rethrow_exception(s.error);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
      std::fflush(nullptr);
      std::_Exit(1);
    }
  }
};

Stream& stream() {
  static Stream& only = *new Stream;  // never destroyed: a static tensor may die late
  static const AtTheEnd end{only};
  return only;
}

void run_and_throw(Stream& s) {
  run(s);
  if (s.error) std::rethrow_exception(std::exchange(s.error, nullptr));
}

}  // namespace

void enqueue(std::function<void()> work, Node node) {
  Stream& s = stream();
  const std::lock_guard lock(s.mutex);
  constexpr size_t room = 4096;  // a launch waits for room, as on a card
  if (!s.recorded && s.waiting.size() >= room) run(s);
  (s.recorded ? *s.recorded : s.waiting).push_back({DeviceWork::current(), std::move(work), node});
}

void enqueue_kernel(const Extent& grid, int threads, std::function<void()> thread) {
  const int64_t most_x = (int64_t{1} << 31) - 1, most_y = 65535;
  if (grid.x < 0 || grid.x > most_x || grid.y < 0 || grid.y > most_y || grid.z > most_y)
    fail(op_at_work(), "a grid of ", grid.x, " x ", grid.y, " x ", grid.z,
         " blocks: at most 2147483647 x 65535 x 65535");
  if (threads < 1 || threads > 1024) fail(op_at_work(), "blocks of ", threads, " threads: 1 to 1024");
  enqueue([grid, threads, thread = std::move(thread)] { run_kernel(grid, threads, thread); });
}

}  // namespace emulator

namespace runtime {

using namespace emulator;

namespace {
int used_card = 0;
// The environment variable ELBOW_EMULATED_CARDS says how many cards the machine has.
int card_count() {
  const char* text = std::getenv("ELBOW_EMULATED_CARDS");
  if (!text) return 1;
  char* end = nullptr;
  const long asked = std::strtol(text, &end, 10);
  if (end == text || *end || asked < 0 || asked > 1024)
    fail("ELBOW_EMULATED_CARDS", "is a number from 0 to 1024, not ", text);
  return int(asked);
}
}  // namespace

// All of them are the process's own, and alike.
std::vector<Card> cards() {
  return std::vector<Card>(size_t(card_count()),
                           {"emulated GPU", int64_t(heap_bytes()), int64_t(free_bytes()), 1});
}
std::vector<std::string> card_ids() {
  std::vector<std::string> ids;
  for (int i = 0; i < card_count(); ++i) ids.push_back("emulated GPU " + std::to_string(i));
  return ids;
}
int card_in_use() { return used_card; }
void use_card(int index) { used_card = index; }

void* allocate(size_t bytes) {
  const std::lock_guard lock(emulator::stream().mutex);
  return emulator::allocate(bytes);
}
void release(void* memory) {
  Stream& s = emulator::stream();
  const std::lock_guard lock(s.mutex);
  run(s);  // tensors die anywhere: an error of the work is thrown to whoever waits next
  emulator::release(memory);
}
void unset(void* memory, size_t bytes) {
  enqueue([=] { forget(memory, bytes); }, Node::silent);
}
void poison(bool) {}  // what is unset is known here

void upload(void* to, const void* from, size_t bytes) {
  const auto* const first = static_cast<const char*>(from);
  enqueue([to, values = std::vector<char>(first, first + bytes)] {
    std::copy(values.begin(), values.end(), to_write(to, values.size()));
  });
}

void* allocate_on_host(size_t bytes) { return ::operator new(bytes); }
void release_on_host(void* memory) {
  Stream& s = emulator::stream();
  const std::lock_guard lock(s.mutex);
  run(s);  // the copies that read it; as in release()
  ::operator delete(memory);
}
void upload_in_place(void* to, const void* from, size_t bytes) {
  enqueue([=] { std::copy_n(static_cast<const char*>(from), bytes, to_write(to, bytes)); });
}

void download(void* to, const void* from, size_t bytes) {
  Stream& s = emulator::stream();
  const std::lock_guard lock(s.mutex);
  if (s.recorded) fail(op_at_work(), "a graph cannot wait: there is a copy to the host in what is recorded");
  run_and_throw(s);
  if (!all_written(from, bytes)) fail(op_at_work(), "what is copied to the host was never written");
  std::copy_n(to_read(from, bytes), bytes, static_cast<char*>(to));
}

void copy(void* to, size_t to_pitch, const void* from, size_t from_pitch, Pieces pieces) {
  enqueue([=] {
    for (size_t r = 0; r < pieces.rows; ++r)
      copy_bytes(static_cast<char*>(to) + r * to_pitch, static_cast<const char*>(from) + r * from_pitch,
                 pieces.width);
  });
}

void clear(void* to, size_t pitch, Pieces pieces) {
  enqueue([=] {
    for (size_t r = 0; r < pieces.rows; ++r)
      std::fill_n(to_write(static_cast<char*>(to) + r * pitch, pieces.width), pieces.width, char(0));
  });
}

void synchronize() {
  Stream& s = emulator::stream();
  const std::lock_guard lock(s.mutex);
  if (s.recorded) fail(op_at_work(), "a graph cannot wait: there is a synchronize() in what is recorded");
  run_and_throw(s);
}

void Graph::begin() {
  synchronize();
  emulator::stream().recorded = std::make_unique<List>();
}
Graph Graph::end() {
  Graph graph;
  graph.impl_ = emulator::stream().recorded.release();
  return graph;
}
void Graph::abandon() { emulator::stream().recorded.reset(); }
bool Graph::recording() { return emulator::stream().recorded != nullptr; }
Graph::~Graph() { delete static_cast<List*>(impl_); }
void Graph::launch() const {
  for (const Work& work : *static_cast<const List*>(impl_)) {
    const DeviceWork named(work.op);
    enqueue(work.run, work.node);
  }
}
int64_t Graph::nodes() const {
  int64_t count = 0;
  for (const Work& work : *static_cast<const List*>(impl_)) count += work.node == Node::counted;
  return count;
}

}  // namespace runtime
}  // namespace elbow::cuda
