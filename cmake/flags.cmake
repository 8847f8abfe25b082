# Flags for our own code; a consumer of the library chooses its own. -ffast-math stays out: results must not depend on
# how the compiler feels about rounding.
include(CheckCXXCompilerFlag)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(elbow_native -mcpu=native)  # there -march= would leave out whose pipelines to schedule for
else()
  set(elbow_native -march=native)
endif()
check_cxx_compiler_flag(${elbow_native} ELBOW_HAS_NATIVE)

add_library(elbow_flags INTERFACE)
target_compile_options(elbow_flags INTERFACE -Wall -Wextra)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of GCC 12: its own AVX-512 intrinsics (bug 105593), and std::string put together with + (bugs 105651, 105329).
  target_compile_options(elbow_flags INTERFACE -Wno-maybe-uninitialized -Wno-uninitialized -Wno-restrict
                         -Wno-stringop-overflow)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC collects its garbage again and again: a tenth of the time, for a fifth of the memory (0.6 GB become 0.7).
  target_compile_options(elbow_flags INTERFACE "SHELL:--param ggc-min-heapsize=400000" "SHELL:--param ggc-min-expand=10000")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  # It tells at each pair of vectors, as xsimd's sincos returns it, that GCC 9 passed it in another way.
  target_compile_options(elbow_flags INTERFACE -Wno-psabi)
endif()
if(ELBOW_ARCH)
  target_compile_options(elbow_flags INTERFACE -march=${ELBOW_ARCH})
elseif(ELBOW_NATIVE AND ELBOW_HAS_NATIVE)
  target_compile_options(elbow_flags INTERFACE ${elbow_native})
endif()
if(BUILD_SHARED_LIBS)
  # Calls within a library are calls, and a thread's variables lie at fixed places: the libraries are loaded with the program.
  target_compile_options(elbow_flags INTERFACE -fno-semantic-interposition -ftls-model=initial-exec)
endif()
# For code that waits for the library's: commands, figures, tests. Half the time to compile. GCC fuses multiply-adds only
# among its expensive optimisations; without them, results would differ from -O3 in their last bits.
add_library(elbow_light_flags INTERFACE)
target_compile_options(elbow_light_flags INTERFACE $<$<CONFIG:Release>:-O1>
                       $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-fexpensive-optimizations>)
if(ELBOW_SANITIZE)
  # -g1: line numbers are all that a report needs, and much faster to compile.
  target_compile_options(elbow_flags INTERFACE -fsanitize=${ELBOW_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all -g1)
  target_link_options(elbow_flags INTERFACE -fsanitize=${ELBOW_SANITIZE})
endif()
if(ELBOW_FUZZ)
  # libFuzzer follows the light code, where all readers are, and the sanitizers watch it; of the kernels, which take longest
  # to compile, the tests of `make sanitize` take care.
  set(fuzz_sanitizers address,undefined,float-cast-overflow)
  target_compile_options(elbow_light_flags INTERFACE -fsanitize=fuzzer-no-link,${fuzz_sanitizers} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all -g1)
  target_link_options(elbow_light_flags INTERFACE -fsanitize=${fuzz_sanitizers})
endif()
