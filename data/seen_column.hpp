#pragma once
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include "base/error.hpp"
#include "base/text.hpp"
#include "data/csv.hpp"
#include "data/table_dialect.hpp"
#include "data/table_report.hpp"

// What is seen of one column of a text table, field by field, and what it is taken for: for table_report.cpp.
namespace elbow {

// What may stand around numbers.
struct Affixes {
  const char *prefix, *suffix;
};
inline constexpr std::array<Affixes, 7> affixes{
    {{"", ""}, {"$", ""}, {"\u20AC", ""}, {"\u00A3", ""}, {"", "%"}, {"", "\u20AC"}, {"", "$"}}};

inline NumberFormat with(NumberFormat format, const Affixes& a) {
  format.prefix = a.prefix;
  format.suffix = a.suffix;
  return format;
}

inline NumberFormat date(const char* form) {
  NumberFormat format;
  format.date = form;
  return format;
}

struct Place {
  std::string text;
  int64_t line = 0, times = 0;
};

// Fields that are unlike the others, a few of them.
struct Odd {
  static constexpr size_t most = 5;
  int64_t times = 0;
  std::vector<Place> places;
  bool more = false;

  void add(const std::string& text, int64_t line) {
    ++times;
    for (Place& p : places)
      if (p.text == text) {
        ++p.times;
        return;
      }
    if (places.size() < most)
      places.push_back({text, line, 1});
    else
      more = true;
  }
  void add(const Odd& other) {
    times += other.times;
    more = more || other.more || places.size() + other.places.size() > most;
    places.insert(places.end(), other.places.begin(), other.places.end());
  }
};

// The dates of one form.
struct Dates {
  NumberFormat format;
  int64_t count = 0;
  NumberSummary days;
};

// What has been seen of one column.
class Seen {
 public:
  explicit Seen(const NumberFormat& numbers) {
    for (size_t a = 0; a < affixes.size(); ++a) forms_[a] = with(numbers, affixes[a]);
    for (const char* form : date_forms()) dates_.push_back({date(form), 0, {}});
  }

  void add(const std::string& text, int64_t line) {
    if (values_++ == 0) first_ = {text, line, 1};
    add_text(text);
    const bool number = add_number(text, line);
    if (!number && is_usual_mark_of_numbers(text))
      ++points_;
    else if (!number)
      odd_.add(text, line);
    consecutive_ = consecutive_ && number && (values_ == 1 || summaries_[0].high() == before_ + 1);
    before_ = summaries_[0].high();
    if (!number && (values_ < 100 || dated_ > 0)) add_date(text, line);
  }
  void add_missing() { ++missing_; }

  ColumnReport report(const std::string& name, bool unnamed, bool dates) const {
    ColumnReport r;
    r.column.name = name;
    r.values = values_;
    r.missing = missing_;
    r.texts = {texts_.begin(), texts_.end()};
    r.more_texts = more_texts_;
    const auto most = std::max_element(counts_.begin(), counts_.end());
    const auto kind = size_t(most - counts_.begin());
    Odd odd = odd_;  // among the numbers that are written in the commonest way; plain ones are read as those
    for (size_t a = 1; a < affixes.size(); ++a)
      if (a != kind) odd.add(other_[a]);
    // Few are odd, or many alike among numbers that differ: "unknown".
    const bool one_kind = odd.places.size() == 1 && odd.times * 2 < values_ && texts_.size() > 3;
    const bool few_odd = (odd.times * 10 <= values_ && !odd.more) || (one_kind && !odd.more);
    if (unnamed)
      ignore(r, str("has no name: ignored", values_ ? str(" (its first value is ", at(first_), ")") : ""));
    else if (values_ == 0)
      ignore(r, "has no values: ignored");
    else if (is_row_number(name))
      ignore(r, str("counts the rows from ", at(first_), " on: ignored"));
    else if (!make_binary(r, *most > 0))
      make_other(r, kind, few_odd, odd, dates);
    return r;
  }

 private:
  static std::string at(const Place& p) { return str(quoted(p.text), " in line ", p.line); }
  static void ignore(ColumnReport& r, const std::string& why) { r.notes.push_back(why); }

