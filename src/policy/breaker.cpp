#include "policy/breaker.hpp"

#include "base/text/units.hpp"

#include <charconv>

namespace dispatch::policy {
namespace {

using namespace std::chrono_literals;
using State = Circuit::State;

constexpr unsigned count_most = 1'000;

std::optional<unsigned> parse_count(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number < 1 || number > count_most) return std::nullopt;
  return number;
}

Circuit opened(Circuit circuit, WallTime now) {
  return {State::open, now, 0, circuit.probing};
}

}  // namespace

Result<std::optional<BreakerPolicy>> parse_breaker(std::string_view text) {
  if (text == "off") return std::optional<BreakerPolicy>{};
  const auto first = text.find('/');
  const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
  if (second == std::string_view::npos)
    return misuse("'{}' is not a circuit breaker; write failures, time and probes, as in 5/30s/3, or off",
                  text);
  const auto failures = parse_count(text.substr(0, first));
  const auto probes = parse_count(text.substr(second + 1));
  if (!failures || !probes)
    return misuse("'{}' is not a circuit breaker; failures and probes must be from 1 to {}, as in 5/30s/3",
                  text, count_most);
  const auto open_for = parse_duration(text.substr(first + 1, second - first - 1));
  if (!open_for || *open_for < 1ms || *open_for > 24h)
    return misuse("'{}' is not a circuit breaker; its time must be from 1ms to 24h, as in 5/30s/3", text);
  return std::optional{BreakerPolicy{*failures, *open_for, *probes, *probes}};
}

HealthSignal signal_of(const Outcome& outcome, Meaning meaning) {
  if (meaning == Meaning::throttled) return HealthSignal::none;
  switch (outcome.kind) {
    case OutcomeKind::answered:
      if (meaning == Meaning::success) return HealthSignal::up;
      return outcome.status >= 500 || outcome.status == 429 ? HealthSignal::failure : HealthSignal::up;
    case OutcomeKind::acknowledged:
      return HealthSignal::up;
    case OutcomeKind::declined:  // where that is permanent it is about the event
      return outcome.permanent ? HealthSignal::up : HealthSignal::failure;
    case OutcomeKind::timeout:
    case OutcomeKind::connect_error:
    case OutcomeKind::broken:
      return HealthSignal::failure;
    case OutcomeKind::refused:
    case OutcomeKind::unknown:
    case OutcomeKind::withdrawn:
    case OutcomeKind::local_failure:
    case OutcomeKind::not_meant:
    case OutcomeKind::throttled:
      break;
  }
  return HealthSignal::none;
}

Circuit circuit_at(Circuit circuit, const BreakerPolicy& policy, WallTime now) {
  if (circuit.since > now) circuit.since = now;
  if (circuit.state == State::open && now - circuit.since >= policy.open_for)
    return {State::half_open, now, 0, circuit.probing};
  return circuit;
}

Circuit circuit_after(Circuit circuit, const BreakerPolicy& policy, HealthSignal signal, bool probe,
                      WallTime now) {
  if (probe) --circuit.probing;
  if (signal == HealthSignal::none) return circuit;
  switch (circuit.state) {
    case State::closed:
      if (signal == HealthSignal::up)
        circuit.count = 0;
      else if (++circuit.count >= policy.failures)
        return opened(circuit, now);
      break;
    case State::half_open:
      if (!probe) break;
      if (signal == HealthSignal::failure) return opened(circuit, now);
      if (++circuit.count >= policy.successes) return {State::closed, now, 0, circuit.probing};
      break;
    case State::open:
      break;
  }
  return circuit;
}

Circuit circuit_asked(Circuit circuit, WallTime now) {
  if (circuit.state != State::open) return circuit;
  return {State::half_open, now, 0, circuit.probing};
}

unsigned probes_allowed(const Circuit& circuit, const BreakerPolicy& policy) {
  if (circuit.state != State::half_open || circuit.probing >= policy.probes) return 0;
  return policy.probes - circuit.probing;
}

}  // namespace dispatch::policy
