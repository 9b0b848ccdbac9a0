#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace dispatch::bench {

/// The number after `"key":` in what a benchmark's program has printed. Throws std::runtime_error where there
/// is none.
inline double json_number(const std::string& json, const std::string& key) {
  const std::string sought = '"' + key + "\":";
  const auto at = json.find(sought);
  if (at == std::string::npos) throw std::runtime_error{"no " + key + " in: " + json};
  return std::strtod(json.c_str() + at + sought.size(), nullptr);
}

}  // namespace dispatch::bench
