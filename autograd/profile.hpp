#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

// What the parts of a computation cost: timers and a counter that are built into the ops, and do nothing while nobody looks. A
// part that is off costs the test of one flag.
namespace elbow {

/// What a timed part is: a pass of an op, or something beside the ops.
enum class Work : uint8_t { forward, backward, beside };

namespace detail {
inline std::atomic<int> profiles{0};  // how many are alive, in all threads
inline std::atomic<int> counts{0};    // the same of MultiplyAdds
inline std::atomic<int64_t> multiply_adds{0};
}  // namespace detail

/// While one lives, it times the parts that its thread runs: ops, their gradients on the tape, and what else is Timed. Of two, the
/// inner one does.
///
///     Profile profile;
///     for (int s = 0; s < 100; ++s) training.start(s);
///     for (const Profile::Line& line : profile.lines()) ...
///
/// It sees the CPU only: work on a device runs later, and perhaps from a recording.
class [[nodiscard]] Profile {
 public:
  /// One part: how often it ran, and the seconds of all its runs, without those of timed parts within it. So the sum over the
  /// lines counts no moment twice.
  struct Line {
    std::string_view name;  ///< of the op, or of what is done beside the ops
    Work work;
    int64_t calls = 0;
    double seconds = 0;
  };

  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  /// In the order in which the parts were first started.
  const std::vector<Line>& lines() const { return lines_; }

 private:
  friend class Timed;
  size_t line_of(std::string_view name, Work work);

  std::vector<Line> lines_;
  Profile* outer_;
};

/// A part that a Profile times, from construction to destruction. The name must live as long as the profile: a literal.
class [[nodiscard]] Timed {
 public:
  Timed(const char* name, Work work) {
    if (detail::profiles.load(std::memory_order_relaxed) != 0) [[unlikely]]
      start(name, work);
  }
  ~Timed() {
    if (profile_) [[unlikely]]
      stop();
  }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  void start(const char* name, Work work);
  void stop();

  Profile* profile_ = nullptr;  // null: nobody looks, and the others are not set
  Timed* outer_;
  size_t line_;
  double started_;  // in seconds of a steady clock
  double within_;   // seconds of the timed parts within this one
};

/// Counts the multiply-adds of all matrix products on the CPU, in every thread, convolutions included: they are matrix products
/// as well.
class [[nodiscard]] MultiplyAdds {
 public:
  MultiplyAdds() : before_(detail::multiply_adds) { ++detail::counts; }
  ~MultiplyAdds() { --detail::counts; }
  MultiplyAdds(const MultiplyAdds&) = delete;
  MultiplyAdds& operator=(const MultiplyAdds&) = delete;
  /// Since this one was made.
  int64_t count() const { return detail::multiply_adds - before_; }
  /// Used by gemm, for a product [m,k] [k,n].
  static void add(int64_t m, int64_t n, int64_t k) {
    if (detail::counts.load(std::memory_order_relaxed) != 0) [[unlikely]]
      detail::multiply_adds += m * n * k;
  }

 private:
  int64_t before_;
};

}  // namespace elbow
