#include "experiments/runs/sweep.hpp"

#include <iostream>
#include <list>

#include "autograd/backend/backend.hpp"
#include "base/interrupt.hpp"
#include "base/stopwatch.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/fleet.hpp"
#include "experiments/runs/inputs.hpp"
#include "experiments/runs/run_folder.hpp"
#include "experiments/runs/train.hpp"

namespace elbow {
namespace {

constexpr size_t most_together = 64;
constexpr double checkpoint_seconds = 120;

// One run, on the CPU between two fleets.
struct Member {
  Member(const SweepPlan& plan, const SweepRun& run)
      : folder(run.folder,
               run.state == SweepRun::State::resume    ? RunFolder::Mode::resume
               : run.state == SweepRun::State::restart ? RunFolder::Mode::force
                                                       : RunFolder::Mode::fresh,
               run.found),
        experiment(config_of(plan.base, run),
                   run.state == SweepRun::State::resume ? data_found_by(run.folder) : data_of_settings),
        training(experiment),
        resumed(run.state == SweepRun::State::resume) {
    if (resumed) epochs = load_checkpoint(folder / "checkpoint.safetensors", experiment, training);
  }
  bool goes_with(const Member& other) const {
    return why_not_together(experiment, other.experiment).empty() &&
           training.epochs_done() == other.training.epochs_done() &&
           training.steps_started() == other.training.steps_started();
  }
  void open() {
    folder.open();
    write_start_of_run(folder, experiment, !resumed);
    folder.log("trained together with others of its sweep");
    for (const std::string& warning : experiment.warnings) folder.log("warning: " + warning);
  }
  void save() {
    folder.require_claim();
    save_checkpoint(folder.file("checkpoint.safetensors"), experiment, training, epochs);
  }

  RunFolder folder;
  Experiment experiment;
  Training training;
  bool resumed;
  std::vector<EpochLosses> epochs;
};

using Group = std::vector<Member*>;

void train_group(const Group& group, bool quiet) {
  for (Member* m : group) m->open();
  InterruptWatch interrupts([&] {
    for (Member* m : group) m->folder.release();
    std::cerr << "\nelbow: interrupted" << std::endl;
  });
  std::vector<std::pair<Experiment*, Training*>> members;
  for (Member* m : group) members.emplace_back(&m->experiment, &m->training);
  Fleet fleet(members);
  Stopwatch since_save;
  const auto save = [&] {
    fleet.return_state();
    for (Member* m : group) m->save();
    since_save.restart();
  };
  const int64_t total = group.front()->experiment.training.epochs;
  const Stopwatch watch;
  while (fleet.epochs_done() < total) {
    const auto losses = fleet.epoch([&](int64_t step) {
      if (interrupts.signal()) {
        interrupts.handled();
        save();
        throw Interrupted(interrupts.signal(), "interrupted: the same command continues");
      }
      if (since_save.seconds() > checkpoint_seconds && step < fleet.steps_per_epoch()) save();
    });
    for (size_t m = 0; m < group.size(); ++m) group[m]->epochs.push_back(losses[m]);
    if (!quiet)
      std::cout << group.size() << " runs together: epoch " << fleet.epochs_done() << " of " << total << ", "
                << int64_t(watch.seconds()) << " s" << std::endl;
  }
  save();
}

}  // namespace

void train_fleets(const SweepPlan& plan, bool quiet) {
  set_default_device(Device::cpu);  // where a run is while it is in no fleet
  std::list<Member> members;
  std::vector<Group> groups;
  for (const SweepRun& run : plan.runs) {
    if (run.state == SweepRun::State::done || run.state == SweepRun::State::failed ||
        !FolderClaim::owner(run.folder).empty())
      continue;
    Member& member = members.emplace_back(plan, run);
    if (member.training.is_done()) continue;
    const auto fits = [&](const Group& g) { return g.size() < most_together && g.front()->goes_with(member); };
    const auto found = std::find_if(groups.begin(), groups.end(), fits);
    if (found == groups.end())
      groups.push_back({&member});
    else
      found->push_back(&member);
  }
  for (const Group& group : groups)
    if (group.size() > 1) train_group(group, quiet);
  set_default_device(Device::cuda);
}

}  // namespace elbow
