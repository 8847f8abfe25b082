#include "experiments/program/rows/row_reader.hpp"

#include <algorithm>
#include <iostream>

#include "base/text.hpp"
#include "cvae/evaluation.hpp"

namespace elbow {

namespace {

// The same for files that have these columns as well.
TableCodec with_ignored(const TableCodec& codec, const std::vector<std::string>& names) {
  TableFormat format = codec.format();
  format.ignored.insert(format.ignored.end(), names.begin(), names.end());
  if (format.names.empty()) format.names = codec.header();  // of arrays, which have none
  return TableCodec(codec.features(), codec.scales(), format, codec.fields(), codec.constants());
}

}  // namespace

TableCodec codec_of_run(const Experiment& e) {
  std::vector<std::string> columns;
  for (const Attribute& a : e.data.train.attributes) columns.push_back(a.column());
  return with_ignored(codec_of(e.data.train), columns);
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
  if (e.condition.by_attributes()) find_attributes(file);
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

void RowReader::find_attributes(const std::filesystem::path& file) {
  for (const Attribute& a : experiment_.data.train.attributes) {
    const auto at = std::find(names().begin(), names().end(), a.column());
    const bool there = at != names().end();
    if (!there && !experiment_.condition.may_withhold())
      throw Error(str(file.string(), ": has no column \"", a.column(), "\", which is the model's condition"));
    attribute_places_.push_back(there ? at - names().begin() : -1);
  }
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
  std::vector<float> attributes;   // [rows, attributes]
  text_.clear();
  while (int64_t(text_.size()) < rows_at_once && next_row(fields)) {
    x.resize(x.size() + d);
    observed.resize(x.size());
    try {
      read_row(fields, &x[x.size() - d], &observed[x.size() - d]);
      for (size_t a = 0; a < attribute_places_.size(); ++a) attributes.push_back(read_attribute(a, fields));
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
  if (!attribute_places_.empty())
    own_.attributes = Tensor::from(attributes, {int64_t(text_.size()), int64_t(attribute_places_.size())});
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
}

float RowReader::read_attribute(size_t a, const std::vector<std::string>& fields) const {
  const Attribute& attribute = experiment_.data.train.attributes[a];
  const std::string text = attribute_places_[a] < 0 ? "" : fields[size_t(attribute_places_[a])];
  if (experiment_.condition.may_withhold() && codec_.format().is_missing(text)) return Attribute::unknown;
  try {
    return attribute.value_of(text);
  } catch (const Error& e) { throw Error(str("column ", attribute.column(), ": ", e.what())); }
}

std::vector<double> mean_latent_kl(const Experiment& e, const DrawCondition& draw) {
  std::vector<double> kl(size_t(e.model->latents()), 0);  // [latents], sums over the rows
  RowReader rows(e, "", RowReader::Missing::as_trained);
  for (Condition::Drawn drawn; rows.next();) {
    draw(rows.batch(), rows.number(), drawn);
    const Posterior q = e.model->encode(rows.batch().input, drawn.c);
    const auto part = latent_kl(e, q, drawn.c);
    for (size_t l = 0; l < kl.size(); ++l) kl[l] += part[l] * double(q.mu.size(0));
  }
  for (double& k : kl) k /= double(e.data.test.rows());
  return kl;
}

std::vector<int64_t> active_latents(const Experiment& e, const std::vector<double>& kl) {
  std::vector<int64_t> active;
  for (size_t l = 0; l < kl.size(); ++l)
    if (kl[l] > e.evaluation.active_kl) active.push_back(int64_t(l));
  return active;
}

}  // namespace elbow
