#pragma once

#include <chrono>
#include <cstddef>

namespace dispatch::flow {

/// Decides how many events a turn takes in.
///
/// If the dispatcher has idle time it reads ahead, so that producers do not wait for receivers. If it has
/// none, reading ahead slows delivery: an event that is begun in the turn that appends it costs half of one
/// that waits in the journal. Then a turn takes in as many events as it received outcomes. Some of these
/// events go to hosts with no room or to lanes that wait; so the budget has an excess, which grows while
/// nothing waits at hosts that answer, and shrinks while something does.
class IngestBudget {
 public:
  struct Load {
    std::size_t under_way = 0;  ///< deliveries under way after the turn's outcomes, at all hosts
    std::size_t outcomes = 0;   ///< outcomes that the turn records
    std::size_t freed = 0;      ///< permits returned by hosts without a backlog in the journal
    std::size_t waiting = 0;    ///< of these permits, those that waiting items will take
  };

  std::size_t events(const Load& load);

  /// Notes how long the dispatcher waited for the mail of its last turn, and how long the turn took.
  void note(std::chrono::nanoseconds waited, std::chrono::nanoseconds worked);

 private:
  double idle_ = 1;  ///< moving average of the share of time spent waiting
  std::size_t excess_ = 16;
};

}  // namespace dispatch::flow
