#include "nn/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <tuple>
#include <vector>

#include "base/files.hpp"

namespace elbow {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and so is this code");

constexpr auto metadata_key = "__metadata__";

// Where the elements of a tensor stand, in bytes behind the header.
struct ByteRange {
  uint64_t begin, end;
  std::string name;
};

// A number that is whole and not negative; get() would take others and make something of them.
uint64_t count_in(const json& value) { return value.get_ref<const json::number_unsigned_t&>(); }

ByteRange extent_of(const std::string& name, const json& entry) {
  const json& offsets = entry.at("data_offsets");
  return {count_in(offsets.at(0)), count_in(offsets.at(1)), name};
}

// As the format has it, tensors stand one behind the other and fill the file; so together they take no more than it does.
void check_extents(std::vector<ByteRange>& extents, uint64_t bytes) {
  std::sort(extents.begin(), extents.end(), [](const ByteRange& a, const ByteRange& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  uint64_t reached = 0;
  for (const auto& [begin, end, name] : extents) {
    if (begin > end || end > bytes)
      throw Error(str("tensor ", name, " does not fit: its bytes are ", begin, " to ", end, " of ", bytes));
    if (begin != reached)
      throw Error(
          str("tensor ", name, " begins at byte ", begin, ", and what stands before it ends at ", reached));
    reached = end;
  }
  if (reached != bytes) throw Error(str("its tensors have ", reached, " bytes, and the file has ", bytes));
}

// Throws Error with what is wrong with the tensor.
Tensor tensor_from(const json& entry, const ByteRange& extent, std::string_view data) {
  const std::string dtype = entry.at("dtype");
  if (dtype != "F32" && dtype != "F64") throw Error("has the dtype " + dtype + ", not F32 or F64");
  const DType type = dtype == "F32" ? DType::float32 : DType::float64;
  std::vector<int64_t> sizes;
  uint64_t bytes = bytes_of(type);
  for (const json& size : entry.at("shape").get_ref<const json::array_t&>()) {
    sizes.push_back(int64_t(count_in(size)));
    if (sizes.back() != 0 && __builtin_mul_overflow(bytes, count_in(size), &bytes)) throw Error("is too large");
  }
  const Shape shape{std::span<const int64_t>(sizes)};
  if (shape.numel() == 0) bytes = 0;
  if (extent.end - extent.begin != bytes)
    throw Error(str("of shape ", shape, " does not fit its bytes ", extent.begin, " to ", extent.end));
  Tensor t = Tensor::empty(shape, type);
  if (bytes) std::memcpy(t.body()->data, data.data() + extent.begin, bytes);
  return t;
}

}  // namespace

void save_safetensors(const std::filesystem::path& path, const SafeTensors& contents) {
  nlohmann::ordered_json header;
  if (!contents.metadata.empty()) header[metadata_key] = contents.metadata;
  size_t bytes = 0;
  for (const auto& [name, t] : contents.tensors) {
    const size_t size = size_t(t.numel()) * bytes_of(t.dtype());
    header[name] = {{"dtype", t.dtype() == DType::float32 ? "F32" : "F64"},
                    {"shape", std::vector<int64_t>(t.shape().sizes().begin(), t.shape().sizes().end())},
                    {"data_offsets", {bytes, bytes + size}}};
    bytes += size;
  }
  std::string text;
  try {
    text = header.is_null() ? "{}" : header.dump();
  } catch (const json::exception&) {
    throw Error(path.string() + ": cannot be written: a name in it is not UTF-8 text");
  }
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
  const json header =
      json::parse(file.begin() + sizeof length, file.begin() + sizeof length + long(length), nullptr, false);
  if (!header.is_object()) refuse("its header is not a JSON object");
  const std::string_view data = std::string_view(file).substr(sizeof length + length);
  SafeTensors contents;
  std::vector<ByteRange> extents;
  for (const auto& [name, entry] : header.items()) try {
      if (name != metadata_key) extents.push_back(extent_of(name, entry));
    } catch (const json::exception&) { refuse("the entry of ", name, " in its header is malformed"); }
  try {
    check_extents(extents, data.size());  // before memory of their size is allocated
  } catch (const Error& e) { refuse(e.what()); }
  for (const auto& [name, entry] : header.items()) try {
      if (name == metadata_key)
        contents.metadata = entry.get<std::map<std::string, std::string>>();
      else if (!wanted || wanted(name))
        contents.tensors[name] = tensor_from(entry, extent_of(name, entry), data);
    } catch (const json::exception&) {
      refuse("the entry of ", name, " in its header is malformed");
    } catch (const Error& e) { refuse("tensor ", name, ' ', e.what()); }
  return contents;
}

}  // namespace elbow
