// Folders of images as people have them: which files of a folder make a set, what the labels come to, and what is said where
// files are missing.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "data/idx.hpp"
#include "data/sources.hpp"
#include "data_helpers.hpp"
#include "idx_helpers.hpp"

using namespace elbow;
using namespace elbow::test;
namespace fs = std::filesystem;

namespace {

using Bytes = std::vector<uint8_t>;

struct ImageFolder {
  TemporaryFolder folder;
  Json settings{{"source", "idx_images"}, {"path", folder.path.string()}};

  // A name that ends with .gz gets a packed file.
  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((folder.path / name).parent_path());
    write_bytes(folder.path / name, name.ends_with(".gz") ? gzip(bytes) : bytes);
  }
  void images(const std::string& name, uint32_t count = 3) const { write(name, images_file(count, 2, 2)); }
  void labels(const std::string& name, const Bytes& labels = {1, 2, 0}) const {
    write(name, labels_file(labels));
  }
  // Images and labels of both halves under such names.
  void set(const std::string& prefix, const std::string& test = "t10k", const std::string& dot = "-",
           const std::string& end = "") const {
    for (const std::string& half : {std::string("train"), test}) {
      images(str(prefix, half, "-images", dot, "idx3-ubyte", end));
      labels(str(prefix, half, "-labels", dot, "idx1-ubyte", end));
    }
  }

  DataSplit make(const KnownData& known = {}) const {
    return make_data(Config(settings, "", "data"), 1, known);
  }
  std::string error() const {
    const std::string message = error_of([&] { make(); });
    BOOST_TEST(!contains(message, "\n"));
    return message;
  }
  Json resolved() const {
    const Config config(settings, "", "data");
    make_data(config, 1);
    return config.resolved();
  }
};

