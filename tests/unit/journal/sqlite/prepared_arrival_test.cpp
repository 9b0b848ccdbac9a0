// What an arrival brings with it is not computed again.

#include "journal/digest.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "tracing/trace_context.hpp"
#include "unit/journal/journals.hpp"

#include <string>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

/// Values that the journal would not compute show whose they are.
constexpr std::int64_t brought_digest = 7;
const tracing::TraceContext brought_trace =
    tracing::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();

AppendVerdict append_arrival(Journal& journal, const Arrival& arrival) {
  auto transaction = journal.begin().value();
  const auto report = transaction->append({&arrival, 1}, {}, noon).value();
  must(transaction->commit());
  return report.verdicts.front().verdict;
}

std::string stored_as(const SqliteSubject& subject, const std::string& column) {
  SQLite::Database stored{subject.path(), SQLite::OPEN_READONLY};
  return stored.execAndGet("SELECT " + column + " FROM events").getString();
}

}  // namespace

TEST_CASE("append: digest and kind of trace are those that the arrival brings") {
  // The first event of an entity is inserted alone, one without an entity together with others.
  for (const auto& entity : {std::optional<std::string_view>{"E"}, std::optional<std::string_view>{}}) {
    SqliteSubject subject;
    const auto journal = subject.open();
    Arrival arrival;
    arrival.event_id = "a";
    arrival.entity_id = entity;
    arrival.trace = brought_trace;
    arrival.starts_trace = true;
    arrival.digest = brought_digest;
    CHECK(append_arrival(*journal, arrival) == AppendVerdict::accepted);
    CHECK(stored_as(subject, "digest") == std::to_string(brought_digest));
    CHECK(stored_as(subject, "typeof(trace)") == "integer");
  }
}

TEST_CASE("append: an event with its digest is the same as without") {
  SqliteSubject subject;
  const auto journal = subject.open();
  Arrival prepared;
  prepared.event_id = "a";
  prepared.payload = "{}";
  Arrival plain = prepared;
  prepared.digest = content_digest(prepared);
  CHECK(append_arrival(*journal, prepared) == AppendVerdict::accepted);
  CHECK(append_arrival(*journal, plain) == AppendVerdict::duplicate);
  CHECK(append_arrival(*journal, prepared) == AppendVerdict::duplicate);
}
