// Which run a worker takes next, and what many workers ask of a file system together: the real RunQueue on a simulated folder
// and clock. `build/test_run_queue --log_level=message` prints the table of docs/cluster.md.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <set>

#include "experiments/runs/run_queue.hpp"

using namespace elbow;

namespace {

// Calls that a file server hears of. Reading a claim is an open, a read and a stat.
struct Calls {
  double opens = 0, reads = 0, stats = 0, writes = 0, links = 0, unlinks = 0, renames = 0, mkdirs = 0,
         lists = 0, names = 0;
  double all() const { return opens + reads + stats + writes + links + unlinks + renames + mkdirs + lists; }
};

// The folder as it is, its clock, and who asked for what.
struct World {
  enum class State { untouched, held, left, ended };
  explicit World(std::size_t runs) : states(runs, State::untouched) {}

  std::vector<State> states;
  double now = 0;
  Calls calls;
  std::vector<double> per_second;
  std::size_t beaten = 0, looks = 0, lists = 0;

  // What f adds to the calls is of this very second.
  template <class F> void count(F f) {
    const double before = calls.all();
    f(calls);
    const auto second = std::size_t(now);
    if (per_second.size() <= second) per_second.resize(second + 1);
    per_second[second] += calls.all() - before;
  }
  void read_claim(double times = 1) {
    count([&](Calls& c) { c.opens += times, c.reads += times, c.stats += times; });
  }
  void make_claim() {  // beside its place, linked, removed there
    count([](Calls& c) { ++c.opens, ++c.writes, ++c.links, ++c.unlinks; });
  }
  // FolderClaim: made; read before each of the about eight times that a run replaces files, and with each heartbeat;
  // released under a guard.
  void claim_of_run(double seconds) {
    make_claim();
    read_claim(8);
    const double heartbeats = std::floor(seconds / 15);
    read_claim(heartbeats);
    count([&](Calls& c) { c.writes += heartbeats; });
    make_claim();
    read_claim(3);
    count([](Calls& c) { c.unlinks += 2; });
  }
  // SweepFolder::set_done.
  void mark() {
    count([](Calls& c) {
      ++c.mkdirs, c.stats += 2, ++c.opens, c.writes += 2, ++c.renames, ++c.opens, ++c.writes;
    });
  }
};

class SimulatedFolder : public SharedFolder {
 public:
  explicit SimulatedFolder(World& world) : w_(world) {}

  std::vector<RunMark> survey() override {
    std::vector<RunMark> marks;
    double names = 0;
    for (const World::State state : w_.states) {
      const bool untouched = state == World::State::untouched, ended = state == World::State::ended;
      marks.push_back(untouched ? RunMark::untouched : ended ? RunMark::done : RunMark::open);
      names += untouched ? 0 : ended ? 2 : 1;
    }
    ++w_.lists;
    w_.count([&](Calls& c) { c.lists += 2, c.names += names; });
    return marks;
  }
  bool begin(std::size_t run) override {
    w_.count([](Calls& c) { ++c.mkdirs; });
    if (w_.states[run] != World::State::untouched) {
      ++w_.beaten;
      return false;
    }
    w_.states[run] = World::State::held;
    return true;
  }
  Look look(std::size_t run) override {
    ++w_.looks;
    if (w_.states[run] == World::State::held) {
      w_.read_claim();
      return Look::held;
    }
    w_.count([](Calls& c) { ++c.opens, c.stats += 2; });
    if (w_.states[run] == World::State::ended) return Look::ended;
    w_.states[run] = World::State::held;
    return Look::free;
  }
  double seconds() const override { return w_.now; }

