#include "experiments/program/commands/commands.hpp"

#include <iostream>
#include <memory>

#include "base/machine.hpp"
#include "experiments/bench/bench.hpp"
#include "experiments/runs/mpirun.hpp"

namespace elbow {

void add_bench(Command app) {
  Command bench = app.command("bench", "Time the kernels and the training step").requires_command();
  Command gemm =
      bench.command("gemm", "The matrix product against OpenBLAS, oneDNN and the peak of the machine");
  auto g = std::make_shared<BenchGemmOptions>();
  gemm.option("--threads", g->threads, "Number of threads").shows_default();
  gemm.flag("--float64", g->float64, "In double precision");
  gemm.flag("--json", g->json, "One JSON object per line");
  gemm.runs([g] {
    set_threads(g->threads);
    bench_gemm(*g, std::cout);
  });
  Command ops = bench.command("ops", "Each op of the registry, forward and backward");
  auto p = std::make_shared<BenchOpsOptions>();
  ops.option("op", p->only, "Only this one");
  ops.option("--threads", p->threads, "Number of threads").shows_default();
  ops.device();
  ops.flag("--float64", p->float64, "In double precision");
  ops.flag("--json", p->json, "One JSON object per line");
  ops.runs([p] {
    set_threads(p->threads);
    bench_ops(*p, std::cout);
  });
  Command step = bench.command("step", "The training step of a configuration, and its evaluation");
  auto s = std::make_shared<BenchStepOptions>();
  auto profile = std::make_shared<bool>(false);
  step.option("config", s->config, "Configuration file").required();
  step.option("--threads", s->threads, "Number of threads").shows_default();
  step.settings(s->settings);
  step.device();
  step.option("--steps", s->steps, "Steps in each repeat").positive().shows_default();
  step.option("--models", s->models, "Number of models trained at once, on a GPU")
      .between(1, 4096)
      .shows_default();
  step.option("--repeats", s->repeats, "Repeats; their median is reported").positive().shows_default();
  step.flag("--json", s->json, "One JSON object");
  step.flag("--profile", *profile, "What each op of the training step takes");
  Command sums = bench.command("ranks", "The sums of the ranks that mpirun has started");
  auto json = std::make_shared<bool>(false);
  sums.flag("--json", *json, "One JSON object per line");
  sums.runs([json] {
    const auto ranks = ranks_of_mpirun();
    set_threads(1);
    bench_ranks(*ranks, *json, std::cout);
    ranks->done();
  });
  step.runs([s, profile] { *profile ? profile_step(*s, std::cout) : bench_step(*s, std::cout); });
}

}  // namespace elbow
