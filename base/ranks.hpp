#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/sum_by_halves.hpp"

namespace elbow {

/// The processes that train one model together, and what they say to each other. This class is that of a process by itself;
/// those that `mpirun -n N` has started are ranks_of_mpirun() (experiments/runs/mpirun.hpp).
///
/// Work that is cut into parts which do not depend on the number of ranks is shared out with share(). The parts' results are then
/// summed by halves (sum_by_halves): so the sum has the same bits for any number of ranks. All ranks must call sum(), sum_range(),
/// gather() and texts() in the same order.
class Ranks {
 public:
  Ranks() = default;
  virtual ~Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  virtual int rank() const { return 0; }
  virtual int size() const { return 1; }
  bool several() const { return size() > 1; }

  /// Those of this rank, of `parts` in all: the ranks' shares are side by side, and differ by one part at most.
  Parts share(int64_t parts) const { return share_of(rank(), parts); }

  /// total[n] = the sum of `parts` vectors [n] by halves. `own`: those of this rank's share, whose values are lost. `total` may be one
  /// of them.
  virtual void sum(std::span<double* const> own, int64_t parts, double* total, int64_t n) const;
  virtual void sum(std::span<float* const> own, int64_t parts, float* total, int64_t n) const;

  /// @name Long vectors that the ranks share
  /// A vector [n] is cut into pieces, and each rank looks after a range of whole ones.
  /// @{
  static constexpr int64_t piece = 1 << 12;  ///< elements; the last piece may have fewer
  /// Elements first .. last - 1.
  struct Range {
    int64_t first, last;
    int64_t size() const { return last - first; }
  };
  /// That of this rank, which may be empty.
  Range range(int64_t n) const { return range_of(rank(), n); }
  /// As sum(), but each rank gets its range of the sum alone. The rest of `total` has no meaning.
  virtual void sum_range(std::span<float* const> own, int64_t parts, float* total, int64_t n) const;
  /// Each rank makes its range of values[n], and gets the others'. make(stretch) is called for one stretch of the range after the
  /// other, each of which begins with a piece; those that are made go to the other ranks meanwhile.
  virtual void gather(float* values, int64_t n, const std::function<void(Range)>& make) const;
  /// @}

  /// What each rank says, in the order of the ranks.
  virtual std::vector<std::string> texts(const std::string& own) const { return {own}; }

  /// The ranks have nothing more to say to each other, and may end in any order. A rank that ends without this is taken to have
  /// failed, and mpirun ends all.
  virtual void done() {}

 protected:
  Parts share_of(int rank, int64_t parts) const {
    const int64_t first = parts * rank / size();
    return {first, parts * (rank + 1) / size() - first};
  }
  Range range_of(int rank, int64_t n) const {
    const auto [first, count] = share_of(rank, (n + piece - 1) / piece);
    return {std::min(n, first * piece), std::min(n, (first + count) * piece)};
  }
};

/// A process by itself.
const Ranks& alone();

/// Another rank reports the error: this one ends quietly, with that status. Not before the other one, because mpirun kills all when one
/// has ended.
struct ReportedElsewhere : Error {
  static constexpr std::chrono::seconds patience{10};
  explicit ReportedElsewhere(int status) : Error("another rank has reported the error"), status(status) {}
  int status;
};

}  // namespace elbow
