# One executable for each tests/test_*.cpp (Boost.Test), and the shell tests of the program.
find_package(Boost REQUIRED COMPONENTS unit_test_framework)

file(GLOB test_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/test_*.cpp)
foreach(source ${test_sources})
  get_filename_component(name ${source} NAME_WE)
  file(READ ${source} text)
  if(text MATCHES "#include \"experiments/" AND NOT ELBOW_PROGRAM)
    continue()
  endif()
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE elbow elbow_private elbow_flags Boost::unit_test_framework)
  if(text MATCHES "#include \"experiments/")
    target_link_libraries(${name} PRIVATE elbow_experiments)
  endif()
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK ELBOW_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                             ELBOW_BINARY_DIR="${PROJECT_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
endforeach()
