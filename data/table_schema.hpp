#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/table_codec.hpp"
#include "nn/config.hpp"

namespace elbow {

/// What the columns of a text table are: written by hand, as JSON (docs/tables.md).
struct TableSchema {
  struct Column {
    std::string name;
    std::optional<FeatureKind> kind;  ///< none: the column is ignored
    std::vector<std::string> categories =
        {};              ///< in the order of their numbers; empty: those of the training rows
    bool closed = true;  ///< whether any other text is an error; else it counts as missing
  };
  TableFormat format;
  std::vector<Column> columns;
  std::optional<FeatureKind>
      others;  ///< what the columns are that `columns` does not name; none: see format.ignore_others

  /// The column of that name; with `others`, also one that is not listed. Error, with the nearest name, otherwise.
  std::optional<Column> find(const std::string& name) const;
};

/// Reads a schema: {"separator": ",", "header": true, "missing": [...], "others": "error", "columns": [{"name": NAME,
/// "kind": "real" | "binary" | "categorical" | "ignore", "categories": [...]}, ...]}. `file` and `path` say where it
/// stands, for messages. Error, naming the key, for what is misspelt or contradicts itself.
TableSchema read_schema(const Config& schema, const std::string& file, const std::string& path);

/// The schema as JSON: read_schema reads it again.
Json schema_json(const TableSchema& schema);
/// The same as text, one column a line, for someone to go on with.
std::string schema_text(const TableSchema& schema);

/// The schema of the tables that a codec writes (record_text, with a header).
TableSchema schema_of(const TableCodec& codec);

/// The schema of the tables that a codec reads, with every category: codec_from makes the codec of it again, less the scales.
TableSchema resolved_schema(const TableCodec& codec);
/// The codec of a schema that leaves nothing to be fitted. `scales` [columns that are not ignored]; empty: all 1. Error for a
/// categorical column without categories, and for scales that do not fit.
TableCodec codec_from(const TableSchema& schema, std::vector<Scale> scales);

/// A schema to start from, guessed from all rows of a file with a header: the separator that the header has most of;
/// columns of two values are binary, other columns of numbers real, other text categorical if it has few values (at most
/// 50, each twice on the average), and what is left is ignored. Marks of missing values are the usual ones that the file
/// has. Error if the file cannot be read.
TableSchema guess_schema(const std::filesystem::path& path, std::optional<char> separator = {});

}  // namespace elbow
