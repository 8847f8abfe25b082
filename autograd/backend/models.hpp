#pragma once

namespace elbow {

/// How many models are trained together: each block of a device's memory is made so many times as large, and every kernel runs
/// so many times, each run on its own part (backend/cuda/kernels.hpp: Ptr). 1 unless a Models lives.
int models();

/// Several models of one architecture at once: what is made and launched while one lives is made and launched for each of
/// them. Shapes do not show it; Backend::upload and download say which model is meant. One thread, and the GPU only.
class Models {
 public:
  explicit Models(int count);
  ~Models();
  Models(const Models&) = delete;
  Models& operator=(const Models&) = delete;

 private:
  int before_;
};

}  // namespace elbow
