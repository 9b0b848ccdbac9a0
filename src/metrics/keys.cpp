#include "metrics/keys.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace dispatch::metrics {

std::string labelled(std::string_view name, std::string_view label, std::string_view value) {
  std::string key = fmt::format("{}{{{}=\"", name, label);
  for (const char c : value) {
    if (c == '\n')
      key += "\\n";
    else if (c == '\\' || c == '"')
      (key += '\\') += c;
    else
      key += c;
  }
  return key + "\"}";
}

std::string number_text(double number, bool point) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  std::string text = fmt::format("{}", number);
  const bool whole = text.find_first_of(".e") == std::string::npos;
  return point && whole ? text + ".0" : text;
}

std::string bucket_key(std::string_view name, double bound) {
  return labelled(fmt::format("{}_bucket", name), "le", number_text(bound, true));
}

BucketKeys::BucketKeys(KeyRegistry& registry, std::string_view name, std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()) {
  for (const double bound : bounds_) keys_.push_back(registry.keep(bucket_key(name, bound)));
  keys_.push_back(registry.keep(bucket_key(name, std::numeric_limits<double>::infinity())));
}

std::string_view BucketKeys::of(double value) const {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  return keys_[static_cast<std::size_t>(bucket)];
}

}  // namespace dispatch::metrics
