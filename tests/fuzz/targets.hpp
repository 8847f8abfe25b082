#pragma once
#include <string_view>

/// Each reader of Elbow's, given any bytes. It may refuse them by an Error that names the file, and nothing else: no other
/// exception, no crash, no more memory than the bytes are worth. libFuzzer makes the bytes up (make fuzz); make test reads
/// those of corpus/ again, among them all that have ever failed.
namespace elbow::fuzz {

void config(std::string_view input);       ///< a configuration
void description(std::string_view input);  ///< data.json
void setting(std::string_view input);      ///< --set, one a line
void idx(std::string_view input);          ///< images and labels, plain and gzipped
void csv(std::string_view input);          ///< a schema, ====, a table; and the table without a schema
void arrays(
    std::string_view input);  ///< an .npy and an .npz file; and the array of a header, ====, the elements
void schema(std::string_view input);       ///< a table's schema
void safetensors(std::string_view input);  ///< a file; or its header, a zero byte, the elements
void checkpoint(std::string_view input);   ///< the same
void run(std::string_view input);          ///< the files of a run's folder, ==== between them
void sweep(std::string_view input);        ///< a sweep file, ====, its base

struct Target {
  const char* name;
  void (*read)(std::string_view input);
};
inline constexpr Target targets[] = {
    {"config", config},
    {"description", description},
    {"setting", setting},
    {"idx", idx},
    {"csv", csv},
    {"arrays", arrays},
    {"schema", schema},
    {"safetensors", safetensors},
    {"checkpoint", checkpoint},
    {"run", run},
    {"sweep", sweep},
};

}  // namespace elbow::fuzz
