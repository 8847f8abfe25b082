# One executable for each tests/test_*.cpp (Boost.Test), and the shell tests of the program.
find_package(Boost REQUIRED COMPONENTS unit_test_framework)

# What all of them are built with. -O0: the code under test is optimised in the library; of a test, the checks are what
# takes long to compile. The headers that most of them include are compiled once.
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)  # it would be -fPIC here and -fPIE there, which shall share their headers
add_library(elbow_tests OBJECT ${PROJECT_SOURCE_DIR}/tests/main.cpp)
if(ELBOW_PROGRAM AND NOT ELBOW_CUDA STREQUAL emulated)
  set(tested elbow_experiments)
else()
  set(tested elbow)
endif()
target_link_libraries(elbow_tests PUBLIC ${tested}
                      elbow_private elbow_flags Boost::unit_test_framework)
target_compile_definitions(elbow_tests PUBLIC BOOST_TEST_DYN_LINK ELBOW_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                           ELBOW_BINARY_DIR="${PROJECT_BINARY_DIR}")
target_compile_options(elbow_tests PUBLIC -O0)
if(ELBOW_CUDA STREQUAL emulated)
  target_compile_definitions(elbow_tests PUBLIC ELBOW_CUDA_EMULATED=1)
endif()
if(ELBOW_SANITIZE MATCHES undefined)  # it watches the library; in the checks themselves it costs a third of their compilation
  target_compile_options(elbow_tests PUBLIC -fno-sanitize=undefined)
endif()
target_precompile_headers(elbow_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests/precompiled.hpp)

file(GLOB test_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/test_*.cpp)
foreach(source ${test_sources})
  get_filename_component(name ${source} NAME_WE)
  file(READ ${source} text)
  if(text MATCHES "#include \"(experiments|fuzz)/" AND NOT ELBOW_PROGRAM)
    continue()
  endif()
  # Minutes under the sanitizers, which see the same code in the tests of ops, convolutions and metrics.
  if(ELBOW_SANITIZE AND name MATCHES "^test_(bench_ops|image_scores|inception)$")
    continue()
  endif()
  # An emulated processor takes twenty times as long: the tests of numbers.
  if(CMAKE_CROSSCOMPILING AND NOT name MATCHES
     "^test_(ops|ops_simd|ops_golden|ops_gradients|gemm|random|convolution|conv_golden|linear_algebra|nn)$")
    continue()
  endif()
  # With an emulated GPU, the tests of what is on it: the others are the same in any build.
  if(ELBOW_CUDA STREQUAL emulated AND NOT name MATCHES "^test_(device|emulator)" OR
     name STREQUAL test_emulator AND NOT ELBOW_CUDA STREQUAL emulated)
    continue()
  endif()
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE elbow_tests)
  if(name MATCHES "^test_(gemm|shapes|random_distributions|ops_simd|run_queue)$")  # their own plain loops take ten times as long at -O0
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS -O2)
  elseif(name STREQUAL test_emulator)  # has kernels of its own
    target_compile_definitions(${name} PRIVATE ELBOW_DEVICE_SOURCE=1)
  else()
    target_precompile_headers(${name} REUSE_FROM elbow_tests)
  endif()
  if(text MATCHES "#include \"fuzz/")
    file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*.cpp)
    list(REMOVE_ITEM fuzz_sources ${PROJECT_SOURCE_DIR}/tests/fuzz/main.cpp)  # libFuzzer's
    target_sources(${name} PRIVATE ${fuzz_sources})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ${ELBOW_UNITY} UNITY_BUILD_BATCH_SIZE 0)
  endif()
  if(text MATCHES "#include \"tests/(device_checks|no_device).hpp\"")
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/device_checks.cpp ${PROJECT_SOURCE_DIR}/tests/device_masks.cpp)
  endif()
  if(CMAKE_CROSSCOMPILING AND name STREQUAL test_ops_simd)  # threads that wait for each other: six minutes in an emulator
    add_test(NAME ${name} COMMAND ${name} --run_test=!any_number_of_threads_gives_the_same_bits)
  else()
    add_test(NAME ${name} COMMAND ${name})
  endif()
endforeach()

