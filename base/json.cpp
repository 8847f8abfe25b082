#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/config.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace elbow {
namespace {

// What reads and copies JSON calls itself: the stack is not for the file to fill.
void check_depth(int64_t depth, const std::string& what) {
  constexpr int64_t deepest = 100;
  if (depth > deepest) throw Error(str(what, " is nested more than ", deepest, " deep"));
}

// "LINE:COLUMN" of the byte at `offset`, both counted from 1.
std::string position(const std::string& text, size_t offset) {
  const std::string_view before = std::string_view(text).substr(0, std::min(offset, text.size()));
  const size_t line_start = before.rfind('\n') + 1;  // 0 on the first line: npos + 1
  return str(std::count(before.begin(), before.end(), '\n') + 1, ':', before.size() - line_start + 1);
}

// The text in nlohmann's message that says what is wrong: "[json.exception...] parse error at line 1, column 2:
// WHAT".
std::string reason(const std::string& message) {
  if (const size_t column = message.find(", column "); column != std::string::npos)
    return message.substr(message.find(": ", column) + 2);
  return message.substr(message.find("] ") + 2);
}

}  // namespace

Json parse_json(const std::string& text, const std::string& name) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto refuse_doubles = [&](int depth, Json::parse_event_t event, Json& value) {
    check_depth(depth, name + ":");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
      throw Error(str(name, ": the key ", value.dump(), " appears twice in one object"));
    return true;
  };
  try {
    return Json::parse(text, refuse_doubles);
  } catch (const Json::parse_error& e) {
    throw Error(str(name, ':', position(text, e.byte ? e.byte - 1 : 0), ": ", reason(e.what())));
  } catch (const Json::exception& e) {  // a number that no double can hold
    throw Error(str(name, ": ", reason(e.what())));
  }
}

Json read_json(const std::filesystem::path& path) { return parse_json(read_file(path), path.string()); }

Json json_number(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double number_from(const Json& value) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  return value.get<double>();
}

void set_setting(Json& object, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos)
    throw Error(str("\"", assignment, "\": must be of the form path.to.key=value"));
  if (!is_utf8(assignment)) throw Error(str("\"", assignment, "\": is not UTF-8 text"));
  const std::string path = assignment.substr(0, equals), text = assignment.substr(equals + 1);
  check_depth(std::count(path.begin(), path.end(), '.'), "the path of a setting");
  Json* place = &object;
  for (size_t start = 0, dot = 0; dot != std::string::npos; start = dot + 1) {
    dot = path.find('.', start);
    const std::string key = path.substr(start, dot - start);  // up to the end where there is no dot
    if (key.empty()) throw Error(str("\"", assignment, "\": the path has an empty key"));
    if (place->is_null()) *place = Json::object();
    if (!place->is_object())
      throw Error(str("\"", assignment, "\": ", path.substr(0, start - 1), " is a value, not a section"));
    place = &(*place)[key];
  }
  const auto not_too_deep = [&](int depth, Json::parse_event_t, Json&) {
    check_depth(depth, str("\"", path, "\": the value"));
    return true;
  };
  const Json value = Json::parse(text, not_too_deep, /*allow_exceptions=*/false);
  *place = value.is_discarded() ? Json(text) : value;
}

}  // namespace elbow
