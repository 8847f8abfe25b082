# The sources of a folder are compiled as one, and after the headers that most of them read: two thirds of what a file costs
# by itself are headers that its neighbours read as well. So names in anonymous namespaces must differ within a folder.
# -DELBOW_UNITY=OFF compiles each file by itself, without any header that it does not name.
option(ELBOW_UNITY "Compile the sources of a folder as one" ON)

function(elbow_folders_as_one target)  # target source...
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${ELBOW_UNITY} UNITY_BUILD_MODE GROUP)
  foreach(source ${ARGN})
    get_filename_component(folder ${source} DIRECTORY)
    string(REPLACE / _ group ${folder})
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
endfunction()

function(elbow_precompile target)  # target header...
  if(ELBOW_UNITY)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
