#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ranks.hpp"

namespace elbow {

/// Whether this program can talk to other ranks.
bool built_with_mpi();

/// The ranks that mpirun or srun has started this process as one of; by default it is alone. Once in a process. Error where there are
/// several and this program is built without MPI.
std::unique_ptr<Ranks> ranks_of_mpirun();

/// Whether this is not the first rank, and the ranks have not begun to talk: what goes wrong then goes wrong on all of them, and the
/// first one says it.
bool another_rank_says_it();

/// Whether mpirun or srun has started this process, if only as one rank: ranks_of_mpirun() has been called.
bool begun_as_rank();

/// Child processes are no ranks, whatever this process is.
void hide_ranks_from_children();

/// How many threads each rank takes where nobody says it: all cores that it may use, or its share of them where mpirun leaves all
/// cores of the machine to all ranks.
int threads_of_rank(const Ranks& ranks);

/// Which card each rank computes on: the first of those that it sees (card_ids()) that no rank before it has taken. So the ranks of a
/// machine share out its cards, whether each sees all of them or is shown some. -1 for a rank that sees none. Error, with both numbers,
/// if there are more ranks than cards.
std::vector<int> cards_of_ranks(const std::vector<std::vector<std::string>>& seen);
/// Where several ranks compute on cards, takes this one's: each has a card of its own. All ranks call it, before any work is queued.
/// Error as cards_of_ranks(), on all of them.
void take_card(Ranks& ranks);

/// Does what each rank must do before they begin. Where it fails on some, all fail: the first rank with the error, the others with
/// ReportedElsewhere, so that it is printed once and no rank waits for another.
void on_all_ranks(Ranks& ranks, const std::function<void()>& f);
/// Error, in the same way, unless `what` is the same text on all ranks.
void require_same(Ranks& ranks, const std::string& name, const std::string& what);
/// What a rank wants to be done between two steps.
struct Wish {
  int signal = 0;     ///< that has come, and ends the run; 0: none has
  bool save = false;  ///< a checkpoint
};
/// What any of the ranks wants: all hear of it after the same step.
Wish wish_of_any(const Ranks& ranks, Wish wish);

/// The ranks of MPI: mpi_ranks.cpp, where that is compiled.
std::unique_ptr<Ranks> mpi_ranks();

}  // namespace elbow
