#include "data/array_table.hpp"

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/field_format.hpp"
#include "data/zip_archive.hpp"

namespace elbow {
namespace {

constexpr int64_t block_of_bytes = 1 << 16, most_columns = 100'000;
constexpr std::string_view extension = ".npy";

void check_end(const ReadBytes& read) {
  char more = 0;
  if (read(&more, 1) != 0) throw Error("continues after the last of its numbers");
}

// All numbers of an array, in the order of the file. Memory grows with what has been read, not with what a header promises.
std::vector<double> read_all(const NpyHeader& header, const ReadBytes& read) {
  std::vector<double> numbers;
  std::string bytes;
  for (int64_t left = header.elements(); left > 0;) {
    const int64_t n = std::min(left, block_of_bytes / header.bytes);
    bytes.resize(size_t(n * header.bytes));
    if (read(bytes.data(), bytes.size()) != bytes.size()) throw Error("is cut short");
    numbers.resize(numbers.size() + size_t(n));
    header.numbers(bytes.data(), n, &numbers[numbers.size() - size_t(n)]);
    left -= n;
  }
  check_end(read);
  return numbers;
}

std::vector<std::string> read_texts(const NpyHeader& header, const ReadBytes& read) {
  std::vector<std::string> texts;
  std::string bytes(size_t(header.bytes), 0);
  for (int64_t i = 0; i < header.elements(); ++i) {
    if (read(bytes.data(), bytes.size()) != bytes.size()) throw Error("is cut short");
    texts.push_back(trimmed(header.text(bytes.data())));
    if (!is_utf8(texts.back())) throw Error("holds a text that is not UTF-8");
  }
  check_end(read);
  return texts;
}

void check_table(const NpyHeader& header) {
  if (header.is_text()) throw Error("holds texts, not numbers");
  if (header.columns() == 0) throw Error("has no columns");
  if (header.columns() > most_columns)
    throw Error(str("has ", header.columns(), " columns, more than ", most_columns));
}

}  // namespace

struct ArrayTable::File {
  std::optional<TextSource> source;  // an .npy file
  std::optional<ZipArchive> archive;
  ReadBytes read;
};

ArrayTable::ArrayTable(ArrayTable&&) noexcept = default;
ArrayTable::~ArrayTable() = default;

ArrayTable::ArrayTable(TextSource source) : name_(source.name()), file_(std::make_unique<File>()) {
  try {
    if (source.beginning().starts_with(npy_magic)) {
      file_->source = std::move(source);
      open_array([this_source = &*file_->source](char* to, size_t n) { return this_source->read(to, n); });
    } else {
      open_archive();
    }
  } catch (const Error& e) { refuse(e.what()); }
}

void ArrayTable::refuse(const std::string& what) const {
  throw Error(what.starts_with(name_ + ": ") ? what
                                             : str(name_, ": ", what));  // what reads a gzipped file names it
}

void ArrayTable::open_archive() {
  const ArrayPath path(name_);
  ZipArchive& archive = file_->archive.emplace(path.file);
  std::vector<std::string> names;
  for (const auto& member : archive.members()) {
    if (!member.name.ends_with(extension)) continue;
    names.push_back(member.name.substr(0, member.name.size() - extension.size()));
    if (!is_utf8(names.back()) || names.back().find('\0') != std::string::npos)
      throw Error("names an array in another way than in UTF-8");
  }
  const auto has = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto open = [&](const std::string& name) {
    const auto& all = archive.members();
    return archive.open(*std::find_if(all.begin(), all.end(),
                                      [&](const auto& m) { return m.name == name + std::string(extension); }));
  };
  if (names.empty()) throw Error("is a zip archive without an array of NumPy");
  if (!path.array.empty() && !has(path.array))
    throw Error(str("there is no such array among ", few_of(names), did_you_mean(path.array, names)));
  if (path.array.empty() && !has("rows") && names.size() > 1) return open_vectors(names);
  open_array(open(!path.array.empty() ? path.array : has("rows") ? "rows" : names[0]));
  if (!has("columns") || path.array == "columns") return;
  const ReadBytes read = open("columns");
  const NpyHeader header = read_npy_header(read);
  if (!header.is_text() || header.shape.size() != 1) return;
  if (header.rows() == columns_)
    names_ = read_texts(header, read);
  else if (path.array.empty() || path.array == "rows")
    throw Error(str("its array \"columns\" names ", header.rows(), " column(s), and \"rows\" has ", columns_));
}

// Vectors of one length are the columns of a table.
void ArrayTable::open_vectors(const std::vector<std::string>& names) {
  for (const auto& member : file_->archive->members()) {
    if (!member.name.ends_with(extension)) continue;
    const ReadBytes read = file_->archive->open(member);
    const NpyHeader header = read_npy_header(read);
    if (header.shape.size() != 1 || header.is_text() || (!held_.empty() && header.rows() != rows_))
      throw Error(str("holds several arrays, ", few_of(names),
                      ", which are not columns of one length: name one, as in ", ArrayPath(name_).file.string(),
                      ':', names[0]));
    rows_ = header.rows();
    held_.push_back(read_all(header, read));
  }
  columns_ = int64_t(held_.size());
  for (const std::string& name : names) names_.push_back(trimmed(name));
}

void ArrayTable::open_array(ReadBytes read) {
  file_->read = std::move(read);
  header_ = read_npy_header(file_->read);
  check_table(header_);
  rows_ = header_.rows();
  columns_ = header_.columns();
  if (header_.fortran_order && columns_ > 1) {
    const std::vector<double> all = read_all(header_, file_->read);
    for (int64_t c = 0; c < columns_; ++c)
      held_.emplace_back(all.begin() + c * rows_, all.begin() + (c + 1) * rows_);
  }
  if (rows_ == 0)
    check_end(file_->read);
  else if (held_.empty())
    fill();  // now: a header that promises more columns than there are costs nothing
}

void ArrayTable::fill() {
  const int64_t bytes = columns_ * header_.bytes;
  const int64_t n = std::min(rows_ - row_, std::max<int64_t>(1, block_of_bytes / bytes));
  std::string raw(size_t(n * bytes), 0);
  const size_t got = file_->read(raw.data(), raw.size());
  if (got != raw.size())
    throw Error(str("is cut short: it has ", row_ + int64_t(got) / bytes, " of ", rows_, " rows"));
  block_.resize(size_t(n * columns_));
  header_.numbers(raw.data(), n * columns_, block_.data());
  at_ = 0;
  if (row_ + n == rows_) check_end(file_->read);
}

bool ArrayTable::next(double* row) {
  if (row_ == rows_) return false;
  if (!held_.empty()) {
    for (size_t c = 0; c < held_.size(); ++c) row[c] = held_[c][size_t(row_)];
  } else {
    if (at_ == block_.size()) try {
        fill();
      } catch (const Error& e) { refuse(e.what()); }
    std::copy_n(&block_[at_], columns_, row);
    at_ += size_t(columns_);
  }
  ++row_;
  return true;
}

}  // namespace elbow
