#include <cmath>

#include "base/files.hpp"
#include "data/array_output.hpp"
#include "data/table_columns.hpp"
#include "data/table_report.hpp"
#include "fuzz/support.hpp"
#include "fuzz/targets.hpp"

namespace elbow::fuzz {
namespace {

using Rows = std::vector<std::vector<double>>;

// What is written of the rows reads back as the same ones, to the bit but for the signs of NaN.
void write_and_read(const Rows& rows, const std::vector<std::string>& names, const std::string& name) {
  const auto path = folder() / name;
  AtomicFile out(path);
  ArrayOutput arrays(out, path, names);
  for (const auto& row : rows) arrays.write(row);
  arrays.finish();
  out.finish();
  TableFile file(path, {});
  require(file.names() == names || name.ends_with(".npy"), "other names");
  size_t r = 0;
  for (std::vector<double> row; file.next_numbers(row); ++r)
    for (size_t c = 0; c < row.size(); ++c)
      require(row[c] == rows[r][c] || (std::isnan(row[c]) && std::isnan(rows[r][c])),
              "an array reads back otherwise");
  require(r == rows.size(), "rows are lost");
}

void read_arrays(const std::filesystem::path& path) {
  accepted(path.string(), [&] {
    Rows rows;
    TableFile file(path, {});
    if (!file.is_arrays()) return;
    for (std::vector<double> row; rows.size() < 1000 && file.next_numbers(row);) rows.push_back(row);
    if (file.names().size() > 1000) return;
    write_and_read(rows, file.names(), "again.npy");
    write_and_read(rows, file.names(), "again.npz");
  });
  accepted(path.string(), [&] {
    const TableReport report = report_of(path);
    read_text_table(path, report.schema());
  });
}

// The bytes of an .npy file with this text for a header: where it ends stands at the beginning, which random changes get wrong.
std::string with_header(const std::string& header, const std::string& elements) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += {char(header.size() & 255), char(header.size() >> 8 & 255)};
  return bytes + header + elements;
}

}  // namespace

void arrays(std::string_view input) {
  read_arrays(file("table.npy", input));
  read_arrays(file("table.npz", input));
  const auto given = parts(input, 2);
  read_arrays(file("header.npy", with_header(given[0], given[1])));
}

}  // namespace elbow::fuzz
