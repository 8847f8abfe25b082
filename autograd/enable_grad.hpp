#pragma once

namespace elbow {

/// While one lives, ops are recorded on this thread's tape also within a NoGrad: for a training inside an evaluation.
class EnableGrad {
 public:
  EnableGrad();
  ~EnableGrad();
  EnableGrad(const EnableGrad&) = delete;
  EnableGrad& operator=(const EnableGrad&) = delete;

 private:
  bool before_;
};

}  // namespace elbow
