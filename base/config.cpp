#include "base/config.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <type_traits>

#include "base/error.hpp"
#include "base/text.hpp"

namespace elbow {

struct Config::Node {
  Json given;  // what the file says
  std::string file, path;
  std::shared_ptr<const std::vector<std::string>> assigned;  // paths that did not come from the file
  Json resolved = Json::object();        // the values of the keys that were read; sections are kept below
  std::vector<std::string> unused = {};  // keys that were read and are not to be resolved
  Json schema = Json::object();          // of each key that was read: what it may be
  std::vector<std::string> required = {};
  std::map<std::string, std::shared_ptr<Node>> sections = {};

  std::string path_of(const std::string& key) const { return path.empty() ? key : path + "." + key; }
  // Where a setting stands and its full path, to begin messages with: "baseline.json: data.columns".
  std::string name_of(const std::string& key) const {
    const std::string name = path_of(key);
    const auto within = [](const std::string& inner, const std::string& outer) {
      return inner.starts_with(outer) &&
             (inner.size() == outer.size() || inner[outer.size()] == '.' || inner[outer.size()] == '[');
    };
    for (const std::string& p : *assigned)
      if (within(name, p) || within(p, name)) return "--set " + name;
    return file.empty() ? name : file + ": " + name;
  }
  const Json* find(const std::string& key) const {  // null counts as left out
    const auto at = given.find(key);
    return at == given.end() || at->is_null() ? nullptr : &*at;
  }
};

namespace {

template <class T> inline constexpr bool is_vector = false;
template <class T> inline constexpr bool is_vector<std::vector<T>> = true;

std::string text_of(const Json& value) {
  constexpr size_t most = 60;
  const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= most ? text : text.substr(0, most) + "...";
}

// "a positive number", "a whole number >= 0 and <= 9", ...
std::string describe_number(bool whole, const Limits& range) {
  const std::string noun = whole ? "whole number" : "number";
  const bool only_low = std::isinf(range.high);
  if (only_low && ((range.low == 0 && !range.low_included) || (whole && range.low == 1)))
    return "a positive " + noun;
  std::string text = "a " + noun;
  if (!std::isinf(range.low)) text += str(range.low_included ? " >= " : " > ", range.low);
  if (!only_low)
    text += str(std::isinf(range.low) ? "" : " and", range.high_included ? " <= " : " < ", range.high);
  return text;
}

bool contains(const Limits& range, double x) {
  return (range.low_included ? x >= range.low : x > range.low) &&
         (range.high_included ? x <= range.high : x < range.high);
}

// A value as a T, or nothing when it is of another type. A whole number may be written as 64, 64.0 or 6.4e1.
template <class T> std::optional<T> convert(const Json& value) {
  if constexpr (std::is_same_v<T, Json>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (value.is_boolean()) return value.get<bool>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (value.is_string()) return value.get<std::string>();
  } else if constexpr (std::is_same_v<T, double>) {
    if (value.is_number()) return value.get<double>();
  } else {
    if (value.is_number_float()) {
      const double x = value.get<double>();
      if (x == std::floor(x) && std::abs(x) <= 0x1p53 && (std::is_signed_v<T> || x >= 0)) return T(x);
    } else if (value.is_number_unsigned()) {
      const auto x = value.get<uint64_t>();
      if (std::in_range<T>(x)) return T(x);
    } else if (value.is_number_integer()) {
      const auto x = value.get<int64_t>();
      if (std::in_range<T>(x)) return T(x);
    }
  }
  return {};
}

template <class T> std::string describe(const Limits& range) {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, std::string>) return "a string";
  return describe_number(std::is_integral_v<T>, range);
}

// What a T may be, as JSON Schema.
template <class T> Json schema_of(const Limits& range) {
  if constexpr (is_vector<T>) {
    return {{"type", "array"}, {"items", schema_of<typename T::value_type>(range)}};
  } else if constexpr (std::is_same_v<T, Json>) {
    return Json::object();
  } else if constexpr (!std::is_arithmetic_v<T> || std::is_same_v<T, bool>) {
    return {{"type", std::is_same_v<T, bool> ? "boolean" : "string"}};
  } else {
    Json schema = {{"type", std::is_integral_v<T> ? "integer" : "number"}};
    const double low = std::is_unsigned_v<T> ? std::max(0.0, range.low) : range.low;
    const auto limit = [&](const char* key, double value) {
      if (!std::isfinite(value)) return;
      schema[key] = std::is_integral_v<T> && std::abs(value) < 0x1p53 ? Json(int64_t(value)) : Json(value);
    };
    limit(range.low_included ? "minimum" : "exclusiveMinimum", low);
    limit(range.high_included ? "maximum" : "exclusiveMaximum", range.high);
    return schema;
  }
}

// The same of a setting that may be null.
Json or_null(Json schema) {
  if (!schema.contains("type")) return schema;
  Json types = Json::array();  // no list of initialisers: clang leaks one that holds what it replaces
  types.push_back(schema.at("type"));
  types.push_back("null");
  schema["type"] = std::move(types);
  return schema;
}

// The value of the setting `name` as a T, or an Error that names it.
template <class T> T read_value(const Json& value, const std::string& name, const Limits& range) {
  if constexpr (is_vector<T>) {
    if (!value.is_array()) throw Error(str(name, ": must be a list, not ", text_of(value)));
    T list;
    for (size_t i = 0; i < value.size(); ++i)
      list.push_back(read_value<typename T::value_type>(value[i], str(name, '[', i, ']'), range));
    return list;
  } else {
    std::optional<T> result = convert<T>(value);
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
      if (result && !contains(range, double(*result))) result.reset();
    if (!result) throw Error(str(name, ": must be ", describe<T>(range), ", not ", text_of(value)));
    return *result;
  }
}

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& item : object.items()) keys.push_back(item.key());
  return keys;
}

}  // namespace

