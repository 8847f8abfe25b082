#include "experiments/program/commands/commands.hpp"

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "base/config.hpp"
#include "base/machine.hpp"
#include "experiments/runs/mpirun.hpp"

namespace elbow {
namespace {

// What the program was built with and runs on, as lines or as one JSON object.
void info(bool json, std::ostream& out) {
  const Machine m = machine();
  Json gpus = Json::array();
  for (const Card& card : cards())
    gpus.push_back(str(card.name, ", ", card.bytes >> 20, " MB, ", card.free_bytes >> 20, " MB free"));
  const Json facts = {{"version", m.version},      {"compiler", m.compiler},
                      {"build", m.build},          {"isa", m.isa},
                      {"threads", m.threads},      {"blas", m.blas},
                      {"blas_core", m.blas_core},  {"mpi", built_with_mpi()},
                      {"cuda", built_with_cuda()}, {"cards", gpus}};
  if (json)
    out << facts.dump(2) << '\n';
  else
    for (const auto& [key, value] : facts.items())
      out << key << ": " << (value.is_string() ? value.get<std::string>() : value.dump()) << '\n';
}

}  // namespace

void add_info(Command app) {
  Command command = app.command("info", "Version, instruction set, threads, BLAS, MPI, CUDA");
  auto json = std::make_shared<bool>(false);
  command.flag("--json", *json, "As one JSON object");
  command.runs([json] { info(*json, std::cout); });
}

}  // namespace elbow