 private:
  World& w_;
};

struct Worker {
  Worker(World& world, std::size_t runs, uint64_t number) : folder(world), queue(folder, runs, number) {}
  SimulatedFolder folder;
  RunQueue queue;
  std::optional<std::size_t> run;
};

// Every run takes 4 to 15 s. `killed`: of the runs that many are left in the middle, with their worker.
World simulate(std::size_t runs, std::size_t workers, double killed = 0) {
  World world(runs);
  std::mt19937_64 random(runs + workers);
  std::uniform_real_distribution<double> duration(4, 15), chance(0, 1);
  std::vector<std::unique_ptr<Worker>> all;
  using Event = std::pair<double, std::size_t>;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
  for (std::size_t i = 0; i < workers; ++i) {
    all.push_back(std::make_unique<Worker>(world, runs, random()));
    events.emplace(5 * chance(random), i);  // a scheduler does not start all at once
  }
  while (!events.empty()) {
    const auto [time, number] = events.top();
    events.pop();
    world.now = time;
    Worker& worker = *all[number];
    if (worker.run) {
      BOOST_REQUIRE((world.states[*worker.run] == World::State::held));
      if (chance(random) < killed) {
        world.states[*worker.run] = World::State::left;
        all[number] = std::make_unique<Worker>(world, runs, random());  // and is started again
        events.emplace(time + 1, number);
        continue;
      }
      world.states[*worker.run] = World::State::ended;
      world.mark();
      worker.queue.ended(*worker.run);
    }
    worker.run = worker.queue.next();
    if (worker.run) {
      const double seconds = duration(random);
      world.claim_of_run(seconds);
      events.emplace(time + seconds, number);
    } else if (!worker.queue.finished()) {
      events.emplace(time + 0.25, number);  // the shortest pause
    }
  }
  for (const World::State state : world.states) BOOST_REQUIRE((state == World::State::ended));
  return world;
}

double worst(const std::vector<double>& per_second) {
  return *std::max_element(per_second.begin(), per_second.end());
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_worker_makes_all_runs_in_order) {
  World world(5);
  SimulatedFolder folder(world);
  RunQueue queue(folder, 5);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto run = queue.next();
    BOOST_REQUIRE((run && *run == i));
    world.states[i] = World::State::ended;
    queue.ended(i);
  }
  BOOST_TEST(!queue.next());
  BOOST_TEST(queue.finished());
  BOOST_TEST(world.lists == 1);
}

BOOST_AUTO_TEST_CASE(no_runs_are_none_to_wait_for) {
  World world(0);
  SimulatedFolder folder(world);
  RunQueue queue(folder, 0, 7);
  BOOST_TEST(queue.finished());
  BOOST_TEST(!queue.next());
}

BOOST_AUTO_TEST_CASE(what_others_have_left_is_taken_last) {
  World world(4);
  world.states = {World::State::left, World::State::untouched, World::State::held, World::State::ended};
  SimulatedFolder folder(world);
  RunQueue queue(folder, 4);
  BOOST_TEST(*queue.next() == 1);
  BOOST_TEST(*queue.next() == 0);
  BOOST_TEST(!queue.next());
  BOOST_TEST(queue.count_ended() == 1);
  const std::size_t looks = world.looks;
  BOOST_TEST(!queue.next());  // without a look: it has just looked
  BOOST_TEST(world.looks == looks);
  world.states[2] = World::State::left;
  world.now += 10;
  BOOST_TEST(*queue.next() == 2);
  queue.left(2);  // another one was quicker in the end
  world.states[2] = World::State::ended;
  world.now += 10;
  BOOST_TEST(!queue.next());
  BOOST_TEST(queue.count_ended() == 2);
}

BOOST_AUTO_TEST_CASE(runs_of_killed_workers_are_made_by_others) {
  simulate(300, 16, 0.2);
  simulate(20, 64, 0.2);
}

BOOST_AUTO_TEST_CASE(many_workers_ask_little_of_a_file_system) {
  char line[200];
  BOOST_TEST_MESSAGE(
      "| workers | seconds | of the ideal | opens/s | reads/s | stats/s | links/s | lists/s | names/s | all "
      "calls/s | in the worst second | calls a run | beaten a run |");
  for (const std::size_t workers : {16, 64, 256, 512}) {
    constexpr std::size_t runs = 10'000;
    const World w = simulate(runs, workers);
    const double ideal = double(runs) * 9.5 / double(workers);
    std::snprintf(line, sizeof line,
                  "| %zu | %.0f | %.2f | %.0f | %.0f | %.0f | %.0f | %.1f | %.0f | %.0f | %.0f | %.1f | %.2f |",
                  workers, w.now, w.now / ideal, w.calls.opens / w.now, w.calls.reads / w.now,
                  w.calls.stats / w.now, w.calls.links / w.now, w.calls.lists / w.now, w.calls.names / w.now,
                  w.calls.all() / w.now, worst(w.per_second), w.calls.all() / double(runs),
                  double(w.beaten) / double(runs));
    BOOST_TEST_MESSAGE(line);
    BOOST_TEST(w.calls.all() < 100 * double(runs));
    BOOST_TEST(w.now < 1.3 * ideal + 20);
  }
}
