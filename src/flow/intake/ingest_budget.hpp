#pragma once

#include <chrono>
#include <cstddef>

namespace dispatch::flow {

/// How many events a turn takes in.
///
/// Where the dispatcher has time to spare it reads ahead, so that producers do not wait for receivers. Where
/// it has none, reading ahead costs what delivery needs: an event that is begun in the turn that appends it
/// costs half of one that waits in the journal. Then a turn takes in what makes up for the outcomes it took
/// in. Some of that goes to hosts with no room, or to lanes that wait; so there is an excess, which grows
/// while nothing waits at hosts that answer, and shrinks while something does.
class IngestBudget {
 public:
  struct Load {
    std::size_t under_way = 0;  ///< deliveries, in all, after the turn's outcomes
    std::size_t outcomes = 0;   ///< that the turn takes in
    std::size_t freed = 0;      ///< permits given back by hosts that have no backlog in the journal
    std::size_t waiting = 0;    ///< of those permits, how many are taken by what waits for one already
  };

  std::size_t events(const Load& load);

  /// How long the dispatcher waited for the mail of its last turn, and how long the turn took.
  void note(std::chrono::nanoseconds waited, std::chrono::nanoseconds worked);

 private:
  double idle_ = 1;  ///< share of the time, lately
  std::size_t excess_ = 16;
};

}  // namespace dispatch::flow
