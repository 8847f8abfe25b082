#include "data/table_file.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/csv.hpp"

namespace elbow {

const std::vector<std::string>& usual_marks() {
  static const std::vector<std::string> marks = {
      "",     "NA",   "N/A",  "n/a",  "#N/A", "#N/A N/A", "#NA",     "<NA>",     "NaN",    "nan",
      "-NaN", "-nan", "NULL", "null", "None", "?",        "1.#QNAN", "-1.#QNAN", "1.#IND", "-1.#IND"};
  return marks;
}

bool is_usual_mark_of_numbers(const std::string& text) {
  const auto& marks = usual_marks();
  return text == "." || text == "-" || std::find(marks.begin(), marks.end(), text) != marks.end();
}

bool TableFormat::is_missing(const std::string& text) const {
  return std::find(missing.begin(), missing.end(), text) != missing.end();
}

NumberFormat TableFormat::numbers() const {
  NumberFormat numbers;
  numbers.decimal = decimal;
  numbers.thousands = thousands;
  return numbers;
}

int64_t TableFormat::number_of(const std::string& name) const {
  for (const auto& [number, new_name] : renamed)
    if (new_name == name) return number;
  return 0;
}

TableFile::TableFile(const std::filesystem::path& path, const TableFormat& format)
    : TableFile(TextSource(path), format) {}

TableFile::TableFile(TextSource source, const TableFormat& format)
    : source_(std::move(source)), separator_(format.separator), decimal_(format.decimal), names_(format.names) {
  if (source_.is_arrays()) {
    open_arrays(format);
    return;
  }
  if (format.header) {
    read_header(format);
    return;
  }
  has_first_ = read(first_);
  const auto in_first = [&](const std::string& name) {
    return std::find(first_.begin(), first_.end(), name) != first_.end();
  };
  if (names_.empty())
    for (size_t i = 0; i < first_.size(); ++i) names_.push_back(str("column_", i + 1));
  else if (std::all_of(names_.begin(), names_.end(),
                       in_first)) {  // what a command has written with a header all the same
    names_ = std::move(first_);
    has_first_ = false;
  }
  unnamed_.resize(names_.size());
}

void TableFile::read_header(const TableFormat& format) {
  if (!read(names_)) throw Error(source_.name() + ": is empty: there is no header");
  header_line_ = record_line_;
  has_first_ = read(first_);
  const bool row_names = has_first_ && first_.size() == names_.size() + 1 && !first_.back().empty();
  if (row_names) names_.insert(names_.begin(), "");
  finish_names(format);
}

// New names where the schema has some, and one for each column that has none.
void TableFile::finish_names(const TableFormat& format) {
  unnamed_.assign(names_.size(), false);
  // By its name first: a file that was written under the new names has them, maybe in other places.
  for (const auto& [number, name] : format.renamed)
    if (number <= int64_t(names_.size()) && std::find(names_.begin(), names_.end(), name) == names_.end())
      names_[size_t(number - 1)] = name;
  std::set<std::string> seen;
  for (const std::string& name : names_)
    if (!name.empty() && !seen.insert(name).second)
      refuse(header_line_,
             "the header names the column \"" + name + "\" twice (a schema can rename it by its `number`)");
  for (size_t i = 0; i < names_.size(); ++i) {
    if (!names_[i].empty()) continue;
    unnamed_[i] = true;
    for (names_[i] = str("column_", i + 1); !seen.insert(names_[i]).second;) names_[i] += '_';
  }
}

void TableFile::refuse(int64_t line, const std::string& message) const {
  throw Error(str(source_.name(), ':', line, ": ", message));
}

// Their names are the file's own, else those that the format lists, else x0, x1, ....
void TableFile::open_arrays(const TableFormat& format) {
  const std::string name = source_.name();
  arrays_ = std::make_unique<ArrayTable>(std::move(source_));
  source_ = TextSource(name, "");
  line_ = record_line_ = 0;
  missing_ = format.is_missing("") || format.missing.empty() ? "" : format.missing[0];
  std::vector<std::string> plain;
  for (int64_t i = 0; i < arrays_->columns(); ++i) plain.push_back(str('x', i));
  numbers_.resize(plain.size());
  const std::set<std::string> are_plain(plain.begin(), plain.end());
  const bool listed =
      names_.size() == plain.size() &&
      std::any_of(names_.begin(), names_.end(), [&](const auto& n) { return !are_plain.contains(n); });
  if (!listed) names_ = std::move(plain);
  if (!arrays_->names().empty()) names_ = arrays_->names();
  finish_names(format);
}

std::string TableFile::field_of(double number) const {
  if (std::isnan(number)) return missing_;
  std::string text = to_text(number);
  if (decimal_ != '.') std::replace(text.begin(), text.end(), '.', decimal_);
  return text;
}

bool TableFile::next_numbers(std::vector<double>& row) {
  row.resize(numbers_.size());
  record_line_ = line_++;
  return arrays_->next(row.data());
}

std::string TableFile::where() const {
  return arrays_ ? str(source_.name(), '[', record_line_, ']') : str(source_.name(), ':', record_line_);
}

bool TableFile::next(std::vector<std::string>& fields) {
  if (!next_record(fields)) return false;
  if (!arrays_) fit(fields);
  return true;
}

bool TableFile::next_record(std::vector<std::string>& fields) {
  if (arrays_) {
    if (!next_numbers(numbers_)) return false;
    fields.clear();
    for (const double number : numbers_) fields.push_back(field_of(number));
    return true;
  }
  if (!has_first_) return read(fields);
  fields = std::move(first_);
  has_first_ = false;
  return true;
}

// One field for each column.
void TableFile::fit(std::vector<std::string>& fields) {
  const auto is_empty = [](const std::string& field) { return field.empty(); };
  const size_t n = names_.size(), have = fields.size();
  blank_ = std::all_of(fields.begin(), fields.end(), is_empty);
  const bool surplus_empty = have > n && std::all_of(fields.begin() + long(n), fields.end(), is_empty);
  const bool lacks_unnamed = have < n && std::all_of(unnamed_.begin() + long(have), unnamed_.end(),
                                                     [](bool unnamed) { return unnamed; });
  if (have != n && !blank_ && !surplus_empty && !lacks_unnamed)
    refuse(record_line_, str("has ", have, have == 1 ? " field" : " fields", ", not ", n));
  fields.resize(n);
}

// A line break ends the record; it may be of one or two characters.
bool TableFile::read(std::vector<std::string>& fields) {
  const auto at_line_end = [&] { return source_.peek() == '\n' || source_.peek() == '\r'; };
  const auto end_line = [&] {
    if (source_.take() == '\r' && source_.peek() == '\n') source_.take();
    ++line_;
  };
  for (skip_blanks(); at_line_end(); skip_blanks()) end_line();
  record_line_ = line_;
  fields.clear();
  if (source_.peek() == TextSource::end) return false;
  while (true) {
    skip_blanks();
    fields.push_back(source_.peek() == '"' ? quoted_field() : plain_field());
    if (!is_utf8(fields.back()))
      refuse(record_line_,
             str("column ", fields.size(), ": is not text in UTF-8 (`iconv -f LATIN1 -t UTF-8` converts it)"));
    if (separator_ == ' ') skip_blanks();
    if (source_.peek() == TextSource::end) return true;
    if (at_line_end()) return end_line(), true;
    if (separator_ != ' ') source_.take();
  }
}

void TableFile::skip_blanks() {
  while ((source_.peek() == ' ' || source_.peek() == '\t') &&
         (separator_ == ' ' || source_.peek() != separator_))
    source_.take();
}

bool TableFile::at_field_end() {
  const int c = source_.peek();
  return c == TextSource::end || c == '\n' || c == '\r' || char(c) == separator_ ||
         (separator_ == ' ' && c == '\t');
}

std::string TableFile::plain_field() {
  std::string text;
  while (!at_field_end()) {
    if (source_.peek() == 0)
      refuse(line_, "is not text in UTF-8: it holds a zero byte (`iconv -f UTF-16 -t UTF-8` converts UTF-16)");
    text += char(source_.take());
  }
  return trimmed(text);
}

std::string TableFile::quoted_field() {
  const int64_t opened = line_;
  std::string text;
  source_.take();
  while (true) {
    const int c = source_.take();
    if (c == TextSource::end) refuse(opened, "a quote is opened and never closed");
    if (c == 0)
      refuse(line_, "is not text in UTF-8: it holds a zero byte (`iconv -f UTF-16 -t UTF-8` converts UTF-16)");
    if (c == '"' && source_.peek() != '"') break;
    if (c == '"') source_.take();  // two quotes mean one
    if (c == '\n') ++line_;
    text += char(c);
  }
  const bool apart = at_field_end();
  skip_blanks();
  if (!at_field_end() && !(apart && separator_ == ' ')) refuse(line_, "there is text after a closing quote");
  return trimmed(text);
}

std::string record_text(const std::vector<std::string>& fields, char separator) {
  if (fields.size() == 1 && fields[0].empty()) return "\"\"\n";  // an empty line would be none at all
  std::string special("\"\r\n");
  special += separator;
  if (separator == ' ') special += '\t';
  std::string record;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) record += separator;
    const bool lost = fields[i].empty() && separator == ' ';
    if (!lost && fields[i].find_first_of(special) == std::string::npos) {
      record += fields[i];
      continue;
    }
    record += '"';
    for (const char c : fields[i]) record.append(c == '"' ? 2 : 1, c);
    record += '"';
  }
  return record += '\n';
}

}  // namespace elbow
