# The programs of docs/tour that include Elbow's headers: the target tour_NAME is FOLDER/tour/NAME. They are compiled after the
# program's headers. The others are compiled by one line each, without CMake (scripts/tour.sh).
file(GLOB tour_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/tour/*.cpp)
foreach(source ${tour_sources})
  get_filename_component(name ${source} NAME_WE)
  file(READ ${source} text)
  if(NOT text MATCHES "#include \"[a-z]+/" OR text MATCHES "#include \"experiments/" AND NOT ELBOW_PROGRAM)
    continue()
  endif()
  add_executable(tour_${name} ${source})
  if(NOT ELBOW_TESTS OR ELBOW_SANITIZE)  # who builds the tests builds what they run
    set_target_properties(tour_${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  set_target_properties(tour_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tour)
  if(text MATCHES "#include \"experiments/")
    target_link_libraries(tour_${name} PRIVATE elbow_experiments)
  endif()
  target_link_libraries(tour_${name} PRIVATE elbow elbow_private elbow_flags elbow_light_flags)
  if(ELBOW_UNITY)
    set_target_properties(tour_${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)  # -fPIE; the headers are compiled with -fPIC
    target_compile_options(tour_${name} PRIVATE -fPIC)
    target_precompile_headers(tour_${name} REUSE_FROM elbow_light)
  endif()
endforeach()
