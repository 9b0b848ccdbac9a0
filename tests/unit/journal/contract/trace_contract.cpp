// The trace of an event, whatever journal is behind the seam: kept with it, and told with each attempt.

#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/trace.hpp"
#include "unit/journal/damage.hpp"
#include "unit/journal/subscribed.hpp"

#include <set>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

const tracing::TraceContext one =
    tracing::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
const tracing::TraceContext other =
    tracing::parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").value();

/// Of attempts that are of one event.
void check_all_of(const tracing::TraceContext& event, const std::vector<tracing::TraceContext>& attempts) {
  std::set<tracing::SpanId> spans{event.span};
  for (const auto& attempt : attempts) {
    CHECK(attempt.trace == event.trace);
    CHECK(attempt.flags == event.flags);
    CHECK(spans.insert(attempt.span).second);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("trace: every attempt has a span of its own in the trace of its event", Subject,
                   JOURNALS) {
  Subject subject;
  auto journal = subject.open();
  append_all(*journal, {{.id = "a", .urls = {"http://a.test/hook", "http://b.test/hook"}, .trace = one},
                        {.id = "b", .trace = one},
                        {.id = "c", .trace = other}});
  std::vector<tracing::TraceContext> attempts;
  const auto send = [&](std::int64_t position, QueueNo queue, Transition by) {
    const auto row = delivery(*journal, position, queue);
    const auto outgoing = begin(*journal, row).outgoing;
    CHECK(outgoing.ingest == one.span);
    attempts.push_back(outgoing.trace);
    end(*journal, row, by);
  };
  send(1, first_queue, Transition::retry);
  journal = subject.open();  // another process
  send(1, first_queue, Transition::succeed);
  send(1, QueueNo{2}, Transition::succeed);
  send(2, first_queue, Transition::succeed);
  replay(*journal, {delivery(*journal, 1).key});
  const auto again = journal->scan(first_queue, Position{}, 1).value().at(1);
  REQUIRE(again.key.generation == 1);
  attempts.push_back(begin(*journal, again).outgoing.trace);
  check_all_of(one, attempts);

  check_all_of(other, {begin(*journal, delivery(*journal, 3)).outgoing.trace});
}

TEST_CASE_TEMPLATE("trace: a delivery begun in the turn that made it is like any other", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const Route route{.url = "http://a.test/hook", .host = "a.test"};
  Arrival arrival;
  arrival.event_id = "a";
  arrival.entity_id = "order-1";
  arrival.payload = "{}";
  arrival.trace = one;
  arrival.routes = {&route, 1};
  auto transaction = journal->begin().value();
  const auto row = transaction->append({&arrival, 1}, {}, noon).value().deliveries.at(0);
  const Intent intent{row.key, row.state};
  const auto begun = transaction->begin({&intent, 1}, noon).value().at(0);
  must(transaction->commit());
  REQUIRE(begun.won);
  CHECK(begun.outgoing.trace == trace_of_attempt(one, row.key, 1));
  end(*journal, row, Transition::retry);
  CHECK(begin(*journal, delivery(*journal, 1)).outgoing.trace == trace_of_attempt(one, row.key, 2));
}

TEST_CASE_TEMPLATE("trace: what has none is sent with none", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  CHECK_FALSE(begin(*journal, delivery(*journal, 1)).outgoing.trace);
}

TEST_CASE_TEMPLATE("trace: the same event in another trace is a duplicate and keeps its own", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a", .trace = one});
  CHECK(append(*journal, {.id = "a", .trace = other}).verdict == AppendVerdict::duplicate);
  CHECK(append(*journal, {.id = "a"}).verdict == AppendVerdict::duplicate);
  CHECK(begin(*journal, delivery(*journal, 1)).outgoing.trace.trace == one.trace);
}

TEST_CASE_TEMPLATE("trace: the seed of a journal stays and one it starts is told by it", Subject, JOURNALS) {
  Subject subject;
  auto journal = subject.open();
  const auto seed = journal->trace_seed().value();
  const auto started = tracing::started_trace(seed, "a", 1);
  append_all(*journal,
             {{.id = "a", .trace = started}, {.id = "b", .trace = tracing::started_trace(seed, "b", 0)}});
  journal = subject.open();
  CHECK(journal->trace_seed().value() == seed);
  check_all_of(started, {begin(*journal, delivery(*journal, 1)).outgoing.trace});
  CHECK_FALSE(begin(*journal, delivery(*journal, 2)).outgoing.trace.sampled());
}

TEST_CASE("trace: what the seed tells is not stored and what it does not tell is in 25 bytes") {
  SqliteSubject subject;
  const auto journal = subject.open();
  const auto seed = journal->trace_seed().value();
  append_all(*journal, {{.id = "a", .trace = tracing::started_trace(seed, "a", 1)},
                        {.id = "b", .trace = one},
                        {.id = "c", .trace = tracing::started_trace(seed, "a", 1)},  // another event's
                        {.id = "d"}});
  SQLite::Database stored{subject.path(), SQLite::OPEN_READONLY};
  CHECK(stored.execAndGet("SELECT group_concat(typeof(trace)||length(trace)) FROM events").getString() ==
        "integer1,blob25,blob25");
  const auto reader = SqliteReader::open(subject.path()).value();
  CHECK(reader.event("a").value()->trace == tracing::started_trace(seed, "a", 1));
  CHECK(reader.event("c").value()->trace == tracing::started_trace(seed, "a", 1));
}

TEST_CASE("trace: each journal has a seed of its own") {
  SqliteSubject one_journal, other_journal;
  CHECK(one_journal.open()->trace_seed().value() != other_journal.open()->trace_seed().value());
}

TEST_CASE("trace: the journal reader tells it where one event is asked for") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .trace = one}, {.id = "b"}});
  const auto reader = SqliteReader::open(subject.path()).value();
  CHECK(reader.event("a").value()->trace == one);
  CHECK_FALSE(reader.event("b").value()->trace);
}

TEST_CASE("trace: verify finds what is none") {
  for (const char* sql :
       {"UPDATE events SET trace = x'00' WHERE position = 3",
        "UPDATE events SET trace = zeroblob(25) WHERE position = 3",
        "UPDATE events SET trace = '' WHERE position = 3", "UPDATE events SET trace = 256 WHERE position = 3",
        "UPDATE events SET trace = -1 WHERE position = 3", "UPDATE progress SET trace_seed = NULL",
        "UPDATE events SET trace = trace || x'00' WHERE event_id = 'full'"}) {
    CAPTURE(sql);
    WornJournal worn;
    worn.go_on();
    worn.damage(sql);
    CHECK(worn.findings() == std::vector<std::string>{"content"});
  }
}
