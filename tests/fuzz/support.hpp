#pragma once
// What the targets share.
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.hpp"
#include "base/error.hpp"

namespace elbow::fuzz {

/// A folder of this process's own, removed when it ends.
const std::filesystem::path& folder();
/// Writes a file of that folder.
std::filesystem::path file(const std::string& name, std::string_view contents);

/// The input cut at lines of "====" into n sections; those that it lacks are empty.
std::vector<std::string> parts(std::string_view input, size_t count);

/// Throws what libFuzzer and the tests take for a failure.
void require(bool good, const std::string& what);

/// Whether f() was done. It may throw an Error, whose message names what was read, for someone to understand.
template <class F> bool accepted(const std::string& name, F f) {
  try {
    f();
    return true;
  } catch (const Error& e) {
    require(std::string(e.what()).find(name) != std::string::npos, "does not name " + name + ": " + e.what());
    return false;
  }
}

/// Makes the experiment that a configuration describes, if that is quickly done, and again from its resolved settings.
void make_experiment(const Json& json, const std::string& name);
/// Whether no number in it is large.
bool is_small(const Json& json);

/// The bytes of a safetensors file. Where its header ends must stand at its beginning, which random changes get wrong: so
/// the input is also taken for a header, a zero byte and the elements.
std::string with_length(std::string_view input);

}  // namespace elbow::fuzz
