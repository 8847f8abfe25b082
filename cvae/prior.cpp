#include "cvae/prior.hpp"

#include "cvae/priors/learned.hpp"

namespace elbow {
namespace {

constexpr auto standard = "standard";

using PriorMaker = std::unique_ptr<Prior> (*)(const Config&, const PriorSizes&, RandomStream&);
const std::vector<std::pair<std::string, PriorMaker>> prior_makers = {
    {"learned", make_learned_prior},
};

}  // namespace

std::unique_ptr<Prior> make_prior(const Config& model, const PriorSizes& sizes, RandomStream& initialisation) {
  const Config config = model.section("prior");
  std::vector<std::string> kinds{standard};
  for (const auto& [name, maker] : prior_makers) kinds.push_back(name);
  const std::string kind = config.choice("kind", kinds, standard);
  for (const auto& [name, maker] : prior_makers)
    if (name == kind) return maker(config, sizes, initialisation);
  model.leave_out("prior");
  return nullptr;
}

}  // namespace elbow
