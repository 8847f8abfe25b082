#include "data/table_dialect.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "base/error.hpp"

namespace elbow {

const std::vector<const char*>& date_forms() {
  static const std::vector<const char*> forms{
      "%Y-%m-%d", "%Y/%m/%d",          "%d.%m.%Y",          "%m/%d/%Y",           "%d/%m/%Y",
      "%d-%m-%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M",
      "%m/%d/%y", "%d/%m/%y",          "%d.%m.%y",          "%y/%m/%d",           "%d-%b-%Y",
      "%b %d %Y", "%d %b %Y",          "%m/%d/%Y %H:%M",    "%d.%m.%Y %H:%M"};
  return forms;
}

const char* date_form_of(const std::string& text) {
  NumberFormat format;
  for (const char* form : date_forms()) {
    format.date = form;
    if (format.read(text)) return form;
  }
  return nullptr;
}

std::vector<std::vector<std::string>> first_records(const TextSource& source, char separator) {
  constexpr size_t most_records = 200;
  const std::string text(source.beginning());
  const bool cut = text.size() >= 60000;  // within a record, most likely
  // Read as records without a header, each of any number of fields.
  std::vector<std::vector<std::string>> records;
  try {
    TableFile file(TextSource(source.name(), text), {.separator = separator, .header = false});
    for (std::vector<std::string> fields; records.size() < most_records && file.next_record(fields);)
      records.push_back(fields);
  } catch (const Error&) {  // the file says what is wrong when it is read
  }
  if (cut && records.size() > 1 && records.size() < most_records) records.pop_back();
  return records;
}

namespace {

using Records = std::vector<std::vector<std::string>>;

// The field without a sign of a currency or a percentage around it.
std::string bare(const std::string& field) {
  const auto is_part = [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == ',';
  };
  const auto first = std::find_if(field.begin(), field.end(), is_part);
  const auto last = std::find_if(field.rbegin(), std::make_reverse_iterator(first), is_part).base();
  // A sign is at most four bytes, with a blank, and no letter.
  const auto is_sign = [](auto begin, auto end) {
    return end - begin <= 4 &&
           std::none_of(begin, end, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
  };
  return is_sign(field.begin(), first) && is_sign(last, field.end()) ? std::string(first, last) : field;
}

// How well a separator fits: twice the number of records of the commonest length, and once a header that is shorter by one, since
// it may lack the name of the rows. 0 where nothing is separated.
size_t fit(const Records& records, size_t& columns) {
  std::map<size_t, size_t> lengths;
  for (const auto& record : records) ++lengths[record.size()];
  size_t best = 0;
  for (const auto& [length, count] : lengths) {
    const size_t score = length == 1 ? 0 : 2 * count + (records[0].size() + 1 == length);
    if (score >= best) best = score, columns = length;
  }
  return best;
}

bool is_number(const std::string& field) {
  static const auto ways = [] {
    std::array<NumberFormat, 2> ways;  // 1,234.5 and 1.234,5
    ways[0].thousands = ways[1].decimal = ',';
    ways[1].thousands = '.';
    return ways;
  }();
  return parse_number(field) || ways[0].read(bare(field)) || ways[1].read(bare(field));
}

bool holds_number(const Records& records) {
  return std::any_of(records.begin(), records.end(),
                     [](const auto& record) { return std::any_of(record.begin(), record.end(), is_number); });
}

// Whether the first field of a column, compared with the fields below, suggests that the first record is a header.
enum class Vote { name, row, neither };

Vote vote_of(const Records& records, size_t column) {
  const std::string& first = records[0][column];
  bool recurs = false, numbers = true, dates = true;
  for (size_t r = 1; r < records.size(); ++r) {
    if (column >= records[r].size()) continue;
    const std::string& field = records[r][column];
    recurs = recurs || field == first;
    numbers = numbers && (is_usual_mark_of_numbers(field) || is_number(field));
    dates = dates && date_form_of(field);
  }
  if (date_form_of(first)) return dates ? Vote::row : Vote::neither;
  if (is_number(first))  // a year may be a name; a fraction is none
    return numbers && first.find('.') != std::string::npos ? Vote::row : Vote::neither;
  if (is_usual_mark_of_numbers(first)) return Vote::neither;
  return numbers || dates ? Vote::name : recurs ? Vote::row : Vote::neither;
}

// How well a way of writing numbers fits the fields of one column: how many are numbers so.
struct ColumnFit {
  size_t fields = 0, plain = 0, so = 0;
  bool proof = false;     // one has both marks
  bool decimals = false;  // one has a decimal point and is read as it is

  void add(const std::string& field, const NumberFormat& way) {
    if (field.empty() || is_usual_mark_of_numbers(field)) return;
    const std::string number = bare(field);
    const bool is_plain = bool(parse_number(number)), has_point = number.find('.') != std::string::npos;
    // Read with a decimal point although the way has another: no evidence for it.
    const bool other_point = way.decimal != '.' && way.thousands != '.' && has_point;
    ++fields;
    plain += is_plain;
    so += !other_point && way.read(number);
    proof = proof || (way.thousands && number.find(way.thousands) != std::string::npos &&
                      number.find(way.decimal) != std::string::npos && way.read(number));
    decimals = decimals || (is_plain && has_point);
  }
  bool supports() const { return fields >= 3 && 10 * so >= 9 * fields && 2 * plain <= fields; }
  // A column of plain fractions.
  bool contradicts() const { return decimals && 10 * plain >= 9 * fields; }
};

}  // namespace

char separator_of(const TextSource& source) {
  char best = ',';
  size_t most = 0, most_columns = 1;
  for (const char separator : {',', ';', '\t', '|', ' '}) {
    const Records records = first_records(source, separator);
    // Blanks separate where nothing else fits as well, and not the words of a text.
    const bool blank = separator == ' ';
    if (blank && !holds_number(records)) continue;
    size_t columns = 1;
    const size_t score = fit(records, columns);
    if (score > most || (!blank && score == most && score > 0 && columns > most_columns))
      most = score, most_columns = columns, best = separator;
  }
  return best;
}

bool has_header(const Records& records) {
  if (records.size() < 2) return records.empty() || !holds_number(records);
  const auto& first = records[0];
  if (first[0].empty() && !records[1][0].empty()) return true;  // only the column of the rows' names has none
  size_t names = 0, rows = 0, numbers = 0, marks = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    const Vote vote = vote_of(records, i);
    names += vote == Vote::name;
    rows += vote == Vote::row;
    numbers += is_number(first[i]);
    marks += is_usual_mark_of_numbers(first[i]);
  }
  if (numbers > 0 && numbers + marks == first.size()) return false;
  // Texts alone may recur in a column without being a row's, unless all do.
  return names > 0 || rows == 0 ||
         (numbers == 0 && rows < first.size() && !std::any_of(first.begin(), first.end(), date_form_of));
}

NumberFormat number_format_of(const Records& records, char separator) {
  // Where commas separate the fields, "3,250" is a number of thousands, else a fraction.
  std::vector<std::pair<char, char>> ways{{'.', ','}, {',', 0},   {',', '.'},
                                          {'.', ' '}, {',', ' '}, {'.', '\''}};
  if (separator != ',') std::swap(ways[0], ways[1]);
  NumberFormat best;
  size_t most = 0;
  for (const auto& [decimal, thousands] : ways) {
    NumberFormat way;
    way.decimal = decimal;
    way.thousands = thousands;
    std::vector<ColumnFit> columns;
    for (const auto& record : records) {
      columns.resize(std::max(columns.size(), record.size()));
      for (size_t i = 0; i < record.size(); ++i) columns[i].add(record[i], way);
    }
    size_t numbers = 0;
    bool proof = false, contradicted = false;
    for (const ColumnFit& column : columns) {
      if (column.supports()) numbers += column.so, proof = proof || column.proof;
      contradicted = contradicted || column.contradicts();
    }
    // A point can only be a mark of thousands where a number has a decimal comma as well; then plain fractions are none.
    const bool fits = thousands == '.' ? proof : decimal == '.' || !contradicted;
    if (fits && numbers > most) most = numbers, best = way;
  }
  return best;
}

}  // namespace elbow
