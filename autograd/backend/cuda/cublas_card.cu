// Large products by cuBLASLt, the interface of cuBLAS that takes the whole description of a product at once. The
// library is loaded for the first large product. If it is missing, tiles.hpp does the work.
#include "autograd/backend/cuda/blas.hpp"

#if __has_include(<cublasLt.h>)
#include <cublasLt.h>
#include <dlfcn.h>

#include <array>
#include <map>

namespace elbow::cuda {
namespace {

// The functions of the library that are called here.
struct CublasLt {
  cublasLtHandle_t handle = nullptr;  // null: there is no library
  decltype(&cublasLtMatmul) matmul;
  decltype(&cublasLtMatmulAlgoGetHeuristic) choose;
  decltype(&cublasLtMatmulDescCreate) new_operation;
  decltype(&cublasLtMatmulDescSetAttribute) set_operation;
  decltype(&cublasLtMatrixLayoutCreate) new_layout;
  decltype(&cublasLtMatrixLayoutSetAttribute) set_layout;
  decltype(&cublasLtMatmulPreferenceCreate) new_preference;
  decltype(&cublasLtMatmulPreferenceDestroy) delete_preference;
  decltype(&cublasLtMatmulPreferenceSetAttribute) set_preference;

  CublasLt() {
    void* library = nullptr;
    for (const char* name : {"libcublasLt.so.13", "libcublasLt.so.12"})
      if (!library) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    bool found = true;
    const auto find = [&]<class F>(F& function, const char* name) {
      function = reinterpret_cast<F>(dlsym(library, name));
      found = found && function;
    };
    decltype(&cublasLtCreate) create;
    find(create, "cublasLtCreate");
    find(matmul, "cublasLtMatmul");
    find(choose, "cublasLtMatmulAlgoGetHeuristic");
    find(new_operation, "cublasLtMatmulDescCreate");
    find(set_operation, "cublasLtMatmulDescSetAttribute");
    find(new_layout, "cublasLtMatrixLayoutCreate");
    find(set_layout, "cublasLtMatrixLayoutSetAttribute");
    find(new_preference, "cublasLtMatmulPreferenceCreate");
    find(delete_preference, "cublasLtMatmulPreferenceDestroy");
    find(set_preference, "cublasLtMatmulPreferenceSetAttribute");
    if (!found || create(&handle) != CUBLAS_STATUS_SUCCESS) handle = nullptr;
  }
};

const CublasLt& cublas() {
  static const CublasLt library;
  return library;
}

// Everything that the choice of an algorithm depends on. The choice is kept: it takes longer than a small product.
using ShapeKey = std::array<int64_t, 20>;

// How to run the products of one shape.
struct Plan {
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr;
  cublasLtMatmulHeuristicResult_t chosen{};
  bool usable = false;
};

// The largest power of two, up to 256, by which an address and those of the other models can be divided.
template <class T> uint32_t alignment(Ptr<T> p) {
  const uint64_t bits = reinterpret_cast<uintptr_t>(p.first()) | (uint64_t(p.model_stride()) * sizeof(T)) | 256;
  return uint32_t(bits & -bits);
}

// cuBLAS knows matrices by columns. Row by row it is a transposed one, so it computes c^T = b^T a^T.
template <class T> Plan new_plan(const Product<T>& p) {
  const CublasLt& lib = cublas();
  Plan plan;
  bool ok = true;
  const auto check = [&](cublasStatus_t status) { ok = ok && status == CUBLAS_STATUS_SUCCESS; };
  const auto set = [&](cublasLtMatmulDescAttributes_t what, auto value) {
    check(lib.set_operation(plan.operation, what, &value, sizeof(value)));
  };
  const cudaDataType_t type = sizeof(T) == 4 ? CUDA_R_32F : CUDA_R_64F;
  const cublasComputeType_t exact = sizeof(T) == 4 ? CUBLAS_COMPUTE_32F : CUBLAS_COMPUTE_64F;
  check(lib.new_operation(&plan.operation,
                          sizeof(T) == 4 && tf32_allowed() ? CUBLAS_COMPUTE_32F_FAST_TF32 : exact, type));
  if (!ok) return plan;
  set(CUBLASLT_MATMUL_DESC_TRANSA, p.tb == Trans::yes ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_TRANSB, p.ta == Trans::yes ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, p.bias && p.relu ? CUBLASLT_EPILOGUE_RELU_BIAS
                                     : p.bias         ? CUBLASLT_EPILOGUE_BIAS
                                     : p.relu         ? CUBLASLT_EPILOGUE_RELU
                                                      : CUBLASLT_EPILOGUE_DEFAULT);
  if (p.bias) {
    set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, static_cast<const void*>(p.bias.first()));
    set(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, p.bias.model_stride());
  }

