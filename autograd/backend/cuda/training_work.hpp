#pragma once
#include "autograd/backend/training_work.hpp"

// The kernels of backend/training_work.hpp.
namespace elbow::cuda {

void advance(const StepTable& table);
void gather_batch(const BatchWork& work);
void record_losses(const LossRecord& record);
void adam(const AdamWork& work);
void sgd(const SgdWork& work);
/// Scales the gradients so that their norm is at most `limit`; the norm before goes to `norm` [] float64.
void clip(Tensor& gradients, double limit, Tensor& norm);

}  // namespace elbow::cuda
