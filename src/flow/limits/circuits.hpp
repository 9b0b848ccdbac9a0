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

/// The circuit breakers of a run's destinations, as far as there is something to know of them: a destination
/// that answers has no place here. Used by the dispatcher's thread, inside its turn.
class Circuits {
 public:
  using State = policy::Circuit::State;

  /// `policy`: nothing disables circuit breakers.
  explicit Circuits(const std::optional<policy::BreakerPolicy>& policy) : policy_(policy) {}

  /// What the last run has left in the journal. Once, before all else.
  Result<> load(journal::Journal& journal, WallTime now);
  /// The wall clock was set by `by`: circuits stay open as long as they would have.
  void clock_set(std::chrono::microseconds by);

  State state(DestinationNo destination) const {
    return circuits_.empty() ? State::closed : circuit_of(destination).state;
  }

  // Each returns the state that the circuit has afterwards.
  /// An attempt has ended. `probe`: it was let through as one.
  State ended(DestinationNo destination, policy::HealthSignal signal, bool probe, WallTime now);
  /// An operator wants to know at once.
  State asked(DestinationNo destination, WallTime now);
  /// Time has passed.
  State at(DestinationNo destination, WallTime now);

  /// So many probes may be let through, which take_probes() then counts.
  std::size_t probes_allowed(DestinationNo destination) const;
  void take_probes(DestinationNo destination, std::size_t probes);

  /// When an open circuit becomes half-open.
  std::optional<WallTime> next_probe(DestinationNo destination) const;
  /// How many probes may be under way at a time; 0 without a breaker.
  std::size_t probes_most() const { return policy_ ? policy_->probes : 0; }
  /// Nothing is sent there any more. What is under way as a probe says nothing from now on.
  void forget(DestinationNo destination);

  /// How many have opened since the last call.
  std::size_t take_trips() { return std::exchange(trips_, 0); }
  /// How many are open or half-open.
  std::size_t tripped() const { return tripped_; }

  /// Where too many are known, forgets those that are not needed: the next attempt finds out anew.
  void forget_surplus(const std::function<bool(DestinationNo)>& needed);

  /// What has changed in the turn, for a run after this one.
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
