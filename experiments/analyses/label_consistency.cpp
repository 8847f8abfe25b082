#include "experiments/analyses/image_scores.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

#include "experiments/report/figure.hpp"
#include "experiments/report/style.hpp"

namespace elbow {
namespace {

constexpr int64_t block_rows = 500;  // images in memory at a time

/// The labels that are read off images, [rows] each.
struct Read {
  std::vector<int32_t> classes, colours;
};

/// Reads the labels off images(first, count), which are called `what`.
Read read_labels(const Dataset& test, FeatureNet& classifier, const Tell& tell, const std::string& what,
                 const std::function<Tensor(int64_t first, int64_t count)>& images) {
  Read read;
  for (int64_t first = 0; first < test.rows(); first += block_rows) {
    tell(str("label_consistency: labels of ", test.rows(), " ", what), first, test.rows());
    const Tensor x = images(first, std::min(block_rows, test.rows() - first));
    const auto classes = classes_of(classifier, x), colours = colours_of(x, test.image->channels);
    read.classes.insert(read.classes.end(), classes.begin(), classes.end());
    read.colours.insert(read.colours.end(), colours.begin(), colours.end());
  }
  return read;
}

/// The share of the rows with label `value` (-1: of all rows) whose label was read correctly.
Estimate share_read(const std::vector<int32_t>& labels, const std::vector<int32_t>& read, int32_t value) {
  int64_t rows = 0, right = 0;
  for (size_t r = 0; r < labels.size(); ++r)
    if (value < 0 || labels[r] == value) ++rows, right += read[r] == labels[r];
  return share_of(right, rows);
}

int64_t rows_with(const std::vector<int32_t>& labels, int32_t value) {
  return value < 0 ? int64_t(labels.size()) : std::count(labels.begin(), labels.end(), value);
}

}  // namespace

std::vector<LabelConsistency> label_consistency(const Experiment& e, FeatureNet& classifier, const Tell& tell) {
  std::vector<LabelConsistency> table;
  if (!e.condition.by_attributes()) return table;
  const Dataset& test = e.data.test;
  const Read real = read_labels(test, classifier, tell, "real images",
                                [&](int64_t first, int64_t count) { return test.x.range(first, count); });
  // Adds the lines for one label, from "all" to its last value; a value that no test row has is left out.
  const auto add = [&](const std::string& given, const Attribute& attribute, const std::vector<int32_t>& read,
                       const std::vector<int32_t>& read_of_real) {
    const std::vector<int32_t> labels = attribute.row_classes();
    for (int32_t value = -1; value < attribute.classes(); ++value) {
      const int64_t rows = rows_with(labels, value);
      if (rows == 0) continue;
      const std::string name = value < 0 ? "all" : attribute.text_of(float(value), "");
      table.push_back({given, attribute.feature.name, value, name, rows, share_read(labels, read, value),
                       share_read(labels, read_of_real, value)});
    }
  };
  const Attribute *classes = test.classes(), *colours = test.attribute("colour");
  const bool may_withhold = e.condition.may_withhold();
  // Attributes that cannot be read off an image are withheld, or have each row's own value where they must be given.
  const auto under = [&](const std::string& given, bool class_given, bool colour_given) {
    const Tensor asked =
        attribute_values(test, evenly_spread(test.rows(), test.rows()), [&](const Attribute& a, int64_t row) {
          const bool own = &a == classes ? class_given : &a == colours ? colour_given : !may_withhold;
          return own ? a.values[size_t(row)] : Attribute::unknown;
        });
    const Read read =
        read_labels(test, classifier, tell, "images given " + given,
                    [&](int64_t first, int64_t count) { return generated_images(e, asked, first, count); });
    if (class_given) add(given, *classes, read.classes, real.classes);
    if (colour_given) add(given, *colours, read.colours, real.colours);
  };
  if (colours) under("class and colour", true, true);
  if (!colours || may_withhold) under("class", true, false);
  if (colours && may_withhold) under("colour", false, true);
  return table;
}

void plot_label_consistency(const std::vector<LabelConsistency>& table, const std::filesystem::path& png) {
  Panel panel;
  panel.title = "Labels read as requested";
  panel.y_label = "share of the images";
  panel.integer_x = panel.y_from_zero = true;
  panel.y.include(0), panel.y.include(1);
  std::map<std::string, double> places;  // of each label and its values, side by side
  Points real;
  std::vector<std::string> given;  // one colour for each
  std::map<std::string, Points> shares;
  for (const LabelConsistency& l : table) {
    const auto [place, fresh] = places.insert({l.label + ' ' + l.name, double(places.size())});
    if (fresh) {
      panel.x_ticks.push_back({place->second, l.value < 0 ? "every " + l.label : l.name});
      panel.x.include(place->second);
      real.push_back({place->second, l.real.mean});
    }
    if (std::find(given.begin(), given.end(), l.given) == given.end()) given.push_back(l.given);
    shares[l.given].push_back({place->second, l.generated.mean, l.generated.standard_error});
  }
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string colour = line_colour(okabe_ito[i]);
    panel.draw(shares[given[i]], "using 1:2:3 with yerrorbars pt 7 ps 1.1 lw 1.2 " + colour);
    panel.legend.push_back({"given " + given[i] + " ± s.e.", "with points pt 7 ps 1.1 " + colour});
  }
  const std::string ring = "with points pt 6 ps 2 lw 1.2 lc rgb '#202020'";
  panel.draw(real, "using 1:2 " + ring);
  panel.legend.push_back({"real images", ring});
  Figure figure(1000, 820);
  figure.add(panel);
  figure.save(png);
}

}  // namespace elbow
