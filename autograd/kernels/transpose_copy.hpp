#pragma once
#include <cstdint>

namespace elbow {

/// to[columns, ld_to] = the transpose of from[rows, ld_from].
template <class T>
void transpose_copy(int64_t rows, int64_t columns, const T* from, int64_t ld_from, T* to, int64_t ld_to);

}  // namespace elbow
