#pragma once
#include "experiments/program/arguments.hpp"

namespace elbow {

/// @name The commands
/// Each function adds one command to the program. The options, the help and the work of a command are in the file of its
/// name in this folder. A new command is such a file, a line here and an entry in the list of main.cpp.
/// @{
void add_train(Command app);
void add_evaluate(Command app);
void add_config(Command app);
void add_encode(Command app);
void add_reconstruct(Command app);
void add_likelihood(Command app);
void add_sample(Command app);
void add_traverse(Command app);
void add_interpolate(Command app);
void add_impute(Command app);
void add_impute_benchmark(Command app);
void add_inpaint(Command app);
void add_pool(Command app);
void add_export(Command app);
void add_analyses(Command app);  ///< one for each analysis: analyse.cpp
void add_page(Command app);
void add_schema(Command app);
void add_describe(Command app);  ///< in schema.cpp
void add_write_table(Command app);
void add_bench(Command app);  ///< gemm, ops, step
void add_compare(Command app);
void add_sweep(Command app);
void add_features(Command app);  ///< features train
void add_story(Command app);
void add_info(Command app);
/// @}

}  // namespace elbow
