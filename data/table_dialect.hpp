#pragma once
#include <string>
#include <vector>

#include "data/table_file.hpp"

namespace elbow {

/// The beginning of a table, cut into records as a separator has it. What comes after a record that cannot be read is left out.
std::vector<std::vector<std::string>> first_records(const TextSource& source, char separator);

/// The separator, one of comma, semicolon, tab, bar and blanks, with which the most of the first records have the same number of fields;
/// among equals the one that makes the most columns, and a comma where there is only one.
char separator_of(const TextSource& source);

/// Whether the first record names the columns. It does if it lacks the name of the first one alone, or has a text over
/// numbers or dates. It is a row if all of its fields are numbers or marks of missing values, or one is a fraction over
/// numbers, a date over dates, or a text that recurs in its column next to a number (or if all recur).
bool has_header(const std::vector<std::vector<std::string>>& records);

/// The form of date, as strptime has it, that the text is of; null for none. The first that fits of the usual ones.
const char* date_form_of(const std::string& text);
/// All of them.
const std::vector<const char*>& date_forms();

/// How the numbers of the records (without the header) are written: with a decimal point and nothing else, unless a whole column is
/// numbers in another way alone, and no column of plain fractions speaks against it.
NumberFormat number_format_of(const std::vector<std::vector<std::string>>& records, char separator);

}  // namespace elbow
