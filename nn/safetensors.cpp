#include "nn/safetensors.hpp"

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "nn/files.hpp"

namespace elbow {

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and so is this code");

void save_safetensors(const std::filesystem::path& path, const SafeTensors& contents) {
  nlohmann::ordered_json header;
  if (!contents.metadata.empty()) header["__metadata__"] = contents.metadata;
  size_t bytes = 0;
  for (const auto& [name, t] : contents.tensors) {
    const size_t size = size_t(t.numel()) * bytes_of(t.dtype());
    header[name] = {{"dtype", t.dtype() == DType::float32 ? "F32" : "F64"},
                    {"shape", std::vector<int64_t>(t.shape().sizes().begin(), t.shape().sizes().end())},
                    {"data_offsets", {bytes, bytes + size}}};
    bytes += size;
  }
  std::string text = header.is_null() ? "{}" : header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the elements are aligned
  const uint64_t length = text.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  file += text;
  file.reserve(file.size() + bytes);
  for (const auto& [name, t] : contents.tensors)
    file.append(static_cast<const char*>(t.body()->data), size_t(t.numel()) * bytes_of(t.dtype()));
  write_file_atomically(path, file);
}

SafeTensors load_safetensors(const std::filesystem::path& path,
                             const std::function<bool(const std::string& name)>& wanted) {
  const std::string file = read_file(path);
  const auto refuse = [&](const auto&... why) {
    throw Error(str(path.string(), ": not a safetensors file: ", why...));
  };
  uint64_t length = 0;
  if (file.size() < sizeof length) refuse("it is ", file.size(), " bytes long");
  std::memcpy(&length, file.data(), sizeof length);
  if (length > file.size() - sizeof length)
    refuse("its header is said to have ", length, " bytes, more than the file");
  const auto header = nlohmann::json::parse(file.begin() + sizeof length,
                                            file.begin() + sizeof length + long(length), nullptr, false);
  if (!header.is_object()) refuse("its header is not a JSON object");
  const std::string_view data = std::string_view(file).substr(sizeof length + length);
  SafeTensors contents;
  for (const auto& [name, entry] : header.items()) {
    try {
      if (name == "__metadata__") {
        contents.metadata = entry.get<std::map<std::string, std::string>>();
        continue;
      }
      if (wanted && !wanted(name)) continue;
      const std::string dtype = entry.at("dtype");
      if (dtype != "F32" && dtype != "F64")
        refuse("tensor ", name, " has the dtype ", dtype, ", not F32 or F64");
      const auto sizes = entry.at("shape").get<std::vector<int64_t>>();
      const auto offsets = entry.at("data_offsets").get<std::array<uint64_t, 2>>();
      const Shape shape{std::span<const int64_t>(sizes)};
      const DType type = dtype == "F32" ? DType::float32 : DType::float64;
      // the sizes are checked against the file before anything of that size is asked for
      uint64_t expected = bytes_of(type);
      for (int64_t s : sizes)
        if (__builtin_mul_overflow(expected, uint64_t(s), &expected)) refuse("tensor ", name, " is too large");
      if (offsets[0] > offsets[1] || offsets[1] > data.size() || offsets[1] - offsets[0] != expected)
        refuse("tensor ", name, " of shape ", shape, " does not fit its bytes ", offsets[0], " to ", offsets[1],
               " of ", data.size());
      Tensor t = Tensor::empty(shape, type);
      if (expected) std::memcpy(t.body()->data, data.data() + offsets[0], expected);
      contents.tensors[name] = t;
    } catch (const nlohmann::json::exception&) { refuse("the entry of ", name, " in its header is malformed"); }
  }
  return contents;
}

}  // namespace elbow
