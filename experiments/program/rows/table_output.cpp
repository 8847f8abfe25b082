#include "experiments/program/rows/table_output.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iostream>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/csv.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {

namespace {

std::string interrupted(const std::filesystem::path& file) {
  return file.string() + ": is not written: the command was interrupted";
}

}  // namespace

TableHeader& TableHeader::append(const std::vector<std::string>& names, bool added) {
  for (const std::string& name : names) {
    const bool repeated = std::any_of(columns_.begin(), columns_.end(),
                                      [&](const Column& c) { return !c.added && c.name == name; });
    columns_.push_back({name, added || repeated});
  }
  return *this;
}

std::vector<std::string> TableHeader::names() const {
  std::set<std::string> taken;
  for (const Column& c : columns_)
    if (!c.added) taken.insert(c.name);
  std::vector<std::string> names;
  for (const Column& c : columns_) {
    std::string name = c.name;
    for (int64_t n = 1; c.added && !taken.insert(name).second; ++n) name = str(c.name, '_', n);
    names.push_back(name);
  }
  return names;
}

TableOutput::TableOutput(std::filesystem::path path, bool force, TableFormat format)
    : path_(std::move(path)), format_(std::move(format)) {
  if (!path_.empty()) check_output_file(path_, force);
  if (is_array_file(path_) && format_.thousands == '.')
    throw Error(path_.string() + ": numbers with points between thousands are written as CSV only");
}

void TableOutput::header(const std::vector<std::string>& names, bool shown) {
  names_ = names;
  if (shown && !is_array_file(path_)) write(names);
}

void TableOutput::begin() {
  file_ = std::make_unique<AtomicFile>(path_);
  // The next line sees a signal. Where that takes too long, this function tidies up.
  interrupts_ = std::make_unique<InterruptWatch>([this] {
    std::error_code ignored;
    std::filesystem::remove(file_->beside(), ignored);
    std::cerr << "elbow: " << plain_text(interrupted(path_)) << std::endl;
  });
  if (is_array_file(path_)) arrays_ = std::make_unique<ArrayOutput>(*file_, path_, names_);
}

void TableOutput::check_interrupts() {
  if (const int signal = interrupts_->signal()) {
    interrupts_->handled();
    throw Interrupted(signal, interrupted(path_));
  }
}

double TableOutput::number(size_t column, const std::string& field) const {
  if (format_.is_missing(field) || is_usual_mark_of_numbers(field))
    return std::numeric_limits<double>::quiet_NaN();
  const auto plain = parse_number(field);
  if (const auto value = plain ? plain : format_.numbers().read(field)) return *value;
  throw Error(str(path_.string(), ": column ", names_[column], ": ", quoted(field),
                  " is a text, which an array of numbers cannot hold: write CSV"));
}

void TableOutput::write(const std::vector<std::string>& fields) {
  if (!path_.empty()) {
    if (!file_) begin();
    check_interrupts();
    if (!arrays_) return file_->write(record_text(fields, format_.separator));
    std::vector<double> row;
    for (size_t c = 0; c < fields.size(); ++c) row.push_back(number(c, fields[c]));
    return arrays_->write(row);
  }
  const std::string line = record_text(fields, format_.separator);
  text_ += line;
  if (text_.size() < 65536) return;
  put();
}

// An output that nobody reads any more ends the command.
void TableOutput::put() {
  if (!(std::cout << text_ << std::flush)) throw Error("standard output cannot be written");
  text_.clear();
}

void TableOutput::finish() {
  if (path_.empty()) return put();
  if (!file_) begin();
  if (arrays_) arrays_->finish();
  file_->finish();
  interrupts_.reset();
}

std::string number_text(double value) {
  if (!std::isfinite(value))
    throw Error("a result is not finite: the model's weights, or the values that it is given, are too large");
  using Float = std::numeric_limits<float>;
  const double size = std::abs(value);
  const bool is_float = size == 0 || (size >= Float::min() && size <= Float::max());
  return is_float ? float_text(float(value)) : to_text(value);
}

std::vector<std::string> numbered(const std::string& name, const std::vector<int64_t>& numbers) {
  std::vector<std::string> names;
  for (const int64_t n : numbers) names.push_back(str(name, n));
  return names;
}

}  // namespace elbow
