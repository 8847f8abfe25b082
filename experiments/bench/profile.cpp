#include "autograd/profile.hpp"

#include <algorithm>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/machine.hpp"
#include "base/stopwatch.hpp"
#include "cvae/training.hpp"
#include "experiments/bench/bench.hpp"

namespace elbow {
namespace {

// A stretch of steps, and what its parts took.
struct Stretch {
  double us;  // a step, by one clock around them all
  std::vector<Profile::Line> lines;
};

Stretch profiled(Training& training, int steps) {
  Profile profile;
  const Stopwatch watch;
  for (int s = 0; s < steps; ++s) training.start(s % training.steps_per_epoch());
  return {watch.seconds() / steps * 1e6, profile.lines()};
}

Stretch middle(std::vector<Stretch> all) {
  const auto at = all.begin() + std::ptrdiff_t(all.size() / 2);
  std::nth_element(all.begin(), at, all.end(), [](const Stretch& a, const Stretch& b) { return a.us < b.us; });
  return *at;
}

// One line of the table, for a step.
struct Part {
  std::string name;
  double calls = 0, forward_us = 0, backward_us = 0;  // of what is beside the ops, the time is in forward_us
  double us() const { return forward_us + backward_us; }
};

// Those that take longest come first.
std::vector<Part> parts_of(const std::vector<Profile::Line>& lines, bool ops, int steps) {
  std::map<std::string, Part> by_name;
  for (const Profile::Line& line : lines) {
    if ((line.work != Work::beside) != ops) continue;
    Part& part = by_name[std::string(line.name)];
    part.name = line.name;
    (line.work == Work::backward ? part.backward_us : part.forward_us) += line.seconds / steps * 1e6;
    if (line.work != Work::backward) part.calls += double(line.calls) / steps;
  }
  std::vector<Part> parts;
  for (const auto& [name, part] : by_name) parts.push_back(part);
  std::ranges::sort(parts, std::greater(), &Part::us);
  return parts;
}

void print_table(const std::vector<Part>& ops, const std::vector<Part>& beside, double step_us,
                 std::ostream& out) {
  const auto line = [&](const Part& p, bool op) {
    out << "  " << std::left << std::setw(28) << p.name << std::right << std::fixed << std::setprecision(1);
    if (p.calls > 0)
      out << std::setw(8) << p.calls;
    else
      out << std::setw(8) << "";
    out << std::setprecision(2);
    if (op)
      out << std::setw(12) << p.forward_us << std::setw(12) << p.backward_us;
    else
      out << std::setw(24) << p.us();
    out << std::setw(8) << std::setprecision(1) << 100 * p.us() / step_us << "%\n";
  };
  out << "  " << std::left << std::setw(28) << "op" << std::right << std::setw(8) << "calls" << std::setw(12)
      << "forward us" << std::setw(12) << "backward us" << std::setw(9) << "share" << '\n';
  Part all{"all ops"};
  for (const Part& p : ops) {
    line(p, true);
    all.calls += p.calls, all.forward_us += p.forward_us, all.backward_us += p.backward_us;
  }
  line(all, true);
  out << '\n';
  for (const Part& p : beside) line(p, false);
  line({"step", 0, step_us, 0}, false);
}

}  // namespace

void profile_step(const BenchStepOptions& o, std::ostream& out) {
  if (o.models > 1) throw Error("--profile: one model at a time");
  set_threads(o.threads);
  Experiment e(Config::read(o.config, o.settings));
  if (e.model->device() != Device::cpu)
    throw Error("--profile: the timers see the CPU only; on a GPU use Nsight Systems");
  Training training(e);
  training.begin_epoch();
  for (int64_t s = 0; s < 20; ++s) training.start(s % training.steps_per_epoch());
  std::vector<Stretch> stretches;
  std::vector<double> untimed;  // us a step with the timers off
  for (int r = 0; r < o.repeats; ++r) {
    const Stopwatch watch;
    for (int s = 0; s < o.steps; ++s) training.start(s % training.steps_per_epoch());
    untimed.push_back(watch.seconds() / o.steps * 1e6);
    stretches.push_back(profiled(training, o.steps));
  }
  std::nth_element(untimed.begin(), untimed.begin() + o.repeats / 2, untimed.end());
  const double off_us = untimed[size_t(o.repeats / 2)];
  const Stretch stretch = middle(std::move(stretches));
  const std::vector<Part> ops = parts_of(stretch.lines, true, o.steps);
  std::vector<Part> beside = parts_of(stretch.lines, false, o.steps);
  double rest_us = stretch.us;
  for (const Profile::Line& line : stretch.lines) rest_us -= line.seconds / o.steps * 1e6;
  beside.push_back({"everything else", 0, rest_us});
  if (!o.json) {
    out << "training step of " << e.name << ", " << e.training.batch_rows << " rows, " << machine().threads
        << " thread(s), " << machine().isa << ": " << std::fixed << std::setprecision(1) << off_us << " us, "
        << stretch.us << " us with the timers\n\n";
    return print_table(ops, beside, stretch.us, out);
  }
  nlohmann::ordered_json result = {{"name", e.name},          {"threads", machine().threads},
                                   {"isa", machine().isa},    {"rows", e.training.batch_rows},
                                   {"train_step_us", off_us}, {"timed_step_us", stretch.us}};
  for (const Part& p : ops)
    result["ops"].push_back(
        {{"op", p.name}, {"calls", p.calls}, {"forward_us", p.forward_us}, {"backward_us", p.backward_us}});
  for (const Part& p : beside) result["beside"].push_back({{"part", p.name}, {"us", p.us()}});
  out << result.dump() << '\n';
}

}  // namespace elbow
