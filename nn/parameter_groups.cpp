#include "nn/parameter_groups.hpp"

#include <string_view>

namespace elbow {
namespace {

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] != '*')
    return !name.empty() && name[0] == pattern[0] && matches(pattern.substr(1), name.substr(1));
  for (size_t i = 0; i <= name.size(); ++i)  // the star matches the first i letters
    if (matches(pattern.substr(1), name.substr(i))) return true;
  return false;
}

}  // namespace

ParameterFilter named(const std::string& pattern) {
  return [pattern](const std::string& name, const Shape&) { return matches(pattern, name); };
}

std::vector<ParameterRange> ranges_of(const FlatParameters& parameters,
                                      const std::vector<ParameterGroup>& groups, double weight_decay) {
  const std::vector<FlatParameter>& list = parameters.list();
  std::vector<ParameterRange> ranges;
  std::vector<int64_t> members(groups.size(), 0);
  for (size_t i = 0; i < list.size(); ++i) {
    const FlatParameter& p = list[i];
    // A range ends where the next parameter starts: the padding between them belongs to it.
    const int64_t end = i + 1 < list.size() ? list[i + 1].first : parameters.values().numel();
    ParameterRange range{p.first, end, 1, weight_decay};
    std::optional<size_t> group;
    for (size_t g = 0; g < groups.size(); ++g) {
      if (!groups[g].members(p.name, p.shape)) continue;
      if (group) fail("optimizer", "the parameter ", p.name, " is in two groups, ", *group, " and ", g);
      group = g;
      ++members[g];
      range.learning_rate_factor = groups[g].learning_rate_factor;
      range.weight_decay = groups[g].weight_decay.value_or(weight_decay);
    }
    if (!ranges.empty() && ranges.back().learning_rate_factor == range.learning_rate_factor &&
        ranges.back().weight_decay == range.weight_decay)
      ranges.back().last = end;
    else
      ranges.push_back(range);
  }
  for (size_t g = 0; g < groups.size(); ++g)
    if (members[g] == 0)
      fail("optimizer", "no parameter is in group ", g, "; the parameters are ", list.front().name,
           list.size() > 1 ? " to " + list.back().name : "");
  return ranges;
}

}  // namespace elbow