Config::Config(const Json& object, const std::string& file, const std::string& path)
    : node_(std::make_shared<Node>(
          Node{object, file, path, std::make_shared<const std::vector<std::string>>()})) {
  if (object.is_object()) return;
  const std::string place = file.empty() || path.empty() ? file + path : file + ": " + path;
  throw Error(str(place, place.empty() ? "" : ": ", "must be a section {...}, not ", text_of(object)));
}

Config Config::read(const std::filesystem::path& path, const std::vector<std::string>& assignments) {
  return changed(read_json(path), path.string(), assignments);
}

Config Config::changed(Json object, const std::string& file, const std::vector<std::string>& assignments) {
  std::vector<std::string> assigned;
  for (const std::string& text : assignments) {
    set_setting(object, text);
    assigned.push_back(text.substr(0, text.find('=')));
  }
  Config config(object, file);
  config.node_->assigned = std::make_shared<const std::vector<std::string>>(std::move(assigned));
  return config;
}

bool Config::has(const std::string& key) const { return node_->find(key) != nullptr; }

template <class T> std::optional<T> Config::find(const std::string& key, const Limits& range) const {
  Json& resolved = node_->resolved[key] = nullptr;
  const Json* value = node_->find(key);
  if (!value) return {};
  T result = elbow::read_value<T>(*value, node_->name_of(key), range);
  resolved = result;
  return result;
}

template <class T> std::optional<T> Config::get_optional(const std::string& key, const Limits& range) const {
  node_->schema[key] = or_null(schema_of<T>(range));
  return find<T>(key, range);
}

template <class T> std::optional<T> Config::get_if_given(const std::string& key, const Limits& range) const {
  if (has(key)) return get_optional<T>(key, range);
  node_->schema[key] = or_null(schema_of<T>(range));
  node_->unused.push_back(key);
  return {};
}

