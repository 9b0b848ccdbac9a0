#pragma once

#include <filesystem>
#include <vector>

namespace dispatch::bench {

/// How the dispatcher worked, as its journals tell after the runs.
class Turns {
 public:
  /// Reads a journal of which all is delivered. Throws SQLite::Exception.
  void add(const std::filesystem::path& journal);

  /// The median share of first attempts whose intent was committed by the turn that accepted the event. They
  /// cost the journal least.
  double short_way() const;
  /// The median of events accepted by turns committed.
  double events_per_turn() const;

  /// One line to standard output.
  void print() const;

 private:
  std::vector<double> short_ways_, events_per_turn_;
};

}  // namespace dispatch::bench
