#include "data/table_dialect.hpp"

#include <algorithm>
#include <map>

#include "autograd/error.hpp"

namespace elbow {

std::vector<std::vector<std::string>> first_records(const TextSource& source, char separator) {
  constexpr size_t most_records = 200;
  const std::string text(source.beginning());
  const bool cut = text.size() >= 60000;  // within a record, most likely
  // Read as records of no header, each with as many fields as it has.
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

bool holds_number(const Records& records) {
  return std::any_of(records.begin(), records.end(), [](const auto& record) {
    return std::any_of(record.begin(), record.end(),
                       [](const std::string& field) { return bool(parse_number(field)); });
  });
}

// The field without a sign of a currency or a percentage around it.
std::string bare(const std::string& field) {
  const auto is_part = [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == ',';
  };
  const auto first = std::find_if(field.begin(), field.end(), is_part);
  const auto last = std::find_if(field.rbegin(), std::make_reverse_iterator(first), is_part).base();
  constexpr long longest = 4;  // bytes of a sign and a blank
  const bool signs_alone = first - field.begin() <= longest && field.end() - last <= longest;
  return signs_alone ? std::string(first, last) : field;
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

}  // namespace

char separator_of(const TextSource& source) {
  char best = ',';
  size_t most = 0, most_columns = 1;
  for (const char separator : {',', ';', '\t', '|', ' '}) {
    const Records records = first_records(source, separator);
    if (separator == ' ' && !holds_number(records)) continue;  // words of a text
    size_t columns = 1;
    const size_t score = fit(records, columns);
    if (score > most || (score == most && score > 0 && columns > most_columns))
      most = score, most_columns = columns, best = separator;
  }
  return best;
}

bool has_header(const Records& records) {
  if (records.size() < 2) return records.empty() || !holds_number(records);
  const auto& first = records[0];
  if (first[0].empty() && !records[1][0].empty()) return true;  // only the column of the rows' names has none
  bool all_numbers = true, any_number = false, all_recur = true;
  for (size_t i = 0; i < first.size(); ++i) {
    const bool number = parse_number(first[i]) || number_format_of({{first[i]}}, ',').read(first[i]);
    any_number = any_number || number;
    all_numbers = all_numbers && (number || is_usual_mark_of_numbers(first[i]));
    bool recurs = false, column_of_numbers = true;
    for (size_t r = 1; r < records.size(); ++r) {
      if (i >= records[r].size()) continue;
      recurs = recurs || records[r][i] == first[i];
      column_of_numbers =
          column_of_numbers && (parse_number(records[r][i]) || is_usual_mark_of_numbers(records[r][i]));
    }
    all_recur = all_recur && recurs;
    // A year may be a name; a fraction is none.
    if (number && column_of_numbers && first[i].find('.') != std::string::npos) return false;
  }
  return !(all_numbers && any_number) && !all_recur;
}

NumberFormat number_format_of(const Records& records, char separator) {
  // Among equals the first is taken: "3,250" is a number of thousands where commas separate the fields, else a fraction.
  std::vector<std::pair<char, char>> ways{{'.', 0},   {'.', ','}, {',', 0},   {',', '.'},
                                          {'.', ' '}, {',', ' '}, {'.', '\''}};
  if (separator == ';') std::swap(ways[1], ways[2]);
  NumberFormat best;
  size_t most = 0;
  for (const auto& [decimal, thousands] : ways) {
    NumberFormat format;
    format.decimal = decimal;
    format.thousands = thousands;
    size_t numbers = 0;
    for (const auto& record : records)
      for (const std::string& field : record) {
        const bool other_point = decimal != '.' && thousands != '.' && field.find('.') != std::string::npos;
        numbers += !other_point && format.read(bare(field));
      }
    if (numbers > most) most = numbers, best = format;
  }
  return best;
}

}  // namespace elbow