  const auto layout = [&](cublasLtMatrixLayout_t& made, bool flip, int64_t rows, int64_t columns,
                          int64_t stride, int64_t of_model) {
    if (flip) std::swap(rows, columns);
    check(lib.new_layout(&made, type, uint64_t(rows), uint64_t(columns), stride));
    if (!ok || models() == 1) return;
    const int32_t count = models();
    check(lib.set_layout(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof(count)));
    check(lib.set_layout(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &of_model, sizeof(of_model)));
  };
  layout(plan.a, p.tb == Trans::yes, p.n, p.k, p.ldb, p.b.model_stride());
  layout(plan.b, p.ta == Trans::yes, p.k, p.m, p.lda, p.a.model_stride());
  layout(plan.c, false, p.n, p.m, p.ldc, p.c.model_stride());

  cublasLtMatmulPreference_t preference = nullptr;
  check(lib.new_preference(&preference));
  if (!ok) return plan;
  const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t what, auto value) {
    check(lib.set_preference(preference, what, &value, sizeof(value)));
  };
  prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, (uint64_t{32} << 20) / uint64_t(models()));
  // Partial sums are added in a separate step: the same bits each time.
  prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, uint32_t(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment(p.b));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment(p.a));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment(p.c));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment(p.c));
  int found = 0;
  if (ok)
    check(lib.choose(lib.handle, plan.operation, plan.a, plan.b, plan.c, plan.c, preference, 1, &plan.chosen,
                     &found));
  lib.delete_preference(preference);
  plan.usable = ok && found == 1;
  return plan;
}

template <class T> bool run_blas(const Product<T>& p) {
  stream();  // whose card the library is to see
  if (p.count != 1 || p.k == 0 || !cublas().handle) return false;
  if (models() > 1 && p.c.model_stride() == 0) return false;
  static std::map<ShapeKey, Plan> plans;
  const ShapeKey key{p.ta == Trans::yes,
                     p.tb == Trans::yes,
                     p.m,
                     p.n,
                     p.k,
                     p.lda,
                     p.ldb,
                     p.ldc,
                     p.add,
                     p.relu,
                     tf32_allowed(),
                     models(),
                     p.a.model_stride(),
                     p.b.model_stride(),
                     p.c.model_stride(),
                     alignment(p.a),
                     alignment(p.b),
                     alignment(p.c),
                     p.bias ? alignment(p.bias) : 0,
                     p.bias ? p.bias.model_stride() : 0};
  const auto [found, is_new] = plans.try_emplace(key);
  if (is_new) found->second = new_plan(p);
  const Plan& plan = found->second;
  if (!plan.usable) return false;

  const CublasLt& lib = cublas();
  if (p.bias) {
    const void* bias = p.bias.first();
    lib.set_operation(plan.operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof(bias));
  }
  Tensor workspace;
  if (plan.chosen.workspaceSize > 0)
    workspace = Tensor::empty(Shape{int64_t(plan.chosen.workspaceSize + 3) / 4}, DType::float32, Device::cuda);
  const T one = 1, before = p.add ? 1 : 0;
  const cublasStatus_t status =
      lib.matmul(lib.handle, plan.operation, &one, p.b.first(), plan.a, p.a.first(), plan.b, &before,
                 p.c.first(), plan.c, p.c.first(), plan.c, &plan.chosen.algo,
                 workspace ? out<float>(workspace).first() : nullptr, plan.chosen.workspaceSize, stream());
  if (status != CUBLAS_STATUS_SUCCESS)
    fail(DeviceWork::current(), "cuBLAS failed at a product of [", p.m, ",", p.k, "] by [", p.k, ",", p.n,
         "], status ", int(status));
  return true;
}

}  // namespace

bool blas_is_there() { return cublas().handle != nullptr; }
bool blas_product(const Product<float>& product) { return run_blas(product); }
bool blas_product(const Product<double>& product) { return run_blas(product); }

}  // namespace elbow::cuda

#else

namespace elbow::cuda {
bool blas_is_there() { return false; }
bool blas_product(const Product<float>&) { return false; }
bool blas_product(const Product<double>&) { return false; }
}  // namespace elbow::cuda

#endif
