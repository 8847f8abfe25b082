#include "experiments/story/story.hpp"

#include "autograd/operators.hpp"
#include "autograd/tape.hpp"
#include "cvae/sampling.hpp"
#include "experiments/report/image_figures.hpp"
#include "experiments/report/text.hpp"

namespace elbow {
namespace {

constexpr int64_t manifold_steps = 15, interpolation_steps = 11;

/// Rows of pictures, from top to bottom.
struct Sheet {
  std::vector<float> pixels;
  GridLayout layout;

  void add_row(const std::string& label, const std::vector<float>& images) {
    layout.row_labels.push_back(label);
    pixels.insert(pixels.end(), images.begin(), images.end());
  }
  void write(const StoryRun& run, const std::filesystem::path& png) const {
    write_images(*run.experiment, png, pixels, layout);
  }
};

std::vector<float> originals(const StoryRuns& runs, const std::vector<int64_t>& index) {
  return rows_of(runs.test(), index).x.to_vector<float>();
}

/// 0, 1, ..., n - 1
std::vector<int32_t> all_classes(const StoryRuns& runs) {
  std::vector<int32_t> labels;
  for (int32_t k = 0; k < runs.classes().classes(); ++k) labels.push_back(k);
  return labels;
}

/// Draws from N(0, I), the prior of all three models whatever the label is.
Tensor prior_draws(const StoryRun& run, uint64_t step, int64_t rows) {
  const Experiment& e = *run.experiment;
  return sample_prior(*e.model, Tensor(), rows, sampling_noise(e.seed, step));
}

/// Row i of `t` [rows, n], n times: [steps, n].
Tensor repeated_row(const Tensor& t, int64_t i, int64_t steps) {
  return index_select(t, 0, std::vector<int64_t>(size_t(steps), i));
}

}  // namespace

void draw_story_reconstructions(const StoryRuns& runs, const std::filesystem::path& png) {
  const auto labels = all_classes(runs);
  Sheet sheet;
  sheet.layout.columns = int64_t(labels.size());
  sheet.layout.rows_per_group = 4;
  for (int64_t place = 0; place < 2; ++place) {
    const auto index = runs.one_of_each_class(place);
    sheet.add_row("test image", originals(runs, index));
    for (const StoryRun* run : runs.all()) sheet.add_row(run->name, run->decode(run->encode(index), labels));
  }
  sheet.write(runs.cvae, png);
}

void draw_story_samples(const StoryRuns& runs, const std::filesystem::path& png) {
  constexpr uint64_t rows = 3;
  const auto labels = all_classes(runs);
  Sheet sheet;
  sheet.layout.columns = int64_t(labels.size());
  sheet.layout.rows_per_group = rows;
  for (const StoryRun* run : runs.all())
    for (uint64_t row = 0; row < rows; ++row)  // the CVAE's draws are those of the others
      sheet.add_row(row == 0 ? run->name : "",
                    run->decode(prior_draws(runs.cvae, row, int64_t(labels.size())), labels));
  sheet.write(runs.cvae, png);
}

void draw_manifold(const StoryRun& run, int32_t label, const std::filesystem::path& png) {
  Sheet sheet;
  sheet.layout.columns = manifold_steps;
  sheet.layout.gap = 0;
  const auto quantile = [](int64_t i) { return normal_quantile(i, manifold_steps); };
  for (int64_t row = 0; row < manifold_steps; ++row) {
    const double height = quantile(manifold_steps - 1 - row);
    std::vector<float> z;
    for (int64_t column = 0; column < manifold_steps; ++column)
      z.insert(z.end(), {float(quantile(column)), float(height)});
    sheet.add_row(fixed(height, 1), run.decode(Tensor::from(z, {manifold_steps, 2}),
                                               std::vector<int32_t>(size_t(manifold_steps), label)));
    sheet.layout.column_labels.push_back(fixed(quantile(row), 1));
  }
  sheet.write(run, png);
}

void draw_classes(const StoryRuns& runs, const std::filesystem::path& png) {
  constexpr int64_t draws = 12;
  const Tensor z = prior_draws(runs.cvae, 0, draws);
  Sheet sheet;
  sheet.layout.columns = draws;
  for (const int32_t k : all_classes(runs))
    sheet.add_row(runs.class_name(k), runs.cvae.decode(z, std::vector<int32_t>(size_t(draws), k)));
  sheet.write(runs.cvae, png);
}

void draw_style_transfer(const StoryRuns& runs, const std::filesystem::path& png) {
  const auto index = runs.one_of_each_class(0);
  const Tensor z = runs.cvae.encode(index);
  Sheet sheet;
  sheet.layout.columns = int64_t(index.size());
  sheet.layout.header_rows = 1;
  sheet.add_row("test image", originals(runs, index));
  for (const int32_t k : all_classes(runs))
    sheet.add_row(runs.class_name(k), runs.cvae.decode(z, std::vector<int32_t>(index.size(), k)));
  sheet.write(runs.cvae, png);
}

void draw_interpolation(const StoryRuns& runs, const std::filesystem::path& png) {
  constexpr int64_t steps = interpolation_steps;
  std::vector<float> weights;  // of the second image
  for (int64_t i = 0; i < steps; ++i) weights.push_back(float(i) / float(steps - 1));
  const Tensor to = Tensor::from(weights, {steps, 1}), from = 1.0 - to;
  const auto between = [&](const Tensor& ends) {  // [2, n] to [steps, n]
    return from * repeated_row(ends, 0, steps) + to * repeated_row(ends, 1, steps);
  };
  const auto best = runs.best_of_each_class(), first = runs.one_of_each_class(0),
             second = runs.one_of_each_class(1);
  const size_t last = best.size() - 1, middle = last / 2;
  const std::vector<std::vector<int64_t>> pairs = {
      {best[0], best[last]}, {best[middle], best[last - 1]}, {first[middle], second[middle]}};
  Sheet sheet;
  sheet.layout.columns = steps;
  sheet.layout.rows_per_group = 4;
  for (const float w : weights) sheet.layout.column_labels.push_back(fixed(w, 1));
  for (const auto& pair : pairs) {
    sheet.add_row("pixels", between(rows_of(runs.test(), pair).x).to_vector<float>());
    for (const StoryRun* run : runs.all()) {
      const Experiment& e = *run->experiment;
      const Tensor c = run->condition_of({runs.classes().class_of(pair[0]), runs.classes().class_of(pair[1])});
      const NoGrad no_grad;
      sheet.add_row(run->name, decoded_pixels(e, between(run->encode(pair)), c ? between(c) : c));
    }
  }
  sheet.write(runs.cvae, png);
}

}  // namespace elbow