std::vector<std::string> names_of(const DataSplit& split) {
  std::vector<std::string> names;
  for (const fs::path& file : split.inputs) names.push_back(file.filename().string());
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(names_that_people_have) {
  for (const char* prefix : {"", "emnist-letters-", "qmnist-", "my.own_"})
    for (const char* test : {"t10k", "test"})
      for (const char* dot : {"-", "."})
        for (const char* end : {"", ".gz"}) {
          ImageFolder f;
          f.set(prefix, test, dot, end);
          const DataSplit split = f.make();
          BOOST_TEST((split.train.rows() == 3 && split.test.rows() == 3));
          BOOST_TEST(split.test.classes()->row_classes() == (std::vector<int32_t>{1, 2, 0}));
          BOOST_TEST(names_of(split) == (Names{str(prefix, "train-images", dot, "idx3-ubyte", end),
                                               str(prefix, "train-labels", dot, "idx1-ubyte", end),
                                               str(prefix, test, "-images", dot, "idx3-ubyte", end),
                                               str(prefix, test, "-labels", dot, "idx1-ubyte", end)}));
        }
}

BOOST_AUTO_TEST_CASE(each_file_may_have_a_name_of_another_kind) {
  ImageFolder f;
  f.images("train-images.idx3-ubyte");
  f.labels("train-labels-idx1-ubyte.gz");
  f.images("test-images-idx3-ubyte.gz");
  f.write("test-labels-idx2-int", header({0xC02, 3, 2, 2, 9, 1, 9, 0, 9}));
  BOOST_TEST(f.make().test.classes()->row_classes() == (std::vector<int32_t>{2, 1, 0}));
  // Of the same file twice the one that is plain, of both names the usual one.
  f.images("train-images-idx3-ubyte.gz", 7);
  BOOST_TEST(contains(f.error(), "has 3 labels for the 7 images"));
  f.images("train-images-idx3-ubyte");
  BOOST_TEST(f.make().train.rows() == 3);
}

BOOST_AUTO_TEST_CASE(several_sets) {
  ImageFolder f;
  f.set("emnist-letters-", "test", "-", ".gz");
  f.set("emnist-digits-", "test");
  BOOST_TEST(f.error() ==
             str(f.folder.path.string(), ": holds 2 sets of images: ",
                 "\"emnist-digits-train-images-idx3-ubyte\", \"emnist-letters-train-images-idx3-ubyte.gz\"; ",
                 "--set data.train_images=emnist-digits-train-images-idx3-ubyte chooses one, with what "
                 "belongs to it"));
  f.settings["train_images"] = "emnist-letters-train-images-idx3-ubyte.gz";
  BOOST_TEST(names_of(f.make()) ==
             (Names{"emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters-train-labels-idx1-ubyte.gz",
                    "emnist-letters-test-images-idx3-ubyte.gz", "emnist-letters-test-labels-idx1-ubyte.gz"}));
  f.settings.erase("train_images");
  f.set("");  // MNIST's own names come first
  BOOST_TEST(names_of(f.make()).front() == "train-images-idx3-ubyte");
}

BOOST_AUTO_TEST_CASE(files_that_settings_name) {
  ImageFolder f;
  f.images("a/pictures");
  f.labels("b/numbers.gz");
  f.images("c.idx", 4);
  f.settings["train_images"] = "a/pictures";
  BOOST_TEST(contains(f.error(), "data.test_images: must name the test images"));
  f.settings["test_images"] = "c.idx";
  BOOST_TEST(!f.make().train.classes());
  f.settings["train_labels"] = "b/numbers.gz";
  BOOST_TEST(contains(f.error(), "data.test_labels: must name the labels of c.idx"));
  f.labels("d", {0, 1, 2, 0});
  f.settings["test_labels"] = (f.folder.path / "d").string();
  const DataSplit split = f.make();
  BOOST_TEST((split.train.classes()->values[1] == 2 && split.test.rows() == 4));
  BOOST_TEST(names_of(split) == (Names{"pictures", "numbers.gz", "c.idx", "d"}));
  f.settings["train_labels"] = "b/number.gz";
  BOOST_TEST(f.error() == (f.folder.path / "b/number.gz").string() +
                              ": there is no such file; did you mean \"numbers.gz\"?");
  f.settings["train_label"] = "b/numbers.gz";
  f.settings["train_labels"] = "b/numbers.gz";
  BOOST_TEST(contains(f.error(), "data.train_label: there is no such setting; did you mean \"train_labels\"?"));
}

BOOST_AUTO_TEST_CASE(files_that_are_missing) {
  const std::string none = error_of([] { find_idx_files("/no/such/folder", {}, KnownData().find); });
  BOOST_TEST(contains(
      none, "/no/such/folder: there is no such folder of IDX images; Debian's package dataset-fashion-mnist"));
  BOOST_TEST(contains(none, "make mnist MNIST="));
  ImageFolder f;
  const std::string place = f.folder.path.string();
  BOOST_TEST(f.error().starts_with(
      place + ": holds no train images: train-images-idx3-ubyte, plain or with .gz; Debian's"));
  f.write("Train_Images.zip", "");
  f.write("train-labels.txt", "");
  f.write("t10k-images.bz2", "");
  BOOST_TEST(contains(f.error(), "with .gz; there is \"Train_Images.zip\": unpack or rename it; Debian's"));
  f.images("k-train-images-idx3-ubyte");
  f.write("t10k-images-idx3-ubyte.bz2", "");
  BOOST_TEST(
      contains(f.error(), place + ": holds no test images: k-t10k-images-idx3-ubyte or "
                                  "k-test-images-idx3-ubyte, plain or with .gz; there is "
                                  "\"t10k-images-idx3-ubyte.bz2\", \"t10k-images.bz2\": unpack or rename it"));
  f.images("k-test-images-idx3-ubyte");
  f.labels("k-train-labels-idx1-ubyte");
  BOOST_TEST(contains(f.error(), place + ": holds no test labels: k-test-labels-idx1-ubyte, plain or with .gz; "
                                         "Debian"));
  fs::rename(f.folder.path / "k-train-labels-idx1-ubyte", f.folder.path / "k-test-labels-idx1-ubyte");
  BOOST_TEST(contains(f.error(), place +
                                     ": holds no train labels: k-train-labels-idx1-ubyte, plain or with .gz; "
                                     "there is \"train-labels.txt\""));
  f.settings["path"] = (f.folder.path / "k-test-labels-idx1-ubyte").string();
  BOOST_TEST(contains(f.error(), "there is no such folder"));
}

BOOST_AUTO_TEST_CASE(files_that_are_others) {
  ImageFolder f;
  f.set("");
  f.labels("train-labels-idx1-ubyte", {1, 2});
  BOOST_TEST(contains(f.error(), "train-labels-idx1-ubyte: has 2 labels for the 3 images in "));
  fs::remove(f.folder.path / "train-labels-idx1-ubyte");
  fs::create_directory(f.folder.path / "train-labels-idx1-ubyte");
  BOOST_TEST(contains(f.error(), "train-labels-idx1-ubyte: cannot be read"));
  fs::remove(f.folder.path / "train-labels-idx1-ubyte");  // the two files swapped
  f.images("train-labels-idx1-ubyte");
  BOOST_TEST(contains(f.error(), "train-labels-idx1-ubyte: is no IDX file of labels"));
  f.labels("train-images-idx3-ubyte");
  BOOST_TEST(contains(f.error(), "train-images-idx3-ubyte: is no IDX file of images"));
  f.images("train-images-idx3-ubyte", 0);
  BOOST_TEST(f.error() ==
             str("data.path: there are no images in ", f.folder.path.string(), "/train-images-idx3-ubyte"));
}

BOOST_AUTO_TEST_CASE(images_without_labels) {
  ImageFolder f;
  f.images("train-images-idx3-ubyte");
  f.images("t10k-images-idx3-ubyte", 2);
  const DataSplit split = f.make();
  BOOST_TEST((!split.train.classes() && !split.test.classes() && split.test.rows() == 2));
  BOOST_TEST(split.inputs.size() == 2u);
  f.settings = f.resolved();  // makes the same
  BOOST_TEST(!f.make().train.classes());
  f.write("train-labels.txt", "7");  // none of the set
  BOOST_TEST(!f.make().train.classes());
  f.write("train-labels-idx1-ubyte.bz2", "");  // labels, but not to be read
  BOOST_TEST(contains(f.error(),
                      ": holds no train labels: train-labels-idx1-ubyte, plain or with .gz; there is "
                      "\"train-labels-idx1-ubyte.bz2\", \"train-labels.txt\": unpack or rename"));
  fs::remove(f.folder.path / "train-labels-idx1-ubyte.bz2");
  f.settings["classes"] = 3;
  BOOST_TEST(f.error() == "data.classes: there are no labels in " + f.folder.path.string());
  f.settings["classes"] = nullptr;
  f.settings["class_names"] = {"a", "b"};
  BOOST_TEST(f.error() == "data.class_names: there are no labels in " + f.folder.path.string());
}

BOOST_AUTO_TEST_CASE(classes_are_found) {
  ImageFolder f;
  f.set("");
  const auto labels = [&](const Bytes& train, const Bytes& test) {
    f.labels("train-labels-idx1-ubyte", train);
    f.labels("t10k-labels-idx1-ubyte", test);
  };
  // What the settings come to (which run again to the same), the labels of the test images, and the warning.
  const auto check = [&](int64_t classes, const std::vector<int32_t>& values, const std::string& warning) {
    const Json resolved = f.resolved();
    BOOST_TEST(resolved["classes"].get<int64_t>() == classes);
    for (const Json& settings : {f.settings, resolved}) {
      f.settings = settings;
      const DataSplit split = f.make();
      BOOST_TEST((split.train.classes()->classes() == classes && split.test.classes()->classes() == classes));
      BOOST_TEST(split.test.classes()->row_classes() == values);
      BOOST_TEST((split.warnings ==
                  (warning.empty() ? Names() : Names{"the labels in " + f.folder.path.string() + warning})));
    }
    f.settings.erase("classes");
  };
  labels({0, 1, 2}, {1, 1, 1});
  check(10, {1, 1, 1}, "");
  labels({1, 2, 3}, {1, 1, 9});  // they fit as they are
  check(10, {1, 1, 9}, "");
  labels({1, 2, 26}, {25, 1, 1});
  check(26, {24, 0, 0}, " start from 1: label 1 is class 0, label 26 class 25");
  labels({1, 2, 25}, {26, 1, 1});  // the largest is in the other half
  check(26, {25, 0, 0}, " start from 1: label 1 is class 0, label 26 class 25");
  labels({1, 2, 26}, {0, 1, 1});
  check(27, {0, 1, 1}, "");
  labels({0, 46, 1}, {2, 2, 2});
  check(47, {2, 2, 2}, "");
  f.settings["classes"] = 3;
  labels({1, 2, 3}, {3, 2, 1});
  check(3, {2, 1, 0}, " start from 1: label 1 is class 0, label 3 class 2");
  f.settings["classes"] = 4;
  check(4, {3, 2, 1}, "");
  f.settings["classes"] = 2;
  BOOST_TEST(f.error() ==
             str(f.folder.path.string(), "/train-labels-idx1-ubyte: label 2 of row 1 is not one of 0..1"));
  labels({0, 1, 1}, {0, 1, 9});
  BOOST_TEST(f.error() ==
             str(f.folder.path.string(), "/t10k-labels-idx1-ubyte: label 9 of row 2 is not one of 0..1"));
  f.settings.erase("classes");
  f.write("t10k-labels-idx2-int", header({0xC02, 3, 1, 0, 1, 256}));
  fs::remove(f.folder.path / "t10k-labels-idx1-ubyte");
  BOOST_TEST(f.error() ==
             str(f.folder.path.string(), "/t10k-labels-idx2-int: label 256 of row 2 is not one of 0..255"));
}

// Runs of earlier versions go on: nothing is in the settings that was not, in the same order.
BOOST_AUTO_TEST_CASE(the_settings_of_a_usual_folder) {
  ImageFolder f;
  f.set("");
  Json resolved = f.resolved();
  resolved["path"] = "P";
  BOOST_TEST(resolved.dump() ==
             "{\"source\":\"idx_images\",\"classes\":10,\"train_rows\":null,\"path\":\"P\",\"class_names\":[],"
             "\"test_rows\":null,\"coloured\":false,\"binarised\":false}");
}

// As a run's inputs are found again: in another folder, each folder and each named file asked for once.
BOOST_AUTO_TEST_CASE(files_that_lie_elsewhere) {
  ImageFolder f;
  f.set("sub/k-");
  f.labels("mine", {0, 0, 1});
  std::vector<std::string> asked;
  KnownData known;
  known.find = [&](const std::string& setting) {
    asked.push_back(setting);
    return f.folder.path / fs::path(setting).lexically_relative("gone");
  };
  f.settings["path"] = "gone/";
  f.settings["train_images"] = "sub/k-train-images-idx3-ubyte";
  f.settings["train_labels"] = "mine";
  const DataSplit split = f.make(known);
  BOOST_TEST(split.train.classes()->row_classes() == (std::vector<int32_t>{0, 0, 1}));
  BOOST_TEST(split.inputs.back() == f.folder.path / "sub/k-t10k-labels-idx1-ubyte");
  BOOST_TEST(asked == (Names{"gone/sub/k-train-images-idx3-ubyte", "gone/sub", "gone/mine"}));
}
