#pragma once
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/table_file.hpp"
#include "nn/config.hpp"

namespace elbow {

/// What the columns of a text table are: written by hand, as JSON (docs/tables.md).
struct TableSchema {
  struct Column {
    std::string name;
    std::optional<FeatureKind> kind;  ///< none: the column is ignored
    std::vector<std::string> categories =
        {};  ///< in the order of their numbers; empty: those of the training rows
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

}  // namespace elbow
