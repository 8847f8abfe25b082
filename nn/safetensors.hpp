#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "autograd/tensor.hpp"

namespace elbow {

/// What a safetensors file holds: tensors by name, and a table of texts.
struct SafeTensors {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Writes the file atomically, so that any safetensors library reads it (format:
/// https://github.com/huggingface/safetensors): 8 bytes length of the header, the header (JSON), then the elements,
/// little-endian, one tensor behind the other. Error as write_file_atomically().
void save_safetensors(const std::filesystem::path& path, const SafeTensors& contents);

/// Reads such a file; F32 and F64 tensors. Error "PATH: what is wrong" for a file that is missing, cut short or damaged.
/// Tensors whose name is not `wanted` are passed over, whatever their dtype.
SafeTensors load_safetensors(const std::filesystem::path& path,
                             const std::function<bool(const std::string& name)>& wanted = {});

}  // namespace elbow
