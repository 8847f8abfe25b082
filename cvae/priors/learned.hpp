#pragma once
#include "cvae/prior.hpp"

namespace elbow {

/// p(z | c) = N(mu(c), e^log_var(c)), a fully connected net of the condition (Sohn et al. 2015, section 4): hidden layers, then
/// linear mu and log_var, which start at 0, so that training begins with the prior N(0, I). Settings: hidden (the widths of the
/// hidden layers), activation. Error where there is no condition: without one, encoder and decoder can express any such prior
/// by shifting and scaling z.
std::unique_ptr<Prior> make_learned_prior(const Config& config, const PriorSizes& sizes,
                                          RandomStream& initialisation);

}  // namespace elbow
