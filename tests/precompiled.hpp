#pragma once
// What most tests include, compiled once for all of them (cmake/tests.cmake). A test still includes what it uses.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <set>

#include "autograd/autograd.hpp"
#include "base/config.hpp"
