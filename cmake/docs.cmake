# `make docs-generated`: the target elbow_docs writes what is generated of docs/: ops.md from the registry of ops, and the JSON Schema of
# configuration files from the checks of the program.
add_executable(elbow_write_ops EXCLUDE_FROM_ALL docs/write_ops.cpp)
target_link_libraries(elbow_write_ops PRIVATE elbow elbow_flags)
add_custom_target(elbow_docs COMMAND elbow_write_ops ${PROJECT_SOURCE_DIR}/docs/ops.md
                  COMMENT "Writing docs/ops.md and docs/configuration.schema.json" VERBATIM)
if(ELBOW_PROGRAM)
  add_custom_command(TARGET elbow_docs POST_BUILD VERBATIM
    COMMAND sh -c "\"$0\" config --schema >\"$1\"" $<TARGET_FILE:elbow_program> ${PROJECT_SOURCE_DIR}/docs/configuration.schema.json)
  add_dependencies(elbow_docs elbow_program)
endif()
