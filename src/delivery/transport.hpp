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

/// One attempt's outcome, with the ticket of its request.
struct Report {
  std::uint64_t ticket = 0;
  Outcome outcome;
};

/// Receives outcomes from a transport. Called from the transport's threads and from threads that call the
/// transport; must not block for long, throw, or call the transport.
class Reports {
 public:
  virtual ~Reports() = default;
  virtual void put(std::vector<Report> reports) = 0;
};

/// The interface to the network. Every accepted Outgoing ends in exactly one Report, also when aborted. Any
/// thread may call send and abort; neither blocks on the network, neither throws.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Starts each attempt as soon as limits allow; until then it waits. An attempt that has not started by
  /// Outgoing::not_after is reported as `withdrawn`, at the latest when its turn comes.
  virtual void send(std::vector<Outgoing> batch) = 0;
  /// Takes back attempts that have not started, and reports each as `withdrawn`. Attempts under way go on.
  virtual void withdraw() = 0;
  /// Ends every attempt: those under way are reported as `unknown`, the others as `withdrawn`.
  virtual void abort() = 0;

  /// Number of accepted attempts that have not started. Any thread may call it.
  virtual std::size_t waiting() const { return 0; }

  /// Asks the targets about attempts of a dead process, none of which is under way here. Returns one answer
  /// for each, in the same order. May take about as long as one attempt in total. The result is unknown for
  /// attempts that cannot be resolved, and for all if the protocol has no way to ask, such as HTTP. Do not
  /// call it during send() of the same events.
  virtual std::vector<Fate> resolve(std::span<const Attempted> attempts) {
    return std::vector<Fate>(attempts.size(), Fate::unknown);
  }

  /// Describes attempts to `url` in spans. The result lives as long as the program. Any thread may call it;
  /// it allocates nothing.
  virtual const SpanProtocol& protocol(std::string_view url) const {
    static_cast<void>(url);
    return plain_protocol();
  }
};

}  // namespace dispatch::delivery
