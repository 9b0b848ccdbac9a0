#include "unit/journal/wear.hpp"

#include "support/journal/dead_letters.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/subscribed.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace dispatch::test::wear {

using namespace journal;

namespace {

const std::vector<std::string> two_hosts{"http://a.test/hook", "http://b.test/hook"};

void deliver(Journal& journal, std::int64_t position, QueueNo queue = first_queue) {
  const auto row = delivery(journal, position, queue);
  begin(journal, row);
  end(journal, row, Transition::succeed);
}

void bury(Journal& journal, std::int64_t position) {
  attempt(journal, position, Transition::retry);
  attempt(journal, position, Transition::bury);
}

/// One attempt that ends as told.
void attempt_with(Journal& journal, const DeliveryRow& row, Transition by, const Outcome& outcome,
                  bool forgive = false) {
  begin(journal, row);
  auto transaction = journal.begin().value();
  Settlement settlement{
      .key = row.key, .by = by, .forgive = forgive, .due = noon, .at = noon, .outcome = &outcome};
  if (outcome.kind == OutcomeKind::throttled) settlement.throttled_since = noon;
  must(transaction->settle({&settlement, 1}));
  must(transaction->commit());
}

void attempt_with(Journal& journal, std::int64_t position, Transition by, const Outcome& outcome) {
  attempt_with(journal, delivery(journal, position), by, outcome);
}

Outcome not_sent(OutcomeKind kind, std::string_view why) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.error = why;
  return outcome;
}

Outcome timed_out() {
  Outcome outcome;
  outcome.kind = OutcomeKind::timeout;
  outcome.took = std::chrono::seconds{5};
  outcome.error = "no answer within 5 s";
  outcome.address = "127.0.0.1";
  outcome.timings.connected = std::chrono::microseconds{200};
  return outcome;
}

Outcome welcomed(std::chrono::microseconds first_byte) {
  Outcome outcome = answered(200);
  outcome.address = "127.0.0.1";
  outcome.timings.first_byte = first_byte;
  return outcome;
}

template <class Write>
void in_a_turn(Journal& journal, Write write) {
  auto transaction = journal.begin().value();
  write(*transaction);
  must(transaction->commit());
}

}  // namespace

void at_first(Journal& journal) {
  append_all(journal, {
                          {.id = "a1", .entity = "A", .sequence = 1, .urls = two_hosts},  // position 1
                          {.id = "a2", .entity = "A", .sequence = 2, .own_url = "http://a.test/hook"},
                          {.id = "a3", .entity = "A", .sequence = 3},
                          {.id = "a5", .entity = "A", .sequence = 5},  // position 4, behind a gap
                          {.id = "b1", .entity = "B", .sequence = 1},  // position 5
                          {.id = "b2", .entity = "B", .sequence = 2},
                          {.id = "c1", .entity = "C", .sequence = 1},  // position 7
                          {.id = "c2", .entity = "C", .sequence = 2},
                          {.id = "d1", .entity = "D", .sequence = 1},  // position 9
                          {.id = "d4", .entity = "D", .sequence = 4},  // position 10, behind a gap
                          {.id = "e3", .entity = "E", .sequence = 3},  // position 11, behind a gap
                          {.id = "alone", .entity = std::nullopt},     // position 12
                          {.id = "waiting", .entity = std::nullopt},   // position 13
                      });
  attempt_with(journal, 1, Transition::succeed, welcomed(std::chrono::microseconds{300}));
  deliver(journal, 1, QueueNo{2});
  attempt(journal, 2, Transition::retry);
  attempt(journal, 2, Transition::succeed);
  deliver(journal, 3);
  append_all(journal, {{.id = "a4", .entity = "A", .sequence = 4}});  // position 14 fills the gap
  deliver(journal, 14);
  deliver(journal, 4);

  bury(journal, 5);  // B is blocked
  bury(journal, 7);  // C was, and is discarded
  in_a_turn(journal, [&](Transaction& transaction) {
    (void)transaction.discard(dead_letters(journal, {.entities = {"C"}}), noon).value();
  });
  bury(journal, 12);  // is released, and fails again
  in_a_turn(journal, [&](Transaction& transaction) {
    (void)transaction.release(dead_letters(journal, {.events = {"alone"}}), noon).value();
  });
  attempt(journal, 12, Transition::retry);

  begin(journal, delivery(journal, 8));  // its process ends here
  in_a_turn(journal, [&](Transaction& transaction) {
    (void)transaction.recover(Orphans::retry, {}, noon, 10).value();
  });

  deliver(journal, 9);
  in_a_turn(journal,
            [&](Transaction& transaction) { (void)transaction.skip_gap("D", std::nullopt, noon).value(); });
  deliver(journal, 10);
}

