#include "policy/breaker.hpp"

#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::policy;
using namespace std::chrono_literals;

namespace {

constexpr BreakerPolicy usual;
using State = Circuit::State;

WallTime at(std::chrono::microseconds since) {
  return WallTime{since};
}

Circuit failed(Circuit circuit, int times, WallTime now) {
  for (int i = 0; i < times; ++i) circuit = circuit_after(circuit, usual, HealthSignal::failure, false, now);
  return circuit;
}

Circuit probe_ends(Circuit circuit, HealthSignal signal, WallTime now) {
  REQUIRE(probes_allowed(circuit, usual) > 0);
  ++circuit.probing;
  return circuit_after(circuit, usual, signal, true, now);
}

HealthSignal signal_of_status(int status, Meaning meaning = Meaning::retry) {
  Outcome outcome;
  outcome.kind = OutcomeKind::answered;
  outcome.status = status;
  return signal_of(outcome, meaning);
}

HealthSignal signal_of_kind(OutcomeKind kind) {
  Outcome outcome;
  outcome.kind = kind;
  return signal_of(outcome, Meaning::retry);
}

}  // namespace

TEST_CASE("circuit breaker opens after five consecutive failures") {
  Circuit circuit = failed({}, 4, at(0s));
  CHECK(circuit.state == State::closed);
  circuit = circuit_after(circuit, usual, HealthSignal::up, false, at(1s));
  CHECK(circuit.blank());
  circuit = failed(circuit, 4, at(2s));
  CHECK(circuit.state == State::closed);
  circuit = failed(circuit, 1, at(3s));
  CHECK(circuit.state == State::open);
  CHECK(circuit.since == at(3s));
}

TEST_CASE("an open circuit is half-open when its time is over and not before") {
  const Circuit open = failed({}, 5, at(10s));
  CHECK(circuit_at(open, usual, at(40s - 1us)) == open);
  const Circuit half_open = circuit_at(open, usual, at(40s));
  CHECK(half_open.state == State::half_open);
  CHECK(half_open.since == at(40s));
  CHECK(probes_allowed(open, usual) == 0);
  CHECK(probes_allowed(half_open, usual) == 3);
}

TEST_CASE("three probes that succeed close a half-open circuit and one that fails opens it") {
  const Circuit half_open = circuit_at(failed({}, 5, at(0s)), usual, at(30s));
  Circuit circuit = probe_ends(half_open, HealthSignal::up, at(31s));
  circuit = probe_ends(circuit, HealthSignal::up, at(32s));
  CHECK(circuit.state == State::half_open);
  const Circuit again = probe_ends(circuit, HealthSignal::failure, at(33s));
  CHECK(again.state == State::open);
  CHECK(again.since == at(33s));
  circuit = probe_ends(circuit, HealthSignal::up, at(33s));
  CHECK(circuit.state == State::closed);
  CHECK(circuit.blank());
}

TEST_CASE("a probe of which nothing is known frees its place and says nothing") {
  Circuit circuit = circuit_at(failed({}, 5, at(0s)), usual, at(30s));
  circuit.probing = 3;
  CHECK(probes_allowed(circuit, usual) == 0);
  circuit = circuit_after(circuit, usual, HealthSignal::none, true, at(31s));
  CHECK(circuit.state == State::half_open);
  CHECK(circuit.count == 0);
  CHECK(probes_allowed(circuit, usual) == 1);
}

TEST_CASE("requests from before say nothing to a circuit that is not closed any more") {
  const Circuit open = failed({}, 5, at(0s));
  CHECK(circuit_after(open, usual, HealthSignal::up, false, at(1s)) == open);
  CHECK(circuit_after(open, usual, HealthSignal::failure, false, at(1s)) == open);
  const Circuit half_open = circuit_at(open, usual, at(30s));
  CHECK(circuit_after(half_open, usual, HealthSignal::up, false, at(31s)) == half_open);
  CHECK(circuit_after(half_open, usual, HealthSignal::failure, false, at(31s)) == half_open);
}

TEST_CASE("a probe that is under way when its circuit opens again is still counted as one at a time") {
  Circuit circuit = circuit_at(failed({}, 5, at(0s)), usual, at(30s));
  circuit.probing = 3;
  circuit = circuit_after(circuit, usual, HealthSignal::failure, true, at(31s));
  REQUIRE(circuit.state == State::open);
  circuit = circuit_at(circuit, usual, at(61s));
  CHECK(probes_allowed(circuit, usual) == 1);
}

TEST_CASE("whoever asks makes an open circuit half-open and leaves the others as they are") {
  const Circuit open = failed({}, 5, at(0s));
  CHECK(circuit_asked(open, at(1s)).state == State::half_open);
  const Circuit closed = failed({}, 2, at(0s));
  CHECK(circuit_asked(closed, at(1s)) == closed);
  Circuit half_open = circuit_at(open, usual, at(30s));
  half_open.count = 2;
  CHECK(circuit_asked(half_open, at(31s)) == half_open);
}

TEST_CASE("a clock that is set back keeps no circuit open for longer than its time") {
  const Circuit open = failed({}, 5, at(1h));
  const Circuit seen = circuit_at(open, usual, at(10s));
  CHECK(seen.state == State::open);
  CHECK(circuit_at(seen, usual, at(40s)).state == State::half_open);
}

