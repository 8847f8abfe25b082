#pragma once
// Sums over some axes of a tensor, and the repeating back. The order of the additions depends on the shapes alone.
#include <algorithm>
#include <bit>

#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/kernels/row_view.hpp"

namespace elbow::cuda {

/// to (+)= factor * from, summed over what was broadcast: `from` of from_shape, `to` of to_shape, which broadcasts to it.
template <class T>
void sum_to_shape(const Tensor& from, const Shape& from_shape, Target to, const Shape& to_shape,
                  double factor = 1);

/// to (+)= factor * from, repeated along what is broadcast: `from` of from_shape, which broadcasts to to_shape.
template <class T>
void repeat_to_shape(const Tensor& from, const Shape& from_shape, Target to, const Shape& to_shape,
                     double factor = 1);

/// Element r of `to` (+)= factor * the sum of load(i) over the elements i of row r. In one launch, unless the rows are long.
template <class T, class F> void sum_rows(const RowView& view, const F& load, Target to, double factor = 1);

/// y[r] = value_of(block, r) for each row r < rows, all of the given length.
template <class T, class F> void write_rows(int64_t rows, int64_t length, Tensor& y, const F& value_of);

/// y = the mean of value_of(block, r) over the rows. In one launch, unless there is much to do.
template <class T, class F> void mean_of_rows(int64_t rows, int64_t length, Tensor& y, const F& value_of);

#if ELBOW_DEVICE_SOURCE

// ---- sums -----------------------------------------------------------------------------------------------------------

/// Elements as they are.
template <class T> struct Read {
  Ptr<const T> x;
  ELBOW_DEVICE T operator()(int64_t i) const { return x[i]; }
};

/// How the threads share the work. A block has `columns` rows of the view side by side and `lanes` threads for each; lane l adds
/// up every lanes-th element from l on. Threads that are neighbours read neighbours: elements of one row, or rows of one
/// element. Long rows are cut into parts, whose sums are added up by another launch.
struct SumPlan {
  bool adjacent;  ///< whether neighbours read elements of one row
  int64_t columns, lanes, blocks, parts, part;

  explicit SumPlan(const RowView& view) : adjacent(view.adjacent_elements()) {
    const int64_t rows = view.rows.count, length = view.elements.count;
    const bool a_warp_each = adjacent && rows >= 1024;  // enough to do, and a warp need not wait for others
    const int64_t wanted = power_of_two((length + 3) / 4, a_warp_each ? 32 : 1024),
                  rows_up = power_of_two(rows, 256);
    columns = std::min(rows_up, std::max<int64_t>(adjacent ? 1 : 32, 256 / wanted));
    lanes = std::min(wanted, 1024 / columns);
    columns = std::max(columns, 32 / lanes);  // whole warps
    blocks = (rows + columns - 1) / columns;
    part = length <= 64 * lanes ? std::max<int64_t>(length, 1) : 16 * lanes;
    parts = std::max<int64_t>((length + part - 1) / part, 1);
  }
  static int64_t power_of_two(int64_t n, int64_t most) {
    return int64_t(std::bit_ceil(uint64_t(std::min(n, most))));
  }
};

template <class T, class F>
__global__ void __launch_bounds__(1024)
    run_sum(RowView view, SumPlan plan, F load, Output<T> y, T factor) {  // y [parts, rows]
  __shared__ T sums[1024];
  const int t = int(threadIdx.x), lanes = int(plan.lanes), columns = int(plan.columns);
  const int lane = plan.adjacent ? t % lanes : t / columns, column = plan.adjacent ? t / lanes : t % columns;
  const int64_t part = blockIdx.x / uint32_t(plan.blocks);
  const int64_t row = int64_t(blockIdx.x % uint32_t(plan.blocks)) * columns + column;
  T sum(0);
  if (row < view.rows.count) {
    const int64_t base = view.rows[row], first = part * plan.part;
    const int64_t end = first + plan.part < view.elements.count ? first + plan.part : view.elements.count;
#pragma unroll 4
    for (int64_t k = first + lane; k < end; k += lanes) sum += load(base + view.elements[k]);
  }
  if (plan.adjacent && lanes <= 32) {
    for (int half = lanes / 2; half > 0; half /= 2) sum += __shfl_xor_sync(0xFFFFFFFFu, sum, half);
  } else {
    sums[t] = sum;
    const int next = plan.adjacent ? 1 : columns;  // how far off the next lane is
    for (int half = lanes / 2; half > 0; half /= 2) {
      __syncthreads();
      if (lane >= half) continue;
      sum += sums[t + half * next];
      sums[t] = sum;
    }
  }
  if (lane > 0 || row >= view.rows.count) return;
  y.set(part * view.rows.count + row, factor * sum);
}

template <class T, class F> void sum_rows(const RowView& view, const F& load, Target to, double factor) {
  const SumPlan plan(view);
  const Grid grid{plan.blocks * plan.parts};
  const int threads = int(plan.columns * plan.lanes);
  if (plan.parts == 1) return launch(run_sum<T, F>, grid, threads, view, plan, load, output<T>(to), T(factor));
  const Shape shape{plan.parts, view.rows.count};
  Tensor sums = Tensor::empty(shape, dtype_of<T>, Device::cuda);
  launch(run_sum<T, F>, grid, threads, view, plan, load, output<T>(sums), T(1));
  sum_rows<T>(RowView(shape, {true}), Read<T>{in<T>(sums)}, to, factor);
}

// ---- one number from each row ---------------------------------------------------------------------------------------

template <class T, class F> struct WriteRow {
  F value_of;
  Ptr<T> y;  // [rows]
  ELBOW_DEVICE void operator()(const Block& block, int64_t r) const {
    const T value = value_of(block, r);
    if (block.thread == 0) y[r] = value;
  }
};
template <class T, class F> void write_rows(int64_t rows, int64_t length, Tensor& y, const F& value_of) {
  for_rows(rows, length, WriteRow<T, F>{value_of, out<T>(y)});
}

/// One block, each of its warps taking rows in turn.
template <class T, class F>
__global__ void __launch_bounds__(1024) run_mean_of_rows(int64_t rows, F value_of, Ptr<T> y) {
  const Block block{int(threadIdx.x), int(blockDim.x)}, warp{block.thread % 32, 32};
  T sum(0);
  for (int64_t r = block.thread / 32; r < rows; r += block.threads / 32) sum += value_of(warp, r);
  sum = block.sum(warp.thread == 0 ? sum : T(0));
  if (block.thread == 0) y[0] = sum / T(rows);
}
template <class T, class F> void mean_of_rows(int64_t rows, int64_t length, Tensor& y, const F& value_of) {
  if (rows * length <= 65536) return launch(run_mean_of_rows<T, F>, {1}, 1024, rows, value_of, out<T>(y));
  Tensor values = Tensor::empty({rows}, dtype_of<T>, Device::cuda);
  write_rows<T>(rows, length, values, value_of);
  sum_rows<T>(RowView({rows}, {true}), Read<T>{in<T>(values)}, y, 1 / double(rows));
}

#endif

}  // namespace elbow::cuda
