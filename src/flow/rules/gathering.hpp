#pragma once

#include "journal/rows.hpp"

#include <chrono>
#include <cstddef>
#include <span>

namespace dispatch::flow {

/// Decides how long the dispatcher waits for more outcomes before it begins a turn.
///
/// A turn costs nearly as much for one outcome as for thirty. Where many requests are under way and answers
/// take long, a short wait replaces many turns by one. The wait must not slow deliveries down:
///
/// - It lasts at most a hundredth of the time that the quickest of recent requests took.
/// - It needs many requests under way. A few lanes, each of which waits for its own outcome, gain nothing.
/// - While deliveries wait for permits, others must be committed ahead, so that no connection becomes idle.
///
/// A value; used by one thread.
class Gathering {
 public:
  static constexpr std::chrono::microseconds longest{500};  ///< of all waits
  static constexpr std::chrono::microseconds shortest{50};  ///< a shorter wait is not worth its timer
  static constexpr std::size_t under_way_least = 32;
  static constexpr std::size_t enough = 32;  ///< this number of outcomes ends every wait

  /// The deliveries that are begun and not settled, and those that wait.
  struct Load {
    std::size_t under_way = 0;
    std::size_t ahead = 0;    ///< of these, the number that wait for a free connection
    std::size_t waiting = 0;  ///< deliveries that wait for a permit
  };
  /// How long to wait, from the first outcome, and the number of outcomes that ends the wait. 0: do not wait.
  struct Wait {
    std::chrono::microseconds longest{0};
    std::size_t outcomes = 0;
  };

  Wait wait(const Load& load) const;

  /// Notes the outcomes of one turn.
  void note(std::span<const journal::Settlement> settled);

 private:
  /// A moving minimum: follows a quicker answer at once and slower ones within some turns. 0: not known.
  std::chrono::microseconds quickest_{0};
};

}  // namespace dispatch::flow