  // Two texts; among numbers "." and "-" are none.
  bool make_binary(ColumnReport& r, bool numbers) const {
    std::vector<std::string> values, marks;
    for (const std::string& text : r.texts)
      (numbers && is_usual_mark_of_numbers(text) ? marks : values).push_back(text);
    if (values.size() != 2 || more_texts_) return false;
    r.column.kind = FeatureKind::binary;
    r.column.categories = values;
    r.column.field.missing = marks;
    if (numbers) r.values -= points_, r.missing += points_;
    if (numbers && odd_.times > 0)
      r.notes.push_back(str("holds a number and a text, ", few_of(values), ": taken as two categories"));
    return true;
  }
  void make_other(ColumnReport& r, size_t kind, bool few_odd, const Odd& odd, bool dates) const {
    const auto form = std::max_element(dates_.begin(), dates_.end(),
                                       [](const Dates& a, const Dates& b) { return a.count < b.count; });
    const int64_t undated = values_ - form->count;
    if (counts_[kind] > 0 && few_odd)
      real(r, kind, odd);
    else if (form->count > 0 && 10 * undated <= values_ && undated == undated_.times && !undated_.more)
      days(r, *form, dates);
    else if (!more_texts_ && 2 * int64_t(texts_.size()) <= values_)
      categorical(r, counts_[kind], odd);
    else
      ignore_text(r, odd);
  }
  void categorical(ColumnReport& r, int64_t numbers, const Odd& odd) const {
    r.column.kind = FeatureKind::categorical;
    if (numbers * 2 > values_ && odd.times > 0)
      r.notes.push_back(
          str(odd.times, " of ", values_, " values are no numbers, the first ", at(odd.places[0]),
              ": taken as categories; \"real\" takes the numbers, if `missing` lists the others"));
  }
  void add_date(const std::string& text, int64_t line) {
    bool any = false;
    for (Dates& d : dates_)
      if (const auto day = d.format.read(text)) any = true, ++d.count, d.days.add(*day);
    dated_ += any;
    if (!any) undated_.add(text, line);
  }
  bool add_number(const std::string& text, int64_t line) {
    for (size_t a = 0; a < affixes.size(); ++a)
      if (const auto value = forms_[a].read(text)) {
        ++counts_[a];
        summaries_[a].add(*value);
        if (a > 0) other_[a].add(text, line);
        if (leading_zeros_.text.empty() && text.size() > 1 && text[0] == '0' && text[1] >= '0' &&
            text[1] <= '9')
          leading_zeros_ = {text, line, 1};
        return true;
      }
    return false;
  }
  void add_text(const std::string& text) {
    if (more_texts_ || index_.find(text) >= 0) return;
    if (texts_.size() == ColumnReport::most_texts) {
      more_texts_ = true;
      return;
    }
    index_.add(text);
    texts_.insert(text);
  }
  // pandas and R write the number of the row as a column, under several names.
  bool is_row_number(std::string name) const {
    static const std::set<std::string> usual{"id",         "index", "row", "rownames", "row_names", "rowname",
                                             "unnamed: 0", "x.1",   "no",  "no.",      "nr",        "#"};
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return char(std::tolower(c)); });
    return usual.contains(name) && consecutive_ && values_ > 2 && missing_ == 0;
  }
  void real(ColumnReport& r, size_t kind, const Odd& odd) const {
    r.column.kind = FeatureKind::real;
    r.column.field.number = forms_[kind];
    r.numbers = summaries_[kind];
    r.values -= points_ + odd.times;
    r.missing += points_ + odd.times;
    propose(r, odd);
    tell_outliers(r);
    if (!leading_zeros_.text.empty())
      r.notes.push_back(str(at(leading_zeros_),
                            " has leading zeros, which numbers lose: codes are categorical, or to be ignored"));
    if (r.numbers.is_constant()) r.notes.push_back("is the same number in every row");
  }
  void days(ColumnReport& r, const Dates& form, bool wanted) const {
    const std::string kind = str("{\"kind\": \"date\", \"format\": \"", form.format.date, "\"}");
    if (!wanted)
      return ignore(r, str("holds dates, the first ", at(first_), ": ignored; ", kind,
                           ", or --dates, takes them as numbers of days"));
    r.column.kind = FeatureKind::real;
    r.column.field.number = form.format;
    r.numbers = form.days;
    r.values -= undated_.times;
    r.missing += undated_.times;
    r.notes.push_back(str("holds dates, the first ", at(first_), ", taken as ", form.format.date));
    propose(r, undated_);
    tell_outliers(r);
  }
  // A value unlike the others may mean a missing value.
  static void propose(ColumnReport& r, const Odd& odd) {
    for (const Place& p : odd.places) {
      r.column.field.missing.push_back(p.text);
      r.notes.push_back(str(at(p), p.times > 1 ? str(" (", p.times, " times)") : "",
                            r.column.field.number.date.empty() ? " is no number" : " is no date",
                            " as the others are: proposed as a mark of a missing value"));
    }
  }
  static void tell_outliers(ColumnReport& r) {
    for (const NumberSummary::Outlier& o : r.numbers.outliers())
      r.notes.push_back(str(r.column.field.number.write(o.value, 0, 17), " (", o.rows,
                            o.rows == 1 ? " row" : " rows",
                            ") is far from all other values: if it means a missing one, list it in the "
                            "column's `missing`"));
  }
  void ignore_text(ColumnReport& r, const Odd& odd) const {
    const std::string texts = more_texts_ ? str("more than ", ColumnReport::most_texts) : str(texts_.size());
    if (odd.places.empty() || 2 * odd.times > values_)
      return ignore(r, str("has ", texts, " different texts in ", values_, " values, the first ", at(first_),
                           ": ignored; \"kind\": \"categorical\" takes up to ", most_categories));
    ignore(r, str(odd.times, " of ", values_, " values are no numbers as the others are, the first ",
                  at(odd.places[0]), ": ignored; list what means a missing value in the column's `missing`"));
  }

  std::array<NumberFormat, affixes.size()> forms_;
  int64_t values_ = 0, missing_ = 0, points_ = 0;  // "." and "-" mean a missing number, but may be texts
  Place first_;
  std::array<int64_t, affixes.size()> counts_{};  // of the numbers, as they are written
  std::array<NumberSummary, affixes.size()> summaries_;
  std::vector<Dates> dates_;  // of each form
  Odd undated_;
  int64_t dated_ = 0;
  Place leading_zeros_;
  std::array<Odd, affixes.size()> other_;  // numbers with something around them
  Odd odd_;                                // what is no number
  CategoryIndex index_;
  std::set<std::string> texts_;
  bool more_texts_ = false, consecutive_ = true;
  double before_ = 0;
};

}  // namespace elbow
