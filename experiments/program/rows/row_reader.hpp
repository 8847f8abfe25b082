#pragma once
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "data/table_codec.hpp"

namespace elbow {

/// How many rows a command looks at together. Fixed: what comes out must not depend on a setting of speed.
inline constexpr int64_t rows_at_once = 512;

/// The rows of a text table, or of a run's own test set, some at a time, as the run's model sees them.
class RowReader {
 public:
  /// What to do about missing entries: `as_trained` refuses them where the model was trained without any.
  enum class Missing { as_trained, allowed };

  /// Rows of `file`; of the test set where that is empty. The columns are found by their names; one that is not there is
  /// missing in every row. A model whose condition is the attributes reads them from the columns of their names
  /// (Attribute::column): categories by name or number. One that is not there is withheld where it may be. Error,
  /// naming the file, for unknown columns, and for missing ones that are not allowed. The columns `keep`, known or not, are
  /// those of kept(); Error, naming --keep, for one that the file lacks or that is named twice, or without a file.
  RowReader(const Experiment& experiment, const std::filesystem::path& file, Missing missing,
            const std::vector<std::string>& keep = {});

  /// Reads on: at most rows_at_once rows; false at the end. A category that no training row had counts as missing where
  /// entries may be missing, which is reported at the end on standard error. Error "FILE:LINE: ..." for a field that
  /// cannot be read.
  bool next();
  /// The rows that were read. `observed` is there when entries may be missing.
  const Batch& batch() const { return *batch_; }
  /// Counts the batches, from 0: the step of their random numbers.
  uint64_t number() const { return uint64_t(number_); }
  /// The rows of the file as text [rows][columns of the file].
  const std::vector<std::vector<std::string>>& text() const { return text_; }
  /// The fields of a row of text() in the columns that are kept.
  std::vector<std::string> kept(size_t row) const;
  /// The columns of the file.
  const std::vector<std::string>& names() const { return file_->names(); }
  /// Which column of the file each feature is [features]; -1 where the file has none.
  const std::vector<int64_t>& places() const { return places_; }

 private:
  void keep(const std::vector<std::string>& names, const std::filesystem::path& file);
  void find_attributes(const std::filesystem::path& file);
  bool next_row(std::vector<std::string>& fields);
  void tell_strangers();
  void read_row(const std::vector<std::string>& fields, float* x, float* observed);
  float read_attribute(size_t a, const std::vector<std::string>& fields) const;

  const Experiment& experiment_;
  TableCodec codec_;
  bool trained_with_missing_, missing_allowed_;
  std::optional<Batches> test_;    // without a file
  std::optional<TableFile> file_;  // or with one
  std::vector<int64_t> places_;
  std::vector<size_t> kept_;  // columns of the file
  std::vector<int64_t>
      attribute_places_;  // which column of the file each attribute is; -1: none; empty: none is looked for
  std::map<size_t, std::map<std::string, int64_t>>
      strangers_;                  // how often each unknown category of a feature came
  std::deque<std::string> blank_;  // where rows of empty fields are that have not been returned yet
  std::optional<std::vector<std::string>> ahead_;  // the row after them
  bool any_ = false;                               // whether there was one that is not empty
  std::string where_;                              // of the row that was returned last
  int64_t number_ = -1;
  std::vector<std::vector<std::string>> text_;
  Batch own_;  // of the file's rows
  const Batch* batch_ = nullptr;
};

/// The codec of a run's rows. The columns of attributes are not taken for features.
TableCodec codec_of_run(const Experiment& experiment);

/// Writes the condition of batch number `number`.
using DrawCondition = std::function<void(const Batch& batch, uint64_t number, Condition::Drawn& out)>;

/// The mean KL of each latent [latents] over the run's test set under such conditions, in nats per row.
std::vector<double> mean_latent_kl(const Experiment& experiment, const DrawCondition& draw);

/// The latents whose KL is above evaluation.active_kl, ascending.
std::vector<int64_t> active_latents(const Experiment& experiment, const std::vector<double>& kl);

}  // namespace elbow
