#include "autograd/one_hot.hpp"

namespace elbow {

Tensor one_hot(const Indices& indices, int64_t classes, DType dtype, Device device) {
  indices.require_below(classes, "one_hot");
  Shape shape = indices.shape();
  shape.push_back(classes);
  Tensor y = Tensor::zeros(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    T* to = y.data<T>();  // [indices, classes]
    for (int64_t i = 0; i < indices.numel(); ++i) to[i * classes + indices[i]] = T(1);
  });
  return y.to(device);
}

}  // namespace elbow
