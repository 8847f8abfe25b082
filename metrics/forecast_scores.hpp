#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/results.hpp"

namespace elbow {

/// @name Scores of a forecast that is known by draws from it
/// The forecast of a value is M independent draws, at least two. The scores are proper, and fair (Ferro 2014): their expectation is
/// that of the distribution that was drawn from, however few draws there are. Smaller is better. Errors are not checked here.
/// @{

/// CRPS of the truth, E|X - y| - E|X - X'| / 2 (Gneiting & Raftery 2007), in the units of the values; `sorted`: the draws,
/// ascending.
double fair_crps(std::span<const float> sorted, double truth);

/// Energy score, the CRPS of several values together: E|X - y| - E|X - X'| / 2 with Euclidean lengths (Gneiting & Raftery 2007).
/// `draws` [M, truth.size()].
double fair_energy_score(std::span<const float> draws, std::span<const float> truth);

/// Brier score of one category, (p - o)^2, where `hits` of the draws are of that category and o says whether the truth is. The
/// variance of p, p (1 - p) / (M - 1), is taken off.
double fair_brier(int64_t hits, int64_t draws, bool truth);
/// @}

/// CRPS of a truth under N(mean, deviation^2), in closed form (Gneiting & Raftery 2007, equation 21); |truth - mean| where the
/// deviation is 0.
double normal_crps(double truth, double mean, double deviation);

/// Where the truth stands among draws, as an interval of the probability integral transform (PIT): if truth and draws come from one
/// distribution, a number drawn uniformly from it is uniform on 0..1, exactly, also where values tie
/// (Czado, Gneiting & Held 2009).
struct PitInterval {
  double low, high;
  /// Its part within the central interval of that probability: 1 where the interval of the forecast covers the truth. M draws
  /// cut the line into M + 1 pieces, each as likely to hold the truth of a perfect forecast. The ends of a central interval
  /// fall within two pieces, of which it counts as much as lies inside: so its expected coverage is the nominal one for every M.
  double covered(double probability) const;
};
PitInterval pit_interval(std::span<const float> draws, double truth);

/// The mean of values that come in groups, such as the entries of a row, which depend on each other: `sums` and `counts` [groups].
/// Its standard error is that of a ratio of independent groups. NaN where there is no value, the error also with one group.
Estimate grouped_mean(const std::vector<double>& sums, const std::vector<int64_t>& counts);

}  // namespace elbow
