#pragma once

#include "event/outcome.hpp"
#include "event/outgoing.hpp"

#include <cstdint>
#include <vector>

namespace dispatch::delivery {

/// One attempt's outcome, with the ticket it was sent under.
struct Report {
  std::uint64_t ticket = 0;
  Outcome outcome;
};

/// Where a transport puts outcomes. Called from the transport's threads; must not block for long and must not
/// throw.
class Reports {
 public:
  virtual ~Reports() = default;
  virtual void put(std::vector<Report> reports) = 0;
};

/// The seam to the network. Every Outgoing that was taken ends in exactly one Report, also when aborted.
/// send and abort may be called from any thread; neither blocks on the network, neither throws.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Starts each attempt as soon as the transport's limits let it; until then it waits.
  virtual void send(std::vector<Outgoing> batch) = 0;
  /// Gives back what has not started yet; each is reported as `withdrawn`. What is under way goes on.
  virtual void withdraw() = 0;
  /// Ends every attempt: what is under way is reported as `unknown`, what has not started as `withdrawn`.
  virtual void abort() = 0;
};

}  // namespace dispatch::delivery
