#include "experiments/analyses/image_scores.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "autograd/alias.hpp"
#include "autograd/tape.hpp"
#include "base/streams.hpp"
#include "base/text.hpp"
#include "cvae/feature_training.hpp"
#include "cvae/sampling.hpp"
#include "data/field_format.hpp"
#include "experiments/analyses/analyses.hpp"
#include "experiments/analyses/feature_file.hpp"
#include "experiments/report/image_figures.hpp"

namespace elbow {
Tensor generated_images(const Experiment& e, const Tensor& values, int64_t first, int64_t count) {
  const NoGrad no_grad;
  const int64_t latents = e.model->latents();
  const Tensor all = normal(sampling_noise(e.seed, 0), {first + count, latents});
  const int64_t width = e.condition.value_columns();
  const Tensor c =
      e.condition.of(values ? alias(values, {count, width}, first * width) : e.condition.nothing(count));
  const Tensor noise = alias(all, {count, latents}, first * latents);
  const Tensor z = prior_draw(e.model->prior(c), noise, sampling_noise(e.seed, 0, uint64_t(first)));
  Tensor images = decoded_values(*e.model, e.loss, z, c).clone();
  float* pixels = images.data<float>();
  for (int64_t i = 0; i < images.numel(); ++i) pixels[i] = std::clamp(pixels[i], 0.0F, 1.0F);
  return images;
}

Tensor real_images(const Dataset& set, std::span<const int64_t> index, int32_t colour) {
  Tensor images = Tensor::empty({int64_t(index.size()), set.columns()});
  const Rows rows = colour == any_colour
                        ? set.x
                        : set.x.in_planes(std::vector<uint8_t>(size_t(set.rows()), uint8_t(colour)),
                                          set.attribute("colour")->classes());
  rows.gather(index, images.data<float>());
  return images;
}

std::vector<int32_t> colours_of(const Tensor& x, int64_t channels) {
  const int64_t pixels = x.size(1) / channels;
  std::vector<int32_t> colours;
  std::vector<double> sums(static_cast<size_t>(channels));
  for (int64_t r = 0; r < x.size(0); ++r) {
    const float* image = x.data<float>() + r * x.size(1);
    for (int64_t k = 0; k < channels; ++k)
      sums[size_t(k)] = std::accumulate(image + k * pixels, image + (k + 1) * pixels, 0.0);
    colours.push_back(int32_t(std::max_element(sums.begin(), sums.end()) - sums.begin()));
  }
  return colours;
}

namespace {

constexpr int32_t any = any_colour;  // or any class

/// Real images are grouped by class and colour; `any` means all of them.
struct Group {
  int32_t label = any, colour = any;
};

int32_t score_class(const Experiment& e) {
  const int32_t last = e.data.test.classes()->classes() - 1;
  return int32_t(e.evaluation.score_class.value_or(std::min(5, last)));
}

int32_t score_colour(const Experiment& e) {
  const auto& names = e.data.test.attribute("colour")->feature.categories;
  const auto found = std::find(names.begin(), names.end(), e.evaluation.score_colour.value_or(names.front()));
  return int32_t(found - names.begin());
}

std::vector<Group> groups_of(const Experiment& e) {
  std::vector<Group> groups{{}};
  if (!e.condition.by_attributes()) return groups;
  const bool coloured = e.data.test.attribute("colour") != nullptr;
  if (coloured) groups.push_back({any, score_colour(e)});
  groups.push_back({score_class(e), any});
  if (coloured) groups.push_back({score_class(e), score_colour(e)});
  return groups;
}

std::string name_of(const Experiment& e, const Group& g) {
  return str(g.colour == any ? "any" : e.data.test.attribute("colour")->feature.categories[size_t(g.colour)],
             "/", g.label == any ? "any" : str(g.label));
}

/// The same for people, with the name of the class: "any colour, Sandal". A name that is only a number is "class 5".
std::string title_of(const Experiment& e, const Group& g) {
  const Dataset& test = e.data.test;
  std::string title;
  if (const Attribute* colour = test.attribute("colour"))
    title = (g.colour == any ? "any colour" : colour->feature.categories[size_t(g.colour)]) + ", ";
  if (g.label == any) return title + "any class";
  const std::string name = test.classes()->text_of(float(g.label), "");
  return title + (parse_number(name) ? "class " + name : name);
}

/// The category of an attribute that the group requests; `any` where it requests none.
int32_t asked_for(const Group& g, const Attribute& a) {
  return a.feature.name == "class" ? g.label : a.feature.name == "colour" ? g.colour : any;
}

/// Whether all attributes are requested.
bool all_asked(const Experiment& e, const Group& g) {
  return std::ranges::all_of(e.data.test.attributes,
                             [&](const Attribute& a) { return asked_for(g, a) != any; });
}

/// Whether the model needs attributes that are not requested.
bool needs_own_values(const Experiment& e, const Group& g) {
  return e.condition.by_attributes() && !e.condition.may_withhold() && !all_asked(e, g);
}

/// The rows of the set that are of a class, ascending.
std::vector<int64_t> rows_of_class(const Dataset& set, int32_t label) {
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < set.rows(); ++r)
    if (label == any || set.classes()->class_of(r) == label) rows.push_back(r);
  return rows;
}

/// The attributes that the model is given: those of the group; of the others those of the test rows `index` if `own`,
/// else none. Undefined where attributes are not the condition.
Tensor asked_values(const Experiment& e, const std::vector<int64_t>& index, const Group& group, bool own) {
  if (!e.condition.by_attributes()) return {};
  return attribute_values(e.data.test, index, [&](const Attribute& a, int64_t row) {
    const int32_t asked = asked_for(group, a);
    return asked != any ? float(asked) : own ? a.values[size_t(row)] : Attribute::unknown;
  });
}

/// Adds to `table` what there is to score in one group.
void score_group(const Experiment& e, const Dataset& train, ImageFeatures& features, const Group& group,
                 const Tell& tell, std::vector<ScoredImages>& table) {
  const Dataset& test = e.data.test;
  const FeatureNetShape shape = feature_net_shape(test);
  const std::vector<int64_t> index = rows_of_class(test, group.label);
  const int64_t rows = int64_t(index.size());
  if (rows < least_scored_rows) return;
  const auto features_of = [&](const std::string& images, auto make) {
    return image_set(features, shape, rows, [&](int64_t first, int64_t count) {
      tell(str("image_scores: features of ", rows, " images, ", name_of(e, group), " ", images), first, rows);
      return make(first, count);
    });
  };
  const auto real_set = [&](const std::string& images, const Dataset& set, const std::vector<int64_t>& of) {
    return features_of(images, [&](int64_t first, int64_t count) {
      return real_images(set, std::span(of).subspan(size_t(first), size_t(count)), group.colour);
    });
  };
  const ImageSet real = real_set("test", test, index);
  const auto add = [&](const std::string& images, const ImageSet& set) {
    const RandomKey key{e.seed, stream::evaluation_noise, table.size()};
    table.push_back({name_of(e, group), images, image_scores(real, set, key), estimate_of(real.sharpness),
                     *std::min_element(real.sharpness.begin(), real.sharpness.end())});
  };
  const auto samples = [&](const std::string& images, bool own) {
    const Tensor asked = asked_values(e, index, group, own);
    add(images, features_of(images, [&](int64_t first, int64_t count) {
          return generated_images(e, asked, first, count);
        }));
  };
  if (!needs_own_values(e, group)) samples("samples", false);
  if (e.condition.by_attributes() && !all_asked(e, group)) samples("samples_own_labels", true);
  if (const auto of = rows_of_class(train, group.label); int64_t(of.size()) >= rows)
    add("train", real_set("train", train, of));
}

/// For each group, real test images above images of the model, with their Frechet distance.
void draw_scored_images(const Experiment& e, const std::vector<ScoredImages>& scores,
                        const std::filesystem::path& png) {
  GridLayout layout;
  layout.columns = 12;
  layout.rows_per_group = 2;
  std::vector<float> pixels;
  for (const Group& group : groups_of(e)) {
    const std::string images = needs_own_values(e, group) ? "samples_own_labels" : "samples";
    const auto scored = std::find_if(scores.begin(), scores.end(), [&](const ScoredImages& s) {
      return s.condition == name_of(e, group) && s.images == images;
    });
    if (scored == scores.end()) continue;
    std::vector<int64_t> index = rows_of_class(e.data.test, group.label);
    index.resize(size_t(layout.columns));
    const Tensor asked = asked_values(e, index, group, needs_own_values(e, group));
    for (const Tensor& row :
         {real_images(e.data.test, index, group.colour), generated_images(e, asked, 0, layout.columns)})
      pixels.insert(pixels.end(), row.data<float>(), row.data<float>() + row.numel());
    layout.row_labels.push_back("real: " + title_of(e, group));
    const double distance = scored->scores.frechet.distance;
    layout.row_labels.push_back(std::isnan(distance) ? "samples" : str("FID ", std::round(10 * distance) / 10));
  }
  write_images(e, png, pixels, layout);
}

}  // namespace

