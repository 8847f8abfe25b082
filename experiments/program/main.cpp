// The elbow program: reads the command line, runs the command, and turns an error into one line and exit status 2.
#include <fcntl.h>

#include <filesystem>
#include <iostream>
#include <new>
#include <stdexcept>
#include <thread>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/machine.hpp"
#include "base/process.hpp"
#include "base/ranks.hpp"
#include "base/text.hpp"
#include "experiments/program/commands/commands.hpp"
#include "experiments/runs/mpirun.hpp"

namespace {

using namespace elbow;

// In the order of --help.
constexpr void (*commands[])(Command) = {
    add_train,       add_config,   add_evaluate,    add_encode, add_reconstruct,      add_likelihood,
    add_sample,      add_traverse, add_interpolate, add_impute, add_impute_benchmark, add_inpaint,
    add_pool,        add_export,   add_analyses,    add_page,   add_schema,           add_describe,
    add_write_table, add_bench,    add_compare,     add_sweep,  add_features,         add_story,
    add_info,
};

}  // namespace

int main(int argc, char** argv) {
  // Files that are opened later must not take the place of a closed output; what is written there fails as before.
  for (int standard : {0, 1, 2})
    if (fcntl(standard, F_GETFD) < 0) open("/dev/null", O_RDONLY);
  end_with_parent();
  CommandLine app("elbow", "Conditional variational autoencoders on a from-scratch autodiff framework",
                  machine().version);
  for (const auto add : commands) add(app);
  // mpirun ends this rank as soon as the one that reports the error has ended; this one must not be the first.
  const auto wait = [] { std::this_thread::sleep_for(ReportedElsewhere::patience); };
  const auto refuse = [&](const std::string& message, int status = 2) {
    if (another_rank_says_it())
      wait();
    else
      std::cerr << "elbow: " << plain_text(message)
                << '\n';  // names from files may hold anything: one line all the same
    return status;
  };
  constexpr auto too_large = "out of memory: the data or the model are too large for this machine";
  try {
    app.run(argc, argv);
    if (!(std::cout << std::flush)) return refuse("standard output cannot be written");
  } catch (const ReportedElsewhere& error) {
    wait();
    return error.status;
  } catch (const Interrupted& error) {
    return refuse(error.what(), 128 + error.signal);
  } catch (const Incomplete& error) {
    return refuse(error.what(), Incomplete::status);
  } catch (const std::filesystem::filesystem_error& error) {
    return refuse(error.path1().string() + ": " + error.code().message());
  } catch (const std::bad_alloc&) {
    return refuse(too_large);
  } catch (const std::length_error&) {  // of a list that no memory could hold
    return refuse(too_large);
  } catch (const std::exception& error) { return refuse(error.what()); }
}
