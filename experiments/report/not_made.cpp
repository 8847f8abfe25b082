#include "experiments/report/not_made.hpp"

#include <algorithm>
#include <iostream>

#include "base/text.hpp"
#include "experiments/report/gnuplot.hpp"

namespace elbow {

void attempt(std::vector<NotMade>& problems, const std::string& name, const std::function<void()>& f) {
  try {
    f();
  } catch (const NoGnuplot&) {  // said once, not for each figure
    const bool said = std::ranges::any_of(problems, [](const NotMade& p) { return !p.failed; });
    if (!said) problems.push_back({"figures: gnuplot is not installed (Debian: gnuplot-nox)", false});
  } catch (const std::exception& e) {
    problems.push_back({name.empty() ? e.what() : name + ": " + e.what(), true});
  }
}

void warn(const std::vector<NotMade>& problems) {
  for (const NotMade& p : problems) std::cerr << "not made: " << plain_text(p.why) << std::endl;
}

void require_made(const std::vector<NotMade>& problems) {
  const auto failed = std::ranges::count_if(problems, &NotMade::failed);
  if (failed > 0)
    throw Incomplete(
        str("the results are complete, but ", failed,
            failed == 1 ? " figure or analysis failed: " : " figures or analyses failed (see above): ",
            std::ranges::find_if(problems, &NotMade::failed)->why));
}

}  // namespace elbow