std::vector<ScoredImages> scored_images(const Experiment& e, ImageFeatures& features, const Tell& tell) {
  Dataset train = e.data.train;
  if (e.data.redraw) e.data.redraw(train, 0);  // in the colours that they have after any number of epochs
  std::vector<ScoredImages> table;
  for (const Group& group : groups_of(e)) score_group(e, train, features, group, tell, table);
  return table;
}

AnalysisResult image_scores_analysis(const Experiment& e, AnalysisContext& context) {
  KnownData known;  // the net learns the very images that the run was trained on
  known.find = [&](const std::string&) { return e.data.inputs.front().parent_path(); };
  const auto own_net = [&] {
    return feature_net_of_run(Json::parse(e.resolved).at("data"), context.folder.file("features.safetensors"),
                              known, context.tell);
  };
  const auto features =
      context.features ? open_image_features(*context.features, feature_net_shape(e.data.test)) : own_net();
  ImageScoreTables tables;
  tables.features = features->facts();
  tables.scores = scored_images(e, *features, context.tell);
  if (e.condition.by_attributes()) {  // not all features come with a classifier of these very images
    const auto reader = features->classifier() ? nullptr : own_net();
    tables.classifier = (reader ? reader : features)->facts();
    tables.labels = label_consistency(e, *(reader ? reader : features)->classifier(), context.tell);
  }
  tables.write(context.folder);
  context.findings.image_fids.clear();
  for (const ScoredImages& s : tables.scores) {
    const FrechetEstimate& fid = s.scores.frechet;
    context.findings.image_fids.push_back(
        {s.condition, s.images, tables.features.weights_hash, {fid.distance, fid.standard_error}});
  }
  AnalysisResult result;
  result.text = tables.text();
  result.figures.push_back(
      {"image_scores.png",
       "Real test images above images decoded from draws from the prior, by requested colour and class: the "
       "closer in kind and variety, the better.",
       [&e, scores = tables.scores](const std::filesystem::path& png) { draw_scored_images(e, scores, png); }});
  if (tables.labels.empty()) return result;
  result.figures.push_back(
      {"label_consistency.png",
       "Share of the generated images that a classifier assigns to the requested label, with standard errors. "
       "Hollow circles: the same for real images, which a good model reaches.",
       [labels = tables.labels](const std::filesystem::path& png) { plot_label_consistency(labels, png); }});
  return result;
}

bool image_scores_apply(const Experiment& e) {
  const Dataset& test = e.data.test;
  return test.image && test.classes() && !test.observed &&
         std::min(test.image->height, test.image->width) >= FeatureNet::smallest &&
         test.rows() >= least_scored_rows;
}

void check_image_scores(const Experiment& e, const std::optional<std::string>& features) {
  const Dataset& test = e.data.test;
  const auto refuse = [](const std::string& key, const std::string& message) {
    throw Error("evaluation." + key + ": " + message);
  };
  if (const auto& label = e.evaluation.score_class; label && *label >= test.classes()->classes())
    refuse("score_class", str("there is no class ", *label, "; they are 0 to ", test.classes()->classes() - 1));
  if (const auto& colour = e.evaluation.score_colour) {
    if (!test.attribute("colour")) refuse("score_colour", "the images have no colours");
    const auto& names = test.attribute("colour")->feature.categories;
    if (std::find(names.begin(), names.end(), *colour) == names.end())
      refuse("score_colour", str("there is no colour '", *colour, "'; there are ", quoted_list(names)));
  }
  if (features) try {
      open_image_features(*features, feature_net_shape(test));
    } catch (const Error& error) { refuse("features", error.what()); }
}

}  // namespace elbow
