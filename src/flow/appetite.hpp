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
/// while hosts that answer run short, and shrinks while they do not.
class Appetite {
 public:
  struct Load {
    std::size_t under_way = 0;  ///< deliveries, in all, after the turn's outcomes
    std::size_t outcomes = 0;   ///< that the turn takes in
    std::size_t room = 0;       ///< what hosts that have just answered could begin and do not have
  };

  std::size_t events(const Load& load);

  /// How long the dispatcher waited for the mail of its last turn, and how long the turn took.
  void note(std::chrono::nanoseconds waited, std::chrono::nanoseconds worked);

 private:
  double idle_ = 1;  ///< share of the time, lately
  std::size_t excess_ = 16;
};

}  // namespace dispatch::flow
