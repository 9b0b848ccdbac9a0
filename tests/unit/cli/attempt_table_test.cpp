#include "cli/output/attempt_table.hpp"

#include "cli/output/table.hpp"
#include "journal/trace.hpp"
#include "operations/views/attempt_json.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::cli;
using namespace dispatch::journal;
using namespace std::chrono_literals;

namespace {

const WallTime start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

DeliveryKey key(std::int64_t queue, std::int64_t generation) {
  return {QueueNo{queue}, Position{1}, generation};
}

AttemptRecord attempt(DeliveryKey of, unsigned number, WallTime began) {
  AttemptRecord attempt;
  attempt.key = of;
  attempt.destination = "http://a/";
  attempt.number = number;
  attempt.began_at = began;
  attempt.ended.emplace();
  attempt.ended->kind = OutcomeKind::answered;
  attempt.ended->status = 503;
  attempt.ended->took = 100ms;
  return attempt;
}

EventRecord event_with(std::vector<DeliveryRecord> deliveries) {
  EventRecord event;
  event.event_id = "e1";
  event.deliveries = std::move(deliveries);
  return event;
}

DeliveryRecord delivery(DeliveryKey key, DeliveryState state, unsigned attempts) {
  DeliveryRecord delivery;
  delivery.key = key;
  delivery.destination = "http://a/";
  delivery.state = state;
  delivery.attempts = attempts;
  return delivery;
}

std::vector<std::string> told(const EventRecord& event, const std::vector<AttemptRecord>& attempts,
                              WallTime now) {
  std::string text;
  tell_attempts(event, attempts, now, [&](std::string_view lines) { text += lines; });
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an attempt's line says where its time went and what came after it") {
  auto waiting = delivery(key(1, 0), DeliveryState::retry_wait, 2);
  waiting.state_at = start + 30s;
  auto first = attempt(key(1, 0), 1, start);
  first.ended->timings = {10ms, 30ms, 60ms, 95ms};
  first.ended->address = "192.0.2.1";
  first.ended->excerpt = "busy\n";
  const auto lines = told(event_with({waiting}), {first, attempt(key(1, 0), 2, start + 1100ms)}, start + 10s);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "http://a/: retry_wait, due in 20s, 2 attempts");
  CHECK(lines[2] ==
        "      1  2026-03-01T00:00:00.000Z  100ms  10ms        20ms  30ms        35ms  192.0.2.1  after 1s  "
        "HTTP 503: "
        "\"busy\\n\"");
  CHECK(lines[3] ==
        "      2  2026-03-01T00:00:01.100Z  100ms     -           -     -           -  -          in 20s    "
        "HTTP 503");
}

TEST_CASE("an attempt of a traced event names the span of its request") {
  auto event = event_with({delivery(key(1, 0), DeliveryState::completed, 2)});
  event.trace = tracing::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
  const std::vector attempts{attempt(key(1, 0), 1, start), attempt(key(1, 0), 2, start + 1s)};
  const auto first = tracing::hex(trace_of_attempt(event.trace, key(1, 0), 1).span);
  const auto second = tracing::hex(trace_of_attempt(event.trace, key(1, 0), 2).span);
  REQUIRE(first != second);

  const auto lines = told(event, attempts, start + 10s);
  REQUIRE(lines.size() == 4);
  CHECK(has(lines[1], "SPAN"));
  CHECK(has(lines[2], first));
  CHECK(has(lines[3], second));

  const auto objects = operations::attempts_json(event, attempts);
  REQUIRE(objects.size() == 2);
  CHECK(has(objects[0], R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":")" + first));
  CHECK(has(objects[1], R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":")" + second));

  event.trace = {};
  CHECK_FALSE(has(told(event, attempts, start + 10s).at(1), "SPAN"));
  CHECK(has(operations::attempts_json(event, attempts).at(0), R"("trace_id":null,"span_id":null)"));
}

TEST_CASE("every delivery of an event has a history of its own") {
  auto direct = delivery(key(1, 0), DeliveryState::dead_letter, 1);
  direct.state_at = start;
  auto subscribed = delivery(key(2, 0), DeliveryState::completed, 2);
  subscribed.subscription = "orders";
  subscribed.status = 200;
  subscribed.began_at = start + 2s;
  auto replayed = delivery(key(2, 1), DeliveryState::completed, 1);
  replayed.subscription = "orders";
  const auto lines =
      told(event_with({direct, subscribed, replayed}),
           {attempt(key(1, 0), 1, start), attempt(key(2, 0), 1, start), attempt(key(2, 0), 2, start + 2s)},
           start + 1min);
  REQUIRE(lines.size() == 10);
  CHECK(lines[0] == "http://a/: dead_letter, dead for 1m 0s, 1 attempt");
  CHECK(has(lines[2], "none: dead letter"));
  CHECK(lines[4] == "http://a/, subscription orders: completed, 2 attempts, the last answer HTTP 200");
  CHECK(has(lines[6], "after 1.9s"));
  CHECK(lines[9] == "http://a/, subscription orders, replay 1: completed, 1 attempt");
}

TEST_CASE("as JSON an attempt names its subscription and its generation and when the next one is due") {
  auto waiting = delivery(key(2, 1), DeliveryState::retry_wait, 1);
  waiting.state_at = start + 30s;
  auto one = attempt(key(2, 1), 1, start);
  one.subscription = "orders";
  const auto objects = operations::attempts_json(event_with({waiting}), {one});
  REQUIRE(objects.size() == 1);
  CHECK(
      has(objects[0], R"("event_id":"e1","subscription":"orders","destination":"http://a/","generation":1)"));
  CHECK(has(objects[0], R"("next_at":"2026-03-01T00:00:30.000Z")"));
}
