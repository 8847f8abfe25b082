#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace elbow {

/// JSON that keeps the order of its keys.
using Json = nlohmann::ordered_json;

/// Parses JSON; messages call the text `name`. Error "NAME:LINE:COLUMN: what is wrong" in one line,
/// also for a key that appears twice in one object (without the position).
Json parse_json(const std::string& text, const std::string& name);

/// parse_json of a file. Error also if it cannot be read.
Json read_json(const std::filesystem::path& path);

/// A number as JSON that number_from() reads back to the bit. JSON has finite numbers only: NaN (there is no value here) is
/// null, an infinity the text "inf" or "-inf".
Json json_number(double value);
/// The number that json_number() wrote. Json::exception for any other value, as get<double>() throws it.
double number_from(const Json& value);

/// Carries out "path.to.key=value" (the program's --set): puts `value`, parsed as JSON or else taken as a
/// string, where the dotted path says, making objects on the way. Error if there is no '=' or the path leads
/// through something that is not an object.
void set_setting(Json& object, const std::string& assignment);

/// Which numbers a setting accepts; any, as it is made.
struct Limits {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool low_included = true, high_included = true;

  Limits() {}  // not an aggregate, or a list {64, 64} in a call of Config::get could mean a Limits
};
inline Limits at_least(double low) {
  Limits range;
  range.low = low;
  return range;
}
inline Limits above(double low) {
  Limits range = at_least(low);
  range.low_included = false;
  return range;
}
inline Limits positive() { return above(0); }
inline Limits between(double low, double high) {  ///< both included
  Limits range = at_least(low);
  range.high = high;
  return range;
}

/// Reads the settings of one JSON object and remembers which were read and their values. A Config
/// is a handle: copies and sections share that memory. Messages start with the file (if named) and the key's
/// full path:
///
///     baseline.json: data.columns: must be a positive whole number, not "two"
///
/// and where the program's --set gave the value, with that instead of the file: "--set data.columns: must be ...".
///
/// T is bool, int64_t, uint64_t, double, std::string, Json, or a vector of int64_t, double, std::string, Json,
/// std::vector<int64_t> or std::vector<double>. A Limits holds for every number of a vector.
class Config {
 public:
  /// Settings in `object`. `file` and `path` come first in messages ("" = leave out). Error if it is not an
  /// object.
  explicit Config(const Json& object, const std::string& file = "", const std::string& path = "");
  /// Settings in a file (read_json), changed by assignments "path.to.key=value" (set_setting).
  static Config read(const std::filesystem::path& path, const std::vector<std::string>& assignments = {});
  /// Settings in `object`, which was read from `file`, changed in the same way.
  static Config changed(Json object, const std::string& file, const std::vector<std::string>& assignments);

  /// Whether the setting is there and not null. Does not count as asking for it.
  bool has(const std::string& key) const;

  /// A setting that must be there. Error if it is missing, of another type or out of range.
  template <class T> T get(const std::string& key, const Limits& range = {}) const;
  /// A setting that is `fallback` where it is left out. Error if it is of another type or out of range.
  template <class T> T get(const std::string& key, const T& fallback, const Limits& range = {}) const;
  /// A setting that may be left out or null (and is then null in resolved()). Errors as above.
  template <class T> std::optional<T> get_optional(const std::string& key, const Limits& range = {}) const;
  /// The same, but a setting that is left out does not appear in resolved(): for a choice that few files make.
  template <class T> std::optional<T> get_if_given(const std::string& key, const Limits& range = {}) const;

  /// Replaces the value that was read by the one that was used, in resolved().
  void settle(const std::string& key, const Json& value) const;
  /// Leaves the setting out of resolved(): for a default that the files of earlier versions do not contain.
  void leave_out(const std::string& key) const;

  /// A string out of `choices`, `fallback` where it is left out; without a fallback it must be there. Error that
  /// lists the choices, and the nearest one.
  std::string choice(const std::string& key, const std::vector<std::string>& choices,
                     const std::optional<std::string>& fallback = {}) const;

  /// The settings in the object at `key`; an empty object where it is left out. Error if it is not an object.
  Config section(const std::string& key) const;

  /// Error if this object, or a section of it that was read, holds a key that was never read: it names
  /// the key and the nearest known one. Call it when all is read: a misspelt setting must not be ignored.
  void done() const;

  /// Every setting that was read with its value, fallbacks included, sections within, in the
  /// order in which they were read. Reading it again gives the same settings.
  Json resolved() const;

  /// JSON Schema (draft 2020-12) of the settings that were read so far, sections within: types, limits, choices,
  /// defaults.
  Json schema() const;

  /// Throws Error("FILE: PATH.KEY: message"), or "--set PATH.KEY: message", for checks that only the caller can make.
  [[noreturn]] void fail(const std::string& key, const std::string& message) const;

 private:
  struct Node;
  // The value that is given, if any; it or null becomes the resolved one.
  template <class T> std::optional<T> find(const std::string& key, const Limits& range) const;
  explicit Config(std::shared_ptr<Node> node) : node_(std::move(node)) {}
  std::shared_ptr<Node> node_;
};

}  // namespace elbow
