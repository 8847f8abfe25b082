#include <algorithm>

#include "data/table_schema.hpp"

namespace elbow {

TableSchema resolved_schema(const TableCodec& codec) {
  TableSchema schema{codec.format(), {}, {}};
  const std::vector<Feature>& features = codec.features();
  if (schema.format.header) {
    for (const Feature& f : features) schema.columns.push_back({f.name, f.kind, f.categories});
    for (const std::string& name : schema.format.ignored) schema.columns.push_back({name, {}});
    return schema;
  }
  auto feature = features.begin();  // in the order of the file, as format.names
  for (const std::string& name : schema.format.names)
    if (feature != features.end() && feature->name == name) {
      schema.columns.push_back({name, feature->kind, feature->categories});
      ++feature;
    } else {
      schema.columns.push_back({name, {}});
    }
  return schema;
}

TableCodec codec_from(const TableSchema& schema, std::vector<Scale> scales) {
  std::vector<Feature> features;
  int64_t first = 0;
  for (const TableSchema::Column& c : schema.columns) {
    if (!c.kind) continue;
    const bool one_hot = c.kind == FeatureKind::categorical;
    if (one_hot && c.categories.empty()) throw Error(str("column ", c.name, ": its categories are not named"));
    const int64_t width = one_hot ? int64_t(c.categories.size()) : 1;
    features.push_back({c.name, *c.kind, first, width, c.categories});
    first += width;
  }
  return TableCodec(std::move(features), std::move(scales), schema.format);
}

}  // namespace elbow
