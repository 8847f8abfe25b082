// The analysis image_scores, on images of a known distribution and decoders that paint by that distribution or ignore their condition.
#include "base/parallel.hpp"
#include "experiments/analyses/image_scores.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/alias.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/files.hpp"
#include "cvae/feature_training.hpp"
#include "data_helpers.hpp"
#include "experiments/analyses/analyses.hpp"
#include "experiments/analyses/feature_file.hpp"
#include "metrics/blur.hpp"
#include "metrics/kernel_distance.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr int64_t size = 12, plane = size * size, classes = 3;

/// An image of class k: a stripe of rows 4 k to 4 k + 3 and columns `left` to left + 7, left = 0..4, of one brightness in
/// 0.4..1; the rest is black. u, v in 0..1 say which.
void paint(int64_t k, double u, double v, float* pixels) {
  const int64_t left = std::min<int64_t>(int64_t(5 * u), 4);
  std::fill_n(pixels, plane, 0.0F);
  for (int64_t row = 4 * k; row < 4 * k + 4; ++row)
    std::fill_n(pixels + row * size + left, 8, float(0.4 + 0.6 * v));
}

std::string number(int64_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

void write_idx(const std::filesystem::path& folder, const std::string& prefix, int64_t count, uint64_t seed) {
  std::string images = number(0x803) + number(count) + number(size) + number(size),
              labels = number(0x801) + number(count);
  const auto random = uniform({seed, 1, 0}, {count, 2}).to_vector<float>();
  std::vector<float> pixels(plane);
  for (int64_t i = 0; i < count; ++i) {
    labels += char(i % classes);
    paint(i % classes, random[size_t(2 * i)], random[size_t(2 * i + 1)], pixels.data());
    for (const float p : pixels) images += char(uint8_t(std::lround(255 * p)));
  }
  write_bytes(folder / (prefix + "-images-idx3-ubyte"), images);
  write_bytes(folder / (prefix + "-labels-idx1-ubyte"), labels);
}

/// 3000 training and 900 test images, and experiments on them.
struct Images {
  TemporaryFolder folder;
  Images() {
    write_idx(folder.path, "train", 3000, 1);
    write_idx(folder.path, "t10k", 900, 2);
  }
  Json settings(const std::string& condition = R"({"kind": "label"})", bool coloured = true) const {
    return {{"name", "stripes"},
            {"data",
             {{"source", "idx_images"},
              {"path", folder.path.string()},
              {"classes", classes},
              {"coloured", coloured}}},
            {"condition", Json::parse(condition)},
            {"model", {{"encoder", {8}}, {"latents", 4}, {"decoder", {8}}}},
            {"loss", {{"distortion", "bce"}}}};
  }
};

/// The distribution function of N(0, 1).
double uniform_of(float z) { return 0.5 * std::erfc(-double(z) / std::sqrt(2.0)); }

/// Paints coloured images by the distribution of the real ones: z tells place and brightness, and what the condition withholds.
struct Painter : Cvae {
  bool obeys = true;  ///< does as the condition says
  explicit Painter(bool obeys = true) : obeys(obeys) {}
  Posterior encode_here(const Tensor&, const Tensor&) override { throw Error("not asked for"); }
  int64_t latents() const override { return 4; }
  Tensor decode_here(const Tensor& z, const Tensor& c) override {
    const int64_t rows = z.size(0), columns = c.size(1);
    Tensor logits = Tensor::empty({rows, 3 * plane});
    std::vector<float> pixels(plane);
    for (int64_t r = 0; r < rows; ++r) {
      const float* latent = z.data<float>() + 4 * r;
      const float* labels = c.data<float>() + columns * r;  // class, [not given], colour, [not given]
      const auto value = [&](const float* one_hot, float own) {
        for (int64_t k = 0; k < 3; ++k)
          if (obeys && one_hot[k] == 1) return k;
        return std::min<int64_t>(int64_t(3 * uniform_of(own)), 2);
      };
      paint(value(labels, latent[0]), uniform_of(latent[2]), uniform_of(latent[3]), pixels.data());
      const int64_t colour = value(labels + columns / 2, latent[1]);
      float* y = logits.data<float>() + r * 3 * plane;
      std::fill_n(y, 3 * plane, -20.0F);
      for (int64_t p = 0; p < plane; ++p) {
        const double on = std::clamp(double(pixels[size_t(p)]), 1e-8, 1 - 1e-8);
        y[colour * plane + p] = float(std::log(on / (1 - on)));
      }
    }
    return logits;
  }
};

const Images& images() {
  static const Images folder;
  return folder;
}

/// The net of these images, trained once.
ImageFeatures& net() {
  static const TemporaryFolder folder;
  static const auto features = [] {
    const Experiment e{Config(images().settings())};
    return feature_net_of_run(Json::parse(e.resolved).at("data"), folder.path / "features.safetensors");
  }();
  return *features;
}

std::vector<std::string> what_is_scored(const std::vector<ScoredImages>& scores) {
  std::vector<std::string> names;
  for (const ScoredImages& s : scores) names.push_back(s.condition + " " + s.images);
  return names;
}

const ScoredImages& find(const std::vector<ScoredImages>& scores, const std::string& condition,
                         const std::string& images) {
  for (const ScoredImages& s : scores)
    if (s.condition == condition && s.images == images) return s;
  throw Error("there is no " + condition + " " + images);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_painter_of_the_true_law_scores_like_real_images) {
  Experiment e{Config(images().settings())};
  e.model = std::make_unique<Painter>();
  const auto scores = scored_images(e, net());
  const std::vector<std::string> expected{"any/any samples",
                                          "any/any samples_own_labels",
                                          "any/any train",
                                          "red/any samples",
                                          "red/any samples_own_labels",
                                          "red/any train",
                                          "any/2 samples",
                                          "any/2 samples_own_labels",
                                          "any/2 train",
                                          "red/2 samples",
                                          "red/2 train"};
  BOOST_TEST(what_is_scored(scores) == expected, boost::test_tools::per_element());
  const double floor = find(scores, "any/any", "train").scores.frechet.distance;
  for (const ScoredImages& s : scores) BOOST_TEST_CONTEXT(s.condition << ' ' << s.images) {
      BOOST_TEST_MESSAGE(
          s.condition << ' ' << s.images << ": FID " << s.scores.frechet.distance << " +- "
                      << s.scores.frechet.standard_error << ", KID " << s.scores.kernel_distance.mean << " +- "
                      << s.scores.kernel_distance.standard_error << ", " << s.scores.neighbours.precision.mean
                      << ' ' << s.scores.neighbours.recall.mean << ' ' << s.scores.sharpness.mean << ' '
                      << s.real_sharpness.mean);
      const bool one_class = s.condition.ends_with("/2");
      BOOST_TEST(s.scores.rows == (one_class ? 300 : 900));
      BOOST_TEST(s.scores.neighbour_rows == s.scores.rows);
      BOOST_TEST((s.scores.rows_per_feature < frechet_rows_per_feature) == one_class);
      if (!one_class) BOOST_TEST(s.scores.frechet.distance < 4 * floor);
      BOOST_TEST(std::abs(s.scores.kernel_distance.mean) < 4 * s.scores.kernel_distance.standard_error);
      BOOST_TEST(s.scores.neighbours.precision.mean > 0.8);
      BOOST_TEST(s.scores.neighbours.recall.mean > 0.8);
      const double error = std::hypot(s.scores.sharpness.standard_error, s.real_sharpness.standard_error);
      BOOST_TEST(std::abs(s.scores.sharpness.mean - s.real_sharpness.mean) < 4 * error);
      BOOST_TEST(s.scores.least_sharpness < s.scores.sharpness.mean);
      BOOST_TEST(s.least_real_sharpness > 0);
    }
  // One that paints what it likes is as good where nothing is asked for, and far away where a class is.
  e.model = std::make_unique<Painter>(false);
  const auto free = scored_images(e, net());
  BOOST_TEST(find(free, "any/any", "samples").scores.frechet.distance < 4 * floor);
  const Estimate distance = find(free, "red/2", "samples").scores.kernel_distance;
  BOOST_TEST(distance.mean > 5 * distance.standard_error);
  BOOST_TEST(find(free, "red/2", "samples").scores.neighbours.precision.mean < 0.3);
}

BOOST_AUTO_TEST_CASE(labels_are_read_as_they_were_asked_for) {
  Experiment e{Config(images().settings())};
  for (const bool obeys : {true, false}) {
    e.model = std::make_unique<Painter>(obeys);
    const auto table = label_consistency(e, *net().classifier());
    BOOST_REQUIRE(table.size() == 16U);  // 2 + 1 + 1 blocks of a label, each all and three values
    for (const LabelConsistency& l : table) BOOST_TEST_CONTEXT(l.given << ", " << l.label << ' ' << l.name) {
        BOOST_TEST(l.real.mean >
                   (l.label == "colour" ? 0.9999 : 0.99));  // the channel with the largest sum is exact
        const double share = obeys ? l.real.mean : 1.0 / 3;
        BOOST_TEST(std::abs(l.generated.mean - share) < 0.01 + (obeys ? 0 : 4) * l.generated.standard_error);
        BOOST_TEST(l.generated.standard_error ==
                   std::sqrt(l.generated.mean * (1 - l.generated.mean) / double(l.rows)));
        if (l.value < 0) BOOST_TEST(l.rows == 900);
        if (l.value >= 0 && l.label == "class") BOOST_TEST(l.rows == 300);
      }
    BOOST_TEST(table[0].name == "all");
    BOOST_TEST(table[4].label == "colour");
    BOOST_TEST(table[5].name == "red");
  }
}

BOOST_AUTO_TEST_CASE(a_model_is_only_asked_what_it_can_answer) {
  const auto scored = [](const std::string& condition, bool coloured, std::unique_ptr<Cvae> model) {
    Experiment e{Config(images().settings(condition, coloured))};
    BOOST_TEST(image_scores_apply(e));
    if (model) e.model = std::move(model);
    e.model->train(false);
    const TemporaryFolder folder;
    const auto features =
        coloured ? nullptr
                 : feature_net_of_run(Json::parse(e.resolved).at("data"), folder.path / "features.safetensors");
    return what_is_scored(scored_images(e, features ? *features : net()));
  };
  using List = std::vector<std::string>;
  // All labels must be given.
  const List given{"any/any samples_own_labels",
                   "any/any train",
                   "red/any samples_own_labels",
                   "red/any train",
                   "any/2 samples_own_labels",
                   "any/2 train",
                   "red/2 samples",
                   "red/2 train"};
  BOOST_TEST(scored(R"({"kind": "label", "withheld": 0})", true, std::make_unique<Painter>()) == given,
             boost::test_tools::per_element());
  const List grey{"any/any samples_own_labels", "any/any train", "any/2 samples", "any/2 train"};
  BOOST_TEST(scored(R"({"kind": "label"})", false, nullptr) == grey, boost::test_tools::per_element());
  const List alone{"any/any samples", "any/any train"};
  for (const char* kind : {R"({"kind": "none"})", R"({"kind": "columns"})"})
    BOOST_TEST(scored(kind, true, nullptr) == alone, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(images_meet_the_same_latents_under_all_labels) {
  Experiment e{Config(images().settings())};
  e.model->train(false);
  // 40 rows of a class and a colour.
  const auto values = [](float label, float colour) {
    std::vector<float> pairs;
    for (int i = 0; i < 40; ++i) pairs.insert(pairs.end(), {label, colour});
    return Tensor::from(pairs, {40, 2});
  };
  constexpr float none = Attribute::unknown;
  const auto same = [](const Tensor& a, const Tensor& b) { return a.to_vector() == b.to_vector(); };
  const Tensor all = generated_images(e, values(1, none), 0, 40),
               part = generated_images(e, values(1, none), 7, 5);
  BOOST_TEST(part.shape() == Shape({5, 3 * plane}));
  for (int64_t i = 0; i < part.numel(); ++i)
    BOOST_TEST(std::abs(part.data<float>()[i] - all.data<float>()[7 * 3 * plane + i]) < 1e-6);
  BOOST_TEST(!same(all, generated_images(e, values(none, none), 0, 40)));
  e.model = std::make_unique<Painter>();
  const Tensor red = generated_images(e, values(1, 0), 0, 40), blue = generated_images(e, values(1, 2), 0, 40);
  for (int64_t r = 0; r < 40; ++r)
    for (int64_t p = 0; p < plane; ++p)
      BOOST_TEST(red.data<float>()[3 * plane * r + p] == blue.data<float>()[3 * plane * r + 2 * plane + p]);
  BOOST_TEST(colours_of(blue, 3) == std::vector<int32_t>(40, 2), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(real_images_in_a_colour_are_the_same_images) {
  const Experiment e{Config(images().settings())};
  const Dataset& test = e.data.test;
  const std::vector<int64_t> index{5, 0, 899};
  const Tensor own = real_images(test, index), green = real_images(test, index, 1);
  BOOST_TEST(colours_of(green, 3) == std::vector<int32_t>(3, 1), boost::test_tools::per_element());
  for (int64_t r = 0; r < 3; ++r) {
    const int64_t colour = test.attribute("colour")->class_of(index[size_t(r)]);
    BOOST_TEST(colours_of(own, 3)[size_t(r)] == colour);
    for (int64_t p = 0; p < plane; ++p)
      BOOST_TEST(green.data<float>()[(3 * r + 1) * plane + p] ==
                 own.data<float>()[(3 * r + colour) * plane + p]);
  }
}

BOOST_AUTO_TEST_CASE(the_tables_do_not_depend_on_threads_epochs_or_the_runs_seed_for_the_net) {
  Json settings = images().settings();
  std::string tables[2], hash;
  for (const int run : {0, 1}) {
    Experiment e{Config(settings)};
    e.model->train(false);
    if (run == 1) e.data.redraw(e.data.train, 3);  // the training images as the third epoch left them
    const int before = num_threads();
    set_num_threads(run == 0 ? 1 : 3);
    const TemporaryFolder folder;
    const NoGrad no_grad;  // as make_analyses has it: the net is trained all the same
    std::vector<std::string> started;
    AnalysisContext context{
        OutputFolder::of_run(folder.path), {}, [&](const std::string& what, int64_t done, int64_t) {
          if (done == 0) started.push_back(what);
        }};
    const AnalysisResult result = image_scores_analysis(e, context);
    set_num_threads(before);
    for (const char* file : {"image_scores.csv", "label_consistency.csv", "image_scores.json"})
      tables[run] += read_file(folder.path / file);
    BOOST_TEST(contains(result.text, "any/any     samples_own_labels"));
    BOOST_TEST(contains(result.text, " *"));
    BOOST_TEST(contains(result.text, "* fewer than 5 images for each feature"));
    for (const AnalysisResult::Figure& figure : result.figures) {
      figure.draw(folder.path / figure.file);
      BOOST_TEST(std::filesystem::file_size(folder.path / figure.file) > 1000U);
    }
    BOOST_TEST(result.figures.size() == 2U);
    BOOST_TEST(started.front() == "image_scores: training the net whose features are compared");
    BOOST_TEST(
        std::count(started.begin(), started.end(), "image_scores: features of 900 images, any/any test") == 1);
    BOOST_TEST(started.back().starts_with("label_consistency: labels of 900 images given "));
    const auto& fids = context.findings.image_fids;
    BOOST_TEST_REQUIRE(fids.size() == 11U);
    BOOST_TEST((fids[0].condition == "any/any" && fids[0].weights_hash == net().facts().weights_hash));
    BOOST_TEST(
        files_of_run(folder.path) == (std::set<std::string>{"features.safetensors", "image_scores.csv",
                                                            "image_scores.json", "label_consistency.csv"}),
        boost::test_tools::per_element());
    const Json json = read_json(folder.path / "image_scores.json");
    BOOST_TEST(json.at("scores").size() == 11U);
    BOOST_TEST(json.at("scores")[0].at("rows").dump() == "900");
    BOOST_TEST(json.at("labels").size() == 16U);
    BOOST_TEST(json.at("features").at("weights_hash") == net().facts().weights_hash);
  }
  BOOST_TEST(tables[0] == tables[1]);
  settings["seed"] = 77;  // other colours
  const Experiment other{Config(settings)};
  const TemporaryFolder folder;
  BOOST_TEST(feature_net_of_run(Json::parse(other.resolved).at("data"), folder.path / "features.safetensors")
                 ->facts()
                 .weights_hash == net().facts().weights_hash);
}

BOOST_AUTO_TEST_CASE(the_net_of_a_run_is_kept_and_made_anew_where_it_does_not_fit) {
  const TemporaryFolder folder;
  const auto path = folder.path / "features.safetensors";
  Json settings = images().settings();
  settings["data"]["train_rows"] = 300;
  const auto data = [&] { return Json::parse(Experiment(Config(settings)).resolved).at("data"); };
  const auto hash = [&] { return feature_net_of_run(data(), path)->facts().weights_hash; };
  const std::string first = hash(), bytes = read_file(path);
  FeatureNetFile file = load_feature_net(path);
  // A net that says it is the one is taken as it is, so that it is not trained again.
  FeatureNet untrained(file.net->shape, 9);
  save_feature_net(path, untrained, file.metadata);
  BOOST_TEST(hash() == weights_hash(untrained));
  write_bytes(path, "damaged");
  BOOST_TEST(hash() == first);
  BOOST_TEST(read_file(path) == bytes);
  settings["data"]["train_rows"] = 301;
  BOOST_TEST(hash() != first);
  BOOST_TEST(load_feature_net(path).metadata.at("train_rows") == "301");
}

BOOST_AUTO_TEST_CASE(settings_that_will_not_do_are_refused_before_anything_is_made) {
  const TemporaryFolder folder;
  const auto path = (folder.path / "net").string();
  FeatureNet net({3, size, size, classes}, 1);
  const auto refusal = [](const Json& evaluation, bool coloured = true) {
    Json settings = images().settings(R"({"kind": "label"})", coloured);
    settings["evaluation"] = evaluation;
    const Experiment e{Config(settings)};
    return error_of([&] { check_analyses(e, analyses_of(e), e.evaluation.features); });
  };
  save_feature_net(path, net, {});
  BOOST_TEST(refusal({{"features", path}}) == "no error");
  BOOST_TEST(contains(refusal({{"features", path}}, false), "evaluation.features: " + path));
  BOOST_TEST(contains(refusal({{"features", path}}, false),
                      "3 x 12 x 12 pixels in 3 classes, not 1 x 12 x 12 pixels in 3 classes"));
  write_bytes(path, "damaged");
  BOOST_TEST(contains(refusal({{"features", path}}), "evaluation.features: " + path));
  BOOST_TEST(contains(refusal({{"features", "nowhere"}}), "evaluation.features: nowhere"));
  BOOST_TEST(
      contains(refusal({{"score_class", 3}}), "evaluation.score_class: there is no class 3; they are 0 to 2"));
  BOOST_TEST(
      contains(refusal({{"score_colour", "grey"}}), "evaluation.score_colour: there is no colour 'grey'"));
  BOOST_TEST(contains(refusal({{"score_colour", "red"}}, false), "the images have no colours"));
  BOOST_TEST(refusal({{"score_colour", "blue"}, {"score_class", 0}}) == "no error");
}

BOOST_AUTO_TEST_CASE(scores_are_those_of_the_functions_that_they_are_made_of) {
  const Tensor x = uniform({1, 1, 0}, {1100, 3 * plane}), y = uniform({2, 1, 0}, {1100, 3 * plane}, 0.1, 0.9);
  const FeatureNetShape shape{3, size, size, classes};
  const auto set_of = [&](const Tensor& t, int64_t rows) {
    return image_set(net(), shape, rows, [&](int64_t first, int64_t count) {
      return alias(t, {count, 3 * plane}, first * 3 * plane);
    });
  };
  const ImageSet a = set_of(x, 1100), b = set_of(y, 1100);
  const Tensor fa = net().features(x), fb = net().features(y);
  const ImageScores scores = image_scores(a, b, {5, 1, 0});
  const auto close = [](double found, double expected) {
    BOOST_TEST(std::abs(found - expected) <= 1e-3 * std::abs(expected), found << ", not " << expected);
  };
  close(scores.frechet.distance, frechet_distance(fa, fb).distance);
  close(scores.kernel_distance.mean, kernel_distance(fa, fb, {5, 1, 0}, 110).distance.mean);
  close(scores.neighbours.precision.mean, precision_recall(fa, fb).precision.mean);
  close(scores.sharpness.mean, blur_of(reshape(y, {1100, 3, size, size})).variance.mean);
  close(scores.least_sharpness, blur_of(reshape(y, {1100, 3, size, size})).minimum);
  const auto refused = [](auto f) {
    return contains(error_of(f), "as many images on either side, at least 40");
  };
  BOOST_TEST(refused([&] { image_scores(a, set_of(y, 1099), {}); }));
  BOOST_TEST(refused([&] { image_scores(set_of(x, 39), set_of(y, 39), {}); }));
  const ImageScores few = image_scores(set_of(x, 40), set_of(y, 40), {});
  BOOST_TEST(few.neighbour_rows == 40);
  BOOST_TEST(std::isnan(few.frechet.distance));  // 84 features
}

BOOST_AUTO_TEST_CASE(recording_comes_back_within_an_evaluation) {
  Tensor w = Tensor::ones({2});
  w.set_requires_grad(true);
  const NoGrad no_grad;
  Tape tape;
  const auto recorded = [&] {
    const size_t before = tape.nodes();
    mul(w, w);
    return tape.nodes() > before;
  };
  BOOST_TEST(!recorded());
  {
    const EnableGrad recording;
    BOOST_TEST(recorded());
  }
  BOOST_TEST(!recorded());
}
