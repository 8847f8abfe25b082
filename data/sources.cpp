#include "data/sources.hpp"

// The table of sources: those that draw their rows from a distribution, and those that read them from files. To add one: write
// data/sources/NAME.cpp, which defines the function declared here, and put its name in the list.
#define ELBOW_DISTRIBUTIONS(source)                                                                      \
  source(independent_gaussian) source(correlated_gaussian) source(projected_gaussian) source(swiss_roll) \
      source(circles) source(moons) source(blobs) source(s_curve) source(latent_factors)
#define ELBOW_FILES(source) source(idx_images) source(table)

namespace elbow {

#define ELBOW_DECLARE_DISTRIBUTION(name) DataSplit name(const Config& data, uint64_t seed);
#define ELBOW_DECLARE_FILES(name) DataSplit name(const Config& data, uint64_t seed, const KnownData& known);
ELBOW_DISTRIBUTIONS(ELBOW_DECLARE_DISTRIBUTION)
ELBOW_FILES(ELBOW_DECLARE_FILES)

namespace {

struct Source {
  const char* name;
  DataSplit (*make)(const Config& data, uint64_t seed, const KnownData& known);
};

#define ELBOW_DISTRIBUTION(name) \
  {#name, [](const Config& data, uint64_t seed, const KnownData&) { return name(data, seed); }},
#define ELBOW_FILE(name) {#name, name},
constexpr Source sources[] = {ELBOW_DISTRIBUTIONS(ELBOW_DISTRIBUTION) ELBOW_FILES(ELBOW_FILE)};

}  // namespace

std::vector<std::string> source_names() {
  std::vector<std::string> names;
  for (const Source& source : sources) names.push_back(source.name);
  return names;
}

DataSplit make_data(const Config& data, uint64_t seed, const KnownData& known) {
  const std::string name = data.choice("source", source_names());
  for (const Source& source : sources)
    if (source.name == name) {
      DataSplit split = source.make(data, seed, known);
      data.done();
      for (Dataset* set : {&split.train, &split.test}) {
        set->name = name;
        if (set->features.empty()) set->features = real_features(set->columns());
      }
      hold_out(split, known.held_out, seed);
      return split;
    }
  data.fail("source", "is not in the table");  // choice() has let through only names that are
}

}  // namespace elbow
