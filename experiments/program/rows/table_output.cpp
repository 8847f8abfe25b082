#include "experiments/program/rows/table_output.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iostream>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/table_file.hpp"
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

TableOutput::TableOutput(std::filesystem::path path, bool force, char separator)
    : path_(std::move(path)), separator_(separator) {
  if (!path_.empty()) check_output_file(path_, force);
}

void TableOutput::begin() {
  file_ = std::make_unique<AtomicFile>(path_);
  // The next line sees a signal. Where that takes too long, this function tidies up.
  interrupts_ = std::make_unique<InterruptWatch>([this] {
    std::error_code ignored;
    std::filesystem::remove(file_->beside(), ignored);
    std::cerr << "elbow: " << plain_text(interrupted(path_)) << std::endl;
  });
}

void TableOutput::write(const std::vector<std::string>& fields) {
  const std::string line = record_text(fields, separator_);
  if (!path_.empty()) {
    if (!file_) begin();
    if (const int signal = interrupts_->signal()) {
      interrupts_->handled();
      throw Interrupted(signal, interrupted(path_));
    }
    return file_->write(line);
  }
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
  file_->finish();
  interrupts_.reset();
}

std::string number_text(float value) {
  if (!std::isfinite(value))
    throw Error("a result is not finite: the model's weights, or the values that it is given, are too large");
  std::array<char, 32> buffer;
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

std::vector<std::string> numbered(const std::string& name, const std::vector<int64_t>& numbers) {
  std::vector<std::string> names;
  for (const int64_t n : numbers) names.push_back(str(name, n));
  return names;
}

}  // namespace elbow
