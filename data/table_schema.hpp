#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/config.hpp"
#include "data/field_format.hpp"
#include "data/table_codec.hpp"

namespace elbow {

constexpr size_t most_categories =
    1000;  ///< of a column: more one-hot columns than that are no category but a name

/// What the columns of a text table are: written by hand, as JSON (docs/tables.md).
struct TableSchema {
  struct Column {
    std::string name;
    std::optional<FeatureKind> kind;  ///< none: the column is ignored
    std::vector<std::string> categories =
        {};              ///< in the order of their numbers; empty: those of the training rows
    bool closed = true;  ///< whether any other text is an error; else it counts as missing
    int64_t number = 0;  ///< of the column in the file, from 1, where the name is not the header's; else 0
    FieldFormat field = {};
    std::optional<bool> whole = {};  ///< whether outputs are whole numbers; nothing: as in the training rows
    std::optional<double> low = {}, high = {};  ///< the range of outputs; nothing: as in the training rows
    bool fitted = true;                         ///< whether the training rows decide what is not set
    std::optional<double> constant = {};        ///< the value of every row; not in the model
  };
  TableFormat format;
  std::vector<Column> columns;
  std::optional<FeatureKind>
      others;  ///< what the columns are that `columns` does not name; none: see format.ignore_others

  /// The column of that name; with `others`, also one that is not listed. Error, with the nearest name, otherwise.
  std::optional<Column> find(const std::string& name) const;
};

/// Reads a schema, an object whose keys docs/tables.md lists. `file` and `path` say where it is, for messages. Error,
/// naming the key, for what is misspelt or contradicts itself.
TableSchema read_schema(const Config& schema, const std::string& file, const std::string& path);

/// What a schema calls the kind of a column.
std::string name_of_kind(const TableSchema::Column& column);
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

}  // namespace elbow