if(ELBOW_CUDA STREQUAL emulated)
  set(device_tests ${test_sources})
  list(TRANSFORM device_tests REPLACE ".*/(test_[a-z_]+)\\.cpp" "\\1")
  list(FILTER device_tests INCLUDE REGEX "^test_(device|emulator)")
  if(ELBOW_PROGRAM)
    add_test(NAME mpi COMMAND ${PROJECT_SOURCE_DIR}/tests/mpi.sh $<TARGET_FILE:elbow_program>)
    set_tests_properties(mpi PROPERTIES SKIP_RETURN_CODE 77 LABELS slow ENVIRONMENT "OMP_NUM_THREADS=2")
    add_test(NAME device_commands COMMAND ${PROJECT_SOURCE_DIR}/tests/device_commands.sh $<TARGET_FILE:elbow_program>)
    set_tests_properties(device_commands PROPERTIES LABELS slow)
    list(APPEND device_tests elbow_program)
  endif()
  add_custom_target(device_tests DEPENDS ${device_tests})  # make test CUDA=emulated
  return()
endif()

if(CMAKE_CROSSCOMPILING)
  add_test(NAME arm64 COMMAND ${PROJECT_SOURCE_DIR}/tests/arm64.sh ${PROJECT_SOURCE_DIR}/build/elbow
           ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:elbow_program>)
  set_tests_properties(arm64 PROPERTIES SKIP_RETURN_CODE 77)
  return()
endif()

# `make test` tries 2000 graphs.
add_test(NAME many_random_graphs COMMAND ${CMAKE_COMMAND} -E env ELBOW_RANDOM_GRAPHS=50000 $<TARGET_FILE:test_random_graphs>)
set_tests_properties(many_random_graphs PROPERTIES LABELS "slow;long")
add_test(NAME random_graphs_pytorch
         COMMAND ${PROJECT_SOURCE_DIR}/tests/random_graphs_pytorch.sh $<TARGET_FILE:test_random_graphs>)
set_tests_properties(random_graphs_pytorch PROPERTIES SKIP_RETURN_CODE 77 LABELS slow)
add_test(NAME structure COMMAND ${PROJECT_SOURCE_DIR}/tests/structure.sh)
add_test(NAME docs COMMAND ${PROJECT_SOURCE_DIR}/tests/docs.sh)
set_tests_properties(docs PROPERTIES SKIP_RETURN_CODE 77 LABELS slow)  # nothing for the sanitizers
add_test(NAME copied_checkout COMMAND ${PROJECT_SOURCE_DIR}/tests/copied_checkout.sh)
if(ELBOW_PROGRAM AND NOT ELBOW_SANITIZE)  # what is installed must be usable without the sanitizers' flags
  add_test(NAME consumer COMMAND ${PROJECT_SOURCE_DIR}/tests/consumer.sh ${PROJECT_BINARY_DIR} ${CMAKE_CXX_COMPILER})
  add_test(NAME from_pytorch COMMAND ${PROJECT_SOURCE_DIR}/tests/from_pytorch.sh ${PROJECT_BINARY_DIR} ${CMAKE_CXX_COMPILER})
