#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "base/streams.hpp"
#include "cvae/device_steps.hpp"
#include "tests/device_checks.hpp"

namespace elbow::test {
namespace {

constexpr int64_t batch_rows = 37, steps = 3;
constexpr uint64_t seed = 0x123456789ABCDEF, first_step = 0xFFFFFFFF;  // both halves of a number count

// Images of any values but 0, so that a condition shows what it is given.
Dataset images_of(const ImageSize& size) {
  Dataset set;
  set.name = "images";
  set.x = Rows(uniform({1, 2, 3}, {batch_rows, size.channels * size.height * size.width}, 1, 2));
  set.features = real_features(set.columns());
  set.image = size;
  return set;
}

// The conditions of a few steps, as the steps of a training draw them on the device: [steps][rows, 2 columns].
std::vector<std::vector<float>> drawn_there(const Condition& condition, const Dataset& set) {
  const Device device = Device::cuda;
  Backend& gpu = backend(device);
  DeviceRows rows(set, condition, batch_rows, steps, device);
  StepTable table{Tensor::empty({steps, 2}, DType::float64, device), Tensor::empty({2}, DType::float64, device),
                  Tensor::empty({2}, DType::float64, device)};
  std::vector<double> numbers;
  std::vector<int64_t> order;
  for (int64_t s = 0; s < steps; ++s) {
    numbers.insert(numbers.end(), {bits_of(seed), bits_of(first_step + uint64_t(s))});
    for (int64_t r = 0; r < batch_rows; ++r) order.push_back((r + s) % batch_rows);
  }
  const double counter[] = {bits_of(0), bits_of(0)};
  gpu.upload(numbers.data(), table.rows);
  gpu.upload(counter, table.counter);
  rows.copy(set, 0);
  rows.copy_order(order, 0);
  BatchWork work = rows.work(table.counter);
  MaskWork mask;
  const Tensor c = condition.draw_on_device({0, stream::masks, 0, &table.values}, device, work, mask);
  const auto step = gpu.record([&] {
    gpu.advance(table);
    gpu.gather_batch(work);
  });
  std::vector<std::vector<float>> out;
  for (int64_t s = 0; s < steps; ++s) {
    step->run();
    out.push_back(c.to_vector<float>());
  }
  return out;
}

// The same on the CPU.
std::vector<std::vector<float>> drawn_here(const Condition& condition, const Dataset& set) {
  std::vector<std::vector<float>> out;
  Condition::Drawn drawn;
  for (int64_t s = 0; s < steps; ++s) {
    std::vector<int64_t> index;
    for (int64_t r = 0; r < batch_rows; ++r) index.push_back((r + s) % batch_rows);
    condition.draw(rows_of(set, index), {seed, stream::masks, first_step + uint64_t(s)}, drawn);
    out.push_back(drawn.c.to_vector<float>());
  }
  return out;
}

void check_mask(const ImageSize& size, const Json& settings, DeviceChecks& checks) {
  const Dataset set = images_of(size);
  const Config config(settings);
  const Condition condition(config, set);
  const auto here = drawn_here(condition, set), there = drawn_there(condition, set);
  for (int64_t s = 0; s < steps; ++s, ++checks.compared)
    if (here[size_t(s)] != there[size_t(s)])
      checks.failures.push_back(str("masks of ", size.height, " x ", size.width, " pixels, ", settings.dump(),
                                    ": step ", s, " is not that of the CPU"));
}

}  // namespace

DeviceChecks check_device_masks() {
  DeviceChecks checks;
  std::vector<std::string> kinds = mask_kinds();
  kinds.push_back("mixture");
  for (const ImageSize& size : {ImageSize{1, 23, 1}, {17, 1, 1}, {1, 1, 1}, {7, 5, 3}, {12, 12, 1}})
    for (const std::string& kind : kinds)
      check_mask(
          size,
          {{"kind", "pixels"}, {"mask", kind}, {"weights", {1, 0.7, 2}}, {"area", {0.1, 0.6}}, {"given", 0.3}},
          checks);
  // Areas at the edge of a whole number of pixels.
  for (const auto& [low, high] : {std::pair{0.0, 1.0}, {0.1, 0.1}, {0.3, 0.7}, {1.0, 1.0}, {1.0 / 3, 2.0 / 3}})
    check_mask({9, 10, 1}, {{"kind", "pixels"}, {"mask", "rectangle"}, {"area", {low, high}}}, checks);
  return checks;
}

}  // namespace elbow::test