void go_on(Journal& journal) {
  const auto trace =
      tracing::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
  const auto other_trace =
      tracing::parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").value();
  append_all(journal, {
                          {.id = "full",  // position 15
                           .entity = "F",
                           .sequence = 1,
                           .type = "order.paid",
                           .own_url = "http://a.test/hook",
                           .source = "shop",
                           .time = "2026-11-21T07:00:00Z",
                           .correlation_id = "c-1",
                           .causation_id = "c-0",
                           .headers = R"({"x":"y"})",
                           .trace = trace},
                          {.id = "f2", .entity = "F", .sequence = 2, .trace = other_trace},
                          {.id = "other", .entity = "G", .sequence = 1, .urls = {"http://a.test/other"}},
                          {.id = "h1", .entity = "H", .sequence = 1},  // position 18
                          {.id = "h2", .entity = "H", .sequence = 2},
                      });
  attempt_with(journal, 15, Transition::retry, timed_out());
  Outcome refused = answered(500);
  refused.excerpt = "try later";
  attempt_with(journal, 15, Transition::retry, refused);
  Outcome too_long = answered(200);
  too_long.error = "the answer was cut";
  attempt_with(journal, 18, Transition::succeed, too_long);
  attempt(journal, 17, Transition::retry);
  begin(journal, delivery(journal, 17));  // two that are under way, one for the first time
  begin(journal, delivery(journal, 19));
}

