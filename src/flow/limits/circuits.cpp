#include "flow/limits/circuits.hpp"

#include <algorithm>
#include <vector>

namespace dispatch::flow {

namespace {

/// Of so many destinations it is known that they failed; more only where something waits for them.
constexpr std::size_t circuits_most = 20'000;

}  // namespace

Result<> Circuits::load(journal::Journal& journal, WallTime now) {
  if (!policy_) return {};
  DISPATCH_ASSIGN(const auto rows, journal.circuits());
  for (const auto& row : rows) {
    // One that changed in the future did so before the clock was set back.
    circuits_[row.destination] = {row.half_open ? State::half_open : State::open, std::min(row.since, now), 0,
                                  0};
    if (row.since > now) changed_.insert(row.destination);
  }
  tripped_ = circuits_.size();
  return {};
}

void Circuits::clock_set(std::chrono::microseconds by) {
  for (auto& [destination, circuit] : circuits_) {
    if (circuit.state == State::closed) continue;
    circuit.since += by;
    changed_.insert(destination);
  }
}

policy::Circuit Circuits::circuit_of(DestinationNo destination) const {
  const auto found = circuits_.find(destination);
  return found == circuits_.end() ? policy::Circuit{} : found->second;
}

Circuits::State Circuits::set(DestinationNo destination, const policy::Circuit& before,
                              const policy::Circuit& after) {
  if (after == before) return after.state;
  if (after.blank())
    circuits_.erase(destination);
  else
    circuits_[destination] = after;
  if (after.state != before.state) {
    if (before.state == State::closed) ++tripped_;
    if (after.state == State::closed) --tripped_;
    if (after.state == State::open) ++trips_;
    changed_.insert(destination);
  }
  return after.state;
}

Circuits::State Circuits::ended(DestinationNo destination, policy::HealthSignal signal, bool probe,
                                WallTime now) {
  if (!policy_ || (circuits_.empty() && signal != policy::HealthSignal::failure)) return State::closed;
  const auto before = circuit_of(destination);
  return set(destination, before, policy::circuit_after(before, *policy_, signal, probe, now));
}

Circuits::State Circuits::asked(DestinationNo destination, WallTime now) {
  const auto before = circuit_of(destination);
  return set(destination, before, policy::circuit_asked(before, now));
}

Circuits::State Circuits::at(DestinationNo destination, WallTime now) {
  const auto before = circuit_of(destination);
  if (before.state == State::closed) return State::closed;
  return set(destination, before, policy::circuit_at(before, *policy_, now));
}

std::size_t Circuits::probes_allowed(DestinationNo destination) const {
  return policy_ ? policy::probes_allowed(circuit_of(destination), *policy_) : 0;
}

void Circuits::take_probes(DestinationNo destination, std::size_t probes) {
  circuits_.at(destination).probing += static_cast<unsigned>(probes);
}

std::optional<WallTime> Circuits::next_probe(DestinationNo destination) const {
  const auto circuit = circuit_of(destination);
  if (circuit.state != State::open) return std::nullopt;
  return circuit.since + policy_->open_for;
}

void Circuits::forget(DestinationNo destination) {
  set(destination, circuit_of(destination), {});
}

void Circuits::forget_surplus(const std::function<bool(DestinationNo)>& needed) {
  if (circuits_.size() <= circuits_most) return;
  for (auto place = circuits_.begin(); place != circuits_.end();) {
    const auto& [destination, circuit] = *place;
    if (circuit.probing > 0 || needed(destination)) {
      ++place;
      continue;
    }
    if (circuit.state != State::closed) {
      --tripped_;
      changed_.insert(destination);
    }
    place = circuits_.erase(place);
  }
}

Result<> Circuits::save(journal::Transaction& transaction) {
  if (changed_.empty()) return {};
  std::vector<journal::CircuitRow> changed;
  std::vector<DestinationNo> closed;
  for (const DestinationNo destination : changed_) {
    const auto circuit = circuit_of(destination);
    if (circuit.state == State::closed)
      closed.push_back(destination);
    else
      changed.push_back({destination, circuit.state == State::half_open, circuit.since});
  }
  changed_.clear();
  return transaction.save_circuits(changed, closed);
}

}  // namespace dispatch::flow
