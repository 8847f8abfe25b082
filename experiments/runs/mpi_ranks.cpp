// The only file that knows MPI: how ranks add up and talk. Compiled where CMake finds MPI.
#define OMPI_SKIP_MPICXX 1  // the old interface for C++
#include <mpi.h>

#include <algorithm>

#include "experiments/runs/mpirun.hpp"

namespace elbow {
namespace {

MPI_Datatype type_of(const float*) { return MPI_FLOAT; }
MPI_Datatype type_of(const double*) { return MPI_DOUBLE; }

class MpiRanks : public Ranks {
 public:
  MpiRanks() {
    int provided = MPI_THREAD_SINGLE;  // one call at a time, from whichever thread comes last to a sum
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    if (several() && provided < MPI_THREAD_SERIALIZED)
      throw Error("MPI: this build of it cannot be called by threads (MPI_THREAD_SERIALIZED)");
  }
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void done() override { MPI_Finalize(); }

  void sum(std::span<double* const> own, int64_t parts, double* total, int64_t n) const override {
    sum_of(own, parts, total, n);
  }
  void sum(std::span<float* const> own, int64_t parts, float* total, int64_t n) const override {
    sum_of(own, parts, total, n);
  }

  std::vector<std::string> texts(const std::string& own) const override {
    const int length = int(own.size());
    std::vector<int> lengths(size_t(size_), 0), first(size_t(size_), 0);
    MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, MPI_COMM_WORLD);
    for (size_t r = 1; r < lengths.size(); ++r) first[r] = first[r - 1] + lengths[r - 1];
    std::string all(size_t(first.back() + lengths.back()), ' ');
    MPI_Allgatherv(own.data(), length, MPI_CHAR, all.data(), lengths.data(), first.data(), MPI_CHAR,
                   MPI_COMM_WORLD);
    std::vector<std::string> texts;
    for (size_t r = 0; r < lengths.size(); ++r)
      texts.push_back(all.substr(size_t(first[r]), size_t(lengths[r])));
    return texts;
  }

 private:
  static constexpr int64_t small =
      1 << 16;  // bytes: below that, what counts is how often ranks wait for each other
  static constexpr int64_t chunk_bytes = 1 << 20;

  // Both ways add the same numbers in the same order, so which one is taken changes no bit.
  template <class T> void sum_of(std::span<T* const> own, int64_t parts, T* total, int64_t n) const {
    if (!several()) return add_in_order(own, total, n, false);
    if (n * parts * int64_t(sizeof(T)) <= small)
      sum_everywhere(own, parts, total, n);
    else
      sum_along(own, total, n);
  }

  // Few numbers: every rank gets all parts, and adds them.
  template <class T> void sum_everywhere(std::span<T* const> own, int64_t parts, T* total, int64_t n) const {
    std::vector<T> mine, all(size_t(parts * n));
    for (const T* part : own) mine.insert(mine.end(), part, part + n);
    std::vector<int> counts, first;
    for (int r = 0; r < size_; ++r) {
      const Share share = share_of(r, parts);
      counts.push_back(int(share.count * n));
      first.push_back(int(share.first * n));
    }
    MPI_Allgatherv(mine.data(), int(mine.size()), type_of(total), all.data(), counts.data(), first.data(),
                   type_of(total), MPI_COMM_WORLD);
    std::vector<T*> vectors;
    for (int64_t p = 0; p < parts; ++p) vectors.push_back(all.data() + p * n);
    add_in_order(std::span<T* const>(vectors), total, n, false);
  }

  // Many numbers: the sum goes up from rank to rank, each of which adds its parts, and from the last one down again. In chunks, so that
  // all ranks are at work at once: while a chunk goes up, the one `behind` it comes down. However many parts there are, a rank sends and
  // receives 2 n numbers.
  template <class T> void sum_along(std::span<T* const> own, T* total, int64_t n) const {
    constexpr int64_t chunk = chunk_bytes / int64_t(sizeof(T)), behind = 2;
    const int64_t chunks = (n + chunk - 1) / chunk;
    const bool first = rank_ == 0, last = rank_ == size_ - 1;
    const auto length = [&](int64_t k) { return int(std::min(chunk, n - k * chunk)); };
    std::vector<T> arrived(size_t(first ? 0 : std::min(chunk, n)));
    std::vector<MPI_Request> up(size_t(chunks), MPI_REQUEST_NULL), down(size_t(chunks), MPI_REQUEST_NULL);
    const auto send = [&](int64_t k, int rank, std::vector<MPI_Request>& requests) {
      MPI_Isend(total + k * chunk, length(k), type_of(total), rank, 0, MPI_COMM_WORLD, &requests[size_t(k)]);
    };
    const auto receive = [&](int64_t k, int rank, T* to) {
      MPI_Recv(to, length(k), type_of(total), rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    };
    for (int64_t k = 0; k < chunks + (last ? 0 : behind); ++k) {
      if (k < chunks) {
        std::vector<T*> vectors;
        for (T* part : own) vectors.push_back(part + k * chunk);
        if (first) {
          add_in_order(std::span<T* const>(vectors), total + k * chunk, length(k), false);
        } else {
          receive(k, rank_ - 1, arrived.data());
          add_in_order(std::span<T* const>(vectors), arrived.data(), length(k), true);
          std::copy_n(arrived.data(), length(k), total + k * chunk);
        }
        if (last)
          send(k, rank_ - 1, down);
        else
          send(k, rank_ + 1, up);
      }
      if (const int64_t whole = k - behind; !last && whole >= 0) {
        MPI_Wait(&up[size_t(whole)], MPI_STATUS_IGNORE);  // it comes to where the part of it is that went up
        receive(whole, rank_ + 1, total + whole * chunk);
        if (!first) send(whole, rank_ - 1, down);
      }
    }
    MPI_Waitall(int(chunks), down.data(), MPI_STATUSES_IGNORE);
  }

  int rank_ = 0, size_ = 1;
};

}  // namespace

std::unique_ptr<Ranks> mpi_ranks() { return std::make_unique<MpiRanks>(); }

}  // namespace elbow
