#pragma once

#include <string>
#include <vector>

namespace dispatch::metrics {

/// What a series is at a moment.
struct Sample {
  std::string key;  ///< name and labels; of a histogram's sum, NAME_sum
  double value = 0;
};

/// What counting cannot express: how things stand, and sums. Asked when somebody looks, from any thread.
class Gauges {
 public:
  virtual ~Gauges() = default;
  /// Adds a sample for each series that it knows.
  virtual void read(std::vector<Sample>& samples) = 0;
};

}  // namespace dispatch::metrics
