# From each autograd/ops/<op>.hpp: a line in the public header autograd/ops.hpp, the op's free function if it is
# element-wise and does not write its own, a source file that holds its kernels, and its entry in the registry.
# Nobody edits a list: dropping a file into the folder is enough.

set(ELBOW_GENERATED_DIR ${PROJECT_BINARY_DIR}/generated)
file(GLOB op_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/autograd/ops/*.hpp)
if(ELBOW_EXTRA_OPS)
  file(GLOB extra_op_files CONFIGURE_DEPENDS ${ELBOW_EXTRA_OPS}/*.hpp)
  list(APPEND op_files ${extra_op_files})
endif()

set(includes "")
set(functions "")
set(instances "")
set(declarations "")
set(entries "")
set(ELBOW_GENERATED_SOURCES "")
set(ELBOW_ELEMENTWISE_OPS "")
foreach(file ${op_files})
  get_filename_component(name ${file} NAME_WE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  # The struct is the file's name in CamelCase: log_softmax.hpp holds LogSoftmax.
  string(REPLACE "_" ";" words ${name})
  set(struct "")
  foreach(word ${words})
    string(SUBSTRING ${word} 0 1 first)
    string(SUBSTRING ${word} 1 -1 rest)
    string(TOUPPER ${first} first)
    string(APPEND struct ${first}${rest})
  endforeach()
  file(READ ${file} text)
  if(NOT text MATCHES "struct ${struct} :")
    message(FATAL_ERROR "${file} must hold a struct named ${struct}")
  endif()
  file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${file})
  if(path MATCHES "^\\.\\.")
    set(path ${file})
  endif()
  string(APPEND includes "#include \"${path}\"\n")
  set(parameters "")
  if(text MATCHES "struct ${struct} : Unary")
    set(parameters "const Tensor& x")
    set(arguments "x")
    list(APPEND ELBOW_ELEMENTWISE_OPS ${name}:${struct}:${path})
  elseif(text MATCHES "struct ${struct} : Binary")
    set(parameters "const Tensor& a, const Tensor& b")
    set(arguments "a, b")
    list(APPEND ELBOW_ELEMENTWISE_OPS ${name}:${struct}:${path})
  elseif(text MATCHES "struct ${struct} : Ternary")
    set(parameters "const Tensor& a, const Tensor& b, const Tensor& c")
    set(arguments "a, b, c")
    list(APPEND ELBOW_ELEMENTWISE_OPS ${name}:${struct}:${path})
  endif()
  if(parameters AND NOT text MATCHES "inline Tensor ${name}\\(")
    string(APPEND functions "/// ops::${struct}\ninline Tensor ${name}(${parameters}) { return ops::apply(ops::${struct}{}, ${arguments}); }\n")
  endif()
  string(APPEND declarations "OpInfo describe_${name}();\n")
  string(APPEND entries "  ops.push_back(ops::describe_${name}());\n")
  string(APPEND instances "extern template Tensor apply_op(const ${struct}&, Inputs);\n")
  set(source ${ELBOW_GENERATED_DIR}/ops/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT "#define ELBOW_KERNELS
#include \"${path}\"

#include \"autograd/op_kernels.hpp\"
#include \"autograd/ops.hpp\"
#include \"autograd/samples.hpp\"

namespace elbow::ops {
template Tensor apply_op(const ${struct}&, Inputs);
OpInfo describe_${name}() { return describe<${struct}>(); }
}  // namespace elbow::ops
")
  list(APPEND ELBOW_GENERATED_SOURCES ${source})
endforeach()

file(CONFIGURE OUTPUT ${ELBOW_GENERATED_DIR}/autograd/ops.hpp @ONLY CONTENT "#pragma once
// All ops. Written by the build (cmake/generate_ops.cmake) from the files in autograd/ops.
${includes}
namespace elbow {
namespace ops {
// Each op's kernels are compiled once, in the source file of its own, not wherever another op's backward calls it.
${instances}}  // namespace ops

${functions}}  // namespace elbow
")
file(CONFIGURE OUTPUT ${ELBOW_GENERATED_DIR}/registry.cpp @ONLY CONTENT "#include \"autograd/registry.hpp\"

namespace elbow {
namespace ops {
${declarations}}  // namespace ops

std::vector<OpInfo> all_ops() {
  std::vector<OpInfo> ops;
${entries}  return ops;
}
}  // namespace elbow
")
list(APPEND ELBOW_GENERATED_SOURCES ${ELBOW_GENERATED_DIR}/registry.cpp)
