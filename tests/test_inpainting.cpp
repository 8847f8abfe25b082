// A model whose condition is the pixels of images outside a hole: what its loss counts, its settings, and what is said of the holes that it
// fills.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/streams.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/inpainting.hpp"
#include "cvae/training.hpp"
#include "data_helpers.hpp"
#include "idx_helpers.hpp"
#include "threads_scope.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr int64_t side = 12, pixels = side * side;

// 400 training and 200 test images, and an experiment on them.
struct Images {
  TemporaryFolder folder;
  Images() {
    write_bytes(folder.path / "train-images-idx3-ubyte", images_file(400, side, side));
    write_bytes(folder.path / "t10k-images-idx3-ubyte", images_file(200, side, side));
  }
  Json settings() const {
    return {{"name", "holes"},
            {"data", {{"source", "idx_images"}, {"path", folder.path.string()}}},
            {"condition", {{"kind", "pixels"}}},
            {"model",
             {{"encoder", {16}},
              {"decoder", {16}},
              {"latents", 2},
              {"prior", {{"kind", "learned"}, {"hidden", {8}}}}}},
            {"loss", {{"scale", "column"}}},
            {"training", {{"epochs", 2}, {"batch_rows", 50}}}};
  }
};

std::string why_refused(const Json& json) {
  try {
    const Experiment e{Config(json)};
    return "";
  } catch (const Error& error) { return error.what(); }
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_loss_counts_what_is_hidden_and_every_look_is_on_equal_terms) {
  const Images images;
  std::vector<double> losses;
  for (const int threads : {1, 2}) {
    const ThreadsScope scope(threads);
    Experiment e{Config(images.settings())};
    Training training(e);
    for (int i = 0; i < 2; ++i) losses.push_back(training.epoch([](int64_t) {}).loss.mean);
    const RowLosses once = test_losses(e, 1, false), again = test_losses(e, 1, false);
    BOOST_TEST((once.distortion == again.distortion && once.kl == again.kl && once.given.empty()));
    BOOST_TEST(per_count_results(e, once).empty());
    losses.push_back(losses_of(once).loss.mean);
  }
  BOOST_TEST(
      (losses[0] == losses[3] && losses[1] == losses[4] && losses[2] == losses[5] && losses[1] < losses[0]));

  // Another decoder output for what is given changes nothing.
  const Experiment e{Config(images.settings())};
  const std::vector<int64_t> index{0, 1, 2, 3, 4, 5, 6, 7};
  const Batch batch = rows_of(e.data.test, index);
  Condition::Drawn drawn;
  e.condition.draw(batch, {1, stream::masks, 0}, drawn);
  BOOST_TEST((drawn.c.size(1) == 2 * pixels && e.condition.width() == 2 * pixels));
  Tensor y = Tensor::zeros({8, e.loss.outputs.network_width() + int64_t(e.loss.outputs.trained().size())});
  const auto before = distortion_of(e.loss, y, batch, drawn.c, true).to_vector<double>();
  for (int64_t r = 0; r < 8; ++r)
    for (int64_t i = 0; i < pixels; ++i) {
      const float given = drawn.mask.data<float>()[r * pixels + i], x = batch.x.data<float>()[r * pixels + i];
      BOOST_REQUIRE(drawn.c.data<float>()[2 * r * pixels + i] == (given != 0 ? x : 0));
      BOOST_REQUIRE(drawn.c.data<float>()[(2 * r + 1) * pixels + i] == given);
      if (given != 0) y.data<float>()[r * y.size(1) + i] = 5;
    }
  y.mark_written("test");
  BOOST_TEST((distortion_of(e.loss, y, batch, drawn.c, true).to_vector<double>() == before));
}

