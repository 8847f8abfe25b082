#include "autograd/op_page.hpp"

#include "base/error.hpp"

namespace elbow {
namespace {

constexpr const char* introduction = R"(# Ops

All ops, as the registry lists them. `make docs` writes this page from what the files in `autograd/ops` say of
themselves; do not edit it. How to add one: [adding-an-op.md](adding-an-op.md).

An op is called as a free function of `autograd/ops.hpp`, declared at the top of its file. **Settings** are parameters
that are not tensors: axes, a slope, a reduction. All ops can be differentiated as often as one likes, but for the
comparisons, whose derivative is 0: they are not recorded.
)";

struct Group {
  const char *kind, *title, *text;
};
constexpr Group groups[] = {
    {"unary", "Element-wise, one tensor", ""},
    {"binary", "Element-wise, two tensors", "The shapes are broadcast against each other, as in NumPy.\n\n"},
    {"ternary", "Element-wise, three tensors", "The shapes are broadcast against each other, as in NumPy.\n\n"},
    {"structured", "The others",
     "They look at more than one element at a time. The losses among them refuse to broadcast.\n\n"},
};

// A bar would end the cell of a table.
std::string cell(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

}  // namespace

std::string op_page(const std::vector<OpInfo>& ops) {
  std::string page = introduction;
  for (const Group& group : groups) {
    page += str("\n## ", group.title, "\n\n", group.text, "| Op | | Settings |\n|---|---|:-:|\n");
    for (const OpInfo& op : ops)
      if (op.kind == group.kind)
        page += str("| [`", op.name, "`](../autograd/ops/", op.name, ".cpp) | ", cell(op.doc), " | ",
                    op.has_settings ? "yes" : "", " |\n");
  }
  return page;
}

}  // namespace elbow