TEST_CASE("what an outcome says about its destination") {
  for (const int status : {500, 502, 503, 599, 429}) CHECK(signal_of_status(status) == HealthSignal::failure);
  for (const int status : {200, 204, 301, 400, 401, 404, 410})
    CHECK(signal_of_status(status) == HealthSignal::up);
  CHECK(signal_of_status(503, Meaning::dead) == HealthSignal::failure);
  CHECK(signal_of_status(503, Meaning::success) == HealthSignal::up);
  CHECK(signal_of_status(503, Meaning::throttled) == HealthSignal::none);
  CHECK(signal_of_status(429, Meaning::throttled) == HealthSignal::none);
  for (const auto kind : {OutcomeKind::timeout, OutcomeKind::connect_error, OutcomeKind::broken})
    CHECK(signal_of_kind(kind) == HealthSignal::failure);
  for (const auto kind : {OutcomeKind::refused, OutcomeKind::unknown, OutcomeKind::withdrawn,
                          OutcomeKind::local_failure, OutcomeKind::not_meant})
    CHECK(signal_of_kind(kind) == HealthSignal::none);
  CHECK(signal_of_kind(OutcomeKind::acknowledged) == HealthSignal::up);
  CHECK(signal_of_kind(OutcomeKind::declined) == HealthSignal::failure);
  Outcome permanent;
  permanent.kind = OutcomeKind::declined;
  permanent.permanent = true;
  CHECK(signal_of(permanent, Meaning::dead) == HealthSignal::up);
}

// The definition once more, told from the whole history instead of from a state.
TEST_CASE("a thousand random histories of a breaker are as its definition says") {
  std::mt19937_64 engine{20261121};
  for (int history = 0; history < 1'000; ++history) {
    const BreakerPolicy random{
        static_cast<unsigned>(engine() % 4 + 1), std::chrono::microseconds{engine() % 50 + 1},
        static_cast<unsigned>(engine() % 3 + 1), static_cast<unsigned>(engine() % 3 + 1)};
    Circuit circuit;
    WallTime now{};
    std::vector<HealthSignal> ends;  // since the state began, of those that count in it
    WallTime opened{};
    State state = State::closed;
    unsigned ordinary = 0, probes = 0;  // under way
    for (int step = 0; step < 300; ++step) {
      now += std::chrono::microseconds{engine() % 4 == 0 ? static_cast<std::int64_t>(engine() % 30) : 0};
      circuit = circuit_at(circuit, random, now);
      if (state == State::open && now - opened >= random.open_for) {
        state = State::half_open;
        ends.clear();
      }
      REQUIRE(circuit.state == state);
      REQUIRE(circuit.probing == probes);
      const unsigned allowed =
          state == State::half_open && probes < random.probes ? random.probes - probes : 0;
      REQUIRE(probes_allowed(circuit, random) == allowed);
      if (state == State::closed && engine() % 2 == 0) ++ordinary;
      if (allowed > 0 && engine() % 2 == 0) {
        ++probes;
        ++circuit.probing;
      }
      if (ordinary + probes == 0 || engine() % 2 == 0) continue;
      const bool probe = engine() % (ordinary + probes) < probes;
      --(probe ? probes : ordinary);
      const HealthSignal signal = std::vector{HealthSignal::none, HealthSignal::up, HealthSignal::failure,
                                              HealthSignal::failure}[engine() % 4];
      circuit = circuit_after(circuit, random, signal, probe, now);
      if (signal == HealthSignal::none || state == State::open || (state == State::half_open && !probe))
        continue;
      ends.push_back(signal);
      const auto run = [&](HealthSignal wanted) {
        unsigned length = 0;
        for (auto end = ends.rbegin(); end != ends.rend() && *end == wanted; ++end) ++length;
        return length;
      };
      if (state == State::half_open ? run(HealthSignal::failure) > 0
                                    : run(HealthSignal::failure) >= random.failures) {
        state = State::open;
        opened = now;
        ends.clear();
      } else if (state == State::half_open && run(HealthSignal::up) >= random.successes) {
        state = State::closed;
        ends.clear();
      }
    }
  }
}

TEST_CASE("circuit breakers are read as people write them") {
  const auto given = parse_breaker("5/30s/3").value();
  REQUIRE(given);
  CHECK(given->failures == 5);
  CHECK(given->open_for == 30s);
  CHECK(given->probes == 3);
  CHECK(given->successes == 3);
  CHECK(parse_breaker("1/1ms/1000").value()->successes == 1000);
  CHECK_FALSE(parse_breaker("off").value());
}

TEST_CASE("what is not a circuit breaker is refused with what is wrong about it") {
  for (const char* text : {"", "5", "5/30s", "5/30s/", "/30s/3", "5//3", "0/30s/3", "5/30s/0", "5/30/3",
                           "5/0/3", "5/25h/3", "5/30s/3/3", "1001/30s/3", "5/30s/-3", "on"}) {
    CAPTURE(text);
    const auto breaker = parse_breaker(text);
    REQUIRE_FALSE(breaker);
    CHECK(breaker.error().failure == Failure::usage);
    CHECK(breaker.error().message.find('\'' + std::string{text} + '\'') != std::string::npos);
  }
}
