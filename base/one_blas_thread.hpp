#pragma once

namespace elbow {

/// BLAS and LAPACK on the calling thread alone for as long as this lives: they share sums out among threads, so that their
/// last bits would depend on how many there are. What is worth several threads is cut in pieces by us.
class OneBlasThread {
 public:
  OneBlasThread();
  ~OneBlasThread();
  OneBlasThread(const OneBlasThread&) = delete;
  OneBlasThread& operator=(const OneBlasThread&) = delete;

 private:
  int before_;
};

}  // namespace elbow
