#pragma once
#include <algorithm>

#include "autograd/backend/cuda/operands.hpp"

// A tiled product: c(i, j) = the sum over l of a(i, l) b(j, l), for any operands of operands.hpp. A block of threads makes one
// tile of c. It takes the sum in steps: all threads bring a tile of a and one of b to shared memory, then each adds up the
// products for 4 x 4 (or 8 x 8) elements of c in its registers, while the next tiles are on their way from global memory.
//
// A Problem is the argument of a kernel: m, n, k and count, which say how large the products are at most and how many;
// part(p), which gives the sizes m, n, k, the operands a and b and the result c of product p; and, if it has `sums`,
// sum(j, v), which takes the sum of b(j, l) over l.
namespace elbow::cuda {

/// size x size elements of c at a time, in steps of `depth`. Each of `groups` groups of threads makes the whole tile, for its
/// share of each step's l; in the end their tiles are added. A thread has `blocks` x `blocks` blocks of 4 x 4 elements, evenly
/// spread, so that neighbouring threads read neighbouring packs of shared memory.
template <int size_, int depth_, int groups_, int blocks_ = 1> struct Tile {
  static constexpr int size = size_, depth = depth_, groups = groups_, blocks = blocks_;
  static constexpr int each = 4, across = size / (each * blocks), threads = across * across * groups;
  static constexpr int row =
      size / each + 1;  // packs of one l in shared memory; one more spreads the l over the banks
  /// Element u of thread t's, as a place in the tile.
  ELBOW_FN static constexpr int place(int t, int u) { return (u / each * across + t) * each + u % each; }
  static constexpr int packs = depth * row;  // of one operand's tile: [l, i / each]
};
// Small matrices have few tiles, which must be quick: many threads for each, and few steps.
template <class T> using SmallTile = Tile<32, 256 / sizeof(T), 4>;
// Large ones have many, which should read shared memory seldom.
using LargeTile = Tile<64, 16, 1>;
// The largest: 64 products for each 16 numbers that a thread reads.
using HugeTile = Tile<128, 8, 1, 2>;

/// One product of a problem.
template <class A, class B, class C> struct Part {
  int m, n, k;
  A a;
  B b;
  C c;
};

#if ELBOW_DEVICE_SOURCE

/// How the tiles of a problem are shared out to blocks: `splits` blocks make a tile together, each for a range of l.
struct Cut {
  FastDivisor down, across, splits;
  int length;  ///< of a range
};

/// One thread's share in bringing an operand's tiles to shared memory.
template <class T, class Tile, class Operand> class TileLoader {
  static constexpr bool along_l = Operand::contiguous_along_l;
  static constexpr int line =
      along_l ? Tile::depth : Tile::size;  // the number of threads that read neighbouring elements
  static constexpr int step = Tile::threads / line, items = Tile::size * Tile::depth / Tile::threads;

 public:
  /// For the rows (of b: the columns) from i0 on.
  ELBOW_DEVICE TileLoader(const Operand& operand, int i0)
      : at_(threadIdx.x % line), first_(threadIdx.x / line) {
    for (int e = 0; e < places; ++e) outer_[e] = operand.outer(i0 + (along_l ? first_ + e * step : at_));
  }
  /// Reads the elements of l0, l0 + 1, ... into registers; the loads are still under way when this returns.
  ELBOW_DEVICE void fetch(const Operand& operand, int l0) {
    if constexpr (along_l) {
      const Place inner = operand.inner(l0 + at_);
#pragma unroll
      for (int e = 0; e < items; ++e) held_[e] = operand.at(outer_[e], inner);
    } else {
#pragma unroll
      for (int e = 0; e < items; ++e) held_[e] = operand.at(outer_[0], operand.inner(l0 + first_ + e * step));
    }
  }
  ELBOW_DEVICE void put(Pack<T, Tile::each>* tile) const {
#pragma unroll
    for (int e = 0; e < items; ++e) {
      const int other = first_ + e * step, i = along_l ? other : at_, l = along_l ? at_ : other;
      tile[l * Tile::row + i / Tile::each].v[i % Tile::each] = held_[e];
    }
  }

 private:
  static constexpr int places = along_l ? items : 1;
  int at_, first_;
  Place outer_[places];
  T held_[items];
};

template <class T, class Tile, class Problem>
__global__ void __launch_bounds__(Tile::threads, 2 / Tile::blocks)
    run_tiles(Problem problem, Cut cut, Ptr<T> parts) {
  constexpr int each = Tile::each, across = Tile::across, packs = Tile::packs, side = each * Tile::blocks;
  __shared__ Pack<T, each> tiles[4 * packs];  // two of a, two of b: one is read, one may be written meanwhile
  // The block's number is ((product * splits + split) * down + row of tiles) * across + column of tiles.
  const uint32_t rows = cut.across(blockIdx.x), layers = cut.down(rows), product = cut.splits(layers);
  const int j0 = int(blockIdx.x - rows * cut.across.divisor) * Tile::size;
  const int i0 = int(rows - layers * cut.down.divisor) * Tile::size;
  const int p = int(product), split = int(layers - product * cut.splits.divisor);

  const auto part = problem.part(p);
  if (j0 >= part.n) return;  // a product that is smaller than others
  const int begin = split * cut.length, end = begin + cut.length < part.k ? begin + cut.length : part.k;
  TileLoader<T, Tile, decltype(part.a)> a(part.a, i0);
  TileLoader<T, Tile, decltype(part.b)> b(part.b, j0);
  const int column = threadIdx.x % across, row = threadIdx.x / across % across,
            group = threadIdx.x / (across * across);
  const bool summing = Problem::sums && i0 == 0 && row == 0;
  constexpr int lines = side + Problem::sums;
  T c[lines][side] = {};  // this thread's elements, and below them the sums of its columns of b
  if (begin < end) {
    a.fetch(part.a, begin);
    b.fetch(part.b, begin);
  }
  int now = 0;
  for (int l0 = begin; l0 < end; l0 += Tile::depth, now ^= 1) {
    Pack<T, each>*a_tile = tiles + now * packs, *b_tile = tiles + (2 + now) * packs;
    a.put(a_tile);
    b.put(b_tile);
    __syncthreads();
    if (l0 + Tile::depth < end) {
      a.fetch(part.a, l0 + Tile::depth);
      b.fetch(part.b, l0 + Tile::depth);
    }
    constexpr int share = Tile::depth / Tile::groups;
#pragma unroll
    for (int l = 0; l < share; ++l) {
      const int at = (group * share + l) * Tile::row;
      Pack<T, each> x[Tile::blocks], y[Tile::blocks];
#pragma unroll
      for (int b = 0; b < Tile::blocks; ++b) {
        x[b] = a_tile[at + b * across + row];
        y[b] = b_tile[at + b * across + column];
      }
#pragma unroll
      for (int u = 0; u < side; ++u)
#pragma unroll
        for (int v = 0; v < side; ++v) c[u][v] += x[u / each].v[u % each] * y[v / each].v[v % each];
      if (summing)
#pragma unroll
        for (int v = 0; v < side; ++v) c[lines - 1][v] += y[v / each].v[v % each];
    }
  }
  if constexpr (Tile::groups > 1) {
    constexpr int others = Tile::threads - across * across;  // threads of all groups but the first
    static_assert(others * lines <= 4 * packs && Tile::blocks == 1);
    __syncthreads();  // all have read the tiles
    if (group > 0)
#pragma unroll
      for (int u = 0; u < lines; ++u)
#pragma unroll
        for (int v = 0; v < each; ++v) tiles[u * others + threadIdx.x - across * across].v[v] = c[u][v];
    __syncthreads();
    if (group > 0) return;
    for (int g = 0; g < Tile::groups - 1; ++g)
#pragma unroll
      for (int u = 0; u < lines; ++u) {
        const Pack<T, each> other = tiles[u * others + g * across * across + threadIdx.x];
#pragma unroll
        for (int v = 0; v < each; ++v) c[u][v] += other.v[v];
      }
  }

  const auto store = [&](int i, int j, T value) {  // row m: the sums
    if (cut.splits.divisor > 1)
      parts[(int64_t(layers) * (problem.m + Problem::sums) + i) * problem.n + j] = value;
    else if (i < problem.m)
      part.c(i, j, value);
    else if constexpr (Problem::sums)
      problem.sum(j, value);
  };
#pragma unroll
  for (int v = 0; v < side; ++v) {
    const int j = j0 + Tile::place(column, v);
    if (j >= part.n) break;
#pragma unroll
    for (int u = 0; u < side; ++u)
      if (const int i = i0 + Tile::place(row, u); i < part.m) store(i, j, c[u][v]);
    if (summing) store(problem.m, j, c[lines - 1][v]);
  }
}

/// Adds up what the splits of each tile have left in parts[product, split, row, column].
template <class T, class Problem> void add_parts(const Problem& problem, int splits, Ptr<const T> parts) {
  const int rows = problem.m + Problem::sums, n = problem.n;
  for_each(int64_t(problem.count) * rows * n, [=] ELBOW_DEVICE(int64_t element) {
    const int e = int(element), j = e % n, i = e / n % rows, p = e / n / rows;
    const auto part = problem.part(p);
    if (j >= part.n) return;
    T sum = 0;
    for (int s = 0; s < splits; ++s) sum += parts[(int64_t(p * splits + s) * rows + i) * n + j];
    if (i < problem.m)
      part.c(i, j, sum);
    else if constexpr (Problem::sums)
      problem.sum(j, sum);
  });
}

template <class T, class Tile, class Problem> void run_cut(const Problem& problem, int64_t splits) {
  const auto pieces = [](int64_t length, int64_t piece) { return (length + piece - 1) / piece; };
  const int64_t across = pieces(problem.n, Tile::size);
  const int64_t down =
      std::max<int64_t>(pieces(problem.m, Tile::size), Problem::sums);  // sums are made without rows, too
  const int64_t length = pieces(pieces(problem.k, splits), Tile::depth) * Tile::depth;
  if (length > 0) splits = pieces(problem.k, length);
  const int64_t blocks = down * across * splits * problem.count;
  if (blocks >= int64_t{1} << 31)
    fail("cuda", "a product of ", problem.m, " x ", problem.n, " elements is too large");
  const Cut cut{FastDivisor(down), FastDivisor(across), FastDivisor(splits), int(length)};
  if (splits == 1) return launch(run_tiles<T, Tile, Problem>, {blocks}, Tile::threads, problem, cut, Ptr<T>());
  const Shape shape{problem.count * splits, problem.m + Problem::sums, problem.n};
  Tensor parts = Tensor::empty(shape, dtype_of<T>, Device::cuda);
  launch(run_tiles<T, Tile, Problem>, {blocks}, Tile::threads, problem, cut, out<T>(parts));
  add_parts<T, Problem>(problem, int(splits), in<T>(parts));
}

/// Products of so few rows that a tile would be nearly empty (the channels of an image): a thread makes a whole column.
struct Narrow {
  static constexpr int rows = 4, depth = 64, threads = rows * depth;
  static bool fits(int64_t m, int64_t n, int64_t k) { return m <= rows && n >= threads && k <= 4096; }
};

template <class T, class Problem> __global__ void run_narrow(Problem problem, FastDivisor across) {
  __shared__ T a[Narrow::depth][Narrow::rows];  // what all threads read: of a, and where the elements of b lie
  __shared__ Place inner[Narrow::depth];
  const int p = int(across(blockIdx.x));
  const int j = int(blockIdx.x - uint32_t(p) * across.divisor) * Narrow::threads + int(threadIdx.x);
  const auto part = problem.part(p);
  const Place column = part.b.outer(j);
  T c[Narrow::rows] = {};
  for (int l0 = 0; l0 < part.k; l0 += Narrow::depth) {
    const int own = int(threadIdx.x) / Narrow::rows, i = int(threadIdx.x) % Narrow::rows;
    __syncthreads();  // all have read what is there
    a[own][i] = part.a.at(part.a.outer(i), part.a.inner(l0 + own));
    if (i == 0) inner[own] = part.b.inner(l0 + own);
    __syncthreads();
#pragma unroll 8
    for (int l = 0; l < Narrow::depth; ++l) {
      const T x = part.b.at(column, inner[l]);
#pragma unroll
      for (int u = 0; u < Narrow::rows; ++u) c[u] += a[l][u] * x;
    }
  }
  if (j >= part.n) return;
#pragma unroll
  for (int u = 0; u < Narrow::rows; ++u)
    if (u < part.m) part.c(u, j, c[u]);
}

/// Runs a problem, cut as its sizes alone say: what a kernel computes must not depend on the card.
template <class T, class Problem> void run_product(const Problem& problem) {
  constexpr int64_t enough_blocks = 96;                         // to keep a GPU busy
  const int64_t most = problem.k >= 512 ? problem.k / 128 : 1;  // a short sum is not worth a second launch
  const auto tiles = [&](int64_t size) {
    return ((problem.m + size - 1) / size) * ((problem.n + size - 1) / size) * problem.count;
  };
  const auto splits = [&](int64_t size) {
    return std::clamp<int64_t>(2 * enough_blocks / std::max<int64_t>(tiles(size), 1), 1, most);
  };
  if constexpr (!Problem::sums)
    if (Narrow::fits(problem.m, problem.n, problem.k)) {
      const int64_t across = (problem.n + Narrow::threads - 1) / Narrow::threads;
      return launch(run_narrow<T, Problem>, {across * problem.count}, Narrow::threads, problem,
                    FastDivisor(across));
    }
  if constexpr (sizeof(T) == 4)  // more registers than that a thread has not
    if (std::min(problem.m, problem.n) > LargeTile::size && tiles(HugeTile::size) * most >= enough_blocks)
      return run_cut<T, HugeTile>(problem, splits(HugeTile::size));
  if (tiles(LargeTile::size) * most >= enough_blocks)
    run_cut<T, LargeTile>(problem, splits(LargeTile::size));
  else
    run_cut<T, SmallTile<T>>(problem, splits(SmallTile<T>::size));
}

#endif

}  // namespace elbow::cuda
