# `make docs`: the target elbow_docs writes docs/ops.md anew from the registry of ops.
add_executable(elbow_write_ops EXCLUDE_FROM_ALL docs/write_ops.cpp)
target_link_libraries(elbow_write_ops PRIVATE elbow elbow_flags)
add_custom_target(elbow_docs COMMAND elbow_write_ops ${PROJECT_SOURCE_DIR}/docs/ops.md
                  COMMENT "Writing docs/ops.md" VERBATIM)
