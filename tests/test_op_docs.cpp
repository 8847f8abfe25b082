// docs/ops.md says what the registry says.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "autograd/registry.hpp"
#include "base/error.hpp"

using namespace elbow;

namespace {

const std::filesystem::path source = ELBOW_SOURCE_DIR;

/// The ops that ship, without those that a build may take from a folder besides (ELBOW_EXTRA_OPS).
std::vector<OpInfo> shipped_ops() {
  std::vector<OpInfo> ops = all_ops();
  std::erase_if(ops, [](const OpInfo& op) { return !exists(source / "autograd/ops" / (op.name + ".cpp")); });
  return ops;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_table_of_ops_is_up_to_date) {
  std::ifstream file(source / "docs/ops.md");
  const std::string committed{std::istreambuf_iterator<char>(file), {}};
  BOOST_TEST((committed == op_page(shipped_ops())),
             "docs/ops.md is not what the ops say: renew it with `make docs-generated`");
}

BOOST_AUTO_TEST_CASE(every_op_has_a_row) {
  const std::vector<OpInfo> ops = shipped_ops();
  const std::string page = op_page(ops);
  for (const OpInfo& op : ops) BOOST_TEST(page.find("| [`" + op.name + "`]") != std::string::npos, op.name);
}

BOOST_AUTO_TEST_CASE(a_bar_does_not_end_a_cell) {
  OpInfo op = shipped_ops().front();
  op.doc = "|x|";
  BOOST_TEST(op_page({op}).find("| \\|x\\| |") != std::string::npos);
}
