// Events and deliveries that are written together, several rows in one statement: each is stored, and
// decided, as if it were alone.

#include "unit/journal/journals.hpp"

#include <algorithm>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

using Texts = std::vector<std::string>;

/// The rows of a query as text, columns divided by "|".
Texts rows_of(const SqliteSubject& subject, const std::string& sql) {
  SQLite::Database database{subject.path()};
  SQLite::Statement statement{database, sql};
  Texts rows;
  while (statement.executeStep()) {
    auto& row = rows.emplace_back();
    for (int i = 0; i < statement.getColumnCount(); ++i)
      row += (i ? "|" : "") + statement.getColumn(i).getString();
  }
  return rows;
}

const std::string all_of_events =
    "SELECT position, event_id, entity_no, sequence_number, quote(type), quote(source), quote(time),"
    "       quote(correlation_id), quote(causation_id), quote(headers), quote(own_url), accepted_at, digest,"
    "       typeof(payload), payload, typeof(trace), quote(trace) FROM events ORDER BY position";
const std::string all_of_deliveries =
    "SELECT queue_no, position, generation, destination_no, entity_no, sequence_number, state, state_at,"
    "       attempts, forgiven, began_at, began_turn, quote(ended_turn), subscription_no"
    "  FROM all_deliveries ORDER BY queue_no, position";

/// So many new events of three entities and of none.
std::vector<Line> new_lines(int count, const std::string& prefix = "e") {
  std::vector<Line> lines;
  for (int i = 0; i < count; ++i) {
    auto& line = lines.emplace_back();
    line.id = fmt::format("{}{}", prefix, i);
    if (i % 4 == 3)
      line.entity.reset();
    else
      line.entity = fmt::format("order-{}", i % 4);
    line.payload = fmt::format("{{\"n\":{}}}", i);
  }
  return lines;
}

/// What the seam says of an arrival, but for its position: numbers of refused rows are not used again.
std::string text_of(const Appended& appended) {
  std::string text = fmt::format("{}", static_cast<int>(appended.verdict));
  if (appended.sequence) text += fmt::format(" sequence {}", appended.sequence->value());
  if (!appended.other_event.empty()) text += " other " + appended.other_event;
  for (const auto name : appended.differing) text += fmt::format(" differs in {}", name);
  if (appended.elsewhere) text += " elsewhere";
  return text;
}

/// Each of them alone in a call, but all in one turn.
std::vector<Appended> append_one_by_one(Journal& journal, const std::vector<Line>& lines) {
  std::vector<Appended> verdicts;
  auto transaction = journal.begin().value();
  for (const Line& line : lines) verdicts.push_back(append_here(*transaction, {line}).verdicts.at(0));
  must(transaction->commit());
  return verdicts;
}

void check_same_as_alone(const std::vector<Line>& before, const std::vector<Line>& lines) {
  SqliteSubject together, alone;
  const auto one = together.open(), other = alone.open();
  append_all(*one, before);
  append_all(*other, before);
  const auto verdicts = append_all(*one, lines);
  const auto expected = append_one_by_one(*other, lines);
  REQUIRE(verdicts.size() == expected.size());
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    CAPTURE(lines[i].id);
    CHECK(text_of(verdicts[i]) == text_of(expected[i]));
    const auto stored = rows_of(together, fmt::format("SELECT event_id FROM events WHERE position = {}",
                                                      verdicts[i].position.value()));
    const bool known =
        verdicts[i].verdict == AppendVerdict::accepted || verdicts[i].verdict == AppendVerdict::duplicate;
    if (known) CHECK(stored == Texts{lines[i].id});
  }
  for (const char* sql :
       {"SELECT event_id, entity_no, sequence_number, payload FROM events ORDER BY position",
        "SELECT event_id, d.entity_no, d.sequence_number, state FROM deliveries d JOIN events USING "
        "(position)"
        " ORDER BY position",
        "SELECT entity_no, entity_id, first_sequence, disordered FROM entities",
        "SELECT entity_no, first_missing, last_missing, skipped_at FROM gaps", "SELECT * FROM state_counts"})
    CHECK(rows_of(together, sql) == rows_of(alone, sql));
}

}  // namespace

TEST_CASE("together: many new events are stored as each of them would be alone") {
  const auto whole =
      tracing::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
  SqliteSubject together, alone;
  const auto one = together.open(), other = alone.open();
  for (const bool plain : {true, false}) {
    auto lines = new_lines(37, plain ? "p" : "q");
    for (std::size_t i = 0; i < lines.size() && !plain; i += 3) {
      if (i % 2 == 0) lines[i].type = "made";
      if (i % 5 == 0) lines[i].source = "shop";
      if (i % 7 == 0) lines[i].time = "2026-11-30T12:00:00Z";
      if (i % 4 == 0) lines[i].correlation_id = "c";
      if (i % 4 == 1) lines[i].causation_id = "d";
      if (i % 9 == 0) lines[i].headers = "{\"a\":\"b\"}";
      if (i % 9 == 3) lines[i].own_url = "http://a.test/own";
    }
    lines[5].payload = "";
    for (std::size_t i = 0; i < lines.size(); i += 2) lines[i].trace = whole;
    lines[9].trace = tracing::started_trace(one->trace_seed().value(), lines[9].id, 1);
    lines[20].input = "/tmp/input.jsonl";
    append_all(*one, lines);
    lines[9].trace = tracing::started_trace(other->trace_seed().value(), lines[9].id, 1);
    append_one_by_one(*other, lines);
  }
  const auto stored = rows_of(together, all_of_events);
  CHECK(stored.size() == 74);
  CHECK(stored == rows_of(alone, all_of_events));
  CHECK(rows_of(together, all_of_deliveries) == rows_of(alone, all_of_deliveries));
  CHECK(rows_of(together, "SELECT * FROM event_inputs") == rows_of(alone, "SELECT * FROM event_inputs"));
}

