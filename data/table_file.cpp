#include "data/table_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "autograd/error.hpp"
#include "nn/utf8.hpp"

namespace elbow {

bool TableFormat::is_missing(const std::string& text) const {
  return std::find(missing.begin(), missing.end(), text) != missing.end();
}

TableFile::TableFile(const std::filesystem::path& path, const TableFormat& format)
    : path_(path.string()), separator_(format.separator), file_(path, std::ios::binary), names_(format.names) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw Error(path_ + ": cannot be read: it is a folder");
  if (!file_) throw Error(str(path_, ": cannot be read: ", std::strerror(errno)));
  if (file_.peek() == 0xEF) {  // a byte-order mark: EF BB BF
    char mark[3];
    if (!file_.read(mark, 3) || std::memcmp(mark, "\xEF\xBB\xBF", 3) != 0) {
      file_.clear();
      file_.seekg(0);
    }
  }
  if (!format.header) return;
  if (!record(names_)) throw Error(path_ + ": is empty: there is no header");
  std::set<std::string> seen;
  for (size_t i = 0; i < names_.size(); ++i) {
    if (names_[i].empty()) refuse(record_line_, str("the header has no name for column ", i + 1));
    if (!seen.insert(names_[i]).second)
      refuse(record_line_, "the header names the column \"" + names_[i] + "\" twice");
  }
}

void TableFile::refuse(int64_t line, const std::string& message) const {
  throw Error(str(path_, ':', line, ": ", message));
}

std::string TableFile::where() const { return str(path_, ':', record_line_); }

bool TableFile::next(std::vector<std::string>& fields) {
  if (!record(fields)) return false;
  if (fields.size() != names_.size())
    refuse(record_line_,
           str("has ", fields.size(), fields.size() == 1 ? " field" : " fields", ", not ", names_.size()));
  return true;
}

namespace {
constexpr int end_of_file = std::char_traits<char>::eof();
}

// A line break ends the record; it may be of one or two characters.
bool TableFile::record(std::vector<std::string>& fields) {
  std::streambuf& in = *file_.rdbuf();
  const auto at_line_end = [&] { return in.sgetc() == '\n' || in.sgetc() == '\r'; };
  const auto end_line = [&] {
    if (in.sbumpc() == '\r' && in.sgetc() == '\n') in.sbumpc();
    ++line_;
  };
  while (at_line_end()) end_line();
  record_line_ = line_;
  fields.clear();
  if (in.sgetc() == end_of_file) return false;
  while (true) {
    fields.push_back(trimmed(in.sgetc() == '"' ? quoted_field() : plain_field()));
    if (!is_utf8(fields.back()))
      refuse(record_line_, "is not text in UTF-8 (`iconv -f LATIN1 -t UTF-8` converts it)");
    if (in.sgetc() == end_of_file) return true;
    if (at_line_end()) return end_line(), true;
    in.sbumpc();  // the separator
  }
}

std::string TableFile::plain_field() {
  std::streambuf& in = *file_.rdbuf();
  std::string text;
  for (int c = in.sgetc(); c != end_of_file && char(c) != separator_ && c != '\n' && c != '\r';
       c = in.snextc()) {
    if (c == 0) refuse(line_, "is not text: it holds a zero byte");
    text += char(c);
  }
  return text;
}

std::string TableFile::quoted_field() {
  std::streambuf& in = *file_.rdbuf();
  const int64_t opened = line_;
  std::string text;
  for (int c = in.snextc();; c = in.snextc()) {
    if (c == end_of_file) refuse(opened, "a quote is opened and never closed");
    if (c == 0) refuse(line_, "is not text: it holds a zero byte");
    if (c == '"' && in.snextc() != '"') break;  // two quotes stand for one
    if (c == '\n') ++line_;
    text += char(c);
  }
  const int c = in.sgetc();
  if (c != end_of_file && char(c) != separator_ && c != '\n' && c != '\r')
    refuse(line_, "there is text after a closing quote");
  return text;
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string record_text(const std::vector<std::string>& fields, char separator) {
  if (fields.size() == 1 && fields[0].empty()) return "\"\"\n";  // an empty line would be none at all
  std::string record;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) record += separator;
    if (fields[i].find_first_of("\"\r\n") == std::string::npos &&
        fields[i].find(separator) == std::string::npos) {
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
