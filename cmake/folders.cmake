# The sources of a folder are compiled as one: two thirds of what a file costs by itself are headers that its neighbours
# read as well. So names in anonymous namespaces must differ within a folder. Kernels stay by themselves: they are what
# takes the optimiser long, and what one changes alone. -DELBOW_UNITY=OFF compiles each file by itself.
option(ELBOW_UNITY "Compile the sources of a folder as one" ON)

function(elbow_folders_as_one target)  # target source...
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${ELBOW_UNITY} UNITY_BUILD_MODE GROUP)
  foreach(source ${ARGN})
    get_filename_component(folder ${source} DIRECTORY)
    string(REPLACE / _ group ${folder})
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
endfunction()
