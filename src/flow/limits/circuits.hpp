#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/ids.hpp"
#include "journal/journal.hpp"
#include "policy/breaker.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace dispatch::flow {

/// The circuit breakers of a run's destinations. A destination without recent failures has no entry. Used by
/// the dispatcher's thread, inside its turn.
class Circuits {
 public:
  using State = policy::Circuit::State;

  /// `policy`: nothing disables circuit breakers.
  explicit Circuits(const std::optional<policy::BreakerPolicy>& policy) : policy_(policy) {}

  /// Loads the circuits that the last run saved. Call once, before everything else.
  Result<> load(journal::Journal& journal, WallTime now);
  /// Corrects the times after the wall clock was set by `by`, so that circuits stay open for the same time.
  void clock_set(std::chrono::microseconds by);

  State state(DestinationNo destination) const {
    return circuits_.empty() ? State::closed : circuit_of(destination).state;
  }

  // These return the state of the circuit after the call.
  /// Takes the end of an attempt. `probe`: the attempt was a probe.
  State ended(DestinationNo destination, policy::HealthSignal signal, bool probe, WallTime now);
  /// Takes an operator's request to try the destination at once.
  State asked(DestinationNo destination, WallTime now);
  /// Updates the circuit for the current time.
  State at(DestinationNo destination, WallTime now);

  /// Number of probes that may be let through now; take_probes() then counts them.
  std::size_t probes_allowed(DestinationNo destination) const;
  void take_probes(DestinationNo destination, std::size_t probes);

  /// When an open circuit becomes half-open.
  std::optional<WallTime> next_probe(DestinationNo destination) const;
  /// Maximum number of concurrent probes; 0 without a breaker.
  std::size_t probes_most() const { return policy_ ? policy_->probes : 0; }
  /// Removes the circuit, because nothing is sent to the destination any more. Running probes no longer
  /// count.
  void forget(DestinationNo destination);

  /// Number of circuits that have opened since the last call.
  std::size_t take_trips() { return std::exchange(trips_, 0); }
  /// Number of circuits that are open or half-open.
  std::size_t tripped() const { return tripped_; }

  /// If there are too many entries, removes those that are not needed; the next attempts will show their
  /// state again.
  void forget_surplus(const std::function<bool(DestinationNo)>& needed);

  /// Saves the changes of the turn for the next run.
  Result<> save(journal::Transaction& transaction);

 private:
  policy::Circuit circuit_of(DestinationNo destination) const;
  State set(DestinationNo destination, const policy::Circuit& before, const policy::Circuit& after);

  std::optional<policy::BreakerPolicy> policy_;
  std::map<DestinationNo, policy::Circuit> circuits_;
  std::set<DestinationNo> changed_;
  std::size_t tripped_ = 0;
  std::size_t trips_ = 0;
};

}  // namespace dispatch::flow