template <class T> T Config::get(const std::string& key, const Limits& range) const {
  node_->schema[key] = schema_of<T>(range);
  node_->required.push_back(key);
  if (std::optional<T> value = find<T>(key, range)) return *std::move(value);
  fail(key, "must be given");
}

template <class T> T Config::get(const std::string& key, const T& fallback, const Limits& range) const {
  Json& schema = node_->schema[key] = schema_of<T>(range);
  schema["default"] = fallback;
  if (std::optional<T> value = find<T>(key, range)) return *std::move(value);
  node_->resolved[key] = fallback;
  return fallback;
}

void Config::settle(const std::string& key, const Json& value) const { node_->resolved[key] = value; }

void Config::leave_out(const std::string& key) const {
  node_->resolved.erase(key);
  node_->unused.push_back(key);
}

std::string Config::choice(const std::string& key, const std::vector<std::string>& choices,
                           const std::optional<std::string>& fallback) const {
  const std::string value = fallback ? get<std::string>(key, *fallback) : get<std::string>(key);
  node_->schema[key] = {{"enum", choices}};
  if (fallback) node_->schema[key]["default"] = *fallback;
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  fail(key,
       str("must be one of ", quoted_list(choices), ", not ", text_of(value), did_you_mean(value, choices)));
}

Config Config::section(const std::string& key) const {
  std::shared_ptr<Node>& section = node_->sections[key];
  if (!section) {
    const Json* value = node_->find(key);
    if (value && !value->is_object()) fail(key, "must be a section {...}, not " + text_of(*value));
    section = Config(value ? *value : Json::object(), node_->file, node_->path_of(key)).node_;
    section->assigned = node_->assigned;
    node_->resolved[key] = Json::object();  // its place in the order
  }
  return Config(section);
}

void Config::done() const {
  std::vector<std::string> known = keys_of(node_->resolved);
  known.insert(known.end(), node_->unused.begin(), node_->unused.end());
  for (const std::string& key : keys_of(node_->given)) {
    if (key == "$schema" && node_->path.empty()) continue;  // for editors, which check what is typed
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      const std::string hint = did_you_mean(key, known);
      fail(key, "there is no such setting" + (hint.empty() ? "; there are " + quoted_list(known) : hint));
    }
  }
  for (const auto& [key, section] : node_->sections) Config(section).done();
}

Json Config::resolved() const {
  Json all = node_->resolved;
  for (const auto& [key, section] : node_->sections)
    if (all.contains(key)) all[key] = Config(section).resolved();
  return all;
}

Json Config::schema() const {
  Json properties = node_->schema;
  for (const auto& [key, section] : node_->sections) properties[key] = Config(section).schema();
  Json schema = {{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
  if (!node_->required.empty()) schema["required"] = node_->required;
  return schema;
}

void Config::fail(const std::string& key, const std::string& message) const {
  throw Error(str(node_->name_of(key), ": ", message));
}

#define ELBOW_SETTING(T)                                                                      \
  template T Config::get<T>(const std::string&, const Limits&) const;                         \
  template T Config::get<T>(const std::string&, const T&, const Limits&) const;               \
  template std::optional<T> Config::get_optional<T>(const std::string&, const Limits&) const; \
  template std::optional<T> Config::get_if_given<T>(const std::string&, const Limits&) const;
ELBOW_SETTING(bool)
ELBOW_SETTING(int64_t)
ELBOW_SETTING(uint64_t)
ELBOW_SETTING(double)
ELBOW_SETTING(std::string)
ELBOW_SETTING(Json)
ELBOW_SETTING(std::vector<int64_t>)
ELBOW_SETTING(std::vector<double>)
ELBOW_SETTING(std::vector<std::string>)
ELBOW_SETTING(std::vector<Json>)
ELBOW_SETTING(std::vector<std::vector<int64_t>>)
ELBOW_SETTING(std::vector<std::vector<double>>)
#undef ELBOW_SETTING

}  // namespace elbow
