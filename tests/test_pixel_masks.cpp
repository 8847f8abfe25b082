// Masks of images: the shapes of holes, how often each comes, that channels go together and that a mask depends on its key and row
// alone; a model whose condition they are, and what is said of the holes that it fills.
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

constexpr int64_t rows = 20000, height = 7, width = 5, plane = height * width;

PixelMaskRule rule_of(const std::vector<std::pair<MaskKind, double>>& kinds, int64_t channels = 1) {
  return {{height, width, channels}, kinds};
}

std::vector<float> mask_of(const PixelMaskRule& rule, int64_t n = rows, uint64_t step = 3) {
  Tensor mask = Tensor::full({n, rule.image.channels * rule.image.height * rule.image.width}, 7);
  draw_pixel_mask({1, 2, step}, rule, mask);
  return mask.to_vector<float>();
}

// What the hole of one row is: the smallest box around it, and how many pixels are in the hole.
struct Hole {
  int64_t top = height, left = width, bottom = 0, right = 0, pixels = 0;
  int64_t area() const { return (bottom - top) * (right - left); }
  std::array<int64_t, 4> box() const { return {top, left, bottom, right}; }
};
Hole hole_of(const float* mask) {
  Hole hole;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      if (mask[y * width + x] != 0) continue;
      hole.top = std::min(hole.top, y), hole.bottom = std::max(hole.bottom, y + 1);
      hole.left = std::min(hole.left, x), hole.right = std::max(hole.right, x + 1);
      ++hole.pixels;
    }
  return hole;
}

// The share of rows for which something holds lies within four standard errors of p: sqrt(p (1 - p) / rows), 0.0035 at p = 1/2.
template <class F> bool share_is(double p, F holds) {
  return std::abs(deviation(rows, p, [&](int64_t r) { return holds(r) ? 1.0 : 0.0; })) < 4;
}

}  // namespace

BOOST_AUTO_TEST_CASE(rectangles_keep_to_their_area_and_come_everywhere) {
  for (const auto& [low, high] :
       std::vector<std::pair<double, double>>{{0.1, 0.5}, {0.3, 0.3}, {0, 1}, {1, 1}}) {
    PixelMaskRule rule = rule_of({{MaskKind::rectangle, 1}});
    rule.area = {low, high};
    const auto m = mask_of(rule);
    for (int64_t r = 0; r < rows; ++r) {
      const Hole hole = hole_of(&m[size_t(r * plane)]);
      BOOST_REQUIRE(hole.pixels == hole.area());
      BOOST_REQUIRE(hole.pixels >= std::max<int64_t>(1, int64_t(std::ceil(low * plane - 1e-9))));
      // where no whole number of columns keeps the limit, it is less than one column above the smallest area
      BOOST_REQUIRE(double(hole.pixels) <=
                    std::max(high * plane, low * plane + double(hole.bottom - hole.top)));
    }
  }
  const auto m = mask_of(rule_of({{MaskKind::rectangle, 1}}));
  for (int64_t i = 0; i < plane; ++i) {
    int64_t hidden = 0;
    for (int64_t r = 0; r < rows; ++r) hidden += m[size_t(r * plane + i)] == 0;
    BOOST_TEST((hidden > rows / 20 && hidden < rows * 3 / 5));
  }
  // heights are uniform from 1, the least that can hold a tenth of the image
  for (int64_t h = 1; h <= height; ++h)
    BOOST_TEST(share_is(1.0 / height, [&](int64_t r) {
      const Hole hole = hole_of(&m[size_t(r * plane)]);
      return hole.bottom - hole.top == h;
    }));
}

BOOST_AUTO_TEST_CASE(halves_are_halves_and_each_as_likely) {
  const std::vector<std::pair<MaskKind, std::array<int64_t, 4>>> boxes = {
      {MaskKind::left, {0, 0, height, width / 2}},
      {MaskKind::right, {0, width / 2, height, width}},
      {MaskKind::top, {0, 0, height / 2, width}},
      {MaskKind::bottom, {height / 2, 0, height, width}}};
  const auto any = mask_of(rule_of({{MaskKind::half, 1}}));
  for (const auto& [kind, box] : boxes) {
    const auto m = mask_of(rule_of({{kind, 1}}), 100);
    for (int64_t r = 0; r < 100; ++r) {
      const Hole hole = hole_of(&m[size_t(r * plane)]);
      BOOST_TEST((hole.box() == box && hole.pixels == hole.area()));
    }
    BOOST_TEST(share_is(
        0.25, [&, wanted = box](int64_t r) { return hole_of(&any[size_t(r * plane)]).box() == wanted; }));
  }
}

BOOST_AUTO_TEST_CASE(noise_gives_each_pixel_by_itself) {
  PixelMaskRule rule = rule_of({{MaskKind::noise, 1}});
  for (const double given : {0.2, 0.7}) {
    rule.given = given;
    const auto m = mask_of(rule);
    for (int64_t i = 0; i < plane; i += 3) {
      BOOST_TEST(share_is(given, [&](int64_t r) { return m[size_t(r * plane + i)] == 1; }));
      BOOST_TEST(share_is(given * given, [&](int64_t r) {
        return m[size_t(r * plane + i)] == 1 && m[size_t(r * plane + (i + 1) % plane)] == 1;
      }));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mixture_has_its_weights) {
  PixelMaskRule rule = rule_of({{MaskKind::left, 1}, {MaskKind::noise, 3}, {MaskKind::bottom, 4}});
  rule.given = 1;  // nothing is hidden
  const auto m = mask_of(rule);
  const auto hidden = [&](int64_t r) { return hole_of(&m[size_t(r * plane)]).box(); };
  BOOST_TEST(share_is(1.0 / 8, [&](int64_t r) {
    return hidden(r) == std::array<int64_t, 4>{0, 0, height, width / 2};
  }));
  BOOST_TEST(share_is(3.0 / 8, [&](int64_t r) { return hidden(r) == Hole().box(); }));
  BOOST_TEST(share_is(4.0 / 8, [&](int64_t r) {
    return hidden(r) == std::array<int64_t, 4>{height / 2, 0, height, width};
  }));
}

BOOST_AUTO_TEST_CASE(channels_go_together_and_a_row_depends_on_its_key_and_number_alone) {
  const std::vector<std::pair<MaskKind, double>> all = {
      {MaskKind::rectangle, 1}, {MaskKind::half, 1}, {MaskKind::noise, 1}};
  const auto grey = mask_of(rule_of(all), 300), coloured = mask_of(rule_of(all, 3), 300);
  for (int64_t r = 0; r < 300; ++r)
    for (int64_t i = 0; i < 3 * plane; ++i)
      BOOST_REQUIRE(coloured[size_t(3 * r * plane + i)] == grey[size_t(r * plane + i % plane)]);
  const auto fewer = mask_of(rule_of(all), 7);
  BOOST_TEST(std::equal(fewer.begin(), fewer.end(), grey.begin()));
  BOOST_TEST((mask_of(rule_of(all), 300, 4) != grey));
  for (const int threads : {1, 3}) {
    const ThreadsScope scope(threads);
    BOOST_TEST((mask_of(rule_of(all), 300) == grey));
  }
  Tensor wrong = Tensor::zeros({4, plane + 1});
  BOOST_CHECK_THROW(draw_pixel_mask({}, rule_of(all), wrong), Error);
}

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
