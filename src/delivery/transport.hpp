#pragma once

#include "delivery/attempted.hpp"
#include "delivery/span_protocol.hpp"
#include "event/outcome.hpp"
#include "event/outgoing.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::delivery {

/// One attempt's outcome, with the ticket it was sent under.
struct Report {
  std::uint64_t ticket = 0;
  Outcome outcome;
};

/// Where a transport puts outcomes. Called from the transport's threads, and from those that call the
/// transport; must not block for long, throw, or call the transport.
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
  /// Starts each attempt as soon as it may; until then it waits. What has not started
  /// by Outgoing::not_after is reported as `withdrawn`, at the latest when its turn comes.
  virtual void send(std::vector<Outgoing> batch) = 0;
  /// Gives back what has not started yet; each is reported as `withdrawn`. What is under way goes on.
  virtual void withdraw() = 0;
  /// Ends every attempt: what is under way is reported as `unknown`, what has not started as `withdrawn`.
  virtual void abort() = 0;

  /// How many attempts it has taken that have not started. From any thread.
  virtual std::size_t waiting() const { return 0; }

  /// Asks the targets what became of attempts of a process that is dead, and of which none is under way here.
  /// The answers are in the order asked, one for each. May wait for the targets, for about as long as an
  /// attempt may take in all; what cannot be found out is unknown, as is everything where the protocol has no
  /// way to ask: HTTP has none. Not at the same time as send() of the same events.
  virtual std::vector<Fate> resolve(std::span<const Attempted> attempts) {
    return std::vector<Fate>(attempts.size(), Fate::unknown);
  }

  /// How spans tell of attempts to `url`. Lives as long as the program. From any thread; allocates nothing.
  virtual const SpanProtocol& protocol(std::string_view url) const {
    static_cast<void>(url);
    return plain_protocol();
  }
};

}  // namespace dispatch::delivery
