// The sources `table` and `latent_factors`: what training may know of the test rows (nothing), missing values, one-hot
// groups, and losses on one scale, against scikit-learn.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "cvae/condition.hpp"
#include "cvae/elbo.hpp"
#include "data/sources.hpp"
#include "data/table_columns.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

Json golden() { return read_json(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/table.json"); }

const Json mixed_schema = {{"missing", {"?"}},
                           {"columns",
                            {{{"name", "n"}, {"kind", "real"}},
                             {{"name", "b"}, {"kind", "binary"}},
                             {{"name", "c"}, {"kind", "categorical"}}}}};

// A table of 40 rows: n = 0, 1, ..., b and c in turn, and some values missing.
std::vector<std::string> mixed_rows() {
  std::vector<std::string> rows;
  for (int i = 0; i < 40; ++i)
    rows.push_back((i % 7 == 3 ? "?" : std::to_string(i)) + "," + (i % 2 ? "yes" : "no") + "," +
                   (i % 5 == 4 ? "?" : std::string(1, char('p' + i % 3))));
  return rows;
}

struct Fixture {
  TemporaryFolder folder;
  std::string path = (folder.path / "t.csv").string();
  Json options{{"source", "table"}, {"path", path}, {"schema", mixed_schema}};

  DataSplit make(const std::vector<std::string>& rows, uint64_t seed = 1) const {
    std::string bytes = "n,b,c\n";
    for (const std::string& row : rows) bytes += row + "\n";
    write_bytes(path, bytes);
    return make_data(Config(options, "", "data"), seed);
  }
  std::string refusal(const char* key, const Json& value) {
    Json changed = options;
    changed[key] = value;
    return error_of([&] { make_data(Config(changed, "", "data"), 1); });
  }
};

// The rows of both halves as text.
std::multiset<std::string> texts(const Dataset& set) {
  std::multiset<std::string> all;
  for (int64_t r = 0; r < set.rows(); ++r) {
    const Tensor x = set.x.range(r, 1);
    std::string text;
    for (size_t f = 0; f < set.features.size(); ++f) {
      const bool there = set.observed.data<float>()[r * set.columns() + set.features[f].first] == 1;
      text += (f > 0 ? "," : "") + (there ? set.codec->decode(f, x.data<float>()) : "?");
    }
    all.insert(text);
  }
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(every_row_is_in_one_half_and_the_seed_decides_in_which, Fixture) {
  const auto rows = mixed_rows();
  const DataSplit split = make(rows);
  BOOST_TEST((split.train.rows() == 32 && split.test.rows() == 8));
  BOOST_TEST(split.train.columns() == 5);
  auto all = texts(split.train);
  const auto tested = texts(split.test);
  all.insert(tested.begin(), tested.end());
  BOOST_TEST((all == std::multiset<std::string>(rows.begin(), rows.end())));
  BOOST_TEST((texts(make(rows).test) == tested));
  BOOST_TEST((texts(make(rows, 2).test) != tested));
  // the order is not that of the file: the last fifth of the rows is not what tests
  BOOST_TEST((tested != std::multiset<std::string>(rows.end() - 8, rows.end())));
}

// A scaler that was fitted on all rows would see the change; so would the categories.
BOOST_FIXTURE_TEST_CASE(what_stands_in_test_rows_changes_nothing_in_training, Fixture) {
  std::vector<std::string> rows = mixed_rows();
  const DataSplit before = make(rows);
  const auto tested = texts(before.test);
  for (std::string& row : rows)
    if (tested.count(row) && row[0] != '?')
      row = "1e6" + row.substr(row.find(','), row.rfind(',') - row.find(',')) + ",new";
  const DataSplit after = make(rows);
  BOOST_TEST((texts(after.test) != tested));
  BOOST_TEST(after.train.x.tensor().to_vector() == before.train.x.tensor().to_vector());
  BOOST_TEST(after.train.observed.to_vector() == before.train.observed.to_vector());
  BOOST_TEST(after.train.extras.at("mean").to_vector() == before.train.extras.at("mean").to_vector());
  BOOST_TEST((after.train.features[2].categories == std::vector<std::string>{"p", "q", "r"}));
  // a category that training never had is reported, and counts as missing
  BOOST_TEST(after.warnings.size() == 1);
  BOOST_TEST(contains(after.warnings.at(0), "column c: \"new\" of"));
  for (int64_t r = 0; r < after.test.rows(); ++r) {
    const float *x = after.test.x.range(r, 1).data<float>() + 2,
                *o = after.test.observed.data<float>() + r * 5 + 2;
    BOOST_TEST(x[0] + x[1] + x[2] == o[0]);  // one hot, or nothing at all
    BOOST_TEST((o[0] == o[1] && o[1] == o[2]));
  }
}

BOOST_AUTO_TEST_CASE(scaling_is_that_of_scikit_learn) {
  const Json g = golden();
  TableColumns table;
  for (int c = 0; c < 3; ++c) {
    table.columns.push_back({{str("c", c), FeatureKind::real}, {}, {}, {}});
    for (const Json& row : g["numbers"])
      table.columns.back().numbers.push_back(row[c].is_null() ? std::nan("") : row[c].get<double>());
  }
  table.rows = int64_t(g["numbers"].size());
  const auto train = g["train"].get<std::vector<int64_t>>();
  const TableCodec codec = fit_codec(table, {}, train);
  // The last column has one value: it is no feature.
  BOOST_TEST((codec.features().size() == 2 && codec.constants().size() == 1));
  BOOST_TEST(codec.constants().at(0).value == 0.1);
  BOOST_TEST(g["scale"][2].get<double>() == 1);  // which scikit-learn gives it, too
  for (size_t c = 0; c < 2; ++c) {
    BOOST_TEST(codec.scales()[c].mean == g["mean"][c].get<double>(), boost::test_tools::tolerance(1e-14));
    BOOST_TEST(codec.scales()[c].sd == g["scale"][c].get<double>(), boost::test_tools::tolerance(1e-11));
  }
  std::vector<int64_t> all;
  for (int64_t r = 0; r < table.rows; ++r) all.push_back(r);
  const TableRows rows = encode_rows(table, codec, all);
  for (int64_t r = 0; r < table.rows; ++r)
    for (int64_t c = 0; c < 2; ++c) {
      const Json& scaled = g["scaled"][r][c];
      BOOST_TEST(rows.observed.data<float>()[r * 2 + c] == (scaled.is_null() ? 0.0f : 1.0f));
      const double expected = scaled.is_null() ? 0.0 : scaled.get<double>();
      BOOST_TEST(std::abs(rows.x.data<float>()[r * 2 + c] - expected) <= 1e-6 * (1 + std::abs(expected)));
    }
}

// Squared error, log loss of a binary value and of a category: sums on one scale, none of them averaged.
BOOST_AUTO_TEST_CASE(losses_are_those_of_scikit_learn_and_stand_on_one_scale) {
  const Json g = golden()["loss"];
  Dataset set;
  set.features = {{"u", FeatureKind::real, 0, 1, {}},
                  {"v", FeatureKind::real, 1, 1, {}},
                  {"b", FeatureKind::binary, 2, 1, {}},
                  {"c", FeatureKind::categorical, 3, 4, {}}};
  const auto tensor = [&](const char* name) {
    std::vector<float> values;
    for (const Json& row : g[name])
      for (const Json& v : row) values.push_back(v.get<float>());
    return Tensor::from(values, {int64_t(values.size() / 7), 7});
  };
  const Tensor x = tensor("x"), y = tensor("y");
  set.x = Rows(x);
  const LossSettings loss = read_loss(Config(Json::object()), set);
  Batch batch;
  batch.x = x;
  const auto rows = distortion_of(loss, y, batch, {}, true).to_vector();
  for (size_t r = 0; r < rows.size(); ++r)
    BOOST_TEST(rows[r] == g["real"][r].get<double>() + g["binary"][r].get<double>() +
                              g["categorical"][r].get<double>(),
               boost::test_tools::tolerance(2e-6));
  // a category that is missing (one-hot all zero) costs nothing: it is not class 0, whatever the decoder says of that
  batch.x = x.clone();
  batch.observed = Tensor::ones(x.shape());
  for (size_t r = 0; r < rows.size(); ++r)
    for (int64_t i = 3; i < 7; ++i)
      batch.x.data<float>()[r * 7 + i] = batch.observed.data<float>()[r * 7 + i] = 0;
  const auto without = distortion_of(loss, y, batch, {}, true).to_vector();
  for (size_t r = 0; r < rows.size(); ++r)
    BOOST_TEST(without[r] == g["real"][r].get<double>() + g["binary"][r].get<double>(),
               boost::test_tools::tolerance(2e-6));
}

BOOST_FIXTURE_TEST_CASE(missing_values_are_never_given_and_categories_only_as_a_whole, Fixture) {
  const DataSplit split = make(mixed_rows());
  const Condition condition(Config(Json::object()), split.train);
  Batches batches(split.train, 32, LastBatch::keep);
  const Batch& batch = batches.get(0);
  Condition::Drawn drawn;
  int given = 0, withheld = 0;
  for (uint64_t step = 0; step < 20; ++step) {
    condition.draw(batch, {1, 2, step}, drawn);
    const auto c = drawn.c.to_vector();  // [32, 10]: x * m, m
    for (int64_t r = 0; r < 32; ++r) {
      const double* m = &c[size_t(r * 10 + 5)];
      for (int64_t i = 0; i < 5; ++i)
        if (batch.observed.data<float>()[r * 5 + i] == 0) BOOST_TEST((m[i] == 0 && m[i - 5] == 0));
      BOOST_TEST((m[2] == m[3] && m[3] == m[4]));
      if (batch.observed.data<float>()[r * 5 + 2] == 1) (m[2] == 1 ? given : withheld) += 1;
    }
  }
  BOOST_TEST((given > 150 && withheld > 150));
}

BOOST_FIXTURE_TEST_CASE(wrong_options_of_a_table_are_refused, Fixture) {
  make(mixed_rows());
  BOOST_TEST(contains(refusal("schema", nullptr), "data.schema: must be given"));
  BOOST_TEST(contains(refusal("schema", "/nonexistent.json"), "/nonexistent.json: cannot be read"));
  BOOST_TEST(contains(refusal("path", "/nonexistent.csv"), "/nonexistent.csv: cannot be read"));
  BOOST_TEST(contains(refusal("test_fraction", 1), "data.test_fraction: must be a number > 0 and < 1"));
  BOOST_TEST(contains(refusal("train_rows", 33), "data.train_rows: there are only 32 such rows"));
  BOOST_TEST(contains(refusal("columns", 3), "data.columns: there is no such setting"));
  Json schema = mixed_schema;
  schema["seperator"] = ";";
  BOOST_TEST(contains(refusal("schema", schema),
                      "data.schema.seperator: there is no such setting; did you mean \"separator\"?"));
  write_bytes(path, "n,b,c\n1,yes,p\n2,yes,q\n3,yes,p\n");
  BOOST_TEST(contains(error_of([&] { make_data(Config(options, "", "data"), 1); }),
                      "column b: is binary, but has only the value \"yes\" in the training rows"));
  write_bytes(path, "n,b,c\n?,yes,p\n?,no,q\n?,yes,p\n");
  BOOST_TEST(contains(error_of([&] { make_data(Config(options, "", "data"), 1); }), "column n: has no value"));
  // among the training rows a number whose square is no double is no constant; among the test rows it is no number
  const auto with = [](const std::string& number) {
    std::string bytes = "n,b,c\n";
    for (int i = 0; i < 39; ++i) bytes += std::to_string(i) + (i % 2 ? ",yes,p\n" : ",no,q\n");
    return bytes + number + ",yes,p\n";
  };
  write_bytes(path, with("1e300"));
  bool trained = false, tested = false;
  for (int seed = 1; seed <= 20; ++seed) {
    options["structure_seed"] = seed;
    const std::string error = error_of([&] { make_data(Config(options, "", "data"), 1); });
    trained = trained || contains(error, "t.csv: column n: its numbers are too large to be scaled");
    tested = tested || contains(error, "t.csv: column n: 1e+300 is too large a number");
    BOOST_TEST(contains(error, "too large"));
  }
  BOOST_TEST(trained);
  BOOST_TEST(tested);
}

// A model's output is written in the form of the training rows: whole numbers in their range, no negative number where there is
// none, constants as they are.
BOOST_FIXTURE_TEST_CASE(answers_are_brought_into_what_a_column_can_hold, Fixture) {
  std::string bytes = "unit,count,income,share,free,day\n";
  for (int i = 0; i < 60; ++i)
    bytes += str("0.001,", i % 7, ',', 100.5 + i, ',', (i % 11) / 10.0, ',', i - 30.5, ",2021-03-", i % 9 + 10,
                 '\n');
  write_bytes(path, bytes);
  options["schema"] = {{"others", "real"}, {"columns", {{{"name", "day"}, {"kind", "date"}}}}};
  options["test_fraction"] = 0.5;
  const DataSplit split = make_data(Config(options, "", "data"), 1);
  const TableCodec& codec = *split.train.codec;
  BOOST_TEST((codec.header() == std::vector<std::string>{"unit", "count", "income", "share", "free", "day"}));
  BOOST_TEST((codec.names() == std::vector<std::string>{"count", "income", "share", "free", "day"}));
  BOOST_TEST((codec.place(0) == 1 && codec.place(4) == 5));
  BOOST_TEST(split.train.columns() == 5);
  const float low[] = {-9, -9, -9, -9, 0.001f}, high[] = {9, 9, 9, 9, 0.001f};
  const auto least = codec.decode_row(low), most = codec.decode_row(high);
  BOOST_TEST((least[0] == "0.001" && most[0] == "0.001"));
  BOOST_TEST((least[1] == "0" && most[1] == "6"));
  BOOST_TEST(*parse_number(least[2]) >= 100.5);
  BOOST_TEST(*parse_number(most[2]) > 200);
  BOOST_TEST((least[3] == "0" && most[3] == "1"));
  BOOST_TEST((*parse_number(least[4]) < -100 && *parse_number(most[4]) > 100));
  BOOST_TEST(least[5].substr(0, 9) == "2021-03-1");
  BOOST_TEST(contains(error_of([&] { codec.find("unit"); }), "\"unit\" is 0.001 in all training rows"));
  BOOST_TEST((split.warnings == std::vector<std::string>{"column unit: is 0.001 in all training rows: it is "
                                                         "reproduced as it is, and is not in the model"}));

  // The schema has the last word.
  options["schema"]["columns"] = {
      {{"name", "day"}, {"kind", "ignore"}},
      {{"name", "count"}, {"kind", "real"}, {"clip", false}},
      {{"name", "free"}, {"kind", "real"}, {"min", -1}, {"max", 1}, {"whole", true}}};
  const DataSplit other = make_data(Config(options, "", "data"), 1);
  const auto answer = other.train.codec->decode_row(low);
  BOOST_TEST(*parse_number(answer[1]) < -10);
  BOOST_TEST(answer[4] == "-1");
}

// Nanoseconds since 1970: their differences are scaled, not what is left of their sums.
BOOST_FIXTURE_TEST_CASE(large_numbers_that_differ_little_are_scaled, Fixture) {
  std::string bytes = "t\n";
  for (int64_t i = 0; i < 200; ++i) bytes += str(int64_t{1700000000000000000} + 1000 * i, '\n');
  write_bytes(path, bytes);
  options["schema"] = {{"others", "real"}};
  const DataSplit split = make_data(Config(options, "", "data"), 1);
  double squares = 0;
  for (const double v : split.train.x.tensor().to_vector()) squares += v * v;
  BOOST_TEST(squares / double(split.train.rows()) == 1, boost::test_tools::tolerance(1e-2));
}

BOOST_FIXTURE_TEST_CASE(a_row_in_the_place_of_a_header_is_told_of, Fixture) {
  std::string bytes;
  for (int i = 0; i < 50; ++i) bytes += str(i * 0.5, ',', i % 7 - 3.5, '\n');
  write_bytes(path, bytes);
  options["schema"] = {{"others", "real"}};
  const DataSplit taken = make_data(Config(options, "", "data"), 1);
  BOOST_TEST(contains(taken.warnings.at(0), "its first line, \"0\", \"-3.5\", looks like a row"));
  options["schema"]["header"] = true;
  BOOST_TEST(make_data(Config(options, "", "data"), 1).warnings.empty());
  options["schema"]["header"] = false;
  const DataSplit rows = make_data(Config(options, "", "data"), 1);
  BOOST_TEST(rows.train.rows() + rows.test.rows() == 50);
  BOOST_TEST((rows.train.codec->names() == std::vector<std::string>{"column_1", "column_2"}));
  BOOST_TEST(rows.warnings.empty());
}

BOOST_FIXTURE_TEST_CASE(what_looks_like_a_mark_is_told_of, Fixture) {
  std::string bytes = "a\n";
  for (int i = 0; i < 200; ++i) bytes += i % 20 == 3 ? "1e36\n" : str(i % 13 - 6.5, '\n');
  write_bytes(path, bytes);
  options["schema"] = {{"others", "real"}};
  const DataSplit split = make_data(Config(options, "", "data"), 1);
  BOOST_TEST(split.warnings.size() == 1);
  BOOST_TEST(contains(split.warnings.at(0), "is far from all other values"));
}

// ---- latent_factors -------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_factor_model_has_the_columns_it_is_asked_for) {
  const DataSplit split =
      make_data(Config(Json{{"source", "latent_factors"}, {"train_rows", 500}, {"test_rows", 300}}), 1);
  BOOST_TEST(split.train.columns() == 159);
  BOOST_TEST(split.train.features.size() == 106);
  BOOST_TEST(!split.train.gaussian);
  const auto x = split.train.x.tensor().to_vector();
  std::set<std::string> names;
  for (const Feature& f : split.train.features) {
    names.insert(f.name);
    for (int64_t r = 0; r < 500 && f.kind != FeatureKind::real; ++r) {
      double sum = 0;
      for (int64_t i = f.first; i < f.first + f.width; ++i) {
        const double v = x[r * 159 + i];
        BOOST_TEST((v == 0 || v == 1));
        sum += v;
      }
      if (f.kind == FeatureKind::categorical) BOOST_TEST(sum == 1);
    }
  }
  BOOST_TEST(names.size() == 106);
  BOOST_TEST(split.test.x.tensor().to_vector() != x);
}

// Real columns have exactly the distribution that is stated: mean 0, variance 1, the covariance of their loadings.
BOOST_AUTO_TEST_CASE(real_columns_follow_their_stated_law) {
  const DataSplit split = make_data(Config(Json{{"source", "latent_factors"},
                                                {"binary", 0},
                                                {"real", 6},
                                                {"factors", 3},
                                                {"categories", Json::array()},
                                                {"redraw", true}}),
                                    3);
  const GaussianDistribution& distribution = split.train.gaussian.value();
  const auto x = split.train.x.tensor().to_vector();
  const auto loadings = split.train.extras.at("loadings").to_vector();
  for (int64_t a = 0; a < 6; ++a) {
    BOOST_TEST(distribution.covariance(a, a) == 1, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(std::count(loadings.begin() + a * 3, loadings.begin() + a * 3 + 3, 0.0) ==
               1);  // two of three factors
    BOOST_TEST(std::abs(deviation(64000, 0, [&](int64_t r) { return x[r * 6 + a]; })) < 4);
    for (int64_t b = 0; b <= a; ++b)
      BOOST_TEST(std::abs(deviation(64000, distribution.covariance(a, b),
                                    [&](int64_t r) { return x[r * 6 + a] * x[r * 6 + b]; })) < 4);
  }
}

// The rates of the discrete columns: of each category, the mean over the factors of its softmax, by a sum of its own.
BOOST_AUTO_TEST_CASE(discrete_columns_follow_their_scores) {
  const DataSplit split = make_data(Config(Json{{"source", "latent_factors"},
                                                {"binary", 1},
                                                {"real", 1},
                                                {"factors", 1},
                                                {"categories", {3}},
                                                {"noise", 0}}),
                                    4);
  const auto x = split.train.x.tensor().to_vector();  // the real column is the factor or its negative
  const double sign = split.train.extras.at("loadings").to_vector()[0];
  const auto logits = split.train.extras.at("logits").to_vector(),
             scores = split.train.extras.at("scores").to_vector();
  BOOST_TEST(std::abs(std::abs(sign) - 1) < 1e-12);
  BOOST_TEST(std::abs(deviation(64000, 0, [&](int64_t r) {
               const double z = x[r * 5 + 1] * sign;
               return x[r * 5] - 1 / (1 + std::exp(-logits[0] * z - logits[1]));
             })) < 4);
  for (int k = 0; k < 3; ++k)
    for (const double sided : {-1.0, 1.0})  // for factors below and above 0 alone, so that the slopes count
      BOOST_TEST(std::abs(deviation(64000, 0, [&](int64_t r) {
                   const double z = x[r * 5 + 1] * sign;
                   double total = 0;
                   for (int j = 0; j < 3; ++j) total += std::exp(scores[2 * j] * z + scores[2 * j + 1]);
                   return sided * z < 0
                              ? 0
                              : x[r * 5 + 2 + k] - std::exp(scores[2 * k] * z + scores[2 * k + 1]) / total;
                 })) < 4);
}
