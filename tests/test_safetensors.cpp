#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/files.hpp"
#include "nn/safetensors.hpp"

using namespace elbow;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / str("elbow-safetensors-", std::rand(), "-", getpid());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

SafeTensors sample() {
  SafeTensors s;
  s.tensors["b.weight"] = Tensor::from(std::vector<float>{1.5f, -2, 3, 1e-30f, -0.0f, 6}, {2, 3});
  s.tensors["a"] = Tensor::from(std::vector<double>{0.1, 1e300}, {2});
  s.tensors["scalar"] = Tensor::from(std::vector<float>{7}, {});
  s.tensors["empty"] = Tensor::zeros({0, 4});
  s.metadata = {{"name", "a \"quoted\" name"}, {"seed", "3"}};
  return s;
}

void check_equal(const SafeTensors& a, const SafeTensors& b) {
  BOOST_TEST((a.metadata == b.metadata));
  BOOST_TEST_REQUIRE(a.tensors.size() == b.tensors.size());
  for (const auto& [name, t] : a.tensors) {
    const Tensor& u = b.tensors.at(name);
    BOOST_TEST((t.shape() == u.shape() && t.dtype() == u.dtype()), name);
    BOOST_TEST(std::memcmp(t.body()->data, u.body()->data, size_t(t.numel()) * bytes_of(t.dtype())) == 0, name);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_reads_back_to_the_bit) {
  const Folder folder;
  save_safetensors(folder.path / "t", sample());
  check_equal(sample(), load_safetensors(folder.path / "t"));
  save_safetensors(folder.path / "t", {});
  check_equal({}, load_safetensors(folder.path / "t"));
}

BOOST_AUTO_TEST_CASE(a_file_of_the_reference_library_is_read) {
  const auto s = load_safetensors(fs::path(ELBOW_SOURCE_DIR) / "tests/golden/official.safetensors");
  BOOST_TEST(s.metadata.at("made by") == "the reference library");
  BOOST_TEST((s.tensors.at("layer.weight").shape() == Shape{2, 3}));
  const std::vector<double> weight{0, 0.25, 0.5, 0.75, 1, 1.25}, bias{-1.5, 2.25};
  BOOST_TEST(s.tensors.at("layer.weight").to_vector<double>() == weight);
  BOOST_TEST((s.tensors.at("layer.bias").dtype() == DType::float64));
  BOOST_TEST(s.tensors.at("layer.bias").to_vector<double>() == bias);
  BOOST_TEST(s.tensors.at("scalar").item() == 3.0);
  BOOST_TEST(s.tensors.at("empty").numel() == 0);
}

BOOST_AUTO_TEST_CASE(an_independent_reader_reads_our_file) {
  if (std::system("python3 -c 'import json' 2>/dev/null") != 0) {
    std::puts("SKIPPED: there is no python3 to read the file with");
    return;
  }
  const Folder folder;
  save_safetensors(folder.path / "t", sample());
  const std::string out = (folder.path / "out").string();
  const std::string command = str("python3 '", ELBOW_SOURCE_DIR, "/tests/read_safetensors.py' '",
                                  (folder.path / "t").string(), "' > '", out, "'");
  BOOST_TEST_REQUIRE(std::system(command.c_str()) == 0);
  const std::string text = read_file(out);
  BOOST_TEST(text.find("a F64 [2] 0x1.999999999999ap-4 0x1.7e43c8800759cp+996\n") != std::string::npos, text);
  BOOST_TEST(text.find("b.weight F32 [2, 3] 0x1.8000000000000p+0 -0x1.0000000000000p+1") != std::string::npos,
             text);
  BOOST_TEST(text.find("scalar F32 [] 0x1.c000000000000p+2\n") != std::string::npos, text);
  BOOST_TEST(text.find("empty F32 [0, 4]") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(damaged_files_are_refused_in_one_line_that_names_them) {
  const Folder folder;
  const fs::path path = folder.path / "damaged";
  const auto refused = [&](const std::string& bytes, const std::string& why) {
    write_file_atomically(path, bytes);
    BOOST_CHECK_EXCEPTION(load_safetensors(path), Error, [&](const Error& e) {
      const std::string message = e.what();
      BOOST_TEST_MESSAGE(message);
      return message.starts_with(path.string() + ": ") && message.find(why) != std::string::npos &&
             message.find('\n') == std::string::npos;
    });
  };
  const auto with_header = [](const std::string& header, size_t bytes) {
    const uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(bytes, '\0');
  };
  refused("", "0 bytes long");
  refused("\xff\xff\xff\xff\xff\xff\xff\xff{}", "more than the file");
  refused(with_header("[1]", 0), "not a JSON object");
  refused(with_header("{\"a\":", 0), "not a JSON object");
  refused(with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4), "does not fit");
  refused(with_header(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8), "does not fit");
  refused(with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8), "does not fit");
  refused(with_header(R"({"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}})", 2), "I8");
  refused(with_header(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0),
          "too large");
  refused(with_header(R"({"a":{"dtype":"F32","shape":"x","data_offsets":[0,8]}})", 8), "malformed");
  refused(with_header(R"({"a":3})", 0), "malformed");
  // Every tensor fits, and together they would take ten times what the file has.
  std::string many;
  for (char name = 'a'; name < 'k'; ++name)
    many += str(many.empty() ? "{" : ",", '"', name, R"(":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})");
  refused(with_header(many + "}", 8), "tensor b begins at byte 0, and what stands before it ends at 8");
  const auto two = [](int begin) {
    return str(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)",
               R"("b":{"dtype":"F32","shape":[1],"data_offsets":[)", begin, ',', begin + 4, "]}}");
  };
  refused(with_header(two(4), 12), "tensor b begins at byte 4");
  refused(with_header(two(12), 16), "tensor b begins at byte 12");
  refused(with_header(two(8), 16), "its tensors have 12 bytes, and the file has 16");
  refused(with_header(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8), "malformed");
  refused(with_header(R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1],"data_offsets":[0,4]}})", 4),
          "at most 6 axes");
  BOOST_CHECK_THROW(save_safetensors(path, {{}, {{"name", "\xff"}}}), Error);
  save_safetensors(path, sample());
  std::string whole = read_file(path);
  whole.pop_back();
  refused(whole, "does not fit");
  refused(whole + "xy", "and the file has");
  fs::remove(path);
  BOOST_CHECK_THROW(load_safetensors(path), Error);
}
