#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "autograd/backend/backend.hpp"

// What is needed of the machine under the backend: memory, copies, one stream, graphs. There are two: that of a card
// (runtime_card.cu) and the emulated one (emulator/runtime.cpp), and all else is compiled for either.
//
// All work goes to one stream and runs asynchronously, in the order of the calls. Errors of a call, and of an
// earlier kernel that shows itself in it, are thrown as Error and name the op.
namespace elbow::cuda::runtime {

/// The cards; none where there is no card, or no driver. Asks the one in use how much of its memory is free, which takes some of it.
std::vector<Card> cards();
/// What tells them from all others, of this machine or another; nothing is done on them.
std::vector<std::string> card_ids();
/// The one that all work goes to, its index among them: 0, or what use_card() has said before any work was queued.
int card_in_use();
void use_card(int index);

/// Memory of the card, aligned to 256 bytes; null when there is not enough.
void* allocate(size_t bytes);
/// Waits for all work, then frees.
void release(void* memory);
/// From here on (in the stream's order) the bytes count as never written. Does nothing on a card, unless poison() is on.
void unset(void* memory, size_t bytes);
/// While on, what is unset is filled with NaN: bytes 0xFF.
void poison(bool on);

/// `rows` pieces of `width` bytes, which lie a pitch apart from each other.
struct Pieces {
  size_t width, rows;
};
/// From the host, whose bytes may be changed as soon as this returns.
void upload(void* to, const void* from, size_t bytes);
/// Memory of the host that the card can fetch from, and write to, by itself.
void* allocate_on_host(size_t bytes);
void release_on_host(void* memory);
/// From such memory, which must stay as it is until it has been fetched.
void upload_in_place(void* to, const void* from, size_t bytes);
/// To the host; waits for all work before it.
void download(void* to, const void* from, size_t bytes);
void copy(void* to, size_t to_pitch, const void* from, size_t from_pitch, Pieces pieces);
/// Sets bytes to 0.
void clear(void* to, size_t pitch, Pieces pieces);
/// Waits for all work.
void synchronize();

/// A list of work, recorded once and launched again and again.
class Graph {
 public:
  /// From here on work is recorded, not run.
  static void begin();
  /// What was recorded since.
  static Graph end();
  /// Ends a recording that failed, and forgets it.
  static void abandon();
  static bool recording();
  Graph() = default;
  Graph(Graph&& other) noexcept : impl_(other.impl_) { other.impl_ = nullptr; }
  Graph& operator=(Graph&& other) noexcept { return std::swap(impl_, other.impl_), *this; }
  ~Graph();
  explicit operator bool() const { return impl_ != nullptr; }
  void launch() const;
  /// How many kernels and copies it has.
  int64_t nodes() const;

 private:
  void* impl_ = nullptr;
};

}  // namespace elbow::cuda::runtime
