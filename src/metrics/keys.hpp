#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::metrics {

/// `name{label="value"}`, with the value escaped for the text formats.
std::string labelled(std::string_view name, std::string_view label, std::string_view value);

/// Owns the texts of keys; must live as long as records refer to them.
class KeyRegistry {
 public:
  std::string_view keep(std::string key) { return keys_.emplace_back(std::move(key)); }

 private:
  std::deque<std::string> keys_;
};

/// The keys of a histogram: `NAME_bucket{le="BOUND"}` counts only the values in that bucket, above the next
/// lower bound; the exposition accumulates them.
class BucketKeys {
 public:
  /// `bounds` must increase.
  BucketKeys(KeyRegistry& registry, std::string_view name, std::span<const double> bounds);
  /// The key of the bucket that contains `value`.
  std::string_view of(double value) const;

 private:
  std::vector<double> bounds_;
  std::vector<std::string_view> keys_;  // one more than bounds: +Inf
};

std::string bucket_key(std::string_view name, double bound);

/// A number as both formats write it: "0.25", "+Inf", and "1.0" if `point`.
std::string number_text(double number, bool point = false);

}  // namespace dispatch::metrics
