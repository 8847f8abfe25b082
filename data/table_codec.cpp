#include "data/table_codec.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "autograd/error.hpp"
#include "data/csv.hpp"
#include "nn/spelling.hpp"

namespace elbow {

float Scale::of(double value) const {
  const double x = (value - mean) / sd;
  if (!(std::abs(x) <= 1e15)) throw Error(str(to_text(value), " is too large a number"));
  return float(x);
}

TableCodec::TableCodec(std::vector<Feature> features, std::vector<Scale> scales, TableFormat format)
    : features_(std::move(features)), scales_(std::move(scales)), format_(std::move(format)) {
  if (scales_.empty()) scales_.resize(features_.size());
  if (scales_.size() != features_.size())
    fail("table", scales_.size(), " scales do not fit ", features_.size(), " features");
  for (Feature& f : features_) {
    if (!f.categories.empty() || f.kind == FeatureKind::real) continue;
    for (int64_t i = 0; i < (f.kind == FeatureKind::binary ? 2 : f.width); ++i) f.categories.push_back(str(i));
  }
}

int64_t TableCodec::columns() const {
  return features_.empty() ? 0 : features_.back().first + features_.back().width;
}

std::vector<std::string> TableCodec::names() const {
  std::vector<std::string> names;
  for (const Feature& f : features_) names.push_back(f.name);
  return names;
}

size_t TableCodec::find(const std::string& name) const {
  for (size_t f = 0; f < features_.size(); ++f)
    if (features_[f].name == name) return f;
  throw Error(str("there is no column \"", name, '"', did_you_mean(name, names())));
}

void TableCodec::encode(size_t feature, const std::string& text, float* x, float* observed) const {
  const Feature& f = features_[feature];
  const auto refuse = [&](const std::string& what) {
    throw Error(str("column ", f.name, ": \"", text, "\" ", what));
  };
  const bool there = !format_.is_missing(text);
  std::fill_n(x + f.first, f.width, 0.0f);
  std::fill_n(observed + f.first, f.width, there ? 1.0f : 0.0f);
  if (!there) return;
  if (f.kind == FeatureKind::real) {
    const std::optional<double> value = parse_number(text);
    if (!value) refuse("is not a number");
    try {
      x[f.first] = scales_[feature].of(*value);
    } catch (const Error& e) { throw Error(str("column ", f.name, ": ", e.what())); }
    return;
  }
  const auto at = std::find(f.categories.begin(), f.categories.end(), text);
  if (at == f.categories.end())
    refuse("is none of " + quoted_list(f.categories) + did_you_mean(text, f.categories));
  const int64_t category = at - f.categories.begin();
  if (f.kind == FeatureKind::binary)
    x[f.first] = float(category);
  else
    x[f.first + category] = 1;
}

namespace {

// The number with the fewest digits that is at most `tolerance` away, written out (1500000, not 1.5e+06) unless it is long.
std::string shortest_text(double value, double tolerance, int most_digits) {
  std::array<char, 64> buffer;
  char* const last = buffer.data() + buffer.size();
  if (std::abs(value) <= tolerance) return "0";
  double read = value;
  for (int digits = 1; digits <= most_digits; ++digits) {
    const char* end = std::to_chars(buffer.data(), last, value, std::chars_format::scientific, digits - 1).ptr;
    std::from_chars(buffer.data(), end, read);
    if (std::abs(read - value) <= tolerance) break;
  }
  if (std::abs(read) < 1e-4 || std::abs(read) >= 1e15) return to_text(read);
  return {buffer.data(), std::to_chars(buffer.data(), last, read, std::chars_format::fixed).ptr};
}

}  // namespace

std::string TableCodec::decode(size_t feature, const float* x, int digits) const {
  const Feature& f = features_[feature];
  const float* v = x + f.first;
  if (f.kind == FeatureKind::binary) return f.categories[v[0] >= 0.5f ? 1 : 0];
  if (f.kind == FeatureKind::categorical) return f.categories[size_t(std::max_element(v, v + f.width) - v)];
  const Scale& s = scales_[feature];
  const double value = s.mean + s.sd * double(v[0]);
  // x was rounded to float32, and mean + sd * x to double
  return shortest_text(value, std::abs(s.sd * double(v[0])) * 0x1p-23 + std::abs(s.mean) * 0x1p-51, digits);
}

std::vector<std::string> TableCodec::decode_row(const float* x, int digits) const {
  std::vector<std::string> fields;
  for (size_t f = 0; f < features_.size(); ++f) fields.push_back(decode(f, x, digits));
  return fields;
}

std::vector<int64_t> TableCodec::match(const TableFile& file, const std::filesystem::path& path, bool partial,
                                       const std::string& advice) const {
  const std::vector<std::string>& header = file.names();
  const auto contains = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  const auto refuse = [&](const std::string& what) { throw Error(str(path.string(), ": ", what)); };
  for (const std::string& name : header)
    if (!format_.ignore_others && !contains(names(), name) && !contains(format_.ignored, name))
      refuse(str("has an unknown column \"", name, '"', did_you_mean(name, names()), advice));
  std::vector<int64_t> places;
  for (const Feature& f : features_) {
    const auto at = std::find(header.begin(), header.end(), f.name);
    if (at == header.end() && !partial)
      refuse(str("has no column \"", f.name, '"', did_you_mean(f.name, header)));
    places.push_back(at == header.end() ? -1 : at - header.begin());
  }
  return places;
}

TableRows read_table(const std::filesystem::path& path, const TableCodec& codec, bool partial) {
  TableFile file(path, codec.format());
  const std::vector<int64_t> places = codec.match(file, path, partial);
  const size_t d = size_t(codec.columns());
  std::vector<std::string> fields;
  std::vector<float> x, observed;
  while (file.next(fields)) {
    x.resize(x.size() + d);
    observed.resize(x.size());
    for (size_t f = 0; f < places.size(); ++f) try {
        if (places[f] >= 0)
          codec.encode(f, fields[size_t(places[f])], &x[x.size() - d], &observed[x.size() - d]);
      } catch (const Error& e) { throw Error(str(file.where(), ": ", e.what())); }
  }
  if (x.empty()) throw Error(path.string() + ": has no rows");
  const Shape shape{int64_t(x.size() / d), int64_t(d)};
  return {Tensor::from(x, shape), Tensor::from(observed, shape)};
}

TableCodec codec_of(const Dataset& set) { return set.codec ? *set.codec : TableCodec(set.features); }

std::optional<double> parse_number(const std::string& text) {
  const std::string number = trimmed(text);
  const char *first = number.data(), *last = first + number.size();
  if (last - first > 1 && *first == '+' && first[1] != '-') ++first;
  double value = 0;
  const auto [end, error] = std::from_chars(first, last, value);
  if (error != std::errc() || end != last || !std::isfinite(value)) return {};
  return value;
}

}  // namespace elbow