void subscribe(Journal& journal) {
  auto shop = plain_subscription("shop");
  shop.secrets = {{.text = "new", .until = std::nullopt}, {.text = "old", .until = noon}};
  shop = put(journal, shop);
  const auto gone = put(journal, plain_subscription("gone"));
  append_along(journal, "s1", "S", {route_of(shop), route_of(gone)});
  append_along(journal, "s2", "S", {route_of(shop), route_of(gone)});
  append_along(journal, "nobody", "T", {});
  const auto queue = queue_of(journal, shop);
  attempt(journal, queue.at(0), Transition::succeed);
  attempt(journal, queue.at(1), Transition::retry);
  attempt(journal, queue_of(journal, gone).at(0), Transition::bury);
  remove(journal, gone);

  pause(journal, shop, "an operator said so");
  resume(journal, shop);
  shop.url = "http://t.test/moved";
  shop.host = "t.test";
  shop.filter = ".data";
  shop.transform = ".data";
  shop.headers = "{}";
  shop.concurrency = 2;
  shop.timeout = std::chrono::milliseconds{900};
  shop.attempts = 4;
  shop.statuses = "409=ok";
  shop = put(journal, shop);
  pause(journal, shop, "it answered 410");

  in_a_turn(journal, [&](Transaction& transaction) {
    const CircuitRow circuits[] = {
        {.destination = delivery(journal, 1).destination, .half_open = false, .since = noon},
        {.destination = queue.at(0).destination, .half_open = true, .since = noon}};
    must(transaction.save_circuits(circuits, {}));
    const PaceRow paces[] = {{.destination = delivery(journal, 1).destination, .not_before = noon},
                             {.destination = queue.at(0).destination, .not_before = noon}};
    must(transaction.save_paces(paces, {}));
  });

  const auto late = put(journal, plain_subscription("late"));
  fan_out(journal, late, {1, 2, 13});
  attempt(journal, queue_of(journal, late).at(0), Transition::succeed);
  replay(journal, {queue.at(0).key}, route_of(shop));
  replay(journal,
         {{.queue = first_queue, .position = Position{1}}, {.queue = first_queue, .position = Position{2}}});
  in_a_turn(journal, [&](Transaction& transaction) {
    const RejectCount room{10, 1'000};
    const RejectedLine lines[] = {
        {.file = "a.jsonl", .line = 3, .reason = "not JSON", .text = "rubbish"},
        {.file = "b.jsonl", .line = 4, .reason = "too long", .text = "begins", .first = true, .last = false},
        {.file = "b.jsonl",
         .line = 4,
         .reason = "too long",
         .text = " and ends",
         .first = false,
         .last = true},
        {.file = "c.jsonl", .line = 5, .reason = "no id", .text = "{}"},
        {.file = "d.jsonl", .line = 6, .reason = "not JSON", .text = "rubbish"}};
    if (transaction.queue_rejects(lines, room, noon).value() != std::size(lines))
      throw std::logic_error{"no room"};
    if (transaction.clear_rejects({.numbers = {}, .file = "c.jsonl"}, noon, 10).value().lines != 1)
      throw std::logic_error{"nothing was cleared"};
  });
  const auto former = journal.scan(first_queue, Position{}, 4).value();
  for (const auto& row : former)
    if (row.key.generation > 0) attempt(journal, row, Transition::succeed);
}

void exclude(Journal& journal) {
  const auto filtered = put(journal, plain_subscription("filtered"));
  append_along(journal, "u1", "U", {route_of(filtered)});
  append_along(journal, "u2", "U", {route_of(filtered)});
  attempt_with(journal, queue_of(journal, filtered).at(0), Transition::retry,
               not_sent(OutcomeKind::local_failure, "the jq process was killed by signal 9"), true);
  attempt_with(journal, queue_of(journal, filtered).at(0), Transition::exclude,
               not_sent(OutcomeKind::not_meant, "the filter excludes the event"), true);
  attempt(journal, queue_of(journal, filtered).at(1), Transition::succeed);
}

void operate(Journal& journal) {
  const std::string wrong = "/data/wrong.jsonl";
  append_all(journal, {{.id = "w1", .entity = "W", .input = wrong},
                       {.id = "w2", .entity = "W", .input = wrong},
                       {.id = "w3", .entity = "W", .input = "/data/right.jsonl"},
                       {.id = "w4", .entity = "W"},
                       {.id = "w-alone", .entity = std::nullopt, .input = wrong},
                       {.id = "typed", .entity = std::nullopt, .input = "-"}});
  const auto first = journal.select({.filter = {.events = {"w1"}}, .states = {DeliveryState::pending}}, {}, 1)
                         .value()
                         .deliveries.at(0)
                         .row.key.position.value();
  attempt(journal, first, Transition::retry);
  const auto meant = journal
                         .select({.filter = {.inputs = {wrong}},
                                  .states = {DeliveryState::pending, DeliveryState::retry_wait},
                                  .newest_first = true},
                                 {}, 10)
                         .value();
  std::vector<DeliveryKey> keys;
  for (const auto& delivery : meant.deliveries) keys.push_back(delivery.row.key);
  in_a_turn(journal, [&](Transaction& transaction) { (void)transaction.cancel(keys, noon).value(); });
  deliver(journal, first + 2);

  const auto typed = delivery(journal, first + 5);
  attempt_with(journal, typed, Transition::retry, not_sent(OutcomeKind::unknown, "nobody knows"), true);
  in_a_turn(journal, [&](Transaction& transaction) {
    if (transaction.acknowledge({.events = {"typed"}}, noon, 10).value() != 1)
      throw std::logic_error{"nothing was acknowledged"};
    if (transaction.retry_now(std::vector{typed.key}, noon).value() != 1)
      throw std::logic_error{"nothing was retried"};
  });
}

void throttle(Journal& journal) {
  append_all(journal, {{.id = "t1", .entity = "T"}, {.id = "t-alone", .entity = std::nullopt}});
  const auto named = [&](const char* id) {
    return journal
        .select({.filter = {.events = {id}}, .states = {DeliveryState::pending, DeliveryState::retry_wait}},
                {}, 1)
        .value()
        .deliveries.at(0)
        .row;
  };
  Outcome busy = answered(429);
  busy.kind = OutcomeKind::throttled;
  attempt_with(journal, named("t1"), Transition::retry, busy, true);
  attempt(journal, named("t1"), Transition::succeed);
  in_a_turn(journal, [&](Transaction& transaction) {
    const ThrottleRow throttles[] = {{.destination = named("t-alone").destination,
                                      .hold_until = noon,
                                      .millihertz = 1'000,
                                      .doubles = true}};
    must(transaction.save_throttles(throttles, {}));
  });
  attempt_with(journal, named("t-alone"), Transition::retry, busy, true);
}

void broker(Journal& journal) {
  append_all(
      journal,
      {{.id = "k1", .entity = "K"}, {.id = "k2", .entity = "K"}, {.id = "k-alone", .entity = std::nullopt}});
  const auto named = [&](const char* id) {
    return journal
        .select({.filter = {.events = {id}}, .states = {DeliveryState::pending, DeliveryState::retry_wait}},
                {}, 1)
        .value()
        .deliveries.at(0)
        .row;
  };
  Outcome taken;
  taken.kind = OutcomeKind::acknowledged;
  taken.took = std::chrono::milliseconds{2};
  const Outcome declined = not_sent(OutcomeKind::declined, "NATS 10071: wrong last sequence");
  attempt_with(journal, named("k1"), Transition::succeed, taken);
  attempt_with(journal, named("k2"), Transition::retry, declined);
  attempt_with(journal, named("k2"), Transition::succeed, taken);
  attempt_with(journal, named("k-alone"), Transition::bury, declined);
}

}  // namespace dispatch::test::wear
