#include "data/sources.hpp"

// The table of sources. To add one: write data/sources/NAME.cpp, which defines the function declared here, and
// put its name in this list.
#define ELBOW_SOURCES(source)                                                                               \
  source(independent_gaussian) source(correlated_gaussian) source(projected_gaussian) source(swiss_roll)    \
      source(circles) source(moons) source(blobs) source(s_curve) source(latent_factors) source(idx_images) \
          source(table)

namespace elbow {

#define ELBOW_DECLARE(name) DataSplit name(const Config& data, uint64_t seed);
ELBOW_SOURCES(ELBOW_DECLARE)
#undef ELBOW_DECLARE

namespace {

struct Source {
  const char* name;
  DataSplit (*make)(const Config& data, uint64_t seed);
};

#define ELBOW_ENTRY(name) {#name, name},
constexpr Source sources[] = {ELBOW_SOURCES(ELBOW_ENTRY)};
#undef ELBOW_ENTRY

}  // namespace

std::vector<std::string> source_names() {
  std::vector<std::string> names;
  for (const Source& source : sources) names.push_back(source.name);
  return names;
}

DataSplit make_data(const Config& data, uint64_t seed) {
  const std::string name = data.choice("source", source_names());
  for (const Source& source : sources)
    if (source.name == name) {
      DataSplit split = source.make(data, seed);
      data.done();
      for (Dataset* set : {&split.train, &split.test}) {
        set->name = name;
        if (set->features.empty()) set->features = real_features(set->columns());
      }
      return split;
    }
  data.fail("source", "is not in the table");  // choice() has let through only names that are
}

}  // namespace elbow
