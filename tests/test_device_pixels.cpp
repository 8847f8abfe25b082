// Masks of pixels on the GPU: those of the CPU to the bit, and what completes images there.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "base/streams.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/device_steps.hpp"
#include "cvae/inpainting.hpp"
#include "tests/idx_helpers.hpp"
#include "tests/no_device.hpp"
#if ELBOW_CUDA_EMULATED
#include "autograd/backend/cuda/emulator/emulator.hpp"
#endif

using namespace elbow;
using namespace elbow::test;

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

}  // namespace

BOOST_AUTO_TEST_CASE(masks_are_those_of_the_cpu_to_the_bit) {
  if (no_device()) return;
  std::vector<std::string> kinds = mask_kinds();
  kinds.push_back("mixture");
  for (const ImageSize& size : {ImageSize{1, 23, 1}, {17, 1, 1}, {1, 1, 1}, {7, 5, 3}, {12, 12, 1}})
    for (const std::string& kind : kinds)
      BOOST_TEST_CONTEXT(kind << ", " << size.height << " x " << size.width << " x " << size.channels) {
        const Dataset set = images_of(size);
        const Json json = {
            {"kind", "pixels"}, {"mask", kind}, {"weights", {1, 0.7, 2}}, {"area", {0.1, 0.6}}, {"given", 0.3}};
        const Config config(json);
        const Condition condition(config, set);
        const auto here = drawn_here(condition, set);
        BOOST_TEST((drawn_there(condition, set) == here));
        if (size.height * size.width > 1 && kind != "left" && kind != "right" && kind != "top" &&
            kind != "bottom")
          BOOST_TEST((here[0] != here[1]));
      }
}

BOOST_AUTO_TEST_CASE(areas_at_the_edge_of_a_whole_number_of_pixels) {
  if (no_device()) return;
  const Dataset set = images_of({9, 10, 1});
  for (const auto& [low, high] :
       {std::pair{0.0, 1.0}, {0.1, 0.1}, {0.3, 0.7}, {1.0, 1.0}, {1.0 / 3, 2.0 / 3}}) {
    const Json json = {{"kind", "pixels"}, {"mask", "rectangle"}, {"area", {low, high}}};
    const Config config(json);
    const Condition condition(config, set);
    BOOST_TEST((drawn_there(condition, set) == drawn_here(condition, set)));
  }
}

// What `elbow inpaint` and the analysis of a run say, of one model on both devices.
BOOST_AUTO_TEST_CASE(images_are_completed_as_on_the_cpu) {
  if (no_device()) return;
  const Json settings = {
      {"name", "holes"},
      {"data", {{"source", "idx_images"}, {"path", small_images()}}},
      {"condition", {{"kind", "pixels"}}},
      {"model",
       {{"encoder", {8}}, {"decoder", {8}}, {"latents", 2}, {"prior", {{"kind", "learned"}, {"hidden", {8}}}}}},
      {"loss", {{"scale", "column"}}},
      {"training", {{"epochs", 1}, {"batch_rows", 10}}}};
  std::vector<InpaintingScores> scores;
  std::vector<std::vector<float>> completed;
  for (const Device device : {Device::cpu, Device::cuda}) {
    set_default_device(device);
    Experiment e{Config(settings)};
    set_default_device(Device::cpu);
    e.model->fit(e.data.train);
    const InpaintingSettings s{e.condition.pixel_masks(), 5, 20, 2, 10};
    scores.push_back(scores_of(inpainted_rows(e, s)));
    completed.push_back(completions_of(e, s, 3).drawn[1].to_vector<float>());
  }
  BOOST_TEST(scores[1].hidden.mean == scores[0].hidden.mean);
  BOOST_TEST(scores[1].psnr.mean == scores[0].psnr.mean, boost::test_tools::tolerance(1e-4));
  BOOST_TEST(scores[1].log_likelihood.mean == scores[0].log_likelihood.mean,
             boost::test_tools::tolerance(1e-4));
  for (size_t i = 0; i < completed[0].size(); ++i)
    BOOST_REQUIRE(std::abs(completed[1][i] - completed[0][i]) < 1e-4);
}
