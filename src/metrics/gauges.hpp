#pragma once

#include <string>
#include <vector>

namespace dispatch::metrics {

/// The current value of a series.
struct Sample {
  std::string key;  ///< name and labels; for a histogram's sum, NAME_sum
  double value = 0;
};

/// Values that counting cannot express: current states and sums. Read on demand, from any thread.
class Gauges {
 public:
  virtual ~Gauges() = default;
  /// Adds a sample for each of its series.
  virtual void read(std::vector<Sample>& samples) = 0;
};

}  // namespace dispatch::metrics
