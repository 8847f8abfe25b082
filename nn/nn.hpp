#pragma once
/// Modules, layers, optimisers, schedules, mini-batches and parameter files.
#include "autograd/autograd.hpp"
#include "nn/convolution.hpp"
#include "nn/init.hpp"
#include "nn/layers.hpp"
#include "nn/loader.hpp"
#include "nn/module.hpp"
#include "nn/optimizer.hpp"
#include "nn/safetensors.hpp"
