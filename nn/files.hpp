#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace elbow {

/// The whole of a file, or of what a pipe gives up to 256 MB. Error "PATH: cannot be read: REASON".
std::string read_file(const std::filesystem::path& path);

/// Makes `contents` the whole of the file: written beside it, synced to the disk, then renamed over it, so that
/// a kill at any moment leaves either the old file or the new one. Error "PATH: cannot be written: REASON"; the
/// old file is then untouched and nothing is left beside it.
void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace elbow
