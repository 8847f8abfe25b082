#include "experiments/runs/mpirun.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <set>
#include <sstream>
#include <thread>

#include "autograd/backend/backend.hpp"
#include "base/parallel.hpp"

namespace elbow {
namespace {

// How a process learns that it is one of several: from Open MPI's mpirun, or from what srun or another mpirun calls PMI.
constexpr const char* signs_of_ranks[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_SIZE"};

bool begun = false;

int number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  return text ? std::atoi(text) : 0;
}

}  // namespace

bool another_rank_says_it() { return !begun && number_in("OMPI_COMM_WORLD_RANK") > 0; }

bool begun_as_rank() { return begun; }

void hide_ranks_from_children() {
  for (const char* sign : signs_of_ranks) unsetenv(sign);
}

#if ELBOW_MPI
bool built_with_mpi() { return true; }
std::unique_ptr<Ranks> ranks_of_mpirun() {
  const auto set = [](const char* sign) { return std::getenv(sign) != nullptr; };
  begun = std::ranges::any_of(signs_of_ranks, set);
  return begun ? mpi_ranks() : std::make_unique<Ranks>();
}
#else
bool built_with_mpi() { return false; }
std::unique_ptr<Ranks> ranks_of_mpirun() {
  if (const int size = number_in("OMPI_COMM_WORLD_SIZE"); size > 1)
    throw Error(str("mpirun has started ", size, " ranks, and this elbow is built without MPI: install it ",
                    "(scripts/dependencies.sh install mpi) and build again"));
  return std::make_unique<Ranks>();
}
#endif

int threads_of_rank(const Ranks& ranks) {
  const int cores = available_threads();
  if (!ranks.several() || cores < int(std::thread::hardware_concurrency()))
    return cores;  // mpirun has shared them out
  const int here = number_in("OMPI_COMM_WORLD_LOCAL_SIZE");
  return std::max(1, cores / std::max(1, here > 0 ? here : ranks.size()));
}

namespace {

// Ends all ranks in good order with the first of their errors, if there is one.
void fail_together(Ranks& ranks, const std::vector<std::string>& errors) {
  for (size_t r = 0; r < errors.size(); ++r) {
    if (errors[r].empty()) continue;
    ranks.done();
    if (ranks.rank() > 0) throw ReportedElsewhere(2);
    throw Error(r == 0 ? errors[r] : str("rank ", r, ": ", errors[r]));
  }
}

}  // namespace

void on_all_ranks(Ranks& ranks, const std::function<void()>& f) {
  if (!ranks.several()) return f();
  std::string error;
  try {
    f();
  } catch (const Error& e) { error = e.what(); }
  fail_together(ranks, ranks.texts(error));
}

void require_same(Ranks& ranks, const std::string& name, const std::string& what) {
  std::vector<std::string> errors;
  const std::vector<std::string> all = ranks.texts(what);
  for (const std::string& text : all)
    errors.push_back(text == all.front() ? "" : name + " is not that of rank 0: all ranks must agree");
  fail_together(ranks, errors);
}

std::vector<int> cards_of_ranks(const std::vector<std::vector<std::string>>& seen) {
  std::vector<int> chosen;
  std::set<std::string> taken;
  for (const auto& cards : seen) {
    const auto is_free = [&](const std::string& card) { return !taken.contains(card); };
    const auto free = std::ranges::find_if(cards, is_free);
    if (free == cards.end() && !cards.empty()) {
      const auto here = std::ranges::count(seen, cards);
      throw Error(str("--device cuda: ", here, " ranks on a machine with ", cards.size(),
                      cards.size() == 1 ? " card" : " cards", ": each rank needs one of its own"));
    }
    chosen.push_back(cards.empty() ? -1 : int(free - cards.begin()));
    if (!cards.empty()) taken.insert(*free);
  }
  return chosen;
}

void take_card(Ranks& ranks) {
  if (!ranks.several()) return;
  std::string own;  // a line for each
  on_all_ranks(ranks, [&] {
    if (default_device() != Device::cpu)
      for (const std::string& id : card_ids()) own += id + '\n';
  });
  std::vector<std::vector<std::string>> seen;
  for (const std::string& text : ranks.texts(own)) {
    std::istringstream lines(text);
    seen.emplace_back();
    for (std::string id; std::getline(lines, id);) seen.back().push_back(id);
  }
  on_all_ranks(ranks, [&] {
    if (const int card = cards_of_ranks(seen).at(size_t(ranks.rank())); card >= 0) use_card(card);
  });
}

Wish wish_of_any(const Ranks& ranks, Wish wish) {
  if (!ranks.several()) return wish;
  double sums[] = {double(wish.signal != 0), double(wish.save)};
  double* const own[] = {sums};
  ranks.sum(std::span<double* const>(own), ranks.size(), sums, 2);
  return {wish.signal != 0 || sums[0] == 0 ? wish.signal : SIGTERM, sums[1] != 0};
}

}  // namespace elbow
