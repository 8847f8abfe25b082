// The only file that knows MPI: how ranks add up and talk. Compiled where CMake finds MPI.
#define OMPI_SKIP_MPICXX 1  // the old interface for C++
#include <mpi.h>

#include <algorithm>
#include <iterator>

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
  void sum_range(std::span<float* const> own, int64_t parts, float* total, int64_t n) const override {
    if (!several()) return Ranks::sum_range(own, parts, total, n);
    sum_range_of(own, parts, total, n);
  }
  void gather(float* values, int64_t n, const std::function<void(Range)>& make) const override {
    if (!several()) return Ranks::gather(values, n, make);
    gather_of(values, n, make);
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
  template <class T> static constexpr int64_t chunk = (1 << 20) / sizeof(T);  // elements, in whole pieces
  using Requests = std::vector<MPI_Request>;

  // Both ways add the same numbers in the same order, so which one is taken changes no bit.
  template <class T> void sum_of(std::span<T* const> own, int64_t parts, T* total, int64_t n) const {
    if (!several()) return Ranks::sum(own, parts, total, n);
    if (n * parts * int64_t(sizeof(T)) <= small) return sum_everywhere(own, parts, total, n);
    sum_range_of(own, parts, total, n);
    gather_of(total, n, [](Range) {});
  }

  // Few numbers: every rank gets all parts, and adds them.
  template <class T> void sum_everywhere(std::span<T* const> own, int64_t parts, T* total, int64_t n) const {
    std::vector<T> mine, all(size_t(parts * n));
    for (const T* part : own) mine.insert(mine.end(), part, part + n);
    std::vector<int> counts, first;
    for (int r = 0; r < size_; ++r) {
      const Parts share = share_of(r, parts);
      counts.push_back(int(share.count * n));
      first.push_back(int(share.first * n));
    }
    MPI_Allgatherv(mine.data(), int(mine.size()), type_of(total), all.data(), counts.data(), first.data(),
                   type_of(total), MPI_COMM_WORLD);
    std::vector<SumOfParts<T>> vectors;
    for (int64_t p = 0; p < parts; ++p) vectors.push_back({{p, 1}, all.data() + p * n});
    sum_by_halves<T>(vectors, total, n);
  }

  // Many numbers: of its range each rank gets the parts of the others, added up as far as these can. In chunks, so that one is added
  // while the next are on their way.
  template <class T> void sum_range_of(std::span<T* const> own, int64_t parts, T* total, int64_t n) const {
    const Exchange<T> exchange{own, parts, sums_of_ranks(parts)};
    const Range mine = range(n);
    const int64_t room = std::min(mine.size(), chunk<T>) * exchange.arriving(rank_);  // for a chunk
    arrived_.resize(std::max(arrived_.size(), 2 * size_t(room) * sizeof(T)));
    T* const rooms = reinterpret_cast<T*>(arrived_.data());
    Arriving<T> chunks[2];
    const auto receive = [&](int64_t k) {  // nothing, behind the last one
      receive_chunk(exchange, chunk_of<T>(mine, k), rooms + k % 2 * room, chunks[k % 2]);
    };
    int64_t longest = 0;  // the ranks' ranges differ by a piece
    for (int r = 0; r < size_; ++r) longest = std::max(longest, range_of(r, n).size());
    Requests sent;
    receive(0);
    for (int64_t k = 0; k * chunk<T> < longest; ++k) {
      for (int step = 1; step < size_; ++step) {
        const int r = (rank_ + step) % size_;  // not all to the same one
        send_chunk(exchange, chunk_of<T>(range_of(r, n), k), r, sent);
      }
      receive(k + 1);
      wait(chunks[k % 2].requests);
      const Range c = chunk_of<T>(mine, k);
      sum_by_halves<T>(chunks[k % 2].vectors, total + c.first, c.size());
    }
    wait(sent);
  }

  // What an exchange is made of: the parts of this rank, and the sums that each rank makes of its own.
  template <class T> struct Exchange {
    std::span<T* const> own;
    int64_t parts;
    std::vector<std::vector<Parts>> sums;
    // How many vectors of each chunk come to a rank.
    int64_t arriving(int rank) const {
      int64_t count = 0;
      for (int r = 0; r < int(sums.size()); ++r) count += r == rank ? 0 : int64_t(sums[size_t(r)].size());
      return count;
    }
  };
  std::vector<std::vector<Parts>> sums_of_ranks(int64_t parts) const {
    std::vector<std::vector<Parts>> sums;
    for (int r = 0; r < size_; ++r) sums.push_back(sums_within(share_of(r, parts), parts));
    return sums;
  }
  // Elements c of these parts, which are this rank's.
  template <class T> std::vector<SumOfParts<T>> own_parts(const Exchange<T>& x, Parts of, Range c) const {
    std::vector<SumOfParts<T>> vectors;
    for (int64_t p = of.first; p < of.first + of.count; ++p)
      vectors.push_back({{p, 1}, x.own[size_t(p - share(x.parts).first)] + c.first});
    return vectors;
  }

  // A chunk of this rank's range: all that it is the sum of, once the requests have ended.
  template <class T> struct Arriving {
    std::vector<SumOfParts<T>> vectors;
    Requests requests;
  };
  template <class T> void receive_chunk(const Exchange<T>& x, Range c, T* room, Arriving<T>& to) const {
    to.vectors.clear();
    for (int r = 0; r < size_; ++r) {
      if (r == rank_) {
        std::ranges::copy(own_parts(x, share(x.parts), c), std::back_inserter(to.vectors));
        continue;
      }
      for (const Parts& sum : x.sums[size_t(r)]) {
        to.vectors.push_back({sum, room});
        receive_from(r, room, c.size(), to.requests);
        room += c.size();
      }
    }
  }
  // Each sum is made where the first of its parts is.
  template <class T> void send_chunk(const Exchange<T>& x, Range c, int rank, Requests& sent) const {
    for (const Parts& sum : x.sums[size_t(rank_)]) {
      T* const at = x.own[size_t(sum.first - share(x.parts).first)] + c.first;
      if (sum.count > 1) sum_by_halves<T>(own_parts(x, sum, c), at, c.size());
      send_to(rank, at, c.size(), sent);
    }
  }

  // In the same chunks: while one is made, those before go to the other ranks.
  template <class T> void gather_of(T* values, int64_t n, const std::function<void(Range)>& make) const {
    Requests requests;
    for (int r = 0; r < size_; ++r)
      for (Range all = range_of(r, n), c = chunk_of<T>(all, 0); r != rank_ && c.size() > 0;
           c = chunk_of<T>({c.last, all.last}, 0))
        receive_from(r, values + c.first, c.size(), requests);
    const Range mine = range(n);
    for (Range c = chunk_of<T>(mine, 0); c.size() > 0; c = chunk_of<T>({c.last, mine.last}, 0)) {
      make(c);
      for (int step = 1; step < size_; ++step)
        send_to((rank_ + step) % size_, values + c.first, c.size(), requests);
    }
    wait(requests);
  }

  // Chunk k of a range; an empty one behind its end.
  template <class T> static Range chunk_of(Range range, int64_t k) {
    const auto at = [&](int64_t chunks) { return std::min(range.last, range.first + chunks * chunk<T>); };
    return {at(k), at(k + 1)};
  }
  template <class T> static void send_to(int rank, const T* values, int64_t n, Requests& requests) {
    if (n > 0)
      MPI_Isend(values, int(n), type_of(values), rank, 0, MPI_COMM_WORLD,
                &requests.emplace_back(MPI_REQUEST_NULL));
  }
  template <class T> static void receive_from(int rank, T* to, int64_t n, Requests& requests) {
    if (n > 0)
      MPI_Irecv(to, int(n), type_of(to), rank, 0, MPI_COMM_WORLD, &requests.emplace_back(MPI_REQUEST_NULL));
  }
  static void wait(Requests& requests) {
    MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
    requests.clear();
  }

  int rank_ = 0, size_ = 1;
  mutable std::vector<std::byte> arrived_;  // from other ranks: kept, because making it costs as much as a sum
};

}  // namespace

std::unique_ptr<Ranks> mpi_ranks() { return std::make_unique<MpiRanks>(); }

}  // namespace elbow
