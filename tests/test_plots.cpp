#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "experiments/report/figure.hpp"
#include "experiments/report/gnuplot.hpp"
#include "experiments/report/image_grid.hpp"
#include "experiments/report/latent_space_plot.hpp"
#include "experiments/report/panels.hpp"
#include "experiments/report/run_plots.hpp"
#include "experiments/report/selection_plots.hpp"
#include "experiments/report/style.hpp"
#include "experiments/runs/compare/comparison.hpp"
#include "experiments/runs/results_files.hpp"

namespace fs = std::filesystem;
using namespace elbow;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

/// A folder of the test's own, gone with it.
struct Folder {
  fs::path path = fs::temp_directory_path() / str("elbow it's a test ", getpid());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::size_t files() const {
    return std::size_t(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};

/// A run on `columns` independent unit Gaussians, slightly worse than the optimum.
RunResults make_run(int columns, int latents, int epochs, bool with_optimum) {
  RunResults run;
  for (int e = 1; e <= epochs; ++e) {
    const double loss = 0.85 + 0.5 * std::exp(-0.4 * (e - 1));
    const Losses losses{{loss, 0.01}, {0.6 * loss, 0.01}, {0.4 * loss, 0.01}};
    run.epochs.push_back({e, losses, losses});
  }
  for (int given = 0; given <= columns; ++given) {
    const int withheld = columns - given;
    CountResult count;
    count.given = given, count.rows = 100, count.active = withheld;
    count.loss = {0.86 * withheld, 0.03}, count.kl = {0.35 * withheld, 0.02};
    count.distortion = {0.51 * withheld, 0.01};
    count.kl_per_latent.assign(std::size_t(latents), 0.001);
    std::fill_n(count.kl_per_latent.begin(), std::min(withheld, latents), 0.35);
    if (with_optimum)
      count.optimum = AverageOptimum{{{0.8466 * withheld, 0.5 * withheld, 0.3466 * withheld}, double(withheld)},
                                     std::vector<double>(std::size_t(withheld), 0.3466)};
    run.per_count.push_back(count);
    for (int i = 0; i < 20; ++i) {
      run.scatter.x.push_back(float(withheld * std::cos(i)));
      run.scatter.y.push_back(float(withheld * std::sin(i)));
      run.scatter.given.push_back(given);
    }
  }
  run.scatter.dimension_y = 1;
  if (with_optimum) run.test.optimum = AverageOptimum{{{0.84657, 0.5, 0.34657}, 1}};
  return run;
}

std::uint32_t big_endian(const std::string& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | (unsigned char)(bytes.at(offset + i));
  return value;
}

/// The file is a whole PNG of that size: signature, header first, end chunk last.
void check_png(const fs::path& path, std::uint32_t width, std::uint32_t height) {
  BOOST_TEST_CONTEXT(path) {
    BOOST_REQUIRE(fs::exists(path));
    const std::string bytes = read_file(path);
    BOOST_REQUIRE_GT(bytes.size(), 60u);
    BOOST_TEST(bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    BOOST_TEST(bytes.substr(12, 4) == "IHDR");
    BOOST_TEST(big_endian(bytes, 16) == width);
    BOOST_TEST(big_endian(bytes, 20) == height);
    BOOST_TEST(bytes.substr(bytes.size() - 8, 4) == "IEND");
  }
}

/// The figure and the SVG beside it, which is well-formed XML if xmllint is there to say so, with a view of each panel.
void check_figure(const fs::path& png, std::uint32_t width, std::uint32_t height, int panels) {
  check_png(png, width, height);
  const fs::path svg = fs::path(png).replace_extension(".svg");
  BOOST_TEST_CONTEXT(svg) {
    BOOST_REQUIRE(fs::exists(svg));
    const std::string text = read_file(svg);
    BOOST_TEST(text.starts_with("<?xml"));
    BOOST_TEST(text.find("<text>") != std::string::npos);
    BOOST_TEST(text.find(str("<view id=\"panel-", panels, "\"")) != std::string::npos);
    BOOST_TEST(text.find(str("<view id=\"panel-", panels + 1, "\"")) == std::string::npos);
    const ProgramEnd end = run_confined("xmllint", {"--noout", "-"}, text, 60);
    if (end.status != 127) BOOST_TEST(end.status == 0, end.errors);
  }
}

void check_all_plots(const RunResults& run) {
  Folder folder;
  plot_encoding_test(run, folder.path / "encoding_test_plots.png");
  plot_elbo(run, folder.path / "ELBO.png");
  plot_kld_vs_dimension(run, folder.path / "KLD_vs_dimension.png");
  check_figure(folder.path / "encoding_test_plots.png", 2000, 1640, 4);
  check_figure(folder.path / "ELBO.png", 3000, 820, 3);
  check_figure(folder.path / "KLD_vs_dimension.png", 1000, 820, 1);
  BOOST_TEST(folder.files() == 6u);  // nothing half-written beside them
}

bool mentions(const Error& error, const std::string& text) {
  BOOST_TEST_MESSAGE(error.what());
  return std::string(error.what()).find(text) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_run_becomes_three_figures) { check_all_plots(make_run(2, 64, 30, true)); }
BOOST_AUTO_TEST_CASE(one_epoch) { check_all_plots(make_run(2, 8, 1, true)); }
BOOST_AUTO_TEST_CASE(no_optimum) { check_all_plots(make_run(8, 64, 50, false)); }
BOOST_AUTO_TEST_CASE(many_columns) { check_all_plots(make_run(159, 512, 3, true)); }

// What a figure is drawn from must not grow with the columns, but for its points: gnuplot takes a minute for 16,000 series.
BOOST_AUTO_TEST_CASE(very_many_columns) {
  const RunResults run = make_run(4000, 4, 1, true);
  const CountColours colours(run.per_count);
  for (const auto plot : {scatter_panel, kl_panel, kl_all_panel, rate_distortion_panel}) {
    const Panel panel = plot(run, colours);
    BOOST_TEST(panel.series.size() < 40U);
    BOOST_TEST(panel.legend.size() < 10U);
    BOOST_TEST_REQUIRE(panel.bar.colours.size() == 100U);
    BOOST_TEST(panel.bar.colours.front() == viridis(0));
    BOOST_TEST(panel.bar.colours.back() == viridis(1));
  }
  const auto series = rate_distortion_panel(run, colours).series;
  BOOST_TEST(std::ranges::count_if(series, [](const auto& s) { return s.rows.size() == 4001U; }) ==
             1);  // all of them
  check_all_plots(run);
}
BOOST_AUTO_TEST_CASE(nothing_at_all) { check_all_plots({}); }

BOOST_AUTO_TEST_CASE(a_single_latent_is_drawn_against_the_count) {
  RunResults run = make_run(3, 1, 5, false);
  run.scatter.dimension_y.reset();
  run.scatter.y.clear();
  check_all_plots(run);
  const Panel panel = scatter_panel(run, CountColours(run.per_count));
  BOOST_TEST(panel.y_label.shown() == "number of given columns");
  BOOST_TEST_REQUIRE(panel.series.size() == 1U);
  std::set<double> strips, colours;
  for (const auto& point : panel.series[0].rows) {
    BOOST_TEST(std::abs(point[1] - std::round(point[1])) <= 0.35);
    strips.insert(std::round(point[1])), colours.insert(point[2]);
  }
  BOOST_TEST(strips.size() == 4U);
  BOOST_TEST(colours.size() == 4U);
  BOOST_TEST(panel.series[0].rows.size() == run.scatter.x.size());
}

BOOST_AUTO_TEST_CASE(many_latents_break_the_axis) {
  const RunResults few = make_run(2, 54, 1, false), many = make_run(2, 64, 1, false);
  BOOST_TEST(!std::isfinite(kl_all_panel(few, CountColours(few.per_count)).x_break));
  const Panel panel = kl_all_panel(many, CountColours(many.per_count));
  BOOST_TEST(panel.x_break == 11);
  const auto& rows = panel.series[0].rows;  // ten dimensions, the gap, four dimensions
  BOOST_TEST_REQUIRE(rows.size() == 15U);
  BOOST_TEST(std::isnan(rows[10][1]));
  BOOST_TEST(rows[11][1] == many.per_count[0].kl_per_latent[60]);
  BOOST_TEST_REQUIRE(panel.x_ticks.size() == 14U);
  BOOST_TEST(panel.x_ticks[9].text.shown() == "10");
  BOOST_TEST(panel.x_ticks[10].text.shown() == "61");
  BOOST_TEST(panel.x_ticks[13].text.shown() == "64");
  BOOST_TEST(panel.x_ticks[13].x == rows[14][0]);
}

// The original gave a point the colour of another one, and cut the coordinate down to a whole number.
BOOST_AUTO_TEST_CASE(each_point_of_the_latent_space_has_its_own_colour) {
  LatentSpace space;
  space.column_names = {"a", "b"};
  space.data.resize(2);
  LatentSpace::Encoded k;
  for (int r = 0; r < 40; ++r) {
    space.rows.push_back(r);
    space.coordinate.push_back(2 + std::fmod(0.6180339887 * r, 1.0));  // all within one unit, in no order
    space.data[0].push_back(r), space.data[1].push_back(-2.0 * r);
    k.x.push_back(10 + r), k.y.push_back(20 - r);
  }
  const auto [low, high] = std::minmax_element(space.coordinate.begin(), space.coordinate.end());
  const Panel data = data_panel(space, 0, 1), latent = latent_panel(space, k);
  std::set<double> colours;
  for (std::size_t r = 0; r < 40; ++r) {
    const std::string own = viridis((space.coordinate[r] - *low) / (*high - *low));
    const double number = double(std::stol(own.substr(1), nullptr, 16));
    BOOST_TEST((data.series[0].rows[r] == std::vector<double>{double(r), -2.0 * double(r), number}));
    BOOST_TEST((latent.series[0].rows[r] == std::vector<double>{10.0 + double(r), 20.0 - double(r), number}));
    colours.insert(number);
  }
  BOOST_TEST(colours.size() == 40U);
  BOOST_TEST(data.bar.colours.size() > 20U);
  BOOST_TEST(data.bar.colours.front() == viridis(0));
  BOOST_TEST(data.bar.colours.back() == viridis(1));
  Folder folder;
  plot_latent_space(space, k, folder.path / "latent.png");
  check_figure(folder.path / "latent.png", 2000, 1000, 2);
  space.classes = 2;  // classes have colours of their own
  for (std::size_t r = 0; r < 40; ++r) space.coordinate[r] = double(r % 2);
  const Panel classes = latent_panel(space, k);
  for (std::size_t r = 0; r < 40; ++r)
    BOOST_TEST(classes.series[0].rows[r][2] == double(std::stol(petroff[r % 2].substr(1), nullptr, 16)));
}

BOOST_AUTO_TEST_CASE(selections_of_few_and_many_features) {
  for (const int features : {1, 8, 107}) {
    SelectionFigures selection;
    for (int i = 0; i <= features; ++i) {
      const double loss = 40 * std::exp(-0.05 * i);
      SelectionFigures::Step step;
      if (i > 0) step.feature = str("membrane_curvature_", i % 7, "_", i);
      step.losses = {{loss, 0.5}, {0.7 * loss, 0.4}, {0.3 * loss, 0.2}};
      step.gain = {i > 0 ? 2 : nan_value, 0.1};
      if (features == 8) step.exact = Optimum{{0.9 * loss, 0.6 * loss, 0.3 * loss}};
      if (features == 8 && i % 3 == 1) step.exact_feature = "another";
      selection.steps.push_back(step);
      if (i > 0) selection.first.push_back(step);
      if (i % 10 != 0) continue;
      CountResult& count = selection.kl.emplace_back();
      count.given = i, count.kl_per_latent = {1.0 / (i + 1), 0.5 / (i + 1), 0.001};
    }
    Folder folder;
    plot_selection_steps(selection, folder.path / "steps.png");
    plot_first_features(selection, folder.path / "first.png");
    plot_selection_kl(selection, folder.path / "kl.png");
    check_figure(folder.path / "steps.png", features > 40 ? 2000 : 1000, 900, 1);
    check_figure(folder.path / "first.png", 1000, 900, 1);
    check_figure(folder.path / "kl.png", 1000, 820, 1);
    for (const char* name : {"steps.svg", "first.svg"})  // bars, and no line from one to the next
      BOOST_TEST(read_file(folder.path / name).find("polygon") != std::string::npos);
    if (const char* keep = std::getenv("ELBOW_KEEP_FIGURES"))  // to look at them
      for (const char* name : {"steps", "first", "kl"})
        fs::copy_file(folder.path / str(name, ".png"), fs::path(keep) / str(name, features, ".png"),
                      fs::copy_options::overwrite_existing);
  }
}

BOOST_AUTO_TEST_CASE(every_count_has_a_label_that_lies_on_no_other) {
  for (const int columns : {2, 8, 11}) {
    RunResults run = make_run(columns, 8, 1, false);
    for (auto& count : run.per_count)  // several of them in one place, as where everything is known
      if (count.given > 3) count.kl.mean = 0.001 * double(count.given), count.distortion.mean = 0.01;
    const Panel panel = rate_distortion_panel(run, CountColours(run.per_count));
    const auto& labels = panel.series.back().rows;
    BOOST_TEST_REQUIRE(labels.size() == std::size_t(columns + 1));
    const double width = panel.x.high - panel.x.low, height = panel.y.high - panel.y.low;
    for (std::size_t i = 0; i < labels.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const double across = std::abs(labels[i][0] - labels[j][0]) / width,
                     up = std::abs(labels[i][1] - labels[j][1]) / height;
        BOOST_TEST((across > 0.02 || up > 0.045), labels[i][2] << " lies on " << labels[j][2]);
      }
  }
}

BOOST_AUTO_TEST_CASE(axes_fit_the_data) {
  RunResults run = make_run(4, 8, 1, false);
  for (auto& count : run.per_count) count.distortion.mean += 44;
  BOOST_TEST(rate_distortion_panel(run, CountColours(run.per_count)).y.low > 43);
}

BOOST_AUTO_TEST_CASE(values_below_a_logarithmic_axis_are_reported) {
  RunResults run = make_run(2, 8, 1, false);
  const auto entries = [&] {
    return std::ranges::count_if(kl_all_panel(run, CountColours(run.per_count)).legend,
                                 [](const auto& entry) { return entry.text.shown() == "below 0.00001"; });
  };
  BOOST_TEST(entries() == 0);
  run.per_count[1].kl_per_latent.back() = 1e-7;
  BOOST_TEST(entries() == 1);
}

BOOST_AUTO_TEST_CASE(classes_have_names_and_colours_of_their_own) {
  const std::vector<std::string> names = {"T-shirt", "Trouser", "Pullover", "Dress", "Coat",
                                          "Sandal",  "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  RunResults run = make_run(9, 2, 2, false);
  run.per_count.clear();
  const Panel panel = scatter_panel(run, CountColours(names));
  BOOST_TEST_REQUIRE(panel.legend.size() == 10U);
  std::set<std::string> styles;
  for (std::size_t k = 0; k < names.size(); ++k) {
    BOOST_TEST(panel.legend[k].text.shown() == names[k]);
    styles.insert(panel.legend[k].style);
  }
  BOOST_TEST(styles.size() == 10U);
  BOOST_TEST(panel.bar.colours.empty());
}

BOOST_AUTO_TEST_CASE(values_that_are_not_finite) {
  RunResults run = make_run(2, 8, 5, true);
  run.epochs[2].test.loss = {nan_value, nan_value};
  run.epochs[3].train.loss.mean = std::numeric_limits<double>::infinity();
  run.per_count[1].kl.mean = run.per_count[1].optimum->kl = nan_value;
  run.per_count[0].kl_per_latent.assign(8, nan_value);
  run.scatter.x[3] = float(nan_value);
  run.test.optimum->distortion = nan_value;
  check_all_plots(run);

  for (auto& epoch : run.epochs) epoch.train.loss.mean = epoch.test.loss.mean = nan_value;
  run.test.optimum->loss = nan_value;
  check_all_plots(run);
}

// That of curves: its loss, distortion and KL are known, but not which latents it uses.
BOOST_AUTO_TEST_CASE(an_optimum_without_latents) {
  RunResults run = make_run(2, 8, 5, true);
  for (auto& count : run.per_count) count.optimum->kl_per_latent.clear(), count.optimum->active = nan_value;
  run.test.optimum->active = nan_value, run.test.optimum->gap = 1e-4;
  check_all_plots(run);
  const auto names_optimum = [](const Panel& panel) {
    return std::any_of(panel.legend.begin(), panel.legend.end(),
                       [](const auto& entry) { return entry.text.shown() == "optimum"; });
  };
  const CountColours colours(run.per_count);
  BOOST_TEST(!names_optimum(kl_panel(run, colours)));
  BOOST_TEST(names_optimum(rate_distortion_panel(run, colours)));
  Folder folder;
  write_tables(run, true, folder.path);
  BOOST_TEST(read_file(folder.path / "encoding_kl_per_lt.csv").find("\n0,0.35,0,\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_script_that_fails_leaves_the_old_figure) {
  Folder folder;
  const auto png = folder.path / "figure.png";
  std::ofstream(png) << "the old one";
  BOOST_CHECK_EXCEPTION(run_gnuplot("plot no_such_variable\n", 100, 100, png), Error, [](const Error& e) {
    return mentions(e, "figure.png") && mentions(e, "no_such_variable");
  });
  BOOST_TEST(read_file(png) == "the old one");
  BOOST_TEST(folder.files() == 1u);
  BOOST_CHECK_EXCEPTION(run_gnuplot("plot x\n", 100, 100, folder.path / "no" / "figure.png"), Error,
                        [](const Error& e) { return mentions(e, "no folder"); });
}

BOOST_AUTO_TEST_CASE(without_gnuplot_there_is_an_error_and_no_crash) {
  Folder folder;
  const std::string path = std::getenv("PATH");
  setenv("PATH", "", 1);
  // Far more than a pipe holds, so that writing on would raise SIGPIPE if nobody read it.
  BOOST_CHECK_EXCEPTION(plot_encoding_test(make_run(159, 512, 30, true), folder.path / "figure.png"), Error,
                        [](const Error& e) { return mentions(e, "gnuplot is not installed"); });
  setenv("PATH", path.c_str(), 1);
  BOOST_TEST(folder.files() == 0u);
}

BOOST_AUTO_TEST_CASE(image_grids) {
  Folder folder;
  const auto png = folder.path / "samples.png";
  std::vector<float> grey(7 * 5 * 4, 0.5f), colour(2 * 3 * 5 * 4, 2.0f);
  grey[0] = float(nan_value), grey[1] = -1;
  GridLayout layout;
  layout.columns = 3, layout.scale = 2;
  write_image_grid(png, {grey, 7, 1, 5, 4}, layout);
  // 3 x 3 images with gaps and a white edge, enlarged, inside margins.
  check_png(png, 2 * (3 * 4 + 2 * 2 + 2) + 2 * 6, 2 * (3 * 5 + 2 * 2 + 2) + 2 * 6);
  layout.gap = 0, layout.header_rows = 1;  // no gaps but one of 8 pixels below the first row
  write_image_grid(png, {grey, 7, 1, 5, 4}, layout);
  check_png(png, 2 * (3 * 4 + 2) + 2 * 6, 2 * (3 * 5 + 8 + 2) + 2 * 6);
  layout.gap = 2, layout.header_rows = 0;
  layout.rows_per_group = 2;
  layout.row_labels = {"it's {/:Bold a_label}", "more labels", "than rows"};
  layout.column_labels = {"red", "green"};
  write_image_grid(png, {colour, 2, 3, 5, 4}, layout);
  BOOST_TEST(folder.files() == 1u);

  BOOST_CHECK_EXCEPTION(write_image_grid(png, {grey, 8, 1, 5, 4}), Error,
                        [](const Error& e) { return mentions(e, "need 160 values, not 140"); });
  BOOST_CHECK_EXCEPTION(write_image_grid(png, {grey, 7, 2, 5, 2}), Error,
                        [](const Error& e) { return mentions(e, "2 channels"); });
  layout.gap = -1;
  BOOST_CHECK_EXCEPTION(write_image_grid(png, {grey, 7, 1, 5, 4}, layout), Error,
                        [](const Error& e) { return mentions(e, "no gap or header rows below 0"); });
}

BOOST_AUTO_TEST_CASE(colours) {
  BOOST_TEST(viridis(0) == "#440154");
  BOOST_TEST(viridis(-1) == viridis(0));
  BOOST_TEST(viridis(2) == viridis(1));
  const CountColours few(make_run(2, 2, 0, false).per_count), many(make_run(159, 2, 0, false).per_count);
  BOOST_TEST(few(0) != few(1));
  BOOST_TEST(few(7) == "#808080");  // a count that the results do not have
  BOOST_TEST(many(159) == viridis(1));
  BOOST_TEST(colour_number("#0102ff") == 0x0102ff);
  BOOST_TEST(colour_number("#000001", 0.6) == 0x66000001);
  BOOST_TEST(few.chosen().size() == 3u);
  BOOST_TEST(many.chosen().size() == 9u);
  BOOST_TEST(many.chosen().front() == 0u);
  BOOST_TEST(many.chosen().back() == 159u);
  BOOST_TEST(CountColours(std::vector<CountResult>{}).chosen().empty());
}

// The groups of a comparison: a colour each, or a scale where they are many and in the order of a number.
BOOST_AUTO_TEST_CASE(styles_of_groups) {
  Comparison c;
  c.group_key = "loss.beta";
  for (int i = 1; i <= 8; ++i) c.groups.push_back({{}, str(i), 1.0 * i, 0});
  Panel models, scale;
  GroupStyle(c).explain(models);
  BOOST_TEST(models.legend.size() == 8u);
  BOOST_TEST(GroupStyle(c).colour(0) == GroupStyle(c).colour(6));  // distinguished by their points
  BOOST_TEST(GroupStyle(c).point(0) != GroupStyle(c).point(6));
  c.ordered = true;
  GroupStyle(c).explain(scale);
  BOOST_TEST(scale.bar.first.shown() == "1");
  BOOST_TEST(scale.bar.last.shown() == "8");
  BOOST_TEST(scale.bar.colours.size() == 8u);
  BOOST_TEST(scale.bar.colours[0] == viridis(0));
  BOOST_TEST(scale.legend.empty());
}

BOOST_AUTO_TEST_CASE(a_long_legend_takes_several_lines) {
  Folder folder;
  Panel panel;
  panel.title = "Many models";
  panel.x.include(0), panel.x.include(1), panel.y.include(0), panel.y.include(1);
  for (int i = 0; i < 9; ++i) panel.legend.push_back({str("a model with a long name, ", i), "with lines"});
  Figure figure(1050, 880);
  figure.add(panel);
  figure.save(folder.path / "figure.png");
  check_figure(folder.path / "figure.png", 1050, 880, 1);
}

BOOST_AUTO_TEST_CASE(csv_files) {
  Folder folder;
  RunResults run = make_run(1, 2, 2, true);
  run.beta = 2;
  run.epochs[1].test.loss.mean = nan_value;
  run.test.rows = 200;
  run.test.loss = {2, 0.5};
  run.per_count[0].excess = Estimate{0.25, 0.125};
  write_tables(run, true, folder.path);
  BOOST_TEST(folder.files() == 5u);
  BOOST_TEST(read_file(folder.path / "results.csv") ==
             "subset,given,rows,loss,loss_stderr,distortion,distortion_stderr,kl,kl_stderr,active,optimum_loss,"
             "optimum_distortion,optimum_kl,optimum_active,excess,excess_stderr\n"
             "all,,200,2,0.5,0,0,0,0,,0.84657,0.5,0.34657,1,,\n"
             "count,0,100,0.86,0.03,0.51,0.01,0.35,0.02,1,0.8466,0.5,0.3466,1,0.25,0.125\n"
             "count,1,100,0,0.03,0,0.01,0,0.02,0,0,0,0,0,,\n");
  BOOST_TEST(read_file(folder.path / "encoding_kl_vs_rcl.csv") ==
             "num_conds,KLD,RCL,ELBO,rows,active,bound_KLD,bound_RCL,bound_ELBO,bound_active\n"
             "0,0.35,0.51,1.21,100,1,0.3466,0.5,0.8466,1\n"
             "1,0,0,0,100,0,0,0,0,0\n");
  BOOST_TEST(read_file(folder.path / "encoding_kl_per_lt.csv") ==
             "latent_dim,kl_divergence,num_conds,bound_kl_divergence\n"
             "0,0.35,0,0.3466\n1,0.001,0,0\n0,0.001,1,0\n1,0.001,1,0\n");

  run.test.optimum.reset();
  for (auto& count : run.per_count) count.optimum.reset();
  write_tables(run, true, folder.path);
  BOOST_TEST(read_file(folder.path / "costs_per_dimension.csv") ==
             "epoch,dimension,test_kld_per_dim,num_conds,bound_kld_per_dim\n"
             "2,0,0.35,0,\n2,1,0.001,0,\n2,0,0.001,1,\n2,1,0.001,1,\n");
  const std::string losses = read_file(folder.path / "costs.csv");
  BOOST_TEST(losses.starts_with("epoch,total_train_losses,total_train_rcl,total_train_klds,total_train_ELBO,"));
  BOOST_TEST(losses.find("\n2,") != std::string::npos);
  BOOST_TEST(losses.ends_with(",,,\n"));

  // Without those of the original there are its epochs, which stand nowhere else, and our own.
  ConditionResult nothing;
  nothing.given = "nothing", nothing.rows = 3, nothing.kl = {0.5, 0.25};
  run.per_condition = {nothing};
  const fs::path own = folder.path / "own";
  fs::create_directories(own);
  write_tables(run, false, own);
  BOOST_TEST(std::distance(fs::directory_iterator(own), fs::directory_iterator()) == 2);
  BOOST_TEST(read_file(own / "costs.csv") == losses);
  BOOST_TEST(read_file(own / "results.csv").ends_with("\nlabels,nothing,3,0,0,0,0,0.5,0.25,,,,,,,\n"));
  write_tables(run, true, own);
  BOOST_TEST(read_file(own / "per_condition.csv").ends_with("\nnothing,3,0,0,0.5,0,0,0.25,\n"));
}