BOOST_AUTO_TEST_CASE(completions_copy_what_is_given_and_their_scores_are_those_of_plain_loops) {
  const Images images;
  Experiment e{Config(images.settings())};
  Training(e).epoch([](int64_t) {});
  InpaintingSettings s{e.condition.pixel_masks(), 3, 150, 3, 20};
  const auto scored = inpainted_rows(e, s);
  const Completions made = completions_of(e, s, 150);
  BOOST_TEST_REQUIRE((scored.size() == 150u && made.drawn.size() == 3u && made.x.size(0) == 150));
  const auto psnr = [](double error) { return -10 * std::log10(std::max(error, 1 / (12 * 255.0 * 255.0))); };
  bool differ = false;
  for (int64_t r = 0; r < 150; ++r) {
    double hidden = 0, of_mean = 0, single[3] = {};
    for (int64_t i = 0; i < pixels; ++i) {
      const auto at = [&](const Tensor& t) { return double(t.data<float>()[r * pixels + i]); };
      double mean = 0;
      for (const Tensor& y : made.drawn) {
        mean += at(y) / 3;
        if (at(made.mask) != 0) BOOST_REQUIRE(at(y) == at(made.x));
      }
      BOOST_REQUIRE(std::abs(mean - at(made.mean)) < 1e-5);
      if (at(made.mask) != 0) continue;
      ++hidden;
      differ = differ || at(made.drawn[0]) != at(made.drawn[1]);
      of_mean += (at(made.mean) - at(made.x)) * (at(made.mean) - at(made.x));
      for (size_t d = 0; d < 3; ++d) single[d] += std::pow(at(made.drawn[d]) - at(made.x), 2);
    }
    const InpaintedRow& row = scored[size_t(r)];
    BOOST_REQUIRE(double(row.hidden) == hidden);
    BOOST_REQUIRE(std::abs(row.psnr_mean - psnr(of_mean / hidden)) < 1e-6);
    double mean = 0;
    for (const double sum : single) mean += psnr(sum / hidden) / 3;
    BOOST_REQUIRE(std::abs(row.psnr - mean) < 1e-6);
    BOOST_REQUIRE((std::isfinite(row.psnr_plain) && std::isfinite(row.likelihood.log_p)));
  }
  BOOST_TEST(differ);

  // The first rows are the same if there are fewer, and so is the first completion; the samples do not change the pictures.
  s.rows = 5, s.completions = 1, s.samples = 0;
  const auto fewer = inpainted_rows(e, s);
  BOOST_TEST(
      (fewer.size() == 5u && fewer[4].hidden == scored[4].hidden && std::isnan(fewer[4].likelihood.log_p)));
  BOOST_TEST((completions_of(e, s, 5).drawn[0].to_vector<float>() ==
              slice(made.drawn[0], 0, 0, 5).to_vector<float>()));
  s = {e.condition.pixel_masks(), 3, 5, 3, 20};
  const auto first = inpainted_rows(e, s);
  for (size_t r = 0; r < 5; ++r)
    BOOST_TEST((first[r].likelihood.log_p == scored[r].likelihood.log_p && first[r].psnr == scored[r].psnr));
  const InpaintingScores scores = scores_of(scored);
  BOOST_TEST((scores.rows == 150 && scores.psnr_mean.mean > scores.psnr.mean));

  // Where nothing is hidden there is nothing to score.
  s.masks = s.masks.only(MaskKind::noise);
  s.masks.given = 1;
  BOOST_TEST((scores_of(inpainted_rows(e, s)).rows == 0));
}

// The convolutional model: any size that its convolutions make, colours, the same bits for any number of threads; a given pixel is
// known where it lies.
BOOST_AUTO_TEST_CASE(a_unet_knows_what_is_given_where_it_lies) {
  const Images images;
  Json json = images.settings();
  json["model"] = {{"kind", "unet"},
                   {"encoder", {4, 8}},
                   {"decoder", {8, 4}},
                   {"latents", 2},
                   {"prior", {{"kind", "learned"}, {"hidden", {8}}}}};
  std::vector<double> losses;
  for (const int threads : {1, 2}) {
    const ThreadsScope scope(threads);
    Experiment e{Config(json)};
    Training training(e);
    for (int i = 0; i < 2; ++i) losses.push_back(training.epoch([](int64_t) {}).loss.mean);
  }
  BOOST_TEST((losses[0] == losses[2] && losses[1] == losses[3]));

  Json coloured = json;
  coloured["data"]["coloured"] = true;
  const Experiment e{Config(coloured)};
  const auto outputs = [&](const Tensor& c) {
    return e.model->decode(Tensor::zeros({1, 2}), c).to_vector<float>();
  };
  Tensor c = Tensor::zeros({1, 6 * pixels});
  const auto before = outputs(c);
  BOOST_TEST(before.size() >= size_t(3 * pixels));
  c.data<float>()[0] = c.data<float>()[3 * pixels] = 1;  // the upper left pixel
  c.mark_written("test");
  const auto after = outputs(c);
  const auto change = [&](int64_t y, int64_t x) {
    return std::abs(after[size_t(y * side + x)] - before[size_t(y * side + x)]);
  };
  BOOST_TEST((change(1, 1) > 0 && change(1, 1) > 3 * change(11, 11)));

  json["model"]["encoder"] = {8};
  BOOST_TEST(why_refused(json) == "model.encoder: needs as many widths as the decoder, 2");
  json["condition"] = {{"kind", "none"}};
  BOOST_TEST(contains(why_refused(json), "model.kind: needs images of which some pixels are given"));
}

BOOST_AUTO_TEST_CASE(settings_of_masks) {
  const Images images;
  const auto with = [&](const char* key, const Json& value) {
    Json json = images.settings();
    json["condition"][key] = value;
    return why_refused(json);
  };
  BOOST_TEST(with("mask", "noise") == "");
  BOOST_TEST(with("mask", "left") == "");
  BOOST_TEST(with("weights", {0, 1, 0}) == "");
  for (const auto& [key, value] : std::vector<std::pair<const char*, Json>>{{"mask", "square"},
                                                                            {"weights", {1, 1}},
                                                                            {"weights", {0, 0, 0}},
                                                                            {"weights", {1, -1, 1}},
                                                                            {"area", {0.5, 0.1}},
                                                                            {"area", {0.1}},
                                                                            {"area", {0.1, 2}},
                                                                            {"given", 1.5},
                                                                            {"given", "uniform"},
                                                                            {"withheld", 0.5}}) {
    const std::string why = with(key, value);
    BOOST_TEST(why.starts_with(str("condition.", key)), why);
  }
  Json table = images.settings();
  table["data"] = {{"source", "moons"}};
  BOOST_TEST(why_refused(table) == "condition.kind: the rows of moons are no images, and have no pixels");
  const Experiment e{Config(images.settings())};
  BOOST_TEST(e.condition.pixel_masks().kinds.size() == 3u);
  BOOST_TEST((can_inpaint(e) && !e.condition.counts_given() && e.loss.copies_given));
}
