#pragma once
// xsimd, and what it lacks: on 64-bit Arm it divides floats and takes their roots as on 32-bit Arm, by estimates and Newton steps, which
// are off in the last bits and wrong for denormal numbers. The processor has instructions for both.
#include <xsimd/xsimd.hpp>

#if XSIMD_WITH_NEON64
namespace xsimd::kernel {

template <>
inline batch<float, neon64> div<neon64>(const batch<float, neon64>& x, const batch<float, neon64>& y,
                                        requires_arch<neon>) noexcept {
  return vdivq_f32(x, y);
}

template <>
inline batch<float, neon64> sqrt<neon64>(const batch<float, neon64>& x, requires_arch<neon>) noexcept {
  return vsqrtq_f32(x);
}

}  // namespace xsimd::kernel
#endif
