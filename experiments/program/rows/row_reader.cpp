#include "experiments/program/rows/row_reader.hpp"

#include <algorithm>
#include <iostream>

#include "base/plain_text.hpp"
#include "base/spelling.hpp"

namespace elbow {

namespace {

// The same for files that have these columns as well.
TableCodec with_ignored(const TableCodec& codec, const std::vector<std::string>& names) {
  TableFormat format = codec.format();
  format.ignored.insert(format.ignored.end(), names.begin(), names.end());
  return TableCodec(codec.features(), codec.scales(), format, codec.fields(), codec.constants());
}

}  // namespace

TableCodec codec_of_run(const Experiment& e) {
  std::vector<std::string> labels;
  if (e.data.train.labels) labels.emplace_back("label");
  if (e.data.train.labels && e.data.train.colours) labels.emplace_back("colour");
  return with_ignored(codec_of(e.data.train), labels);
}

int32_t class_of(const Labels& labels, const std::string& text, const char* what) {
  const auto named = std::find(labels.names.begin(), labels.names.end(), text);
  if (named != labels.names.end()) return int32_t(named - labels.names.begin());
  const auto number = parse_number(text);
  if (number && *number >= 0 && *number < labels.classes && *number == int32_t(*number))
    return int32_t(*number);
  throw Error(str("\"", text, "\" is not a ", what, ": there are 0 to ", labels.classes - 1,
                  labels.names.empty() ? "" : ", or " + few_of(labels.names)));
}

RowReader::RowReader(const Experiment& e, const std::filesystem::path& file, Missing missing,
                     const std::vector<std::string>& keep)
    : experiment_(e),
      codec_(with_ignored(codec_of_run(e), keep)),
      trained_with_missing_(bool(e.data.train.observed)),
      missing_allowed_(trained_with_missing_ || missing == Missing::allowed) {
  if (file.empty()) {
    if (!keep.empty()) throw Error("--keep: the run's own test set has nothing to be kept: name a file");
    test_.emplace(e.data.test, rows_at_once, LastBatch::keep);
    return;
  }
  file_.emplace(file, codec_.format());
  places_ = codec_.match(*file_, file, missing_allowed_, " (--keep copies such columns to the result)");
  this->keep(keep, file);
  if (!e.condition.by_label()) return;
  add_label("label", e.data.train.labels, file);
  add_label("colour", e.data.train.colours, file);
}

void RowReader::keep(const std::vector<std::string>& columns, const std::filesystem::path& file) {
  for (const std::string& name : columns) {
    const auto at = std::find(names().begin(), names().end(), name);
    if (at == names().end())
      throw Error(str("--keep: ", file.string(), " has no column \"", name, '"', did_you_mean(name, names())));
    const auto place = size_t(at - names().begin());
    if (std::find(kept_.begin(), kept_.end(), place) != kept_.end())
      throw Error("--keep: names the column \"" + name + "\" twice");
    kept_.push_back(place);
  }
}

std::vector<std::string> RowReader::kept(size_t row) const {
  std::vector<std::string> fields;
  for (const size_t place : kept_) fields.push_back(text_[row][place]);
  return fields;
}

void RowReader::add_label(const std::string& name, const std::optional<Labels>& labels,
                          const std::filesystem::path& file) {
  if (!labels) return;
  const auto at = std::find(names().begin(), names().end(), name);
  const bool there = at != names().end();
  if (!there && !experiment_.condition.may_withhold_labels())
    throw Error(str(file.string(), ": has no column \"", name, "\", which is the model's condition"));
  labels_.push_back({name, *labels, there ? at - names().begin() : -1});
}

bool RowReader::next() {
  ++number_;
  if (test_) {
    if (number_ == test_->count()) return false;
    batch_ = &test_->get(number_);
    return true;
  }
  const size_t d = size_t(codec_.columns());
  std::vector<std::string> fields;
  std::vector<float> x, observed;  // [rows, d]
  text_.clear();
  for (LabelColumn& label : labels_) label.values.clear();
  while (int64_t(text_.size()) < rows_at_once && next_row(fields)) {
    x.resize(x.size() + d);
    observed.resize(x.size());
    try {
      read_row(fields, &x[x.size() - d], &observed[x.size() - d]);
    } catch (const Error& e) { throw Error(str(where_, ": ", e.what())); }
    text_.push_back(fields);
  }
  if (text_.empty()) {
    tell_strangers();
    return false;
  }
  const Shape shape{int64_t(text_.size()), int64_t(d)};
  own_.x = Tensor::from(x, shape);
  own_.observed = missing_allowed_ ? Tensor::from(observed, shape) : Tensor();
  own_.input = encoder_input(own_.x, trained_with_missing_ ? own_.observed : Tensor());
  if (!labels_.empty()) own_.labels = labels_[0].values;
  if (labels_.size() > 1) own_.colours = labels_[1].values;
  batch_ = &own_;
  return true;
}

// Rows of nothing but empty fields are rows between others, but not at the end of a file, where spreadsheets leave them.
bool RowReader::next_row(std::vector<std::string>& fields) {
  if (blank_.empty() && !ahead_) {
    for (std::vector<std::string> row; file_->next(row);) {
      if (!file_->is_blank() || names().size() == 1) {
        ahead_ = std::move(row);
        break;
      }
      blank_.push_back(file_->where());
    }
    if (!ahead_ && any_ && !blank_.empty()) {
      std::cerr << "note: " << blank_.size() << " row(s) of nothing but empty fields at the end are left out\n";
      blank_.clear();
    }
  }
  if (!blank_.empty()) {
    where_ = blank_.front();
    blank_.pop_front();
    fields.assign(names().size(), "");
    return true;
  }
  if (!ahead_) return false;
  where_ = file_->where();
  fields = std::move(*ahead_);
  ahead_.reset();
  any_ = true;
  return true;
}

void RowReader::tell_strangers() {
  for (const auto& [f, texts] : strangers_) {
    std::vector<std::string> names;
    int64_t rows = 0;
    for (const auto& [text, count] : texts) names.push_back(text), rows += count;
    std::cerr << plain_text(str("note: column ", codec_.features()[f].name, ": ", few_of(names), " of ", rows,
                                " row(s) ", names.size() == 1 ? "was" : "were",
                                " in no training row: counted as missing"))
              << '\n';
  }
  strangers_.clear();
}

void RowReader::read_row(const std::vector<std::string>& fields, float* x, float* observed) {
  for (size_t f = 0; f < places_.size(); ++f) {
    if (places_[f] < 0) continue;  // x and observed are 0 already
    const std::string& text = fields[size_t(places_[f])];
    const bool known = codec_.encode(f, text, x, observed);
    if (!known && !missing_allowed_) codec_.refuse_category(f, text);
    if (!known) ++strangers_[f][text];
    const Feature& feature = codec_.features()[f];
    if (!missing_allowed_ && observed[feature.first] == 0)
      throw Error(
          str("column ", feature.name,
              " is missing, and the model was trained without missing entries: `elbow impute` fills them"));
  }
  for (LabelColumn& label : labels_) {
    const std::string text = label.place < 0 ? "" : fields[size_t(label.place)];
    const bool withheld = experiment_.condition.may_withhold_labels() && codec_.format().is_missing(text);
    try {
      label.values.push_back(withheld
                                 ? LabelCondition::not_given
                                 : class_of(label.labels, text, label.name == "label" ? "class" : "colour"));
    } catch (const Error& e) { throw Error(str("column ", label.name, ": ", e.what())); }
  }
}

}  // namespace elbow
