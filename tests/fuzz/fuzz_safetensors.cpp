#include "base/files.hpp"
#include "fuzz/support.hpp"
#include "fuzz/targets.hpp"
#include "nn/safetensors.hpp"

namespace elbow::fuzz {

void safetensors(std::string_view input) {
  for (const std::string& bytes : {std::string(input), with_length(input)}) {
    const auto path = file("tensors", bytes);
    accepted(path.string(), [&] {
      const SafeTensors contents = load_safetensors(path);
      size_t elements = 0;
      for (const auto& [name, t] : contents.tensors) elements += size_t(t.numel()) * bytes_of(t.dtype());
      require(elements <= bytes.size(), "more elements than the file has");
      save_safetensors(path, contents);
      const std::string saved = read_file(path);
      save_safetensors(path, load_safetensors(path));
      require(read_file(path) == saved, "what was saved reads back otherwise");
    });
  }
}

}  // namespace elbow::fuzz
