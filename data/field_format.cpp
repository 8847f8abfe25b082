#include "data/field_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/csv.hpp"
#include "data/table_file.hpp"

namespace elbow {
namespace {

constexpr double seconds_of_day = 86400;

std::string_view without_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<double> plain_number(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return {};
  if (error == std::errc::result_out_of_range)
    value = std::strtod(std::string(text).c_str(), nullptr);  // 0 for 4e-330, infinity for 1e999
  if (!std::isfinite(value)) return {};
  return value;
}

// The same number with a decimal point and no marks of thousands; nothing where these do not stand between groups of three digits.
std::optional<std::string> with_point(std::string_view text, const NumberFormat& format) {
  std::string plain;
  const size_t whole = std::min(text.find(format.decimal), text.find_first_of("eE"));
  size_t group = 0;  // digits since the last mark, or since the beginning
  bool grouped = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool in_whole = i < whole;
    if (format.thousands && text[i] == format.thousands) {
      if (!in_whole || group == 0 || group > 3 || (grouped && group != 3)) return {};
      if (!grouped && text[i - group] == '0') return {};  // 0,123 is a fraction
      grouped = true;
      group = 0;
      continue;
    }
    if (in_whole && is_digit(text[i])) ++group;
    if (text[i] == format.decimal)
      plain += '.';
    else if (text[i] == '.')
      return {};
    else
      plain += text[i];
  }
  if (grouped && group != 3) return {};
  return plain;
}

// Days since 1970-01-01. A date that does not exist (31 April) is none.
std::optional<double> day_of(const std::string& text, const std::string& format) {
  std::tm parts{};
  parts.tm_mday = 1;
  const char* end = strptime(text.c_str(), format.c_str(), &parts);
  if (!end || *end != 0) return {};
  constexpr int first_year = 1000;  // %Y takes "21", too, and means the first century
  if (parts.tm_year + 1900 < first_year) return {};
  const std::tm asked = parts;
  const std::time_t seconds = timegm(&parts);
  if (parts.tm_mday != asked.tm_mday || parts.tm_mon != asked.tm_mon) return {};
  return double(seconds) / seconds_of_day;
}

std::string date_text(double day, const std::string& format) {
  const double seconds = std::round(std::clamp(day, -7e5, 2.9e6) * seconds_of_day);  // the years 1 to 9999
  const auto time = std::time_t(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 256> text;
  return {text.data(), std::strftime(text.data(), text.size(), format.c_str(), &parts)};
}

std::string shortest_text(double value, double tolerance, int most_digits) {
  std::array<char, 64> buffer;
  char* const last = buffer.data() + buffer.size();
  if (std::abs(value) <= tolerance) return "0";
  double read = value;
  for (int digits = 1; digits <= most_digits; ++digits) {
    const char* end = std::to_chars(buffer.data(), last, value, std::chars_format::scientific, digits - 1).ptr;
    std::from_chars(buffer.data(), end, read);
    if (std::abs(read - value) <= tolerance) break;
  }
  if (std::abs(read) < 1e-4 || std::abs(read) >= 1e15) return to_text(read);
  return {buffer.data(), std::to_chars(buffer.data(), last, read, std::chars_format::fixed).ptr};
}

}  // namespace

std::optional<double> NumberFormat::read(const std::string& text) const {
  std::string_view number = without_blanks(text);
  if (!date.empty()) return day_of(std::string(number), date);
  const bool negative = !prefix.empty() && number.starts_with('-');  // "-$5"
  if (negative) number.remove_prefix(1);
  if (number.starts_with(prefix)) number = without_blanks(number.substr(prefix.size()));
  if (number.ends_with(suffix)) number = without_blanks(number.substr(0, number.size() - suffix.size()));
  std::optional<double> value;
  if (decimal != '.' || thousands) {
    if (const auto plain = with_point(number, *this)) value = plain_number(*plain);
    if (!value && thousands != '.') value = plain_number(number);
  } else {
    value = plain_number(number);
  }
  if (value && negative) value = -*value;
  return value;
}

std::string NumberFormat::write(double value, double tolerance, int digits) const {
  const double inside = std::clamp(value, low, high);
  if (inside != value) tolerance = 0;
  value = inside;
  if (!date.empty()) return date_text(whole ? std::round(value) : value, date);
  if (whole && std::abs(value) < 0x1p53) value = std::round(value);
  std::string text = shortest_text(value, tolerance, digits);
  if (decimal != '.') std::replace(text.begin(), text.end(), '.', decimal);
  if (!prefix.empty() && text[0] == '-') return '-' + prefix + text.substr(1) + suffix;
  return prefix + text + suffix;
}

std::string NumberFormat::describe() const {
  return date.empty() ? "a number" : "a date like " + date_text(18992, date);
}

std::optional<double> parse_number(const std::string& text) { return NumberFormat().read(text); }

std::string trimmed(const std::string& text) { return std::string(without_blanks(text)); }

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

double NumberReader::read(double number) const {
  if (std::isnan(number)) return number;
  if (!std::isfinite(number) || !format_.date.empty()) return read(to_text(number));
  const bool mark = std::find(values_.begin(), values_.end(), number) != values_.end();
  return mark ? std::numeric_limits<double>::quiet_NaN() : number;
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
