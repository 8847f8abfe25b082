// What ranks share: sums by halves, ranges of long vectors, and a step of an optimiser of which each makes its range.
#include "base/ranks.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "autograd/random.hpp"
#include "nn/nn.hpp"
#include "threads_scope.hpp"

using namespace elbow;
using test::ThreadsScope;

namespace {

// One of several ranks, which hears nothing of the others.
struct LoneRank : Ranks {
  LoneRank(int rank, int size) : own_rank(rank), ranks(size) {}
  int rank() const override { return own_rank; }
  int size() const override { return ranks; }
  void gather(float*, int64_t n, const std::function<void(Range)>& make) const override {
    const auto [first, last] = range(n);
    const int64_t middle = std::min(last, first + piece);
    make({first, middle});  // in two stretches, as ranks do with a long vector
    make({middle, last});
  }
  int own_rank, ranks;
};

std::vector<std::vector<float>> random_parts(int64_t parts, int64_t n) {
  std::vector<std::vector<float>> out;
  for (int64_t p = 0; p < parts; ++p)
    out.push_back(normal({1, 2, uint64_t(p)}, {n}, 0, std::pow(10.0, double(p % 5))).to_vector<float>());
  return out;
}

float by_halves(const std::vector<std::vector<float>>& parts, size_t i, int64_t first, int64_t last) {
  if (last - first == 1) return parts[size_t(first)][i];
  const int64_t middle = first + (last - first) / 2;
  return by_halves(parts, i, first, middle) + by_halves(parts, i, middle, last);
}

std::vector<SumOfParts<float>> singles(std::vector<std::vector<float>>& parts, Parts of) {
  std::vector<SumOfParts<float>> out;
  for (int64_t p = of.first; p < of.first + of.count; ++p) out.push_back({{p, 1}, parts[size_t(p)].data()});
  return out;
}

// More than a few pieces, and no multiple of one; its biases are a group of their own.
struct Wide : Module {
  RandomStream random{1, 0};
  Sequential layers;
  Wide() {
    layers.emplace<Linear>(90, 150, random);
    layers.emplace<Linear>(150, 70, random);
    submodule("layers", layers);
  }
};

using MakeOptimizer = std::function<std::unique_ptr<Optimizer>(const FlatParameters&)>;

}  // namespace

BOOST_AUTO_TEST_CASE(what_ranks_have_added_so_far_changes_no_bit) {
  constexpr int64_t n = 20000;
  for (const int64_t count : {1, 2, 4, 7, 12}) {
    const auto parts = random_parts(count, n);
    std::vector<float> expected;
    for (size_t i = 0; i < size_t(n); ++i) expected.push_back(by_halves(parts, i, 0, count));
    for (int ranks = 1; ranks <= count; ++ranks) {
      const ThreadsScope threads(ranks % 3 + 1);
      auto own = parts;
      std::vector<SumOfParts<float>> sums;
      for (int r = 0; r < ranks; ++r)
        for (const Parts& of : sums_within(LoneRank(r, ranks).share(count), count)) {
          float* const to = own[size_t(of.first)].data();
          sum_by_halves<float>(singles(own, of), to, n);
          sums.push_back({of, to});
        }
      if (ranks == 1 || (ranks == 2 && count % 2 == 0) || ranks == 4) BOOST_TEST(sums.size() == size_t(ranks));
      std::vector<float>& total = own[size_t(sums.back().parts.first)];  // one of them
      sum_by_halves<float>(sums, total.data(), n);
      BOOST_TEST((total == expected), count << " parts, " << ranks << " ranks");
    }
  }
}

BOOST_AUTO_TEST_CASE(ranges_are_whole_pieces_side_by_side) {
  for (const int64_t n : {int64_t{1}, Ranks::piece, 5 * Ranks::piece + 7, int64_t{100003}})
    for (const int ranks : {1, 2, 3, 7}) {
      int64_t end = 0, most = 0, least = n;
      for (int r = 0; r < ranks; ++r) {
        const Ranks::Range range = LoneRank(r, ranks).range(n);
        BOOST_TEST(range.first == end);
        BOOST_TEST((range.first % Ranks::piece == 0 || range.first == n));
        end = range.last;
        most = std::max(most, range.size()), least = std::min(least, range.size());
      }
      BOOST_TEST(end == n);
      BOOST_TEST(most - least < 2 * Ranks::piece);
    }
}