endif()
if(ELBOW_PROGRAM)
  add_test(NAME program COMMAND ${PROJECT_SOURCE_DIR}/tests/program.sh $<TARGET_FILE:elbow_program>)
  add_test(NAME bad_day COMMAND ${PROJECT_SOURCE_DIR}/tests/bad_day.sh $<TARGET_FILE:elbow_program>)
  set_tests_properties(bad_day PROPERTIES LABELS slow)
  add_test(NAME analyses COMMAND ${PROJECT_SOURCE_DIR}/tests/analyses.sh $<TARGET_FILE:elbow_program>)
  set_tests_properties(analyses PROPERTIES LABELS slow)
  add_test(NAME outside_text COMMAND ${PROJECT_SOURCE_DIR}/tests/outside_text.sh $<TARGET_FILE:elbow_program>)
  add_test(NAME image_scores_command COMMAND ${PROJECT_SOURCE_DIR}/tests/image_scores.sh $<TARGET_FILE:elbow_program>)
  # The longest starts first, so as not to run alone in the end. It trains for tens of thousands of steps: too slow for the
  # sanitizers, which see the same code in test_cvae.
  set_tests_properties(program PROPERTIES COST 100 LABELS slow)
  add_test(NAME sweep COMMAND ${PROJECT_SOURCE_DIR}/tests/sweep.sh $<TARGET_FILE:elbow_program>)
  set_tests_properties(sweep PROPERTIES LABELS "slow;long")
  add_test(NAME workers COMMAND ${PROJECT_SOURCE_DIR}/tests/workers.sh $<TARGET_FILE:elbow_program> ${CMAKE_CXX_COMPILER} 10 4)
  set_tests_properties(workers PROPERTIES LABELS slow)
  add_test(NAME many_workers COMMAND ${PROJECT_SOURCE_DIR}/tests/workers.sh $<TARGET_FILE:elbow_program> ${CMAKE_CXX_COMPILER} 200 16)
  set_tests_properties(many_workers PROPERTIES LABELS "slow;long")
  add_test(NAME cluster COMMAND ${PROJECT_SOURCE_DIR}/tests/cluster.sh $<TARGET_FILE:elbow_program>)
  set_tests_properties(cluster PROPERTIES SKIP_RETURN_CODE 77 LABELS "slow;long")
  add_test(NAME story COMMAND ${PROJECT_SOURCE_DIR}/tests/story.sh $<TARGET_FILE:elbow_program>)
  set_tests_properties(story PROPERTIES LABELS "slow;long")
  add_test(NAME commands COMMAND ${PROJECT_SOURCE_DIR}/tests/commands.sh $<TARGET_FILE:elbow_program>)
  set_tests_properties(commands PROPERTIES COST 50 LABELS slow)
  add_test(NAME bench COMMAND ${PROJECT_SOURCE_DIR}/tests/bench.sh $<TARGET_FILE:elbow_program>)
  add_test(NAME gpu_report COMMAND ${PROJECT_SOURCE_DIR}/tests/gpu_report.sh $<TARGET_FILE:elbow_program>)
  add_test(NAME tables COMMAND ${PROJECT_SOURCE_DIR}/tests/tables.sh $<TARGET_FILE:elbow_program>)
  add_test(NAME arrays COMMAND ${PROJECT_SOURCE_DIR}/tests/arrays.sh $<TARGET_FILE:elbow_program>)
  add_test(NAME onnx COMMAND ${PROJECT_SOURCE_DIR}/tests/onnx.sh $<TARGET_FILE:elbow_program> $<TARGET_FILE:test_onnx>)
  set_tests_properties(onnx PROPERTIES SKIP_RETURN_CODE 77 LABELS slow)
  add_test(NAME self_contained COMMAND ${PROJECT_SOURCE_DIR}/tests/self_contained.sh $<TARGET_FILE:elbow_program>)
  set_tests_properties(self_contained PROPERTIES LABELS slow)
  add_test(NAME image_commands COMMAND ${PROJECT_SOURCE_DIR}/tests/image_commands.sh $<TARGET_FILE:elbow_program>)
  set_tests_properties(image_commands PROPERTIES LABELS slow)
  add_test(NAME mpi COMMAND ${PROJECT_SOURCE_DIR}/tests/mpi.sh $<TARGET_FILE:elbow_program>)
  set_tests_properties(mpi PROPERTIES SKIP_RETURN_CODE 77 LABELS slow)
  add_test(NAME inpaint COMMAND ${PROJECT_SOURCE_DIR}/tests/inpaint.sh $<TARGET_FILE:elbow_program>)
  set_tests_properties(inpaint PROPERTIES LABELS slow)
endif()

# The chapters of docs/tour: what their programs print is what the text says.
if(ELBOW_PROGRAM AND NOT ELBOW_SANITIZE)
  file(GLOB chapters CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/tour/[0-9]*.md)
  foreach(chapter ${chapters})
    get_filename_component(name ${chapter} NAME_WE)
    add_test(NAME tour_${name} COMMAND ${PROJECT_SOURCE_DIR}/tests/tour.sh ${PROJECT_BINARY_DIR} ${CMAKE_CXX_COMPILER} ${name})
  endforeach()
endif()

# Follows docs/adding-an-op.md with the compiler and the flags of this build, and its library.
if(TARGET test_ops AND NOT ELBOW_EXTRA_OPS)
  add_test(NAME adding_an_op COMMAND ${PROJECT_SOURCE_DIR}/tests/adding_an_op.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  set_tests_properties(adding_an_op PROPERTIES COST 50 LABELS "slow;long")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)  # whose messages it looks at
  add_test(NAME op_mistakes COMMAND ${PROJECT_SOURCE_DIR}/tests/op_mistakes.sh ${PROJECT_BINARY_DIR} ${CMAKE_CXX_COMPILER})
  set_tests_properties(op_mistakes PROPERTIES LABELS "slow;long")
endif()

# Tests run side by side: two threads each, whatever the machine has.
get_property(all_tests DIRECTORY PROPERTY TESTS)
set_tests_properties(${all_tests} PROPERTIES ENVIRONMENT "OMP_NUM_THREADS=2")
