#include "data/table_codec.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/csv.hpp"

namespace elbow {

double Scale::transformed(double value) const {
  const auto refuse = [&](const char* what) { throw Error(str(to_text(value), " is not ", what)); };
  if (kind == FeatureKind::positive && !(value > 0)) refuse("above 0, as the values of a positive column are");
  if (is_count(kind) && (!(value >= 0) || value != std::floor(value))) refuse("a count (0, 1, 2, ...)");
  return transformed_mean(value);
}

double Scale::transformed_mean(double value) const {
  return kind == FeatureKind::positive ? std::log(value) : is_count(kind) ? std::log1p(value) : value;
}

float Scale::of(double value) const {
  const double x = (transformed(value) - mean) / sd;
  if (!(std::abs(x) <= 1e15)) throw Error(str(to_text(value), " is too large a number"));
  return float(x);
}

double Scale::value_of(double x) const {
  const double t = mean + sd * x;
  return kind == FeatureKind::positive ? std::exp(t) : is_count(kind) ? std::expm1(t) : t;
}

// x was rounded to float32, and mean + sd * x to double.
double Scale::rounding_at(double x) const {
  const double of_t = std::abs(sd * x) * 0x1p-23 + std::abs(mean) * 0x1p-51;
  return is_logarithmic() ? of_t * (value_of(x) + is_count(kind)) : of_t;
}

// The numbers are taken from the first one, so that what is summed is as exact where all are large (times in nanoseconds) as
// elsewhere.
Scale fit_scale(FeatureKind kind, const std::vector<double>& numbers, std::span<const int64_t> rows) {
  Scale scale{0, 1, kind};
  double origin = std::numeric_limits<double>::quiet_NaN(), n = 0, sum = 0, squares = 0;
  for (const int64_t r : rows)
    if (!std::isnan(numbers[size_t(r)])) {
      const double t = scale.transformed(numbers[size_t(r)]);
      if (n == 0) origin = t;
      n += 1, sum += t - origin;
    }
  const double mean = sum / n;
  for (const int64_t r : rows)
    if (!std::isnan(numbers[size_t(r)])) {
      const double t = scale.transformed(numbers[size_t(r)]) - origin - mean;
      squares += t * t;
    }
  scale.mean = origin + mean;
  scale.sd = std::sqrt(squares / n);
  return scale;
}

TableCodec::TableCodec(std::vector<Feature> features, std::vector<Scale> scales, TableFormat format,
                       std::vector<FieldFormat> fields, std::vector<Constant> constants)
    : features_(std::move(features)),
      scales_(std::move(scales)),
      format_(std::move(format)),
      fields_(std::move(fields)),
      constants_(std::move(constants)) {
  if (scales_.empty()) scales_.resize(features_.size());
  fields_.resize(features_.size(), {format_.numbers(), {}});
  if (scales_.size() != features_.size())
    fail("table", scales_.size(), " scales do not fit ", features_.size(), " features");
  for (Feature& f : features_) {
    if (!f.categories.empty() || is_numeric(f.kind)) continue;
    for (int64_t i = 0; i < (f.kind == FeatureKind::binary ? 2 : f.width); ++i) f.categories.push_back(str(i));
  }
  for (size_t f = 0; f < features_.size(); ++f) {
    scales_[f].kind = features_[f].kind;
    readers_.emplace_back(fields_[f], format_.missing);
    categories_.emplace_back(features_[f].categories);
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

std::vector<std::string> TableCodec::header() const {
  std::vector<std::string> header = names();
  for (auto c = constants_.rbegin(); c != constants_.rend(); ++c)  // from the last one on, so that places hold
    header.insert(header.begin() + long(c->before), c->name);
  return header;
}

size_t TableCodec::place(size_t feature) const {
  size_t place = feature;
  for (const Constant& c : constants_) place += c.before <= feature;
  return place;
}

size_t TableCodec::find(const std::string& name) const {
  for (const Constant& c : constants_)
    if (c.name == name)
      throw Error(str("the column \"", name, "\" is ", c.text(),
                      " in all training rows: the model knows nothing of it"));
  for (size_t f = 0; f < features_.size(); ++f)
    if (features_[f].name == name) return f;
  throw Error(str("there is no column \"", name, '"', did_you_mean(name, names())));
}

bool TableCodec::encode(size_t feature, const std::string& text, float* x, float* observed) const {
  const Feature& f = features_[feature];
  std::fill_n(x + f.first, f.width, 0.0f);
  std::fill_n(observed + f.first, f.width, 0.0f);
  if (is_numeric(f.kind)) try {
      const double value = number(feature, text);
      if (std::isnan(value)) return true;
      x[f.first] = scales_[feature].of(value);
    } catch (const Error& e) { throw Error(str("column ", f.name, ": ", e.what())); }
  else {
    const int32_t found = category(feature, text);
    if (found < 0) {
      const auto& marks = fields_[feature].missing;
      return format_.is_missing(text) || std::find(marks.begin(), marks.end(), text) != marks.end();
    }
    if (f.kind == FeatureKind::binary)
      x[f.first] = float(found);
    else
      x[f.first + found] = 1;
  }
  std::fill_n(observed + f.first, f.width, 1.0f);
  return true;
}

void TableCodec::refuse_category(size_t feature, const std::string& text) const {
  const Feature& f = features_[feature];
  throw Error(str("column ", f.name, ": ", quoted(text), " is none of ", few_of(f.categories),
                  did_you_mean(text, f.categories)));
}

std::string TableCodec::decode(size_t feature, const float* x, int digits) const {
  const Feature& f = features_[feature];
  const float* v = x + f.first;
  if (f.kind == FeatureKind::binary) return f.categories[v[0] >= 0.5f ? 1 : 0];
  if (f.kind == FeatureKind::categorical) return f.categories[size_t(std::max_element(v, v + f.width) - v)];
  const Scale& s = scales_[feature];
  return fields_[feature].number.write(s.value_of(double(v[0])), s.rounding_at(double(v[0])), digits);
}

std::vector<std::string> TableCodec::decode_row(const float* x, int digits) const {
  std::vector<std::string> fields;
  for (size_t f = 0; f < features_.size(); ++f) fields.push_back(decode(f, x, digits));
  for (auto c = constants_.rbegin(); c != constants_.rend(); ++c)
    fields.insert(fields.begin() + long(c->before), c->text());
  return fields;
}

std::vector<int64_t> TableCodec::match(const TableFile& file, const std::filesystem::path& path, bool partial,
                                       const std::string& advice) const {
  const std::vector<std::string>& header = file.names();
  const auto contains = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  const auto refuse = [&](const std::string& what) { throw Error(str(path.string(), ": ", what)); };
  const std::vector<std::string> known = this->header();
  for (size_t i = 0; i < header.size(); ++i)
    if (!format_.ignore_others && !file.is_unnamed(i) && !contains(known, header[i]) &&
        !contains(format_.ignored, header[i]))
      refuse(str("has an unknown column \"", header[i], '"', did_you_mean(header[i], known), advice));
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
    if (file.is_blank()) continue;
    x.resize(x.size() + d);
    observed.resize(x.size());
    for (size_t f = 0; f < places.size(); ++f) try {
        if (places[f] >= 0)
          if (!codec.encode(f, fields[size_t(places[f])], &x[x.size() - d], &observed[x.size() - d]))
            codec.refuse_category(f, fields[size_t(places[f])]);
      } catch (const Error& e) { throw Error(str(file.where(), ": ", e.what())); }
  }
  if (x.empty()) throw Error(path.string() + ": has no rows");
  const Shape shape{int64_t(x.size() / d), int64_t(d)};
  return {Tensor::from(x, shape), Tensor::from(observed, shape)};
}

TableCodec codec_of(const Dataset& set) { return set.codec ? *set.codec : TableCodec(set.features); }

}  // namespace elbow