BOOST_AUTO_TEST_CASE(each_rank_makes_its_range_of_a_step) {
  const std::vector<ParameterGroup> groups{
      {.members = named("*.bias"), .learning_rate_factor = 0.25, .weight_decay = 0}};
  const MakeOptimizer optimizers[] = {
      [&](const auto& flat) { return make_sgd(flat, {.momentum = 0.9, .weight_decay = 0.05}, groups); },
      [&](const auto& flat) { return make_adam(flat, {.weight_decay = 0.05, .decoupled = true}, groups); }};
  struct Rank {
    Wide module;
    FlatParameters flat{module};
    std::unique_ptr<Optimizer> optimizer;
    explicit Rank(const MakeOptimizer& make) : optimizer(make(flat)) {}
    void set_gradients(uint64_t step) {
      flat.zero_gradients();
      flat.gradients().copy_(normal({3, 4, step}, flat.values().shape(), 0, 1));
    }
  };
  for (const MakeOptimizer& make : optimizers) {
    Rank whole(make);
    std::vector<std::unique_ptr<Rank>> ranks;
    for (int r = 0; r < 3; ++r) ranks.push_back(std::make_unique<Rank>(make));
    const std::vector<float> start = whole.flat.values().to_vector<float>();
    for (uint64_t step = 0; step < 3; ++step) {
      whole.set_gradients(step);
      whole.optimizer->step(0.1);
      for (int r = 0; r < 3; ++r) {
        ranks[size_t(r)]->set_gradients(step);
        ranks[size_t(r)]->optimizer->step(0.1, LoneRank(r, 3));
      }
    }
    const int64_t n = int64_t(start.size());
    const auto expected = whole.flat.values().to_vector<float>();
    for (int r = 0; r < 3; ++r) {
      const Ranks::Range range = LoneRank(r, 3).range(n);
      BOOST_TEST(range.size() > 0);
      const auto same = [&](const Tensor& a, const std::vector<float>& inside,
                            const std::vector<float>& outside) {
        const auto values = a.to_vector<float>();
        bool all = true;
        for (int64_t i = 0; i < n; ++i)
          all = all && values[size_t(i)] == (i >= range.first && i < range.last ? inside : outside)[size_t(i)];
        return all;
      };
      Rank& rank = *ranks[size_t(r)];
      BOOST_TEST(same(rank.flat.values(), expected, start));
      BOOST_TEST(rank.optimizer->steps() == 3);
      for (const auto& [name, buffer] : rank.optimizer->buffers())
        BOOST_TEST(same(buffer, whole.optimizer->buffers().at(name).to_vector<float>(),
                        std::vector<float>(size_t(n), 0)));
    }
  }
}

BOOST_AUTO_TEST_CASE(gradients_are_clipped_to_a_norm_over_all_of_them) {
  Wide module;
  FlatParameters flat(module);
  for (const double limit : {1e9, 3.0}) {
    std::vector<std::vector<float>> results;
    for (const int threads : {1, 3}) {
      const ThreadsScope scope(threads);
      flat.zero_gradients();
      flat.gradients().copy_(normal({3, 4, 5}, flat.values().shape(), 0, 1));
      const auto before = flat.gradients().to_vector<float>();
      double squares = 0;
      for (const float g : before) squares += double(g) * double(g);
      const double norm = std::sqrt(squares);
      BOOST_TEST(std::abs(flat.clip_gradients(limit) - norm) < 1e-11 * norm);
      BOOST_TEST((norm > limit) == (limit < 10));
      results.push_back(flat.gradients().to_vector<float>());
      double largest = 0;
      for (size_t i = 0; i < before.size(); ++i)
        largest =
            std::max(largest, std::abs(double(results.back()[i]) - before[i] * std::min(1.0, limit / norm)));
      BOOST_TEST(largest < 1e-8);
    }
    BOOST_TEST((results[0] == results[1]));
  }
}
