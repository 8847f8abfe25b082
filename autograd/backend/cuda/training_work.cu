#include "autograd/backend/cuda/training_work.hpp"

#include <cmath>

#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/backend/cuda/random.hpp"

namespace elbow::cuda {
namespace {

// One block: every thread reads the counter before one of them writes it.
__global__ void run_advance(Ptr<const double> rows, Ptr<double> values, Ptr<uint64_t> counter, int width) {
  const uint64_t step = counter[0];
  __syncthreads();
  for (int i = int(threadIdx.x); i < width; i += int(blockDim.x))
    values[i] = double(rows[int64_t(step) * width + i]);
  if (threadIdx.x == 0) {
    counter[0] = step + 1;
    counter[1] = step;
  }
}

/// Number i of a sequence: word (i % 64) / 16 of the counter that also makes those 16, 32 and 48 places from it.
ELBOW_DEVICE inline uint32_t word_at(const KernelKey& key, int64_t i) {
  const int64_t group = i / 64, within = i % 64, word = within / 16;
  uint32_t w[4];
  philox_words(key, uint32_t(group * 16 + within % 16), w);
  return word < 2 ? (word == 0 ? w[0] : w[1]) : (word == 2 ? w[2] : w[3]);
}

/// MaskWork as a kernel takes it, of columns.
struct ColumnMask {
  KernelKey key;
  uint32_t threshold;  // of a given entry, p * 2^31
  bool uniform;
  Ptr<const float> groups;
  int64_t n;  // entries of a row that are drawn on their own
  ELBOW_DEVICE bool gives(int64_t row, int64_t column) const {
    const int64_t entry = groups ? int64_t(groups[column]) : column;
    if (!uniform) return word_at(key, row * n + entry) >> 1 < threshold;
    const int64_t first = row * (n + 1);  // the row's probability, then a number for each entry
    return word_at(key, first + 1 + entry) >> 8 < word_at(key, first) >> 8;
  }
};

ColumnMask column_mask(const MaskWork& w, int64_t columns) {
  return {KernelKey(w.key), uint32_t(std::lround(w.given * 0x1p31)), w.uniform,
          w.groups ? in<float>(w.groups) : Ptr<const float>(), w.groups ? w.n_groups : columns};
}

/// The random numbers of an image.
struct ImageNumbers {
  const KernelKey& key;
  int64_t first;
  ELBOW_DEVICE float operator()(int64_t i) const { return float(word_at(key, first + i) >> 8) * 0x1p-24f; }
};

/// Of pixels, whose channels go together.
struct PixelMask {
  KernelKey key;
  PixelHoles holes;
  Ptr<const float> widths;
  ELBOW_DEVICE bool gives(int64_t row, int64_t column) const {
    const ImageNumbers u{key, row * holes.numbers};
    return holes.gives(holes.hole(u, widths), u, column % (holes.height * holes.width));
  }
};

/// Which row of BatchWork::data is row r of the running step's batch.
struct BatchRows {
  Ptr<const int64_t> order, counter;  // [steps, rows] or null, [2]
  int64_t rows, batches;              // in a batch, in the data
  ELBOW_DEVICE int64_t operator()(int64_t r) const {
    const int64_t step = counter[1];
    return order ? order[step * rows + r] : step % batches * rows + r;
  }
};

BatchRows rows_of(const BatchWork& w) {
  const int64_t rows = w.x.size(0);
  return {w.order ? words<const int64_t>(w.order) : Ptr<const int64_t>(), words<const int64_t>(w.counter), rows,
          w.data.size(0) / rows};
}

}  // namespace

void advance(const StepTable& t) {
  Tensor values = t.values;
  launch(run_advance, {1}, 32, in<double>(t.rows), out<double>(values), words<uint64_t>(t.counter),
         int(t.values.numel()));
}

template <class Rule> void gather_rows(const BatchWork& w, const Rule& rule) {
  Tensor tx = w.x, to = w.observed, ti = w.input, tc = w.condition;
  const int64_t rows = w.x.size(0), d = w.x.size(1);
  const auto data = in<float>(w.data);  // [set rows, d]
  const auto data_observed =
      w.data_observed ? in<float>(w.data_observed) : Ptr<const float>();  // [set rows, d]
  const BatchRows row = rows_of(w);
  const auto x = out<float>(tx);                                       // [rows, d]
  const auto observed = w.observed ? out<float>(to) : Ptr<float>();    // [rows, d]
  const auto input = w.input ? out<float>(ti) : Ptr<float>();          // [rows, 2 d]
  const auto condition = w.condition ? out<float>(tc) : Ptr<float>();  // [rows, 2 d]
  for_each(rows * d, [=] ELBOW_DEVICE(int64_t i) {
    const int64_t r = i / d, c = i % d, from = row(r) * d + c;
    const bool there = !data_observed || data_observed[from] != 0;
    const float v = there ? float(data[from]) : 0.0f;
    x[i] = v;
    if (observed) observed[i] = there ? 1.0f : 0.0f;
    if (input) {
      input[r * 2 * d + c] = v;
      input[r * 2 * d + d + c] = there ? 1.0f : 0.0f;
    }
    if (condition) {
      const bool given = there && rule.gives(r, c);
      condition[r * 2 * d + c] = given ? v : 0.0f;
      condition[r * 2 * d + d + c] = given ? 1.0f : 0.0f;
    }
  });
}

void write_attributes(const BatchWork& w) {
  Tensor tc = w.attribute_condition;
  const int64_t rows = tc.size(0), width = tc.size(1), n = w.attributes.size(1);
  const BatchRows row_of = rows_of(w);
  const auto attributes = in<float>(w.attributes);      // [set rows, n]
  const auto columns = in<float>(w.attribute_columns);  // [width, 2]
  const auto c = out<float>(tc);                        // [rows, width]
  const bool may_withhold = w.withheld > 0;
  const uint32_t threshold = uint32_t(std::lround(w.withheld * 0x1p31));
  const KernelKey key(w.withheld_key);
  for_each(rows * width, [=] ELBOW_DEVICE(int64_t i) {
    const int64_t r = i / width, column = i % width, row = row_of(r);
    const int64_t attribute = int64_t(columns[2 * column]);
    const float category = columns[2 * column + 1];
    const float value = attributes[row * n + attribute];
    const bool hidden = value != value || (may_withhold && word_at(key, attribute * rows + r) >> 1 < threshold);
    c[i] = category == BatchWork::attribute_withheld ? float(hidden)
           : hidden                                  ? 0.0f
           : category == BatchWork::attribute_value  ? value
                                                     : float(value == category);
  });
}

void gather_batch(const BatchWork& w) {
  const MaskWork mask = w.mask ? *w.mask : MaskWork{};
  if (mask.holes)
    gather_rows(w, PixelMask{KernelKey(mask.key), *mask.holes, in<float>(mask.widths)});
  else
    gather_rows(w, column_mask(mask, w.x.size(1)));
  if (w.attribute_condition) write_attributes(w);
}

void record_losses(const LossRecord& record) {
  Tensor tc = record.terms;
  const int64_t n = record.kl.numel();
  const auto distortion = in<float>(record.distortion), kl = in<float>(record.kl);  // [n]
  const auto counter = words<const int64_t>(record.counter);                        // [2]
  const auto terms = out<float>(tc);                                                // [steps, 2 n]
  for_each(2 * n, [=] ELBOW_DEVICE(int64_t i) {
    terms[counter[1] * 2 * n + i] = i < n ? float(distortion[i]) : float(kl[i - n]);
  });
}

}  // namespace elbow::cuda
