#include "experiments/program/rows/given.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/streams.hpp"

namespace elbow {
namespace {

// The items between commas. Within double quotes, which are removed, a comma belongs to the item, and a quote is
// doubled.
std::vector<std::string> items_of(const std::string& list) {
  std::vector<std::string> items;
  std::string item;
  bool quoted = false;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '"' && quoted && i + 1 < list.size() && list[i + 1] == '"')
      item += list[i++];
    else if (list[i] == '"')
      quoted = !quoted;
    else if (list[i] == ',' && !quoted)
      items.push_back(trimmed(std::exchange(item, "")));
    else
      item += list[i];
  }
  if (!item.empty()) items.push_back(trimmed(item));
  return items;
}

}  // namespace

size_t feature_of(const TableCodec& codec, const std::string& text) {
  const auto names = codec.names();
  const auto named = std::find(names.begin(), names.end(), text);
  if (named != names.end()) return size_t(named - names.begin());
  size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return codec.find(text);
  if (number >= names.size())
    throw Error(str("there is no column ", text, ": they are numbered from 0 to ", names.size() - 1));
  return number;
}

std::vector<std::pair<std::string, std::string>> assignments_of(const std::string& list) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& item : items_of(list)) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos)
      throw Error(str("--given: \"", item, "\" must be of the form COLUMN=VALUE"));
    pairs.emplace_back(trimmed(item.substr(0, equals)), trimmed(item.substr(equals + 1)));
  }
  return pairs;
}

Mask features_given(const std::string& list, const Experiment& e) {
  if (!e.condition.by_columns())
    throw Error("--given: the model's condition is not made of columns, so none can be given");
  Mask subset(size_t(e.condition.features()), list == "all");
  if (list == "all") return subset;
  const TableCodec codec = codec_of(e.data.train);
  try {
    for (const std::string& item : items_of(list)) subset[feature_of(codec, item)] = true;
  } catch (const Error& error) { throw Error(str("--given: ", error.what())); }
  return subset;
}

GivenFeatures::GivenFeatures(const std::string& list, const Experiment& e)
    : condition_(e.condition), random_(list == "random" && e.condition.by_columns()) {
  if (random_) return;
  if (list.empty() || list == "none")  // attributes are always given as far as a row has them
    subset_.assign(size_t(condition_.features()), condition_.by_attributes());
  else
    subset_ = features_given(list, e);
}

void GivenFeatures::draw(const Batch& batch, uint64_t seed, uint64_t number, Condition::Drawn& out) const {
  if (random_)
    condition_.draw(batch, {seed, stream::evaluation_masks, number}, out);
  else
    condition_.give(batch, subset_, out);
}

}  // namespace elbow
