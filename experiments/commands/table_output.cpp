#include "experiments/commands/table_output.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <iostream>

#include "autograd/error.hpp"
#include "data/table_file.hpp"
#include "experiments/output_file.hpp"
#include "nn/files.hpp"

namespace elbow {

TableOutput::TableOutput(std::filesystem::path path, bool force, char separator)
    : path_(std::move(path)), separator_(separator) {
  if (!path_.empty()) check_output_file(path_, force);
}

void TableOutput::write(const std::vector<std::string>& fields) {
  text_ += record_text(fields, separator_);
  if (!path_.empty() || text_.size() < 65536) return;
  std::cout << text_;
  text_.clear();
}

void TableOutput::finish() {
  if (!path_.empty()) return write_file_atomically(path_, text_);
  if (!(std::cout << text_ << std::flush)) throw Error("standard output cannot be written");
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
