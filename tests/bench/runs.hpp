#pragma once

#include "bench/measured_process.hpp"
#include "bench/median.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::bench {

/// Several runs of one program over so many events; its figures are medians.
class Runs {
 public:
  explicit Runs(std::uint64_t events) : events_(static_cast<double>(events)) {}
  void add(const Measured& run) { runs_.push_back(run); }

  double events_per_second() const {
    return median_of([this](const Measured& run) { return events_ / run.seconds; });
  }
  double cpu_us_per_event() const {
    return median_of([this](const Measured& run) { return run.cpu_seconds * 1e6 / events_; });
  }
  /// How far the runs are apart: the fastest less the slowest, in percent of the median rate.
  double rate_spread_percent() const {
    double slowest = std::numeric_limits<double>::infinity(), fastest = 0;
    for (const auto& run : runs_) {
      slowest = std::min(slowest, events_ / run.seconds);
      fastest = std::max(fastest, events_ / run.seconds);
    }
    return 100 * (fastest - slowest) / events_per_second();
  }
  double peak_mib() const {
    return median_of([](const Measured& run) { return run.peak_mib; });
  }

 private:
  template <class Figure>
  double median_of(const Figure& figure) const {
    std::vector<double> values;
    for (const auto& run : runs_) values.push_back(figure(run));
    return median(std::move(values));
  }

  double events_;
  std::vector<Measured> runs_;
};

/// A program and what it is compared with.
struct Comparison {
  const char* reference_name;
  Runs reference;
  const char* name;
  Runs runs;

  double rate_share() const { return runs.events_per_second() / reference.events_per_second(); }
  double cpu_share() const { return runs.cpu_us_per_event() / reference.cpu_us_per_event(); }
};

/// One line for each, and one of ratios, to standard output.
void print(const Comparison& comparison);
/// One more line below it.
void print_row(const char* name, const Runs& runs);

/// For the scorecard: "27857 of 39258 events/s".
std::string rates_note(const Comparison& comparison);

}  // namespace dispatch::bench
