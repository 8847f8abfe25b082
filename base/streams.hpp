#pragma once
#include <cstdint>

/// The streams of a run: what its random numbers are for. Each is one `RandomKey::stream`, so that drawing more
/// of one kind never shifts another. The numbers are part of what "the same seed" means: append, never
/// renumber.
namespace elbow::stream {

enum Stream : uint32_t {
  initialisation = 1,    ///< initial parameters; step: which tensor
  structure = 2,         ///< what a data set is made of (P, R), the same for train and test; step: which draw
  train_data = 3,        ///< training rows; step: the epoch when they are redrawn, else 0
  test_data = 4,         ///< test rows
  shuffle = 5,           ///< order of the training rows; step: the epoch
  masks = 6,             ///< what is given in training; step: the training step
  noise = 7,             ///< the encoder's noise in training; step: the training step
  dropout = 8,           ///< dropped units; step: the training step
  evaluation_masks = 9,  ///< what is given in the test set
  evaluation_noise = 10,
  sampling = 11,       ///< latents of generated rows
  train_missing = 12,  ///< which entries of the training rows are missing; step: as of train_data
  test_missing = 13,   ///< which entries of the test rows are missing
  observations = 14,   ///< what the latents of generated rows leave open: categories, noise
  train_pixels = 15,   ///< binary pixels of the training images; step: the epoch and the row (Rows::binarised)
  test_pixels = 16,    ///< the same of the test images
  likelihood = 17,     ///< the encoder's noise in estimates of the likelihood; step: the draw and the batch
  components =
      18,  ///< which component of a mixture prior a latent is drawn from; step: as of the latent's noise
  calibration = 19,  ///< latents of the draws whose calibration is measured; step: the draw and the row
  calibration_truth =
      20,        ///< what stands beside them: ties that are broken, exact draws; step: which, and the row
  numbers = 21,  ///< counts and heavy-tailed numbers, which latents leave open
  factors = 22,  ///< the analysis of factors; step: 0 the encoder's noise, 1 + i tree number i
  hidden =
      23,  ///< entries that are hidden to see how well they are imputed; step 0: which columns stay, then by column
  validation = 24,        ///< which training rows are held out for validation
  validation_masks = 25,  ///< what is given in these rows
  validation_noise = 26,
  holes = 27,  ///< the holes that are filled to see how well; step: the batch
};

}  // namespace elbow::stream
