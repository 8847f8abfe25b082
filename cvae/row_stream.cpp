#include "cvae/row_stream.hpp"

#include <algorithm>
#include <span>

#include "autograd/alias.hpp"
#include "base/parallel.hpp"

namespace elbow {
namespace {

std::optional<int64_t> most_bytes_of_rows;

// Of the windows of all models, on the device and once more on the host. A card fetches that much in a millisecond or more, beside
// which the pause between two windows is short.
constexpr int64_t most_window_bytes = int64_t{64} << 20;

int64_t values_in_row(const Dataset& set, bool attributes) {
  return set.columns() * (set.observed ? 2 : 1) + (attributes ? int64_t(set.attributes.size()) : 0);
}

}  // namespace

void stream_rows_above(std::optional<int64_t> bytes) { most_bytes_of_rows = bytes; }

int64_t RowStream::window_steps(const Dataset& set, bool attributes, int64_t batch_rows, int64_t steps,
                                Backend& backend) {
  const int64_t row_bytes = models() * values_in_row(set, attributes) * int64_t(sizeof(float));
  const int64_t order_bytes = models() * steps * batch_rows * int64_t(sizeof(int64_t));
  const int64_t most = most_bytes_of_rows ? *most_bytes_of_rows : backend.free_bytes() / 2;
  if (set.rows() * row_bytes + order_bytes <= most) return 0;
  return std::clamp<int64_t>(std::min(most, most_window_bytes) / (batch_rows * row_bytes), 1, steps);
}

RowStream::RowStream(const BatchWork& work, Backend& backend)
    : backend_(backend),
      data_(work.data),
      observed_(work.data_observed),
      attributes_(work.attributes),
      batch_rows_(work.x.size(0)),
      steps_(work.data.size(0) / batch_rows_),
      sets_(size_t(models())),
      orders_(size_t(models())) {
  int64_t values = 0;
  for (const Tensor* t : {&data_, &observed_, &attributes_})
    if (*t) values += t->numel();
  on_host_ = backend.host_memory(size_t(models() * values) * sizeof(float));
}

void RowStream::set_order(std::vector<int64_t> order, int model) {
  orders_.at(size_t(model)) = std::move(order);
  window_ = -1;
}

void RowStream::provide(int64_t step) {
  const int64_t window = step / steps_;
  if (window == window_) return;
  auto* to = static_cast<float*>(on_host_.get());  // one part after the other
  for (size_t m = 0; m < sets_.size(); ++m) {
    const Dataset& set = *sets_[m];
    const std::span all(orders_[m]), index = all.subspan(size_t(window * steps_ * batch_rows_));
    const int64_t rows = std::min(steps_ * batch_rows_, int64_t(index.size()));
    // write(row, values): the row's values [columns of `there`].
    const auto send = [&](const Tensor& there, const auto& write) {
      if (!there) return;
      const int64_t columns = there.size(1);
      parallel_for(rows, rows * columns, [&](int64_t r) { write(index[size_t(r)], to + r * columns); });
      Tensor part = alias(there, {rows, columns});
      backend_.upload_in_place(to, part, int(m));
      to += rows * columns;
    };
    send(data_, [&](int64_t row, float* values) { set.x.gather({&row, 1}, values); });
    send(observed_, [&, d = set.columns()](int64_t row, float* values) {
      std::copy_n(set.observed.data<float>() + row * d, d, values);
    });
    send(attributes_, [&](int64_t row, float* values) {
      for (const Attribute& a : set.attributes) *values++ = a.values[size_t(row)];
    });
  }
  // The device has then fetched what lies on the host, which the next window overwrites.
  backend_.synchronize();
  window_ = window;
}

}  // namespace elbow