TEST_CASE("together: an event that is refused among many changes nothing for the others") {
  const auto before = new_lines(8, "before");
  enum class Refused { known, other_content, same_batch, whole_rest };
  for (const Refused how :
       {Refused::known, Refused::other_content, Refused::same_batch, Refused::whole_rest}) {
    for (const std::size_t place : {0, 7, 16, 31, 36}) {
      CAPTURE(static_cast<int>(how));
      CAPTURE(place);
      auto lines = new_lines(37);
      if (how == Refused::known) lines[place] = before[place % 8];
      if (how == Refused::other_content) lines[place].id = before[place % 8].id;
      if (how == Refused::same_batch) lines[place].id = lines[place == 36 ? 35 : place + 1].id;
      for (std::size_t i = place; i < lines.size() && how == Refused::whole_rest; ++i)
        lines[i] = before[i % 8];
      check_same_as_alone(before, lines);
    }
  }
}

TEST_CASE("together: numbers that are given are kept and those that open or fill gaps are decided alone") {
  const auto before = new_lines(8, "before");  // order-0 and the others stand at 2
  auto lines = new_lines(40);
  lines[0].sequence = 3;
  lines[4].sequence = 4;
  lines[8].sequence = 9;  // opens a gap
  lines[9].sequence = 2;  // taken
  lines[16].sequence = 10;
  lines[20].sequence = 7;  // in the gap
  lines[21].id = lines[20].id;
  lines[25].entity = "new";
  lines[26].entity = "new";
  lines[29].entity = "new";
  check_same_as_alone(before, lines);
}

TEST_CASE("together: after a refusal many are inserted at once again and a later refusal is found") {
  const auto before = new_lines(8, "before");
  auto lines = new_lines(200);
  for (const std::size_t place : {3, 90, 91, 188}) lines[place] = before[place % 8];
  check_same_as_alone(before, lines);
}

TEST_CASE("together: deliveries that begin with their events are stored as each of them would be alone") {
  SqliteSubject together, alone;
  const auto lines = new_lines(37);
  const Route direct{.url = "http://a.test/hook", .host = "a.test"};
  std::vector<Arrival> arrivals;  // borrowed until the turn has ended
  for (const Line& line : lines) {
    auto& arrival = arrivals.emplace_back();
    arrival.event_id = line.id;
    arrival.entity_id = line.entity;
    arrival.payload = line.payload;
    arrival.routes = {&direct, 1};
  }
  const auto send = [&](Journal& journal, bool at_once) {
    append_all(journal, new_lines(4, "before"));
    const auto older = journal.scan(first_queue, Position{0}, 4).value();
    auto transaction = journal.begin().value();
    const auto made = transaction->append(arrivals, {}, noon).value().deliveries;
    std::vector<Intent> intents;
    for (std::size_t i = 0; i < made.size(); i += i % 5 == 0 ? 2 : 1) intents.push_back({made[i].key, {}});
    std::reverse(intents.begin(), intents.begin() + 5);
    intents.insert(intents.begin() + 3, {older[1].key, older[1].state});
    intents.push_back(intents[7]);  // has begun by then
    std::vector<bool> won;
    std::vector<std::string> sent;
    const auto begin = [&](std::span<const Intent> some) {
      const auto all = transaction->begin(some, noon).value();
      for (const auto& begun : all) {
        won.push_back(begun.won);
        sent.push_back(fmt::format("{} {}", begun.outgoing.event_id, begun.outgoing.attempt));
      }
    };
    if (at_once) begin(intents);
    for (std::size_t i = 0; i < intents.size() && !at_once; ++i) begin(std::span{intents}.subspan(i, 1));
    CHECK(std::count(won.begin(), won.end(), false) == 1);
    CHECK_FALSE(won.back());
    must(transaction->commit());
    return sent;
  };
  const auto one = together.open(), other = alone.open();
  CHECK(send(*one, true) == send(*other, false));
  const auto stored = rows_of(together, all_of_deliveries);
  CHECK(stored.size() == 41);
  CHECK(stored == rows_of(alone, all_of_deliveries));
  CHECK(rows_of(together, "SELECT * FROM state_counts") == rows_of(alone, "SELECT * FROM state_counts"));
}

TEST_CASE("together: what was appended here is sent without reading its event again") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .payload = "\"as it came\""}, {.id = "b", .payload = "\"as it came\""}});
  SQLite::Database{subject.path(), SQLite::OPEN_READWRITE}.exec(
      "DROP TRIGGER events_are_immutable; UPDATE events SET payload = 'as it is read'");
  CHECK(begin(*journal, delivery(*journal, 1)).outgoing.payload == "\"as it came\"");
  CHECK(begin(*subject.open(), delivery(*journal, 2)).outgoing.payload == "as it is read");
}
