// How the ranks of a machine share out its cards.
#include <boost/test/unit_test.hpp>

#include "data_helpers.hpp"
#include "experiments/runs/mpirun.hpp"

using namespace elbow;
using test::contains;
using test::error_of;

namespace {
using Cards = std::vector<std::string>;
}  // namespace

BOOST_AUTO_TEST_CASE(each_rank_has_a_card_of_its_own) {
  const auto chosen = [](const std::vector<Cards>& seen) { return cards_of_ranks(seen); };
  const Cards here{"a", "b", "c"}, there{"d", "e"};
  BOOST_TEST((chosen({here, here, here}) == std::vector{0, 1, 2}));
  BOOST_TEST((chosen({here, here, there, there}) == std::vector{0, 1, 0, 1}));
  BOOST_TEST((chosen({here, there, here, there}) == std::vector{0, 0, 1, 1}));  // mpirun --map-by node
  BOOST_TEST((chosen({{"a"}, {"b"}, {"c"}}) == std::vector{0, 0, 0}));          // srun --gpus-per-task=1
  BOOST_TEST((chosen({{"b"}, {"b", "c"}}) == std::vector{0, 1}));
  BOOST_TEST((chosen({{}, {}}) == std::vector{-1, -1}));  // on the CPU
}

BOOST_AUTO_TEST_CASE(more_ranks_than_cards_are_refused) {
  const Cards here{"a", "b"}, there{"c"};
  BOOST_TEST(contains(error_of([&] {
                        cards_of_ranks({here, here, here});
                      }),
                      "3 ranks on a machine with 2 cards"));
  BOOST_TEST(contains(error_of([&] {
                        cards_of_ranks({here, there, there});
                      }),
                      "2 ranks on a machine with 1 card:"));
}
