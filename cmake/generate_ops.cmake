# From the files autograd/ops/<op>.cpp: the public header autograd/ops.hpp, which declares all ops, the registry, and the
# source files that are compiled. Nobody edits a list: dropping a file into the folder is enough.
#
# What a file must hold is told in autograd/op.hpp. Two things of it are read here, as text:
#   - the declarations of its public functions, between `#if ELBOW_DECLARATIONS` and `#endif`, are copied to ops.hpp. A
#     change of a formula leaves ops.hpp as it is, so that only the op itself is compiled anew.
#   - the line ELBOW_OP(<op>, ...) says that it registers itself.

set(ELBOW_GENERATED_DIR ${PROJECT_BINARY_DIR}/generated)
file(GLOB op_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/autograd/ops/*.cpp)
if(ELBOW_EXTRA_OPS)
  file(GLOB extra_op_files CONFIGURE_DEPENDS ${ELBOW_EXTRA_OPS}/*.cpp)
  list(APPEND op_files ${extra_op_files})
endif()

# The declarations at the top of an op file, or an error.
function(elbow_declarations_of file text result)
  string(FIND "${text}" "#if ELBOW_DECLARATIONS" begin)
  if(begin EQUAL -1)
    message(FATAL_ERROR "${file}: begins with the declaration of its function, between "
                        "`#if ELBOW_DECLARATIONS` and `#endif`")
  endif()
  string(SUBSTRING "${text}" ${begin} -1 text)
  string(FIND "${text}" "\n" first)
  string(FIND "${text}" "#endif" last)
  math(EXPR length "${last} - ${first}")
  string(SUBSTRING "${text}" ${first} ${length} declarations)
  set(${result} "${declarations}" PARENT_SCOPE)
endfunction()

# Which of so many batches an op belongs to. It depends on its name alone: a new op leaves the others where they are.
function(elbow_batch_of name batches result)
  string(MD5 hash ${name})
  string(SUBSTRING ${hash} 0 4 hash)
  math(EXPR batch "0x${hash} % ${batches}")
  set(${result} ${batch} PARENT_SCOPE)
endfunction()

set(functions "")
set(describers "")
set(entries "")
set(names "")
set(batches 6)  # source files that hold several ops: most of the time goes into reading headers, once for each
foreach(file ${op_files})
  get_filename_component(name ${file} NAME_WE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  if(name IN_LIST names)
    message(FATAL_ERROR "${file}: there is an op named ${name} already")
  endif()
  list(APPEND names ${name})
  file(READ ${file} text)
  string(FIND "${text}" "ELBOW_OP(${name}," registered)
  if(registered EQUAL -1)
    message(FATAL_ERROR "${file}: ends with ELBOW_OP(${name}, ${name}'s struct)")
  endif()
  elbow_declarations_of(${file} "${text}" declarations)
  string(APPEND functions "\n// ---- ${name}${declarations}")
  string(APPEND describers "OpInfo describe_${name}();\n")
  string(APPEND entries "  ops.push_back(ops::describe_${name}());\n")
  elbow_batch_of(${name} ${batches} batch)
  file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${file})
  if(path MATCHES "^\\.\\.")
    set(path ${file})
  endif()
  string(APPEND batch_${batch} "#include \"${path}\"\n")
endforeach()

set(ELBOW_GENERATED_SOURCES ${ELBOW_GENERATED_DIR}/registry.cpp)
math(EXPR last_batch "${batches} - 1")
foreach(batch RANGE ${last_batch})
  if(batch_${batch})
    set(source ${ELBOW_GENERATED_DIR}/ops_${batch}.cpp)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT "// Written by the build (cmake/generate_ops.cmake).\n${batch_${batch}}")
    list(APPEND ELBOW_GENERATED_SOURCES ${source})
  endif()
endforeach()

file(CONFIGURE OUTPUT ${ELBOW_GENERATED_DIR}/autograd/ops.hpp @ONLY CONTENT "#pragma once
// All ops. Written by the build (cmake/generate_ops.cmake): the declarations at the top of the files in autograd/ops.
#include \"autograd/op_vocabulary.hpp\"

namespace elbow {
${functions}
}  // namespace elbow
")
file(CONFIGURE OUTPUT ${ELBOW_GENERATED_DIR}/registry.cpp @ONLY CONTENT "#include \"autograd/registry.hpp\"

namespace elbow {
namespace ops {
${describers}}  // namespace ops

std::vector<OpInfo> all_ops() {
  std::vector<OpInfo> ops;
${entries}  return ops;
}
}  // namespace elbow
")
