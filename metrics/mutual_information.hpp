#pragma once
#include <cstdint>
#include <vector>

#include "base/linear_algebra.hpp"

namespace elbow {

/// How many bins a continuous variable is cut into before its mutual information is counted (Locatello et al.,
/// "Challenging common assumptions in the unsupervised learning of disentangled representations", 2019).
inline constexpr int64_t information_bins = 20;

/// The bin of each value: `bins` of equal width between the smallest and the largest value, both included. All values are in bin 0
/// where they are alike. Error if there is no value or one is not finite.
std::vector<int32_t> equal_width_bins(const std::vector<double>& values, int64_t bins = information_bins);

/// H(a) in nats, of labels from 0, by how often each occurs.
double entropy_of(const std::vector<int32_t>& labels);

/// I(a; b) in nats, of pairs of labels from 0, by how often each pair occurs. Of n independent pairs it is not 0 but about
/// (A - 1)(B - 1) / 2n, with A and B labels in use (Miller 1955). Error if their numbers differ.
double mutual_information(const std::vector<int32_t>& a, const std::vector<int32_t>& b);

/// The mutual information gap (Chen et al., "Isolating sources of disentanglement in VAEs", 2018): the mean over the factors of
/// (largest - second largest) / entropy, over the latents of information [latents, factors]. 1: one latent, and no other, says all
/// about each factor. Without a second latent its place is taken by 0; without any the gap is 0. Factors without entropy are left
/// out; NaN where no factor is left.
double mutual_information_gap(const Matrix& information, const std::vector<double>& entropies);

}  // namespace elbow
