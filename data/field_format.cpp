#include "data/field_format.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "data/table_file.hpp"

namespace elbow {

NumberReader::NumberReader(const FieldFormat& format, const std::vector<std::string>& table_marks)
    : format_(format.number), marks_(table_marks) {
  marks_.insert(marks_.end(), format.missing.begin(), format.missing.end());
  for (const std::string& mark : marks_)
    if (const auto value = format_.read(mark)) values_.push_back(*value);
}

double NumberReader::read(const std::string& text) const {
  constexpr double missing = std::numeric_limits<double>::quiet_NaN();
  if (const auto value = format_.read(text))
    return std::find(values_.begin(), values_.end(), *value) == values_.end() ? *value : missing;
  if (std::find(marks_.begin(), marks_.end(), text) != marks_.end() || is_usual_mark_of_numbers(text))
    return missing;
  throw Error(str(quoted(text), " is neither ", format_.describe(), " nor a mark of a missing value (",
                  few_of(marks_), ')'));
}

namespace {

// The value of a number in plain notation, without leading zeros: a number with those is a name.
std::optional<double> value_of(const std::string& text) {
  const size_t first = text.starts_with('-') ? 1 : 0;
  if (text.find_first_not_of("0123456789.", first) != std::string::npos) return {};
  if (text.size() > first + 1 && text[first] == '0' && text[first + 1] != '.') return {};
  if (text.size() > 15) return {};  // a double does not distinguish longer ones
  return parse_number(text);
}

}  // namespace

CategoryIndex::CategoryIndex(const std::vector<std::string>& categories) {
  for (const std::string& category : categories) add(category);
}

int32_t CategoryIndex::find(const std::string& text) const {
  if (const auto at = texts_.find(text); at != texts_.end()) return at->second;
  if (const auto value = value_of(text))
    if (const auto at = values_.find(*value); at != values_.end()) return at->second;
  return -1;
}

int32_t CategoryIndex::add(const std::string& text) {
  const auto number = int32_t(texts_.size());
  texts_.emplace(text, number);
  if (const auto value = value_of(text)) values_.emplace(*value, number);
  return number;
}

}  // namespace elbow
