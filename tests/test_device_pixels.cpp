// Masks of pixels on the GPU: those of the CPU to the bit, and what completes images there.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "cvae/inpainting.hpp"
#include "tests/device_experiment.hpp"
#include "tests/idx_helpers.hpp"
#include "tests/no_device.hpp"

using namespace elbow;
using namespace elbow::test;

BOOST_AUTO_TEST_CASE(masks_are_those_of_the_cpu_to_the_bit) {
  if (no_device()) return;
  const DeviceChecks checks = check_device_masks();
  for (const std::string& failure : checks.failures) BOOST_ERROR(failure);
  BOOST_TEST(checks.compared > 100);
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
    Experiment e = experiment_on(device, settings);
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
