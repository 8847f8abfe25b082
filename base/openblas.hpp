#pragma once

// OpenBLAS's header, of the build that the library is linked with.
#if __has_include(<openblas-openmp/cblas.h>)
#include <openblas-openmp/cblas.h>  // Debian: the OpenMP build, whichever build is the system's default
#else
#include <cblas.h>
#endif
