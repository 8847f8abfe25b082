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

/// Whether the first record names the columns: if it lacks the name of the first one, or unless its fields are numbers or marks of missing values, one is a fraction as all below
/// it are numbers, or each recurs in its column.
bool has_header(const std::vector<std::vector<std::string>>& records);

/// How the numbers of the records are written: the decimal point and the mark of thousands with which the most fields are numbers.
NumberFormat number_format_of(const std::vector<std::vector<std::string>>& records, char separator);

}  // namespace elbow
