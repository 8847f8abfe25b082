#pragma once
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace elbow {

/// The processes that train one model together, and what they say to each other. This class is that of a process by itself;
/// those that `mpirun -n N` has started are ranks_of_mpirun() (experiments/runs/mpirun.hpp).
///
/// Work that is cut into parts which do not depend on the number of ranks is shared out with share(). The parts' results are then
/// summed in the order of the parts: so the sum has the same bits for any number of ranks. All ranks must call sum() and texts() in
/// the same order.
class Ranks {
 public:
  Ranks() = default;
  virtual ~Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  virtual int rank() const { return 0; }
  virtual int size() const { return 1; }
  bool several() const { return size() > 1; }

  /// Parts first .. first + count - 1.
  struct Share {
    int64_t first, count;
  };
  /// Those of this rank, of `parts` in all: the ranks' shares are side by side, and differ by one part at most.
  Share share(int64_t parts) const { return share_of(rank(), parts); }

  /// total[n] = the sum of `parts` vectors [n], each number added in the order of the parts. `own`: those of this rank's share. `total`
  /// may be one of them.
  virtual void sum(std::span<double* const> own, int64_t parts, double* total, int64_t n) const;
  virtual void sum(std::span<float* const> own, int64_t parts, float* total, int64_t n) const;

  /// What each rank says, in the order of the ranks.
  virtual std::vector<std::string> texts(const std::string& own) const { return {own}; }

  /// The ranks have nothing more to say to each other, and may end in any order. A rank that ends without this is taken to have
  /// failed, and mpirun ends all.
  virtual void done() {}

 protected:
  Share share_of(int rank, int64_t parts) const {
    const int64_t first = parts * rank / size();
    return {first, parts * (rank + 1) / size() - first};
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

/// Adds the vectors [n] to `total` in their order, or, unless `add`, writes their sum there. `total` may be one of them, if `add` is
/// off. On all threads; each number has the same bits for any number of them.
template <class T> void add_in_order(std::span<T* const> vectors, T* total, int64_t n, bool add);

}  // namespace elbow
