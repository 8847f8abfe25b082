// Writes docs/ops.md (the path is the argument), or prints it. `make docs-generated` runs it.
#include <fstream>
#include <iostream>

#include "autograd/registry.hpp"

int main(int argc, char** argv) {
  const std::string page = elbow::op_page(elbow::all_ops());
  if (argc < 2) {
    std::cout << page;
    return 0;
  }
  std::ofstream file(argv[1]);
  file << page;
  file.close();
  if (!file) {
    std::cerr << "cannot write " << argv[1] << '\n';
    return 2;
  }
  std::cout << "wrote " << argv[1] << '\n';
}
