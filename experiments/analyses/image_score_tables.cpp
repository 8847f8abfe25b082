#include "experiments/analyses/image_scores.hpp"

#include <charconv>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/config.hpp"
#include "base/files.hpp"
#include "data/csv.hpp"
#include "experiments/report/text.hpp"

namespace elbow {
namespace {

/// The numbers of a set of images, by the names of their columns.
std::vector<std::pair<std::string, double>> numbers_of(const ScoredImages& scored) {
  const ImageScores& s = scored.scores;
  return {{"rows", double(s.rows)},
          {"rows_per_feature", s.rows_per_feature},
          {"fid", s.frechet.distance},
          {"fid_stderr", s.frechet.standard_error},
          {"kid", s.kernel_distance.mean},
          {"kid_stderr", s.kernel_distance.standard_error},
          {"precision", s.neighbours.precision.mean},
          {"precision_stderr", s.neighbours.precision.standard_error},
          {"recall", s.neighbours.recall.mean},
          {"recall_stderr", s.neighbours.recall.standard_error},
          {"neighbour_rows", double(s.neighbour_rows)},
          {"blur", s.sharpness.mean},
          {"blur_stderr", s.sharpness.standard_error},
          {"blur_min", s.least_sharpness},
          {"real_blur", scored.real_sharpness.mean},
          {"real_blur_stderr", scored.real_sharpness.standard_error},
          {"real_blur_min", scored.least_real_sharpness}};
}

std::vector<std::pair<std::string, std::string>> texts_of(const FeatureFacts& facts) {
  return {{"features", facts.name},
          {"weights_hash", facts.weights_hash},
          {"accuracy", facts.accuracy},
          {"version", facts.version}};
}

CsvTable scores_table(const std::vector<ScoredImages>& scores, const FeatureFacts& facts) {
  std::vector<std::string> header{"condition", "images"};
  for (const auto& number : numbers_of(scores.front())) header.push_back(number.first);
  for (const auto& text : texts_of(facts)) header.push_back(text.first);
  CsvTable table(header);
  for (const ScoredImages& s : scores) {
    std::vector<CsvField> row{s.condition, s.images};
    for (const auto& number : numbers_of(s)) row.emplace_back(number.second);
    for (const auto& text : texts_of(facts)) row.emplace_back(text.second);
    table.add(row);
  }
  return table;
}

CsvTable labels_table(const std::vector<LabelConsistency>& labels, const FeatureFacts& facts) {
  CsvTable table({"given", "label", "value", "name", "rows", "consistency", "consistency_stderr", "real",
                  "real_stderr", "weights_hash", "accuracy", "version"});
  for (const LabelConsistency& l : labels)
    table.add({l.given, l.label, l.value < 0 ? CsvField("") : CsvField(l.value), l.name, l.rows,
               l.generated.mean, l.generated.standard_error, l.real.mean, l.real.standard_error,
               facts.weights_hash, facts.accuracy, facts.version});
  return table;
}

Json json_of(const FeatureFacts& facts) {
  Json json;
  for (const auto& [key, text] : texts_of(facts)) json[key] = text;
  return json;
}

Json json_of(const ScoredImages& scored) {
  Json json{{"condition", scored.condition}, {"images", scored.images}};
  for (const auto& [key, number] : numbers_of(scored))
    json[key] = key.ends_with("rows") ? Json(int64_t(number)) : json_number(number);
  return json;
}

Json json_of(const LabelConsistency& l) {
  return {{"given", l.given},
          {"label", l.label},
          {"value", l.value < 0 ? Json() : Json(l.value)},
          {"name", l.name},
          {"rows", l.rows},
          {"consistency", json_number(l.generated.mean)},
          {"consistency_stderr", json_number(l.generated.standard_error)},
          {"real", json_number(l.real.mean)},
          {"real_stderr", json_number(l.real.standard_error)}};
}

/// A number of a file in four digits; whatever else it says, as it is.
std::string rounded(const std::string& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? fixed(value, 4) : text;
}

std::string text_of(const FeatureFacts& facts) {
  return str(facts.name, " ", facts.weights_hash,
             facts.accuracy.empty() ? "" : ", accuracy " + rounded(facts.accuracy) + " on its test images");
}

/// "12.3 +- 0.4"; nothing where there is no value.
std::string text_of(const Estimate& e, int digits) { return e.mean == e.mean ? with_error(e, digits) : ""; }

/// A share in three digits; "-" where there was no image.
std::string share_text(double share) {
  std::ostringstream text;
  text << std::setprecision(3) << share;
  return share == share ? text.str() : "-";
}

}  // namespace

void ImageScoreTables::write(const OutputFolder& folder) const {
  scores_table(scores, features).write(folder.file("image_scores.csv"));
  if (!labels.empty()) labels_table(labels, classifier).write(folder.file("label_consistency.csv"));
  Json json{{"features", json_of(features)}};
  if (!labels.empty()) json["classifier"] = json_of(classifier);
  for (Json& list = json["scores"] = Json::array(); const ScoredImages& s : scores) list.push_back(json_of(s));
  for (Json& list = json["labels"] = Json::array(); const LabelConsistency& l : labels)
    list.push_back(json_of(l));
  write_file_atomically(folder.file("image_scores.json"), json.dump(2) + "\n");
}

std::string ImageScoreTables::text() const {
  std::ostringstream text;
  text << "image scores in the features of a " << text_of(features) << '\n' << std::left;
  const auto line = [&](const std::vector<std::string>& fields) {
    const int widths[] = {12, 20, 8, 18, 20, 18, 18, 0};
    for (size_t i = 0; i < fields.size(); ++i) text << std::setw(widths[i]) << fields[i];
    text << '\n';
  };
  line({"condition", "images", "rows", "FID", "KID", "precision", "recall", "blur"});
  bool few = false;
  for (const ScoredImages& s : scores) {
    const bool marked = s.scores.rows_per_feature < frechet_rows_per_feature;
    few |= marked;
    line({s.condition, s.images, str(s.scores.rows),
          text_of({s.scores.frechet.distance, s.scores.frechet.standard_error}, 2) + (marked ? " *" : ""),
          text_of(s.scores.kernel_distance, 2), text_of(s.scores.neighbours.precision, 3),
          text_of(s.scores.neighbours.recall, 3), text_of(s.scores.sharpness, 5)});
  }
  if (few) text << "* fewer than " << frechet_rows_per_feature << " images for each feature\n";
  if (labels.empty()) return text.str();
  text << "labels read as requested, the class by " << text_of(classifier) << "; in brackets: real images\n";
  constexpr int per_line = 5;
  for (int in_line = 0; const LabelConsistency& l : labels) {
    if (l.value < 0) {
      text << (in_line > 0 ? "\n" : "") << "given " << l.given << ": " << l.label << ' '
           << text_of(l.generated, 4);
      in_line = per_line;  // its values follow below
    } else {
      text << (in_line == per_line ? "\n  " : ", ") << l.name << ' ' << share_text(l.generated.mean);
      in_line = in_line % per_line + 1;
    }
    text << " (" << share_text(l.real.mean) << ')';
  }
  text << '\n';
  return text.str();
}

}  // namespace elbow
